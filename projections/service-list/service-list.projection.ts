import {
  serviceIdOf,
  type DrawdownAccepted,
  type DrawdownCancelled,
  type DrawdownLapsed,
  type DrawdownRejected,
  type DrawdownSubmitted,
  type Instant,
  type LicenseActivated,
  type LicenseAssigned,
  type LicenseExpired,
  type LicensePurchased,
  type LicenseReceived,
  type Lot,
  type LotPart,
  type PurchaseReversed,
  type Service,
  type ServiceProvisioned,
  type ServiceProvisioningFailed,
  type ServiceProvisioningRequested,
  type SubscriptionCancelled,
  type SubscriptionExpired,
  type SubscriptionRenewed,
  type SubscriptionResized,
} from '#licensing';
import type { Change, Projection } from '#read-store';
import type { Recorded } from '../recorded.js';
import { positionSort } from '../sort-text.js';

export const serviceStates = ['ready', 'provisioning', 'provisioned', 'failed'] as const;

type Places = Readonly<Record<'available' | 'held' | 'inSeats', number>>;

/** A cloud service of an account: a lot of a cloud product, and what first use split off it. */
export interface ListedService {
  readonly serviceId: string;
  readonly accountId: string;
  readonly sku: string;
  readonly orderId: string;
  readonly state: 'ready' | Service['state'];
  /** Where its licenses are, by lot. A service of which nothing is left is no service any more. */
  readonly lots: Readonly<Record<string, Places>>;
  /** When its licenses end; absent when they do not, or while their term has not begun. */
  readonly expiresAt?: Instant;
  /** What whoever provisioned it said. */
  readonly details?: string;
  readonly changedAt: Instant;
  /** Where it came in: the fact's, and the lot's in that. */
  readonly place: string;
}

export const arrivedIndex = 'arrived';
export const stateIndex = (state: string): string => `state:${state}`;

type Told = Recorded<{ readonly type: string; readonly data: { readonly accountId: string } }>;

/** Which cloud services an account has, ready and running (004-09, 004-10). The partition is the account, the key the service's id. */
export const serviceList: Projection<ListedService> = {
  name: 'service-list',
  version: 1,
  on: {
    LicensePurchased: (event: Recorded<LicensePurchased>) => event.data.lots.flatMap((lot, index) => arrived(event, lot, index)),
    LicenseReceived: (event: Recorded<LicenseReceived>) => event.data.lots.flatMap((lot, index) => arrived(event, lot, index)),
    LicenseActivated: (event: Recorded<LicenseActivated>) =>
      event.data.lots.flatMap(({ fromLotId, lot }, index) => [
        ...(lot.delivery === 'cloud' ? taken(event, { ...lot, lotId: fromLotId }) : []),
        ...arrived(event, lot, index),
      ]),
    LicenseAssigned: (event: Recorded<LicenseAssigned>) =>
      event.data.lines.flatMap(({ sku, lots }) =>
        lots.filter(({ delivery }) => delivery === 'cloud').flatMap(({ lotId, quantity }) => taken(event, { lotId, sku, quantity })),
      ),
    PurchaseReversed: (event: Recorded<PurchaseReversed>) => event.data.lots.flatMap((part) => taken(event, part)),
    LicenseExpired: (event: Recorded<LicenseExpired>) => event.data.lots.flatMap((part) => taken(event, part)),
    DrawdownSubmitted: (event: Recorded<DrawdownSubmitted>) =>
      event.data.lines.flatMap(({ lots }) => lots.flatMap((lot) => moved(event, lot, 'available', 'held'))),
    DrawdownRejected: released,
    DrawdownCancelled: released,
    DrawdownLapsed: released,
    DrawdownAccepted: (event: Recorded<DrawdownAccepted>) =>
      event.data.lines.flatMap(({ lots }) => lots.flatMap((lot) => moved(event, lot, 'held'))),
    SubscriptionResized: (event: Recorded<SubscriptionResized>) => event.data.removed.flatMap((part) => taken(event, part)),
    SubscriptionCancelled: (event: Recorded<SubscriptionCancelled>) => event.data.lots.flatMap((part) => taken(event, part)),
    SubscriptionExpired: (event: Recorded<SubscriptionExpired>) => event.data.lots.flatMap((part) => taken(event, part)),
    SubscriptionRenewed: (event: Recorded<SubscriptionRenewed>) => [
      ...event.data.removed.flatMap((part) => taken(event, part)),
      ...event.data.lots.flatMap(({ lotId }) =>
        changed(event, serviceIdOf(event.data.accountId, lotId), (service) => ({ ...service, expiresAt: event.data.termEndsAt })),
      ),
    ],
    ServiceProvisioningRequested: (event: Recorded<ServiceProvisioningRequested>) => [
      ...moved(event, event.data.lot, 'available', 'inSeats'),
      ...changed(event, event.data.serviceId, ({ details: _, ...service }) => ({ ...service, state: 'provisioning' })),
    ],
    ServiceProvisioned: (event: Recorded<ServiceProvisioned>) => ended(event, 'provisioned'),
    ServiceProvisioningFailed: (event: Recorded<ServiceProvisioningFailed>) => [
      ...event.data.released.flatMap((part) => moved(event, part, 'inSeats', 'available')),
      ...ended(event, 'failed'),
    ],
  },
  indexes: ({ state, place }) => [arrivedIndex, stateIndex(state)].map((index) => ({ index, sort: place })),
};

/** What a service has licenses for: those in use, or those that it would take into use. */
export function quantityOf({ lots }: ListedService): number {
  const sum = (place: keyof Places) => Object.values(lots).reduce((total, places) => total + places[place], 0);
  return sum('inSeats') || sum('available');
}

/** A lot that came in is a new service, or was split off one that is known. */
function arrived(event: Recorded<LicensePurchased | LicenseReceived | LicenseActivated>, lot: Lot, index: number): Change<ListedService>[] {
  const { lotId, sku, orderId, quantity, expiresAt, delivery } = lot;
  if (delivery !== 'cloud') return [];
  const { accountId } = event.data;
  const serviceId = serviceIdOf(accountId, lotId);
  const fresh = { state: 'ready' as const, lots: {}, place: `${positionSort(event.position)}.${String(index).padStart(3, '0')}` };
  const common = { serviceId, accountId, sku, orderId, changedAt: event.metadata.recordedAt, ...(expiresAt && { expiresAt }) };
  const apply = (known: ListedService | undefined): ListedService => {
    const service = { ...fresh, ...known, ...common };
    return { ...service, lots: { ...service.lots, [lotId]: { available: quantity, held: 0, inSeats: 0 } } };
  };
  return [{ partition: accountId, key: serviceId, apply }];
}

function taken(event: Told, part: LotPart): Change<ListedService>[] {
  return moved(event, part, part.from ?? 'available');
}

function released(event: Recorded<DrawdownRejected | DrawdownCancelled | DrawdownLapsed>): Change<ListedService>[] {
  return event.data.released.flatMap((part) => moved(event, part, 'held', 'available'));
}

function ended(event: Recorded<ServiceProvisioned | ServiceProvisioningFailed>, state: 'provisioned' | 'failed'): Change<ListedService>[] {
  const { serviceId, details } = event.data;
  return changed(event, serviceId, (service) => ({ ...service, state, ...(details !== undefined && { details }) }));
}

/** Moves licenses of a lot to another place, or away. A lot that is used up is forgotten. */
function moved(
  event: Told,
  { lotId, quantity }: Pick<LotPart, 'lotId' | 'quantity'>,
  from: keyof Places,
  to?: keyof Places,
): Change<ListedService>[] {
  return changed(event, serviceIdOf(event.data.accountId, lotId), (service) => {
    const { [lotId]: before, ...others } = service.lots;
    if (before === undefined) return service;
    const left = { ...before, [from]: before[from] - quantity };
    const after = to === undefined ? left : { ...left, [to]: left[to] + quantity };
    const isUsedUp = after.available + after.held + after.inSeats <= 0;
    return { ...service, lots: isUsedUp ? others : { ...others, [lotId]: after } };
  });
}

/** Most lots are no services: then there is no document, and none comes of it. */
function changed(event: Told, serviceId: string, step: (service: ListedService) => ListedService): Change<ListedService>[] {
  const apply = (service: ListedService | undefined): ListedService | undefined => {
    const after = service && step(service);
    return after && Object.keys(after.lots).length > 0 ? { ...after, changedAt: event.metadata.recordedAt } : undefined;
  };
  return [{ partition: event.data.accountId, key: serviceId, apply }];
}
