import type { Fact, Instant } from '../fact.js';
import type { LotPart } from './pool.events.js';

/** A signed file was issued for these licenses (004-08): they are in use from now on, as on a seat, and stay so until they end. */
export type LicenseFileIssued = Fact<
  'LicenseFileIssued',
  {
    readonly accountId: string;
    readonly fileId: string;
    readonly sku: string;
    readonly quantity: number;
    /** What the machine calls itself; absent: any. */
    readonly machine?: string;
    readonly issuedAt: Instant;
    /** The earliest end of its lots; absent when they never end. */
    readonly expiresAt?: Instant;
    readonly lots: readonly LotPart[];
  }
>;
/** Somebody asked to provision what a lot of a cloud product has available (004-10): it is in use from now on. A lot is one service. */
export type ServiceProvisioningRequested = Fact<
  'ServiceProvisioningRequested',
  { readonly accountId: string; readonly serviceId: string; readonly sku: string; readonly lot: LotPart }
>;
export type ServiceProvisioned = Fact<
  'ServiceProvisioned',
  { readonly accountId: string; readonly serviceId: string; readonly details?: string }
>;
/** It can be asked for again; its licenses are available. */
export type ServiceProvisioningFailed = Fact<
  'ServiceProvisioningFailed',
  { readonly accountId: string; readonly serviceId: string; readonly details?: string; readonly released: readonly LotPart[] }
>;

export type DeliveryFact = LicenseFileIssued | ServiceProvisioningRequested | ServiceProvisioned | ServiceProvisioningFailed;

/** Every type of them: the compiler sees to it that none is missing. */
const types: Readonly<Record<DeliveryFact['type'], true>> = {
  LicenseFileIssued: true,
  ServiceProvisioningRequested: true,
  ServiceProvisioned: true,
  ServiceProvisioningFailed: true,
};

export function isDeliveryFact(fact: Fact): fact is DeliveryFact {
  return Object.hasOwn(types, fact.type);
}
