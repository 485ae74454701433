import type { Instant } from '../fact.js';
import type { Policy } from '../product/product.events.js';
import { addTerm } from '../term.js';
import type { Lot } from './pool.events.js';

type Term = Pick<Lot, 'startsAt' | 'expiresAt'>;

/** The term of a lot that begins at this time. A perpetual one begins too, and never ends. */
export function beginTerm(term: string | null, at: Instant): Term {
  return { startsAt: at, ...(term !== null && { expiresAt: addTerm(at, term) }) };
}

/** The term that a customer gets: the one already running, or by policy one that begins now (000-22/25). Until first use, none. */
export function termWhenAssigned(lot: Pick<Lot, 'term' | 'termStarts' | 'startsAt' | 'expiresAt'>, now: Instant): Term {
  if (lot.startsAt === undefined && lot.termStarts === 'onAssignment') return beginTerm(lot.term, now);
  return {
    ...(lot.startsAt !== undefined && { startsAt: lot.startsAt }),
    ...(lot.expiresAt !== undefined && { expiresAt: lot.expiresAt }),
  };
}

/** What a product is handed over as, as a lot keeps it. */
export function deliveryOf({ delivery }: Policy): Pick<Lot, 'delivery'> {
  return delivery === undefined || delivery === 'none' ? {} : { delivery };
}
