import type { Instant } from './fact.js';

/** An ISO 8601 duration in the units that can be counted exactly: months by the calendar, the rest by the clock. */
export interface Duration {
  readonly months: number;
  readonly milliseconds: number;
}

const pattern =
  /^P(?!$)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?!$)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$/;
const secondInMilliseconds = 1_000;
const dayInMilliseconds = 86_400 * secondInMilliseconds;
const durationMaxInMonths = 1_200;
const durationMaxInMilliseconds = 36_525 * dayInMilliseconds;

/** Reads whole, positive durations up to 100 years: `P1Y`, `P1M`, `P1W`, `P7D`, `PT48H`, and combinations. Anything else is undefined. */
export function parseDuration(text: string): Duration | undefined {
  const parts = pattern.exec(text);
  if (parts === null) return undefined;
  const [years, months, weeks, days, hours, minutes, seconds] = parts.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const duration = {
    months: years * 12 + months,
    milliseconds: (weeks * 7 + days) * dayInMilliseconds + (hours * 3_600 + minutes * 60 + seconds) * secondInMilliseconds,
  };
  const isPositive = duration.months + duration.milliseconds > 0;
  const isBounded = duration.months <= durationMaxInMonths && duration.milliseconds <= durationMaxInMilliseconds;
  return isPositive && isBounded ? duration : undefined;
}

/**
 * When the `count`-th term from the anchor is over (contract, "Times"): counted from the anchor each time and clamped to the month's last day, in UTC.
 * From Jan 31, P1M ends on Feb 28 or 29, and the second one on Mar 31, not 28. Throws a RangeError for a text that is no duration: products refuse those.
 */
export function addTerm(anchor: Instant, term: string, count = 1): Instant {
  const duration = parseDuration(term);
  if (duration === undefined) throw new RangeError(`${term} is not a duration`);
  const start = new Date(anchor);
  const month = start.getUTCMonth() + duration.months * count;
  const lastDay = new Date(Date.UTC(start.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const end = new Date(start);
  end.setUTCFullYear(start.getUTCFullYear(), month, Math.min(start.getUTCDate(), lastDay));
  return new Date(end.getTime() + duration.milliseconds * count).toISOString();
}

/** The same moment as an Instant, whatever offset and precision it was written in; undefined when it is no time at all. */
export function toInstant(text: string): Instant | undefined {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}
