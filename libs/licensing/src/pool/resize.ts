import type { Instant } from '../fact.js';
import { refuseFindings } from '../invalid.js';
import { minus, type Money } from '../money.js';
import type { Policy } from '../product/product.events.js';
import { knownListing } from '../product/product.js';
import { Rejected } from '../rejection.js';
import { addTerm } from '../term.js';
import { type ResizeSubscription, orderIncrease } from './increase.js';
import { quantityMax } from './lines.js';
import type { PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';
import type { Amounts } from './renewal.js';
import { activeSubscription, onceDue } from './subscription.js';
import { billOf } from './subscription-money.js';
import type { LotOfSubscription, Subscription } from './subscription-state.js';
import type { CancelledPart } from './subscription.events.js';

/** Fewer or more licenses from now on (003-59): fewer are given back at once, more are an order. */
export function resizeSubscription(state: PoolState, command: ResizeSubscription, now: Instant): PoolFact[] {
  refuseSenselessQuantity(command.quantity);
  return onceDue(state, command, now, (settled) => {
    const subscription = activeSubscription(settled, command.subscriptionId);
    if (command.quantity === subscription.quantity) return [];
    const decide = command.quantity > subscription.quantity ? orderIncrease : decrease;
    return decide(settled, subscription, command, now);
  });
}

/**
 * The newest lots first, only what nobody uses (003-76) and what can still be cancelled. Errors: SEATS_IN_USE; WINDOW_CLOSED, which points to the
 * schedule.
 */
function decrease(
  state: PoolState,
  subscription: Subscription,
  { context, accountId, subscriptionId, products, quantity }: ResizeSubscription,
  now: Instant,
): PoolFact[] {
  refuseBelowUse(state, subscription, quantity);
  // As it is now: what a request is judged by when it is processed (003-66).
  const { policy } = knownListing(products.get(subscription.sku), subscription.sku);
  const isVendor = context.actor.role === 'operator';
  let missing = subscription.quantity - quantity;
  const removed: CancelledPart[] = [];
  for (const lot of subscription.lots.toReversed()) {
    const taken = Math.min(missing, windowOf(lot, policy, isVendor, now).isOpen ? amountsOf(state, lot.lotId).available : 0);
    if (taken === 0) continue;
    missing -= taken;
    const credited = creditFor(lot, taken, subscription, policy, now);
    removed.push({ lotId: lot.lotId, sku: subscription.sku, quantity: taken, ...(credited && { credited }) });
  }
  if (missing > 0) throw windowClosed(subscription, quantity, missing, policy, now);
  return [{ type: 'SubscriptionResized', data: { accountId, subscriptionId, quantity, added: [], removed } }];
}

/** Licenses of a subscription that somebody uses, or that a drawdown holds back. */
export function inUse(state: PoolState, { lots }: Pick<Subscription, 'lots'>): number {
  return lots.map(({ lotId }) => amountsOf(state, lotId)).reduce((sum, { held, inSeats }) => sum + held + inSeats, 0);
}

export function amountsOf(state: PoolState, lotId: string): Amounts {
  return state.lots.get(lotId) ?? { available: 0, held: 0, inSeats: 0 };
}

export function refuseSenselessQuantity(quantity: number): void {
  if (Number.isInteger(quantity) && quantity >= 1 && quantity <= quantityMax) return;
  refuseFindings([
    { path: 'quantity', message: `must be a whole number from 1 to ${quantityMax}, not ${quantity}; none at all is a cancellation` },
  ]);
}

/**
 * Whether a lot can be cancelled, and until when that is so. `free` always; `windowed` until its window is over, exactly at its end; `irreversible`
 * never; `approval` when the vendor does it.
 */
export function windowOf(
  { windowStartsAt }: Pick<LotOfSubscription, 'windowStartsAt'>,
  { reversibility, cancellationWindow }: Policy,
  isVendor: boolean,
  now: Instant,
): { readonly isOpen: boolean; readonly endsAt?: Instant } {
  if (reversibility !== 'windowed' || cancellationWindow === undefined)
    return { isOpen: reversibility === 'free' || (reversibility === 'approval' && isVendor) };
  const endsAt = addTerm(windowStartsAt, cancellationWindow);
  return { isOpen: now < endsAt, endsAt };
}

/**
 * What comes back for a part of a lot: all that was billed for it, or by policy what of it is unused. It is what the lot was billed less what the rest of
 * it would have been: amounts are rounded lot by lot, so a lot that goes in several parts is never credited more than it was billed.
 */
export function creditFor(
  lot: LotOfSubscription,
  quantity: number,
  subscription: Subscription,
  { refund }: Policy,
  now: Instant,
): Money | undefined {
  const before = billOf(lot, lot.quantity, subscription, now);
  const after = billOf(lot, lot.quantity - quantity, subscription, now);
  if (before === undefined || after === undefined) return undefined;
  return refund === 'proRata' ? minus(before.unused, after.unused) : minus(before.billed, after.billed);
}

function refuseBelowUse(state: PoolState, subscription: Subscription, quantity: number): void {
  const used = inUse(state, subscription);
  if (quantity >= used) return;
  const { subscriptionId } = subscription;
  throw new Rejected('SEATS_IN_USE', `${used} of ${subscription.quantity} licenses are in use: ${quantity} would be fewer.`, {
    subscriptionId,
    inUse: used,
    requested: quantity,
    quantity: subscription.quantity,
  });
}

function windowClosed(subscription: Subscription, quantity: number, missing: number, policy: Policy, now: Instant): Rejected {
  const { subscriptionId, termEndsAt } = subscription;
  const ends = subscription.lots.flatMap((lot) => windowOf(lot, policy, false, now).endsAt ?? []).filter((endsAt) => endsAt <= now);
  const windowEndedAt = ends.sort().at(-1);
  const possible = subscription.quantity - quantity - missing;
  const why =
    windowEndedAt === undefined
      ? 'This product cannot be cancelled'
      : `The last cancellation window that is over ended at ${windowEndedAt}`;
  return new Rejected(
    'WINDOW_CLOSED',
    `${why}: ${possible} of ${subscription.quantity - quantity} can be given back now. ` +
      `Schedule the quantity ${quantity} instead (PUT …/schedule): it applies when the term ends, at ${termEndsAt}.`,
    {
      subscriptionId,
      requested: quantity,
      quantity: subscription.quantity,
      possible,
      ...(windowEndedAt && { windowEndedAt }),
      termEndsAt,
      schedule: { quantity, appliesAt: termEndsAt },
    },
  );
}
