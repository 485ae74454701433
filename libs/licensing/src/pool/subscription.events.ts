import type { Fact, Instant } from '../fact.js';
import type { Money } from '../money.js';
import type { Fulfilment, Payment } from '../order/order.events.js';
import type { LotPart } from './pool.events.js';
import type { OrderedLine } from './provision.js';

/** Two separate things (003-75): how often is billed, and for how long one is bound. ISO 8601. */
export interface Billing {
  readonly period: string;
  readonly commitment: string;
}

/** Licenses of a subscription that came in together: they share a cancellation window (003-67). The lot of the pool with this id has them. */
export interface SubscriptionLot {
  readonly lotId: string;
  readonly quantity: number;
  readonly addedAt: Instant;
  /** The window counts from here: when the lot was added, or last renewed. */
  readonly windowStartsAt: Instant;
  /** By the policy as it was then; absent when the product has no window. */
  readonly windowEndsAt?: Instant;
  /** Of one license and one billing period; absent when the product had no price. */
  readonly unitPrice?: Money;
  /** Its order billed it from here on, before it was added; absent: billed from `windowStartsAt` on. */
  readonly billedFrom?: Instant;
}

/** A part of a lot that was cancelled, and what comes back for it. */
export interface CancelledPart extends LotPart {
  readonly credited?: Money;
}

/** What an order for a subscription brought: its lots were credited by the LicensePurchased before it. It renews by default (003-62). */
export type SubscriptionStarted = Fact<
  'SubscriptionStarted',
  {
    readonly accountId: string;
    readonly subscriptionId: string;
    readonly orderId: string;
    readonly sku: string;
    readonly quantity: number;
    readonly billing: Billing;
    readonly termStartsAt: Instant;
    readonly termEndsAt: Instant;
    readonly autoRenewal: boolean;
    readonly lots: readonly SubscriptionLot[];
  }
>;
/** More of it is wanted (003-59): the order for that, which is placed next. It counts as under way until it has brought what it should, or is known to be over. */
export type SubscriptionIncreaseOrdered = Fact<
  'SubscriptionIncreaseOrdered',
  {
    readonly accountId: string;
    readonly subscriptionId: string;
    readonly orderId: string;
    /** The id of the user who hears of it. */
    readonly placedBy: string;
    readonly line: OrderedLine;
    readonly payment: Payment;
    readonly fulfilment: Fulfilment;
    /** Earlier orders for more that came to nothing. */
    readonly ordersOver?: readonly string[];
  }
>;
/** `quantity` is the new one. What was added was credited by the LicensePurchased before it; what was removed is cancelled (003-59). */
export type SubscriptionResized = Fact<
  'SubscriptionResized',
  {
    readonly accountId: string;
    readonly subscriptionId: string;
    readonly quantity: number;
    /** The order that paid for more. */
    readonly orderId?: string;
    readonly added: readonly SubscriptionLot[];
    readonly removed: readonly CancelledPart[];
    /** What the order had billed for a first period that was over when its licenses came: they are billed from then on. */
    readonly credited?: Money;
  }
>;
/** A new term. `lots` are all that go on, with new windows; `removed` ended with the old term. `effectiveAt` is when that was. */
export type SubscriptionRenewed = Fact<
  'SubscriptionRenewed',
  {
    readonly accountId: string;
    readonly subscriptionId: string;
    readonly effectiveAt: Instant;
    readonly termStartsAt: Instant;
    readonly termEndsAt: Instant;
    readonly quantity: number;
    readonly billing: Billing;
    readonly lots: readonly SubscriptionLot[];
    readonly removed: readonly LotPart[];
    /** What was scheduled and could not be done. */
    readonly notApplied?: readonly NotApplied[];
  }
>;
/** A scheduled change that renewal left as it was, and why: licenses that are in use stay, and nothing new is sold that is not on sale. */
export interface NotApplied {
  readonly change: 'quantity' | 'billing';
  readonly reason: 'inUse' | 'productWithdrawn' | 'billingNotOffered' | 'priceNotInForce';
}
/** It ends with its term (003-63, 64). */
export type AutoRenewalDisabled = Fact<'AutoRenewalDisabled', { readonly accountId: string; readonly subscriptionId: string }>;
/** It renews, and so do lots whose cancellation was declined. */
export type AutoRenewalEnabled = Fact<'AutoRenewalEnabled', { readonly accountId: string; readonly subscriptionId: string }>;
/** What changes with the next term; replaces what was scheduled before. */
export type RenewalScheduled = Fact<
  'RenewalScheduled',
  { readonly accountId: string; readonly subscriptionId: string; readonly quantity?: number; readonly billing?: Billing }
>;
export type RenewalUnscheduled = Fact<'RenewalUnscheduled', { readonly accountId: string; readonly subscriptionId: string }>;
/** These lots were cancelled within their windows and credited (003-65…67). The subscription is over when nothing is left of it. */
export type SubscriptionCancelled = Fact<
  'SubscriptionCancelled',
  {
    readonly accountId: string;
    readonly subscriptionId: string;
    /** What is left of it. */
    readonly quantity: number;
    readonly lots: readonly CancelledPart[];
    readonly credited?: Money;
  }
>;
/** The cancellation came too late for these lots: they stay, and are billed, until the term ends (003-68). An outcome, not an error. */
export type CancellationDeclined = Fact<
  'CancellationDeclined',
  {
    readonly accountId: string;
    readonly subscriptionId: string;
    readonly until: Instant;
    readonly lots: readonly { readonly lotId: string; readonly quantity: number; readonly billed?: Money }[];
    /** Still to come until the term ends. */
    readonly billed?: Money;
    /** Of the whole term. */
    readonly termTotal?: Money;
    /** They renew nevertheless. */
    readonly keepRenewal: boolean;
  }
>;
/** It ended with its term: what was left of it no longer counts. */
export type SubscriptionExpired = Fact<
  'SubscriptionExpired',
  { readonly accountId: string; readonly subscriptionId: string; readonly effectiveAt: Instant; readonly lots: readonly LotPart[] }
>;

export type SubscriptionFact =
  | SubscriptionStarted
  | SubscriptionIncreaseOrdered
  | SubscriptionResized
  | SubscriptionRenewed
  | AutoRenewalDisabled
  | AutoRenewalEnabled
  | RenewalScheduled
  | RenewalUnscheduled
  | SubscriptionCancelled
  | CancellationDeclined
  | SubscriptionExpired;

/** Every type of them: the compiler sees to it that none is missing. */
const types: Readonly<Record<SubscriptionFact['type'], true>> = {
  SubscriptionStarted: true,
  SubscriptionIncreaseOrdered: true,
  SubscriptionResized: true,
  SubscriptionRenewed: true,
  AutoRenewalDisabled: true,
  AutoRenewalEnabled: true,
  RenewalScheduled: true,
  RenewalUnscheduled: true,
  SubscriptionCancelled: true,
  CancellationDeclined: true,
  SubscriptionExpired: true,
};
export const subscriptionFacts = Object.keys(types) as SubscriptionFact['type'][];

export function isSubscriptionFact(fact: Fact): fact is SubscriptionFact {
  return Object.hasOwn(types, fact.type);
}
