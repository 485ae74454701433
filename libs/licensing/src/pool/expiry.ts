import type { Commanded, Instant } from '../fact.js';
import { lotsPerCommandMax } from './lines.js';
import type { PoolState } from './pool.js';
import type { LotPart, PoolFact } from './pool.events.js';
import { firstCurrent, type HeldLot } from './use-order.js';

export interface ExpireLicenses extends Commanded {
  readonly accountId: string;
}

/**
 * Records that terms are over: one fact for each moment at which lots ended, earliest first, however late it is noticed (000-22/25).
 * At most 300 lots at a time, so that it fits into one append: to be asked again until it says nothing new.
 */
export function expireLicenses(state: PoolState, { accountId }: ExpireLicenses, now: Instant): PoolFact[] {
  const overdue = overdueLots(state, now).sort(byExpiry).slice(0, lotsPerCommandMax);
  const moments = new Map<Instant, LotPart[]>();
  for (const held of overdue) {
    const { expiresAt } = held.lot;
    moments.set(expiresAt!, [...(moments.get(expiresAt!) ?? []), ...partsLeft(held)]);
  }
  return [...moments].map(([effectiveAt, lots]) => ({ type: 'LicenseExpired', data: { accountId, effectiveAt, lots } }));
}

/** What is left of a lot, wherever it is. A hold ends no later than what it holds, so none is in here once it lapsed. */
export function partsLeft({ lot: { lotId, sku }, available, held, inSeats }: HeldLot): LotPart[] {
  const places = [{ quantity: available }, { quantity: held, from: 'held' }, { quantity: inSeats, from: 'inSeats' }] as const;
  return places.filter(({ quantity }) => quantity > 0).map((place) => ({ lotId, sku, ...place }));
}

/** When the next lot ends; undefined when none will. */
export function nextExpiry(state: PoolState): Instant | undefined {
  const expiries = [...state.products.values()].flatMap(({ order }) => order.lots[order.head]?.lot.expiresAt ?? []);
  return expiries.sort()[0];
}

function overdueLots(state: PoolState, now: Instant): HeldLot[] {
  const overdue = [...state.products.values()].flatMap(({ order }) => order.lots.slice(order.head, firstCurrent(order, now)));
  // Those of a subscription end, or go on, with that.
  return overdue.filter(({ lot }) => lot.subscriptionId === undefined);
}

function byExpiry(left: HeldLot, right: HeldLot): number {
  if (left.lot.expiresAt! !== right.lot.expiresAt!) return left.lot.expiresAt! < right.lot.expiresAt! ? -1 : 1;
  return left.sequence - right.sequence;
}
