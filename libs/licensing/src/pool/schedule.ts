import type { Instant } from '../fact.js';
import { refuseFindings } from '../invalid.js';
import { priceOfLine, refuseUnknownBilling, sameBilling } from '../product/prices.js';
import type { Listing } from '../product/product.events.js';
import { knownListing } from '../product/product.js';
import { Rejected } from '../rejection.js';
import { sameValue } from '../same-value.js';
import type { PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { agreedPrice, willRenew } from './renewal.js';
import { refuseSenselessQuantity } from './resize.js';
import { type AboutSubscription, activeSubscription, onceDue } from './subscription.js';
import type { Subscription } from './subscription-state.js';
import type { Billing } from './subscription.events.js';

export interface SetAutoRenewal extends AboutSubscription {
  readonly enabled: boolean;
}
export interface ScheduleRenewal extends AboutSubscription {
  /** How many licenses the next term has, all together; absent: as many as renew. */
  readonly quantity?: number;
  /** Absent: as it is. */
  readonly billing?: Billing;
}

/**
 * Switched off, the subscription ends with its term (003-62…64). Switched on, all of it renews, what a cancellation came too late for included: who switches
 * renewal on expects that it renews. What is so already says nothing new.
 */
export function setAutoRenewal(state: PoolState, command: SetAutoRenewal, now: Instant): PoolFact[] {
  const { accountId, subscriptionId, enabled } = command;
  return onceDue(state, command, now, (settled) => {
    const { autoRenewal, lots } = activeSubscription(settled, subscriptionId);
    const isSo = autoRenewal === enabled && !(enabled && lots.some(({ endsWithTerm }) => endsWithTerm === true));
    return isSo ? [] : [{ type: enabled ? 'AutoRenewalEnabled' : 'AutoRenewalDisabled', data: { accountId, subscriptionId } }];
  });
}

/**
 * What changes with the next term; replaces what was scheduled before. Errors: RENEWAL_OFF; BILLING_OPTION_UNKNOWN, PRICE_NOT_IN_FORCE, PRODUCT_WITHDRAWN,
 * as things stand: what is so when the term ends decides.
 */
export function scheduleRenewal(state: PoolState, command: ScheduleRenewal, now: Instant): PoolFact[] {
  const { accountId, subscriptionId, quantity, billing } = command;
  if (quantity === undefined && billing === undefined)
    refuseFindings([{ path: 'quantity', message: 'or billing is needed: say what is to change with the next term' }]);
  if (quantity !== undefined) refuseSenselessQuantity(quantity);
  return onceDue(state, command, now, (settled) => {
    const subscription = activeSubscription(settled, subscriptionId);
    refuseWithoutRenewal(subscription);
    refuseNotOnSale(command, subscription);
    const scheduled = { ...(quantity !== undefined && { quantity }), ...(billing && { billing }) };
    if (sameValue(subscription.scheduled, scheduled)) return [];
    return [{ type: 'RenewalScheduled', data: { accountId, subscriptionId, ...scheduled } }];
  });
}

/** The next term is as this one. */
export function unscheduleRenewal(state: PoolState, command: AboutSubscription, now: Instant): PoolFact[] {
  const { accountId, subscriptionId } = command;
  return onceDue(state, command, now, (settled) =>
    activeSubscription(settled, subscriptionId).scheduled === undefined
      ? []
      : [{ type: 'RenewalUnscheduled', data: { accountId, subscriptionId } }],
  );
}

function refuseWithoutRenewal(subscription: Subscription): void {
  if (willRenew(subscription)) return;
  const { subscriptionId, termEndsAt } = subscription;
  throw new Rejected('RENEWAL_OFF', `It ends with its term at ${termEndsAt}: switch auto-renewal on first.`, {
    subscriptionId,
    termEndsAt,
  });
}

/** A withdrawn product goes on as it is; more of it, or another billing, would be a new purchase. */
function refuseNotOnSale({ products, quantity, billing }: ScheduleRenewal, subscription: Subscription): void {
  const { sku } = subscription;
  const product = products.get(sku);
  const listing = knownListing(product, sku);
  if (billing !== undefined) refuseUnknownBilling(listing, billing);
  if (product?.status === 'listed') return refuseUnpriced(listing, billing, subscription);
  if (billing === undefined && (quantity ?? 0) <= subscription.quantity) return;
  throw new Rejected('PRODUCT_WITHDRAWN', `${sku} was withdrawn: the next term can have fewer licenses, not more and no other billing.`, {
    sku,
  });
}

/** Another billing is sold at a price that the product will have by then, in the currency that there is. */
function refuseUnpriced(listing: Listing, billing: Billing | undefined, subscription: Subscription): void {
  if (billing === undefined || sameBilling(billing, subscription.billing)) return;
  priceOfLine(listing, billing, subscription.termEndsAt, agreedPrice(subscription)?.currency);
}
