import type { Commanded, Instant } from '../fact.js';
import type { ProductState } from '../product/product.js';
import { Rejected } from '../rejection.js';
import { pool, type PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { endTerm } from './renewal.js';
import type { Subscription } from './subscription-state.js';

/** What every command about one subscription brings. */
export interface AboutSubscription extends Commanded {
  readonly accountId: string;
  readonly subscriptionId: string;
  /** The product of the subscription, by its sku: its policy and prices as they are now. */
  readonly products: ReadonlyMap<string, ProductState>;
}

/** Errors: SUBSCRIPTION_NOT_FOUND; SUBSCRIPTION_NOT_ACTIVE when it is over. */
export function activeSubscription(state: PoolState, subscriptionId: string): Subscription {
  const subscription = state.subscriptions.get(subscriptionId);
  if (subscription === undefined)
    throw new Rejected('SUBSCRIPTION_NOT_FOUND', `This pool has no subscription ${subscriptionId}.`, { subscriptionId });
  if (subscription.state === 'active') return subscription;
  throw new Rejected('SUBSCRIPTION_NOT_ACTIVE', `The subscription ${subscriptionId} is ${subscription.state}: it changes no more.`, {
    subscriptionId,
    state: subscription.state,
  });
}

/**
 * Decides about a subscription whose term may have ended a moment ago without anybody having recorded that: what is due is recorded first, in the same
 * append, so that nobody is refused, or served by old terms, because an automation comes a second later.
 */
export function onceDue(
  state: PoolState,
  { accountId, subscriptionId, products }: Omit<AboutSubscription, 'context'>,
  now: Instant,
  decide: (state: PoolState) => PoolFact[],
): PoolFact[] {
  const due: PoolFact[] = [];
  let settled = state;
  for (;;) {
    const subscription = settled.subscriptions.get(subscriptionId);
    if (subscription?.state !== 'active' || subscription.termEndsAt > now) return [...due, ...decide(settled)];
    // The state belongs to the ledger: what comes next is tried on a copy. That is rare, so the copy may cost.
    if (due.length === 0) settled = structuredClone(state);
    const facts = endTerm(settled, accountId, settled.subscriptions.get(subscriptionId)!, products);
    if (facts === undefined) throw new Rejected('PRODUCT_NOT_FOUND', `There is no product ${subscription.sku}.`, { sku: subscription.sku });
    for (const fact of facts) pool.evolve(settled, fact);
    due.push(...facts);
  }
}
