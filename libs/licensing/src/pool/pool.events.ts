import type { Fact, Instant } from '../fact.js';
import type { Policy } from '../product/product.events.js';
import type { DeliveryFact } from './delivery.events.js';
import type { DrawdownFact } from './drawdown.events.js';
import type { SubscriptionFact } from './subscription.events.js';

/** A quantity of one product that came in together, with the terms it was bought under. */
export interface Lot {
  readonly lotId: string;
  readonly sku: string;
  /** Licenses, a whole number from 1. */
  readonly quantity: number;
  readonly orderId: string;
  readonly term: string | null;
  readonly termStarts: Policy['termStarts'];
  readonly reversibility: Policy['reversibility'];
  /** What it is handed over as (004-08…10); absent: not at all. */
  readonly delivery?: 'file' | 'cloud';
  /** It is renewed, cancelled and over with this subscription. */
  readonly subscriptionId?: string;
  /** When the term began; absent while it has not. */
  readonly startsAt?: Instant;
  /** The lot is over exactly at this time; absent while the term has not begun, or for ever when it is perpetual. */
  readonly expiresAt?: Instant;
}

/** A part of a lot. */
export interface LotPart {
  readonly lotId: string;
  readonly sku: string;
  readonly quantity: number;
  /** Where in the lot they were, when not among what was available. */
  readonly from?: 'held' | 'inSeats';
}

/** One line of an assignment: which lots it was taken from, first-to-expire first, then oldest first. */
export interface AssignedLine {
  /** Counts from 1. */
  readonly line: number;
  readonly sku: string;
  readonly quantity: number;
  /** The earliest expiry of the lots given; absent when the term has not begun or there is none. */
  readonly expiresAt?: Instant;
  readonly lots: readonly GivenLot[];
}

/** What of a lot is given away, with the term the receiver gets. `lotId` is the giver's. */
export type GivenLot = Omit<Lot, 'sku' | 'subscriptionId'>;

/** The account holds these lots from now on. One order of an account is bought once. */
export type LicensePurchased = Fact<
  'LicensePurchased',
  {
    readonly accountId: string;
    readonly orderId: string;
    /** `store` is the shop's signed call, `marketplace` an order of our own, `renewal` what a subscription's next term brought. */
    readonly source: 'operator' | 'store' | 'marketplace' | 'renewal';
    readonly lots: readonly Lot[];
    /** When the shop sold it, if that was before it was recorded. */
    readonly effectiveAt?: Instant;
    /** Bought and passed on to this customer in one command. */
    readonly purchasedFor?: string;
  }
>;
/** The vendor took (part of) an order back; only what was still available. */
export type PurchaseReversed = Fact<
  'PurchaseReversed',
  { readonly accountId: string; readonly orderId: string; readonly lots: readonly LotPart[]; readonly reason: string }
>;
/** The giver's pool no longer has these; the receiver is credited by LicenseReceived. Until then they are in transit. */
export type LicenseAssigned = Fact<
  'LicenseAssigned',
  {
    readonly accountId: string;
    readonly assignmentId: string;
    readonly customerId: string;
    readonly assignedAt: Instant;
    readonly lines: readonly AssignedLine[];
  }
>;
/** The receiver's side of one LicenseAssigned. `giverRevision` is that fact's revision in the giver's stream: what makes a second delivery visible. */
export type LicenseReceived = Fact<
  'LicenseReceived',
  {
    readonly accountId: string;
    readonly assignmentId: string;
    readonly from: string;
    readonly giverRevision: number;
    readonly lots: readonly (Lot & { readonly fromLotId: string })[];
  }
>;
/** First use began the term of a part of a lot: that part becomes a lot of its own with an expiry. */
export type LicenseActivated = Fact<
  'LicenseActivated',
  {
    readonly accountId: string;
    readonly activationId: string;
    readonly sku: string;
    readonly quantity: number;
    readonly lots: readonly { readonly fromLotId: string; readonly lot: Lot }[];
  }
>;
/** What was left of these lots ended with its term. `effectiveAt` is the end of the term, however late it was noticed. */
export type LicenseExpired = Fact<
  'LicenseExpired',
  { readonly accountId: string; readonly effectiveAt: Instant; readonly lots: readonly LotPart[] }
>;

export type PoolFact =
  | LicensePurchased
  | PurchaseReversed
  | LicenseAssigned
  | LicenseReceived
  | LicenseActivated
  | LicenseExpired
  | DrawdownFact
  | SubscriptionFact
  | DeliveryFact;
