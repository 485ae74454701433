import type { Commanded, Instant } from '../fact.js';
import { type Money, times } from '../money.js';
import { sameBilling } from '../product/prices.js';
import type { Listing, Policy } from '../product/product.events.js';
import { knownListing, type ProductState } from '../product/product.js';
import { Rejected } from '../rejection.js';
import { addTerm } from '../term.js';
import { type Line, refuseSenselessLines } from './lines.js';
import { beginTerm, deliveryOf } from './lot-term.js';
import { orderIn, type PoolState } from './pool.js';
import type { Lot, PoolFact } from './pool.events.js';
import { priceOfMore, windowFrom } from './renewal.js';
import { onceDue } from './subscription.js';
import { firstPeriodEnd } from './subscription-money.js';
import type { Subscription } from './subscription-state.js';
import type { Billing, SubscriptionLot } from './subscription.events.js';

/** A line of a marketplace order, as it was placed and paid. */
export interface OrderedLine extends Line {
  /** Absent for what is no subscription. */
  readonly billing?: Billing;
  /** With `billing`: the id of the subscription that begins, or of the one that gets larger. */
  readonly subscriptionId?: string;
  /** Of one license and one billing period, as it stood when the order was placed. */
  readonly unitPrice?: Money;
  /** What the line bills at once, where that is less than a whole first period: the term of a subscription that grows ends before. */
  readonly amount?: Money;
  /** Of a subscription that grows: when the first period begins, which the order bills. */
  readonly billedFrom?: Instant;
}

/** What a line bills at once; undefined when it has no price. */
export function amountOf({ unitPrice, quantity, amount }: OrderedLine): Money | undefined {
  return amount ?? (unitPrice && times(unitPrice, quantity));
}

export interface ProvisionOrder extends Commanded {
  readonly accountId: string;
  readonly orderId: string;
  readonly lines: readonly OrderedLine[];
  /** The products of the lines, by sku. One that was withdrawn since the order was placed is delivered nevertheless. */
  readonly products: ReadonlyMap<string, ProductState>;
}

/**
 * What a paid order brings into the customer's pool: a lot a line, and the subscriptions that begin or grow with them (003-53…59).
 * The same order again says nothing new. Errors: SUBSCRIPTION_NOT_ACTIVE when the one that was to grow is over by now.
 */
export function provisionOrder(state: PoolState, command: ProvisionOrder, now: Instant): PoolFact[] {
  const { accountId, orderId, lines, products } = command;
  refuseSenselessLines(lines);
  if (orderIn(state, orderId) !== undefined) return [];
  const grown = lines.flatMap(({ subscriptionId }) => (state.subscriptions.has(subscriptionId ?? '') ? [subscriptionId!] : []));
  // A renewal that is due comes first: what is added is added to the term that has begun.
  const decide = grown.reduceRight<(settled: PoolState) => PoolFact[]>(
    (next, subscriptionId) => (settled) => onceDue(settled, { accountId, subscriptionId, products }, now, next),
    (settled) => provision(settled, command, now),
  );
  return decide(state);
}

function provision(state: PoolState, command: ProvisionOrder, now: Instant): PoolFact[] {
  const { context, accountId, orderId, lines, products } = command;
  const lots: Lot[] = [];
  const changes: PoolFact[] = [];
  for (const [index, line] of lines.entries()) {
    const listing = knownListing(products.get(line.sku), line.sku);
    const { policy } = listing;
    const lotId = `${context.commandId}.${index + 1}`;
    const { sku, quantity, billing, subscriptionId } = line;
    const common = { lotId, sku, quantity, orderId, reversibility: policy.reversibility, ...deliveryOf(policy) };
    if (billing === undefined || subscriptionId === undefined) {
      const term = policy.termStarts === 'onFirstUse' ? {} : beginTerm(policy.term, now);
      lots.push({ ...common, term: policy.term, termStarts: policy.termStarts, ...term });
      continue;
    }
    const grown = subscriptionOf(state, subscriptionId, sku);
    const termEndsAt = grown?.termEndsAt ?? addTerm(now, billing.commitment);
    const term = (grown?.billing ?? billing).commitment;
    lots.push({ ...common, subscriptionId, term, termStarts: 'onPurchase', startsAt: now, expiresAt: termEndsAt });
    const lot = subscriptionLot(lotId, line, policy, now);
    const identity = { accountId, subscriptionId, orderId };
    if (grown) {
      const before = changes.findLast((fact) => fact.type === 'SubscriptionResized' && fact.data.subscriptionId === subscriptionId);
      const quantityBefore = before?.type === 'SubscriptionResized' ? before.data.quantity : grown.quantity;
      const { credited, ...bill } = billOfMore({ ...line, billing }, grown, listing, now);
      const added = [{ ...lot, ...bill }];
      const sum = { quantity: quantityBefore + quantity, added, removed: [], ...(credited && { credited }) };
      changes.push({ type: 'SubscriptionResized', data: { ...identity, ...sum } });
    } else {
      const price = line.unitPrice && { unitPrice: line.unitPrice };
      const begun = { termStartsAt: now, termEndsAt, autoRenewal: true, lots: [{ ...lot, ...price }] };
      changes.push({ type: 'SubscriptionStarted', data: { ...identity, sku, quantity, billing, ...begun } });
    }
  }
  return [{ type: 'LicensePurchased', data: { accountId, orderId, source: 'marketplace', lots } }, ...changes];
}

/** A lot of a subscription as it begins, with its own cancellation window (003-67). */
function subscriptionLot(lotId: string, { quantity }: OrderedLine, policy: Policy, at: Instant): SubscriptionLot {
  return { lotId, quantity, addedAt: at, ...windowFrom(policy, at) };
}

/**
 * The period that was billed at once goes on counting from when it was ordered, however late within it the licenses came. When it is over, or the term is,
 * what was billed for it comes back, and they are billed from when they came, as the others are. A price is one of a billing: when the subscription has
 * another by now, it is the one that more of it would cost now.
 */
function billOfMore(
  line: OrderedLine & { readonly billing: Billing },
  grown: Subscription,
  listing: Listing,
  now: Instant,
): Pick<SubscriptionLot, 'unitPrice' | 'billedFrom'> & { readonly credited?: Money } {
  const { billing, unitPrice: ordered, billedFrom } = line;
  const isBilledAsOrdered = sameBilling(billing, grown.billing);
  const unitPrice = isBilledAsOrdered ? ordered : priceOfMore(grown, listing, now, ordered?.currency);
  const price = unitPrice && { unitPrice };
  if (billedFrom === undefined) return { ...price };
  const isUnderWay = isBilledAsOrdered && billedFrom >= grown.termStartsAt && now < firstPeriodEnd(billedFrom, grown);
  if (isUnderWay) return { ...price, billedFrom };
  const credited = amountOf(line);
  return { ...price, ...(credited && { credited }) };
}

function subscriptionOf(state: PoolState, subscriptionId: string, sku: string): Subscription | undefined {
  const known = state.subscriptions.get(subscriptionId);
  if (known === undefined || (known.state === 'active' && known.sku === sku)) return known;
  throw new Rejected('SUBSCRIPTION_NOT_ACTIVE', `The subscription ${subscriptionId} is ${known.state}: it cannot grow.`, {
    subscriptionId,
    state: known.state,
  });
}
