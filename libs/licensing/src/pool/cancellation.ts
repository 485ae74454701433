import type { Instant } from '../fact.js';
import type { Money } from '../money.js';
import { knownListing } from '../product/product.js';
import { Rejected } from '../rejection.js';
import type { PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { amountsOf, creditFor, windowOf } from './resize.js';
import { type AboutSubscription, activeSubscription, onceDue } from './subscription.js';
import { billOf, sumOfMoney } from './subscription-money.js';
import type { LotOfSubscription, Subscription } from './subscription-state.js';
import type { CancelledPart, CancellationDeclined } from './subscription.events.js';

export interface CancelSubscription extends AboutSubscription {
  /** Their ids; absent: all. */
  readonly lots?: readonly string[];
  /** What has to stay until the term ends renews nevertheless. */
  readonly keepRenewal?: boolean;
}

/** What a cancellation comes to, lot by lot. */
export interface CancellationOutcome {
  readonly cancelled: readonly CancelledPart[];
  readonly retained: CancellationDeclined['data']['lots'];
  readonly until: Instant;
  readonly billed?: Money;
  readonly termTotal?: Money;
}

/**
 * Cancels under the product's policy as it is now (003-65, 66): lots whose window is open go and are credited (003-67), the others stay and are billed until
 * the term ends (003-68), as does what is in use (ADR 034). Both are facts of one append; what was declined before says nothing new.
 * Errors: LOT_NOT_FOUND.
 */
export function cancelSubscription(state: PoolState, command: CancelSubscription, now: Instant): PoolFact[] {
  return onceDue(state, command, now, (settled) => cancel(settled, command, now));
}

function cancel(state: PoolState, command: CancelSubscription, now: Instant): PoolFact[] {
  const { accountId, subscriptionId, keepRenewal = false } = command;
  const subscription = activeSubscription(state, subscriptionId);
  const { cancelled, retained, ...bill } = cancellationOutcome(state, command, now);
  const facts: PoolFact[] = [];
  const quantity = subscription.quantity - sumOf(cancelled);
  if (cancelled.length > 0) {
    const credited = sumOfMoney(cancelled.map((part) => part.credited));
    const data = { accountId, subscriptionId, quantity, lots: cancelled, ...(credited && { credited }) };
    facts.push({ type: 'SubscriptionCancelled', data });
  }
  const declinedBefore = (lotId: string) =>
    subscription.lots.some((lot) => lot.lotId === lotId && lot.isDeclined === true && lot.endsWithTerm === !keepRenewal);
  const isNews = cancelled.length > 0 || !retained.every(({ lotId }) => declinedBefore(lotId));
  if (retained.length > 0 && isNews)
    facts.push({ type: 'CancellationDeclined', data: { accountId, subscriptionId, ...bill, lots: retained, keepRenewal } });
  return isNews && quantity > 0 ? [...facts, ...withoutScheduledQuantity(command, subscription)] : facts;
}

/** What is cancelled and what stays, as things are. Errors: LOT_NOT_FOUND. */
export function cancellationOutcome(state: PoolState, command: CancelSubscription, now: Instant): CancellationOutcome {
  const subscription = activeSubscription(state, command.subscriptionId);
  // As it is now: what a request is judged by when it is processed (003-66).
  const { policy } = knownListing(command.products.get(subscription.sku), subscription.sku);
  const isVendor = command.context.actor.role === 'operator';
  const cancelled: CancelledPart[] = [];
  const retained: { lotId: string; quantity: number; billed?: Money }[] = [];
  const totals: (Money | undefined)[] = [];
  for (const lot of lotsOf(subscription, command.lots)) {
    const { lotId } = lot;
    const free = windowOf(lot, policy, isVendor, now).isOpen ? amountsOf(state, lotId).available : 0;
    if (free > 0) {
      const credited = creditFor(lot, free, subscription, policy, now);
      cancelled.push({ lotId, sku: subscription.sku, quantity: free, ...(credited && { credited }) });
    }
    const quantity = lot.quantity - free;
    if (quantity === 0) continue;
    const bill = billOf(lot, quantity, subscription, now);
    retained.push({ lotId, quantity, ...(bill && { billed: bill.toCome }) });
    totals.push(bill?.total);
  }
  const billed = sumOfMoney(retained.map((lot) => lot.billed));
  const termTotal = sumOfMoney(totals);
  return { cancelled, retained, until: subscription.termEndsAt, ...(billed && { billed }), ...(termTotal && { termTotal }) };
}

/** A quantity that was scheduled counted on what ends now: it would be bought again. Another billing stays scheduled. */
function withoutScheduledQuantity({ accountId, subscriptionId, keepRenewal }: CancelSubscription, { scheduled }: Subscription): PoolFact[] {
  if (keepRenewal === true || scheduled?.quantity === undefined) return [];
  const { billing } = scheduled;
  if (billing === undefined) return [{ type: 'RenewalUnscheduled', data: { accountId, subscriptionId } }];
  return [{ type: 'RenewalScheduled', data: { accountId, subscriptionId, billing } }];
}

function lotsOf({ subscriptionId, lots }: Subscription, wanted: readonly string[] | undefined): readonly LotOfSubscription[] {
  if (wanted === undefined) return lots;
  const unknown = wanted.find((lotId) => !lots.some((lot) => lot.lotId === lotId));
  if (unknown === undefined) return lots.filter(({ lotId }) => wanted.includes(lotId));
  throw new Rejected('LOT_NOT_FOUND', `The subscription ${subscriptionId} has no lot ${unknown}.`, { subscriptionId, lotId: unknown });
}

function sumOf(parts: readonly { readonly quantity: number }[]): number {
  return parts.reduce((sum, { quantity }) => sum + quantity, 0);
}
