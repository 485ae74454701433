import type { Fact } from '../fact.js';
import type { Money } from '../money.js';
import type { OrderedLine } from '../pool/provision.js';
import type { Tenant } from './tenant.js';

/** How an order is paid: on an invoice, or outside, which a signed call of the payment provider confirms (003-53). */
export interface Payment {
  readonly method: 'invoice' | 'external';
  /** The buyer's or the payment provider's own number for it. */
  readonly reference?: string;
}

export type Fulfilment = 'automatic' | 'provider';

/** The answers to the order form of one line, counted from 1; they may be about people. */
export interface FormAnswers {
  readonly line: number;
  readonly answers: object;
}

interface OfOrder {
  readonly orderId: string;
  readonly accountId: string;
}
/** Who hears of it. */
interface ToBuyer extends OfOrder {
  /** The id of the user who placed the order. */
  readonly placedBy: string;
}

/** A customer ordered in the marketplace, at the prices of that moment. Nothing is in its pool yet. */
export type OrderPlaced = Fact<
  'OrderPlaced',
  ToBuyer & {
    readonly lines: readonly OrderedLine[];
    /** What is billed at once, a currency each: of a subscription, the first billing period. */
    readonly totals: readonly Money[];
    readonly payment: Payment;
    readonly tenant?: Tenant;
    /** `provider` when one line or more waits for somebody to deliver it. */
    readonly fulfilment: Fulfilment;
    readonly person?: { readonly forms: readonly FormAnswers[] };
  }
>;
/** An invoice was taken as payment, or the payment provider said that the money came. */
export type OrderPaid = Fact<'OrderPaid', OfOrder & { readonly reference?: string }>;
/** The payment provider said no. The order is over; nothing was delivered. */
export type PaymentFailed = Fact<'PaymentFailed', ToBuyer & { readonly reference?: string; readonly reason?: string }>;
/** From now on it is being delivered and cannot be cancelled. */
export type OrderProvisioningStarted = Fact<'OrderProvisioningStarted', OfOrder & { readonly fulfilment: Fulfilment }>;
/** Whoever delivers it has done so; the pool is credited next. */
export type OrderFulfilled = Fact<'OrderFulfilled', OfOrder & { readonly reference?: string }>;
/** The licenses and subscriptions are in the pool and ready (003-56). */
export type OrderProvisioned = Fact<'OrderProvisioned', ToBuyer & { readonly reference?: string }>;
/** It could not be delivered. */
export type OrderFailed = Fact<'OrderFailed', ToBuyer & { readonly reason: string }>;
/** Taken back before its delivery began. */
export type OrderCancelled = Fact<'OrderCancelled', ToBuyer & { readonly reason?: string }>;

export type OrderFact =
  OrderPlaced | OrderPaid | PaymentFailed | OrderProvisioningStarted | OrderFulfilled | OrderProvisioned | OrderFailed | OrderCancelled;
