import type { Instant } from '../fact.js';
import type { Lot } from './pool.events.js';

/** What is left of a lot in a pool. */
export interface HeldLot {
  /** As it came in; `quantity` is what it began with. A renewal moves its end. */
  lot: Lot;
  /** Counts the lots of the pool in the order they came in. */
  readonly sequence: number;
  available: number;
  /** Held back by open drawdowns. */
  held: number;
  /** In use: on seats, in license files, as services. */
  inSeats: number;
  /** The folded id of the order this account bought it with; absent when another account gave it. */
  readonly orderKey?: string;
}

/**
 * The lots of one product that have something left, in the order they are used (contract, "Pools"): first to expire first, what never expires
 * last, then oldest first. Lots before `head` are used up: taking the first one away costs nothing, however many wait behind it.
 */
export interface UseOrder {
  lots: HeldLot[];
  head: number;
}

const usedUpMax = 256;

export function insert(order: UseOrder, lot: HeldLot): void {
  const last = order.lots.at(-1);
  if (last === undefined || isBefore(last, lot)) order.lots.push(lot);
  else order.lots.splice(placeOf(order, lot), 0, lot);
}

export function remove(order: UseOrder, lot: HeldLot): void {
  const place = placeOf(order, lot);
  if (order.lots[place] !== lot) return;
  if (place !== order.head) {
    order.lots.splice(place, 1);
    return;
  }
  order.head += 1;
  if (order.head >= usedUpMax && order.head * 2 >= order.lots.length) {
    order.lots = order.lots.slice(order.head);
    order.head = 0;
  }
}

/** The place of the first lot whose term is not over at `now`: all before it are overdue, waiting for their expiry to be recorded. */
export function firstCurrent(order: UseOrder, now: Instant): number {
  return firstPlace(order, ({ lot }) => lot.expiresAt === undefined || lot.expiresAt > now);
}

/** The place of the first lot that never expires, or whose term has not begun. */
export function firstWithoutExpiry(order: UseOrder): number {
  return firstPlace(order, ({ lot }) => lot.expiresAt === undefined);
}

function placeOf(order: UseOrder, lot: HeldLot): number {
  return firstPlace(order, (other) => !isBefore(other, lot));
}

function isBefore(left: HeldLot, right: HeldLot): boolean {
  const leftExpiry = left.lot.expiresAt;
  const rightExpiry = right.lot.expiresAt;
  if (leftExpiry === rightExpiry) return left.sequence < right.sequence;
  if (leftExpiry === undefined) return false;
  return rightExpiry === undefined || leftExpiry < rightExpiry;
}

/** Binary search: `isFromHere` is false up to some place and true from there on. */
function firstPlace(order: UseOrder, isFromHere: (lot: HeldLot) => boolean): number {
  let low = order.head;
  let high = order.lots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isFromHere(order.lots[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
