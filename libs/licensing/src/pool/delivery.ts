import type { Commanded, Instant } from '../fact.js';
import { Rejected } from '../rejection.js';
import { activatedPart } from './activation.js';
import { balanceOf, isInForce, lotsInForce } from './balance.js';
import type { Service } from './delivery-state.js';
import { refuseSenselessLines, refuseTooManyLots } from './lines.js';
import type { PoolState } from './pool.js';
import type { LicenseActivated, Lot, LotPart, PoolFact } from './pool.events.js';
import { serviceIdOf, serviceLotId } from './service-id.js';
import type { HeldLot } from './use-order.js';

export interface IssueLicenseFile extends Commanded {
  readonly accountId: string;
  readonly sku: string;
  readonly quantity: number;
  /** What the machine calls itself; absent: any. */
  readonly machine?: string;
}
export interface RequestProvisioning extends Commanded {
  readonly accountId: string;
  readonly serviceId: string;
}
export interface EndProvisioning extends Commanded {
  readonly accountId: string;
  readonly serviceId: string;
  readonly details?: string;
}

/** Puts licenses of a product with `delivery: file` into a file (004-08): they are in use from now on. A term that has not begun begins. */
export function issueLicenseFile(state: PoolState, command: IssueLicenseFile, now: Instant): PoolFact[] {
  const { context, accountId, sku, quantity, machine } = command;
  refuseSenselessLines([{ sku, quantity }]);
  const usable = currentLots(state, sku, now).filter(({ lot }) => lot.delivery === 'file');
  refuseOtherDelivery(state, sku, usable, now);
  const available = usable.reduce((sum, held) => sum + held.available, 0);
  if (quantity > available) throw exhausted(sku, quantity, available);

  const taken: { held: HeldLot; quantity: number }[] = [];
  for (let missing = quantity; missing > 0;) {
    const held = usable[taken.length]!;
    taken.push({ held, quantity: Math.min(missing, held.available) });
    missing -= taken.at(-1)!.quantity;
  }
  refuseTooManyLots(taken.length);
  const begun = new FirstUse(accountId, context.commandId, now);
  const used = taken.map((part, index) => begun.of(part.held, part.quantity, `${context.commandId}.${index + 1}`));
  const [expiresAt] = used.flatMap((lot) => lot.expiresAt ?? []).sort();
  const end = expiresAt === undefined ? {} : { expiresAt };
  const lots = used.map(partOf);
  const data = { accountId, fileId: context.commandId, sku, quantity, ...(machine && { machine }), issuedAt: now, ...end, lots };
  return [...begun.facts(sku), { type: 'LicenseFileIssued', data }];
}

/** Asks for a cloud service (004-10): what its lot has available is in use from now on. One that failed can be asked for again. */
export function requestProvisioning(state: PoolState, command: RequestProvisioning, now: Instant): PoolFact[] {
  const { context, accountId, serviceId } = command;
  const known = state.services.get(serviceId);
  if (known !== undefined && known.state !== 'failed') throw inOtherState(known);
  const lots = lotsOfService(state, accountId, serviceId);
  if (known === undefined && lots.length === 0) throw notFound(serviceId);
  const usable = lots.find((held) => held.available > 0 && isInForce(state, held, now));
  if (usable === undefined) throw exhausted(lots[0]?.lot.sku ?? known!.lot.sku, 1, 0);
  const begun = new FirstUse(accountId, context.commandId, now);
  const lot = partOf(begun.of(usable, usable.available, serviceLotId(serviceId, context.commandId)));
  return [...begun.facts(lot.sku), { type: 'ServiceProvisioningRequested', data: { accountId, serviceId, sku: lot.sku, lot } }];
}

/** It runs. Said twice, it says nothing new. */
export function completeProvisioning(state: PoolState, { accountId, serviceId, details }: EndProvisioning): PoolFact[] {
  const service = serviceIn(state, accountId, serviceId);
  if (service.state === 'provisioned') return [];
  if (service.state !== 'provisioning') throw inOtherState(service);
  return [{ type: 'ServiceProvisioned', data: { accountId, serviceId, ...(details && { details }) } }];
}

/** It could not be provisioned: its licenses are available again, and it can be asked for again. Said twice, it says nothing new. */
export function failProvisioning(state: PoolState, { accountId, serviceId, details }: EndProvisioning): PoolFact[] {
  const service = serviceIn(state, accountId, serviceId);
  if (service.state === 'failed') return [];
  if (service.state !== 'provisioning') throw inOtherState(service);
  // What ended with its term meanwhile does not come back.
  const { lotId, sku, quantity } = service.lot;
  const left = Math.min(quantity, state.lots.get(lotId)?.inSeats ?? 0);
  const released: LotPart[] = left === 0 ? [] : [{ lotId, sku, quantity: left, from: 'inSeats' }];
  return [{ type: 'ServiceProvisioningFailed', data: { accountId, serviceId, ...(details && { details }), released } }];
}

/** Begins terms as licenses come into use; a part of a lot whose term begins becomes a lot of its own (ADR 031). */
class FirstUse {
  private readonly lots: LicenseActivated['data']['lots'][number][] = [];

  constructor(
    private readonly accountId: string,
    private readonly activationId: string,
    private readonly now: Instant,
  ) {}

  /** The lot that is used, which is a new one when its term begins with that. Also a partner's own, which otherwise begins when it is given. */
  of(held: HeldLot, quantity: number, newLotId: string): Lot {
    if (held.lot.startsAt !== undefined) return { ...held.lot, quantity };
    const part = activatedPart(held, quantity, newLotId, this.now);
    this.lots.push(part);
    return part.lot;
  }

  facts(sku: string): PoolFact[] {
    if (this.lots.length === 0) return [];
    const { accountId, activationId, lots } = this;
    const quantity = lots.reduce((sum, { lot }) => sum + lot.quantity, 0);
    return [{ type: 'LicenseActivated', data: { accountId, activationId, sku, quantity, lots } }];
  }
}

/** Lots with something available whose term is not over, in the order of use. */
function currentLots(state: PoolState, sku: string, now: Instant): HeldLot[] {
  return [...lotsInForce(state, sku, now)].filter(({ available }) => available > 0);
}

function lotsOfService(state: PoolState, accountId: string, serviceId: string): HeldLot[] {
  return [...state.lots.values()].filter(({ lot }) => lot.delivery === 'cloud' && serviceIdOf(accountId, lot.lotId) === serviceId);
}

function partOf({ lotId, sku, quantity }: Lot): LotPart {
  return { lotId, sku, quantity };
}

/** A service that somebody asked for. Errors: SERVICE_STATE_CONFLICT for one that is ready, SERVICE_NOT_FOUND. */
function serviceIn(state: PoolState, accountId: string, serviceId: string): Service {
  const service = state.services.get(serviceId);
  if (service !== undefined) return service;
  throw lotsOfService(state, accountId, serviceId).length > 0 ? inOtherState({ serviceId, state: 'ready' }) : notFound(serviceId);
}

function refuseOtherDelivery(state: PoolState, sku: string, usable: readonly HeldLot[], now: Instant): void {
  const available = balanceOf(state, sku, now).available;
  if (usable.length > 0 || available === 0) return;
  const delivery = currentLots(state, sku, now)[0]?.lot.delivery ?? 'none';
  throw new Rejected('DELIVERY_MISMATCH', `The licenses of ${sku} in this pool have the delivery '${delivery}', not 'file'.`, {
    sku,
    delivery,
  });
}

function exhausted(sku: string, requested: number, available: number): Rejected {
  return new Rejected('POOL_EXHAUSTED', `${requested} of ${sku} requested, ${available} available.`, { sku, requested, available });
}

function inOtherState({ serviceId, state }: { readonly serviceId: string; readonly state: Service['state'] | 'ready' }): Rejected {
  return new Rejected('SERVICE_STATE_CONFLICT', `The service ${serviceId} is ${state}.`, { serviceId, state });
}

function notFound(serviceId: string): Rejected {
  return new Rejected('SERVICE_NOT_FOUND', `There is no service ${serviceId} in this pool.`, { serviceId });
}
