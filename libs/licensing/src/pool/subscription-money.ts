import type { Instant } from '../fact.js';
import { minus, type Money, sumsOfMoney, times } from '../money.js';
import { addTerm, parseDuration } from '../term.js';
import type { Subscription } from './subscription-state.js';
import type { SubscriptionLot } from './subscription.events.js';

/** What so many licenses of a lot cost in a term: billed at the start of each period, and the last one only for the time it still has. */
export interface TermBill {
  /** Until now, the period under way included. */
  readonly billed: Money;
  /** What of `billed` is for the rest of the period under way. */
  readonly unused: Money;
  /** Until the term ends. */
  readonly toCome: Money;
  readonly total: Money;
}

/**
 * The bill of a part of a lot, from when it was added or last renewed until the term ends (003-67, 68). Undefined when the product had no price.
 * Periods are counted as terms are, from the anchor, where one of them begins with the lot; else from the lot's own start, so that the first one costs
 * what its order said.
 */
export function billOf(
  { windowStartsAt, billedFrom: from = windowStartsAt, unitPrice }: Pick<SubscriptionLot, 'windowStartsAt' | 'billedFrom' | 'unitPrice'>,
  quantity: number,
  { billing, anchoredAt, termEndsAt: until }: Pick<Subscription, 'billing' | 'anchoredAt' | 'termEndsAt'>,
  now: Instant,
): TermBill | undefined {
  if (unitPrice === undefined) return undefined;
  const start = periodStarts(from, anchoredAt, billing.period);
  const indexMax = indexAfter(from, until, billing.period);
  const count = Math.max(
    firstIndex(indexMax, (index) => start(index) >= until),
    1,
  );
  const begun = Math.min(
    Math.max(
      firstIndex(indexMax, (index) => start(index) > now),
      1,
    ),
    count,
  );

  const bounds = (index: number) => ({ from: Date.parse(start(index)), to: Date.parse(start(index + 1)) });
  const amountOf = (index: number, since: number): Money => {
    const period = bounds(index);
    const counted = Math.max(Math.min(period.to, Date.parse(until)) - Math.max(period.from, since), 0);
    return times(unitPrice, quantity, { part: counted, whole: period.to - period.from });
  };
  const whole = times(unitPrice, quantity);
  const ofFirst = (number: number): Money =>
    number < count ? times(whole, number) : sum(times(whole, count - 1), amountOf(count - 1, Number.NEGATIVE_INFINITY));
  const billed = ofFirst(begun);
  const total = ofFirst(count);
  return { billed, unused: amountOf(begun - 1, Date.parse(now)), toCome: minus(total, billed), total };
}

/** When the first period ends that is billed from a time, whole as it is: the term may end before. */
export function firstPeriodEnd(from: Instant, { anchoredAt, billing }: Pick<Subscription, 'anchoredAt' | 'billing'>): Instant {
  return periodStarts(from, anchoredAt, billing.period)(1);
}

/** The sum of amounts of one currency; undefined of none. */
export function sumOfMoney(amounts: readonly (Money | undefined)[]): Money | undefined {
  return sumsOfMoney(amounts.filter((amount) => amount !== undefined))[0];
}

function sum(...amounts: Money[]): Money {
  return sumsOfMoney(amounts)[0]!;
}

/** When the periods begin that are counted from 0 at `from`: of those of the anchor, the one after Feb 28 begins on Mar 31, not 28. */
function periodStarts(from: Instant, anchor: Instant, period: string): (index: number) => Instant {
  const before = firstIndex(indexAfter(anchor, from, period), (index) => addTerm(anchor, period, index) >= from);
  return addTerm(anchor, period, before) === from
    ? (index) => addTerm(anchor, period, before + index)
    : (index) => addTerm(from, period, index);
}

/** An index of a period that has not begun at a time for sure, when periods are counted from an earlier one: as if each was the shortest possible. */
function indexAfter(from: Instant, to: Instant, period: string): number {
  const { months, milliseconds } = parseDuration(period)!;
  return Math.ceil((Date.parse(to) - Date.parse(from)) / (months * 28 * 86_400_000 + milliseconds)) + 1;
}

/** Binary search: `isFromHere` is false up to some index and true from there on; it is asked up to `indexMax`. */
function firstIndex(indexMax: number, isFromHere: (index: number) => boolean): number {
  let low = 0;
  let high = indexMax;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isFromHere(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
