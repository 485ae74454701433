import type { Instant } from '../fact.js';
import type { Money } from '../money.js';
import { priceAt, sameBilling } from '../product/prices.js';
import type { Listing, Policy } from '../product/product.events.js';
import type { ProductState } from '../product/product.js';
import { addTerm } from '../term.js';
import type { PoolState } from './pool.js';
import type { LicensePurchased, Lot, LotPart, PoolFact } from './pool.events.js';
import { deliveryOf } from './lot-term.js';
import type { LotOfSubscription, Subscription } from './subscription-state.js';
import type { Billing, NotApplied, SubscriptionLot } from './subscription.events.js';
import type { HeldLot } from './use-order.js';

/** Where the licenses of a lot are. */
export type Amounts = Pick<HeldLot, 'available' | 'held' | 'inSeats'>;
/** Licenses that are over are none of the account's: nothing is where there is no lot. */
const none: Amounts = { available: 0, held: 0, inSeats: 0 };

/** Whether there will be another term: switched on, and something of it was not cancelled. */
export function willRenew({ state, autoRenewal, lots }: Pick<Subscription, 'state' | 'autoRenewal' | 'lots'>): boolean {
  return state === 'active' && autoRenewal && lots.some(({ endsWithTerm }) => endsWithTerm !== true);
}

/** Whether a lot goes on after its end because its subscription renews, recorded or not. */
export function goesOn(state: PoolState, { lotId, subscriptionId }: Lot): boolean {
  const subscription = subscriptionId === undefined ? undefined : state.subscriptions.get(subscriptionId);
  if (subscription === undefined || !willRenew(subscription)) return false;
  return subscription.lots.some((lot) => lot.lotId === lotId && lot.endsWithTerm !== true);
}

/**
 * What happens at the end of a term: the next one begins (003-62), or all that is left is over (003-64). `effectiveAt` is that end, whenever it is recorded.
 * Undefined while the product that renewal goes by is not among those given. `amounts` tells where the licenses of a lot will be by then.
 */
export function endTerm(
  state: PoolState,
  accountId: string,
  subscription: Subscription,
  products: ReadonlyMap<string, ProductState>,
  amounts: (lotId: string) => Amounts = (lotId) => state.lots.get(lotId) ?? none,
): PoolFact[] | undefined {
  const { subscriptionId, sku, termEndsAt: effectiveAt, lots } = subscription;
  if (!willRenew(subscription)) {
    const parts = lots.flatMap(({ lotId, quantity }) => takenFrom({ lotId, sku }, amounts(lotId), quantity));
    return [{ type: 'SubscriptionExpired', data: { accountId, subscriptionId, effectiveAt, lots: parts } }];
  }
  const product = products.get(sku);
  return product?.listing === undefined ? undefined : renew(accountId, subscription, product.listing, product.status === 'listed', amounts);
}

function renew(
  accountId: string,
  subscription: Subscription,
  listing: Listing,
  isOnSale: boolean,
  amounts: (lotId: string) => Amounts,
): PoolFact[] {
  const { subscriptionId, termEndsAt: effectiveAt } = subscription;
  const agreed = agreedPrice(subscription);
  const { billing, ...refusedBilling } = nextBilling(subscription, listing, isOnSale, agreed?.currency);
  const { kept, removed, missing, ...refusedQuantity } = nextLots(subscription, isOnSale, amounts);
  const isAsLong = billing.commitment === subscription.billing.commitment;
  const termEndsAt = isAsLong
    ? addTerm(subscription.anchoredAt, billing.commitment, subscription.termsBegun + 1)
    : addTerm(effectiveAt, billing.commitment);

  const window = windowFrom(listing.policy, effectiveAt);
  const isBilledAsBefore = sameBilling(billing, subscription.billing);
  /** Without a price that is in force now, what was agreed goes on. */
  const priceNext = (before: Money | undefined): Pick<SubscriptionLot, 'unitPrice'> => {
    const unitPrice = priceAt(listing, billing, effectiveAt, before?.currency) ?? (isBilledAsBefore ? before : undefined);
    return unitPrice === undefined ? {} : { unitPrice };
  };
  const lots: SubscriptionLot[] = kept.map(({ lotId, quantity, addedAt, unitPrice }) => ({
    ...{ lotId, quantity, addedAt, ...window, ...priceNext(unitPrice) },
  }));
  const bought = missing === 0 ? [] : [additional(accountId, subscription, listing.policy, billing, missing, termEndsAt)];
  for (const { lotId, quantity } of bought.flatMap(({ data }) => data.lots))
    lots.push({ lotId, quantity, addedAt: effectiveAt, ...window, ...priceNext(agreed) });
  const quantity = lots.reduce((sum, lot) => sum + lot.quantity, 0);
  const notApplied = [...(refusedQuantity.notApplied ?? []), ...(refusedBilling.notApplied ?? [])];
  const term = { effectiveAt, termStartsAt: effectiveAt, termEndsAt };
  const data = { accountId, subscriptionId, ...term, quantity, billing, lots, removed, ...(notApplied.length > 0 && { notApplied }) };
  return [...bought, { type: 'SubscriptionRenewed', data: { ...data } }];
}

/**
 * A scheduled billing has to be one that the product still has, at a price where it has prices; otherwise it goes on as it was, even when that is no longer
 * sold to others.
 */
function nextBilling(
  { billing, scheduled, termEndsAt: at }: Subscription,
  listing: Listing,
  isOnSale: boolean,
  currency: Money['currency'] | undefined,
): { readonly billing: Billing; readonly notApplied?: NotApplied[] } {
  const asked = scheduled?.billing;
  if (asked === undefined || sameBilling(asked, billing)) return { billing };
  if (!isOnSale) return { billing, notApplied: [{ change: 'billing', reason: 'productWithdrawn' }] };
  const isOffered = listing.policy.billingOptions?.some((option) => sameBilling(option, asked)) ?? false;
  if (!isOffered) return { billing, notApplied: [{ change: 'billing', reason: 'billingNotOffered' }] };
  const isPriced = (listing.prices ?? []).length === 0 || priceAt(listing, asked, at, currency) !== undefined;
  return isPriced ? { billing: asked } : { billing, notApplied: [{ change: 'billing', reason: 'priceNotInForce' }] };
}

interface NextLots {
  readonly kept: readonly LotOfSubscription[];
  readonly removed: readonly LotPart[];
  /** To be bought. */
  readonly missing: number;
  readonly notApplied?: NotApplied[];
}

/**
 * Which licenses go on. A smaller quantity takes from the newest lots first, and never what is in use (003-76); a larger one is met by what was to end
 * with the term before anything is bought.
 */
function nextLots({ sku, lots, scheduled }: Subscription, isOnSale: boolean, amounts: (lotId: string) => Amounts): NextLots {
  const renewing = lots.filter(({ endsWithTerm }) => endsWithTerm !== true);
  const ending = lots.filter(({ endsWithTerm }) => endsWithTerm === true);
  const before = sumOf(renewing);
  const wanted = scheduled?.quantity ?? before;
  let tooMany = Math.max(before - wanted, 0);
  let missing = Math.max(wanted - before, 0);
  const kept = new Map<string, number>();
  const removed: LotPart[] = [];
  for (const { lotId, quantity } of renewing.toReversed()) {
    const taken = Math.min(tooMany, amounts(lotId).available);
    tooMany -= taken;
    kept.set(lotId, quantity - taken);
    if (taken > 0) removed.push({ lotId, sku, quantity: taken });
  }
  for (const { lotId, quantity } of ending) {
    const revived = Math.min(missing, quantity);
    missing -= revived;
    kept.set(lotId, revived);
    removed.push(...takenFrom({ lotId, sku }, amounts(lotId), quantity - revived));
  }
  const goOn = lots.map((lot) => ({ ...lot, quantity: kept.get(lot.lotId)! })).filter(({ quantity }) => quantity > 0);
  if (tooMany > 0) return { kept: goOn, removed, missing: 0, notApplied: [{ change: 'quantity', reason: 'inUse' }] };
  if (missing === 0 || isOnSale) return { kept: goOn, removed, missing };
  return { kept: goOn, removed, missing: 0, notApplied: [{ change: 'quantity', reason: 'productWithdrawn' }] };
}

/** What the next term has more than the last one comes with an order of its own. */
function additional(
  accountId: string,
  { subscriptionId, sku, termEndsAt: at }: Subscription,
  policy: Policy,
  billing: Billing,
  quantity: number,
  expiresAt: Instant,
): LicensePurchased {
  const orderId = `renewal-${subscriptionId}-${at}`;
  const term = { term: billing.commitment, termStarts: 'onPurchase', startsAt: at, expiresAt } as const;
  const terms = { reversibility: policy.reversibility, ...deliveryOf(policy), subscriptionId, ...term };
  const lots = [{ lotId: `${orderId}.1`, sku, quantity, orderId, ...terms }];
  return { type: 'LicensePurchased', data: { accountId, orderId, source: 'renewal', lots, effectiveAt: at } };
}

/** So many of a lot, first what nobody uses. */
function takenFrom(lot: Pick<LotPart, 'lotId' | 'sku'>, { available, held, inSeats }: Amounts, quantity: number): LotPart[] {
  const parts: LotPart[] = [];
  let left = quantity;
  for (const place of [{ count: available }, { count: held, from: 'held' }, { count: inSeats, from: 'inSeats' }] as const) {
    const taken = Math.min(left, place.count);
    left -= taken;
    if (taken > 0) parts.push({ ...lot, quantity: taken, ...('from' in place && { from: place.from }) });
  }
  return parts;
}

/** The cancellation window of what begins, or goes on, at a time (003-67): a product that can always, or never, be cancelled has none. */
export function windowFrom(
  { reversibility, cancellationWindow }: Policy,
  at: Instant,
): Pick<SubscriptionLot, 'windowStartsAt' | 'windowEndsAt'> {
  const isWindowed = reversibility === 'windowed' && cancellationWindow !== undefined;
  return { windowStartsAt: at, ...(isWindowed && { windowEndsAt: addTerm(at, cancellationWindow) }) };
}

/** What was agreed on last for one license; undefined when nothing ever was. */
export function agreedPrice({ lots }: Pick<Subscription, 'lots'>): Money | undefined {
  return lots.findLast((lot) => lot.unitPrice !== undefined)?.unitPrice;
}

/** What more of a subscription costs: the price in force in the currency that it is billed in; without one, what was agreed last. */
export function priceOfMore(subscription: Subscription, listing: Listing, at: Instant, currency?: Money['currency']): Money | undefined {
  const agreed = agreedPrice(subscription);
  return priceAt(listing, subscription.billing, at, agreed?.currency ?? currency) ?? agreed;
}

function sumOf(lots: readonly { readonly quantity: number }[]): number {
  return lots.reduce((sum, { quantity }) => sum + quantity, 0);
}
