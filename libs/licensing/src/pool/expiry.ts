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
  for (const { lot, available } of overdue) {
    const parts = moments.get(lot.expiresAt!) ?? [];
    parts.push({ lotId: lot.lotId, sku: lot.sku, quantity: available });
    moments.set(lot.expiresAt!, parts);
  }
  return [...moments].map(([effectiveAt, lots]) => ({ type: 'LicenseExpired', data: { accountId, effectiveAt, lots } }));
}

/** When the next lot ends; undefined when none will. */
export function nextExpiry(state: PoolState): Instant | undefined {
  const expiries = [...state.products.values()].flatMap(({ order }) => order.lots[order.head]?.lot.expiresAt ?? []);
  return expiries.sort()[0];
}

function overdueLots(state: PoolState, now: Instant): HeldLot[] {
  return [...state.products.values()].flatMap(({ order }) => order.lots.slice(order.head, firstCurrent(order, now)));
}

function byExpiry(left: HeldLot, right: HeldLot): number {
  if (left.lot.expiresAt! !== right.lot.expiresAt!) return left.lot.expiresAt! < right.lot.expiresAt! ? -1 : 1;
  return left.sequence - right.sequence;
}
