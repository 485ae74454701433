import type {
  DrawdownAccepted,
  DrawdownCancelled,
  DrawdownLapsed,
  DrawdownRejected,
  DrawdownSubmitted,
  LicenseAssigned,
  LicenseExpired,
  LicenseFileIssued,
  LicensePurchased,
  LicenseReceived,
  LotPart,
  PurchaseReversed,
  ServiceProvisioningFailed,
  ServiceProvisioningRequested,
  SubscriptionCancelled,
  SubscriptionExpired,
  SubscriptionRenewed,
  SubscriptionResized,
} from '#licensing';
import type { Change, Projection } from '#read-store';
import type { Recorded } from '../recorded.js';

/**
 * What an account holds of one product, in gross counts:
 * `purchased + received = available + held + assigned + inSeats + expired + cancelled`.
 */
export interface ProductBalance {
  readonly sku: string;
  readonly purchased: number;
  readonly received: number;
  readonly available: number;
  readonly held: number;
  /** All that was ever given away, what is still on its way included. */
  readonly assigned: number;
  /** Given, not yet arrived. Below zero for the moment in which an arrival is seen before its departure. */
  readonly inTransit: number;
  readonly inSeats: number;
  readonly expired: number;
  /** What was reversed is in here. */
  readonly cancelled: number;
}

type Counts = Partial<Omit<ProductBalance, 'sku'>>;

/** How much of each product an account holds, and where the rest went (000-09). The partition is the account, the key the sku. */
export const poolBalance: Projection<ProductBalance> = {
  name: 'pool-balance',
  version: 2,
  on: {
    LicensePurchased: ({ data }: Recorded<LicensePurchased>) =>
      data.lots.map(({ sku, quantity }) => moved(data.accountId, sku, { purchased: quantity, available: quantity })),
    PurchaseReversed: ({ data }: Recorded<PurchaseReversed>) =>
      data.lots.map(({ sku, quantity }) => moved(data.accountId, sku, { available: -quantity, cancelled: quantity })),
    LicenseAssigned: ({ data }: Recorded<LicenseAssigned>) =>
      data.lines.map(({ sku, quantity }) => moved(data.accountId, sku, { available: -quantity, assigned: quantity, inTransit: quantity })),
    // One arrival, two pools: the receiver has it, and for the giver it is no longer on its way.
    LicenseReceived: ({ data }: Recorded<LicenseReceived>) =>
      data.lots.flatMap(({ sku, quantity }) => [
        moved(data.accountId, sku, { received: quantity, available: quantity }),
        moved(data.from, sku, { inTransit: -quantity }),
      ]),
    LicenseExpired: ({ data }: Recorded<LicenseExpired>) => over(data.accountId, data.lots, 'expired'),
    DrawdownSubmitted: ({ data }: Recorded<DrawdownSubmitted>) =>
      data.lines.map(({ sku, quantity }) => moved(data.accountId, sku, { available: -quantity, held: quantity })),
    DrawdownRejected: released,
    DrawdownCancelled: released,
    DrawdownLapsed: released,
    DrawdownAccepted: ({ data }: Recorded<DrawdownAccepted>) =>
      data.lines.map(({ sku, quantity }) => moved(data.accountId, sku, { held: -quantity, assigned: quantity, inTransit: quantity })),
    SubscriptionResized: ({ data }: Recorded<SubscriptionResized>) => over(data.accountId, data.removed, 'cancelled'),
    SubscriptionCancelled: ({ data }: Recorded<SubscriptionCancelled>) => over(data.accountId, data.lots, 'cancelled'),
    SubscriptionRenewed: ({ data }: Recorded<SubscriptionRenewed>) => over(data.accountId, data.removed, 'expired'),
    SubscriptionExpired: ({ data }: Recorded<SubscriptionExpired>) => over(data.accountId, data.lots, 'expired'),
    LicenseFileIssued: ({ data }: Recorded<LicenseFileIssued>) =>
      data.lots.map(({ sku, quantity }) => moved(data.accountId, sku, { available: -quantity, inSeats: quantity })),
    ServiceProvisioningRequested: ({ data: { accountId, lot } }: Recorded<ServiceProvisioningRequested>) => [
      moved(accountId, lot.sku, { available: -lot.quantity, inSeats: lot.quantity }),
    ],
    ServiceProvisioningFailed: ({ data }: Recorded<ServiceProvisioningFailed>) =>
      data.released.map(({ sku, quantity }) => moved(data.accountId, sku, { available: quantity, inSeats: -quantity })),
  },
};

/** What a drawdown held back is available again. */
function released({ data }: Recorded<DrawdownRejected | DrawdownCancelled | DrawdownLapsed>): Change<ProductBalance>[] {
  return data.released.map(({ sku, quantity }) => moved(data.accountId, sku, { available: quantity, held: -quantity }));
}

/** Licenses that count no longer, wherever in their lot they were. */
function over(accountId: string, parts: readonly LotPart[], how: 'expired' | 'cancelled'): Change<ProductBalance>[] {
  return parts.map(({ sku, quantity, from = 'available' }) => moved(accountId, sku, { [from]: -quantity, [how]: quantity }));
}

function moved(accountId: string, sku: string, by: Counts): Change<ProductBalance> {
  return {
    partition: accountId,
    key: sku,
    apply: (balance = { sku, ...nothing }) => ({
      sku,
      purchased: balance.purchased + (by.purchased ?? 0),
      received: balance.received + (by.received ?? 0),
      available: balance.available + (by.available ?? 0),
      held: balance.held + (by.held ?? 0),
      assigned: balance.assigned + (by.assigned ?? 0),
      inTransit: balance.inTransit + (by.inTransit ?? 0),
      inSeats: balance.inSeats + (by.inSeats ?? 0),
      expired: balance.expired + (by.expired ?? 0),
      cancelled: balance.cancelled + (by.cancelled ?? 0),
    }),
  };
}

const nothing = { purchased: 0, received: 0, available: 0, held: 0, assigned: 0, inTransit: 0, inSeats: 0, expired: 0, cancelled: 0 };
