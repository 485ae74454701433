import type { Instant } from '../fact.js';
import type { PoolState } from './pool.js';
import type { Lot, LotPart } from './pool.events.js';
import { firstCurrent, type HeldLot } from './use-order.js';

/** What is left of a lot, wherever it is. */
export function partsLeft({ lotId, sku }: Lot, { available, held, inSeats }: Pick<HeldLot, 'available' | 'held' | 'inSeats'>): LotPart[] {
  const places = [{ quantity: available }, { quantity: held, from: 'held' }, { quantity: inSeats, from: 'inSeats' }] as const;
  return places.filter(({ quantity }) => quantity > 0).map((place) => ({ lotId, sku, ...place }));
}

/** When the next lot ends, those of subscriptions included; undefined when none will. */
export function nextExpiry(state: PoolState): Instant | undefined {
  const expiries = [...state.products.values()].flatMap(({ order }) => order.lots[order.head]?.lot.expiresAt ?? []);
  return expiries.sort()[0];
}

/** Lots that end by themselves and have, oldest first. Those of a subscription end, or go on, with that. */
export function overdueLots(state: PoolState, now: Instant): HeldLot[] {
  const overdue = [...state.products.values()].flatMap(({ order }) => order.lots.slice(order.head, firstCurrent(order, now)));
  return overdue.filter(({ lot }) => lot.subscriptionId === undefined).sort((left, right) => left.sequence - right.sequence);
}
