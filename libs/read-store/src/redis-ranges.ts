import type { IndexRange } from './read-store.js';

/** A member of an index's sorted set: all have the same score, so they stand in the order of their bytes. */
export const memberOf = (sort: string, key: string): string => `${sort}\0${key}`;

export function entryOf(member: string): { sort: string; key: string } {
  const at = member.indexOf('\0');
  return { sort: member.slice(0, at), key: member.slice(at + 1) };
}

/** A member is longer than its sort text, and NUL is the least of all characters: so `[from` lets in what begins with it, and `(to` keeps it out. */
export function boundsOf({ from, to }: { from?: string; to?: string }): [low: string, high: string] {
  return [from === undefined ? '-' : `[${from}`, to === undefined ? '+' : `(${to}`];
}

/** The command that reads a range, and its bounds in the order it takes them. */
export function readingOf(range: IndexRange): [command: 'zrangebylex' | 'zrevrangebylex', first: string, second: string] {
  const [from, to] = boundsOf(range);
  const after = range.after && `(${memberOf(range.after.sort, range.after.key)}`;
  return range.direction === 'ascending' ? ['zrangebylex', later(after, from), to] : ['zrevrangebylex', earlier(after, to), from];
}

/** The narrower of two lower bounds. An entry to go on after lies within the range, unless the caller mixes two lists. */
function later(after: string | undefined, from: string): string {
  return after !== undefined && (from === '-' || bytewise(after.slice(1), from.slice(1)) >= 0) ? after : from;
}

function earlier(after: string | undefined, to: string): string {
  return after !== undefined && (to === '+' || bytewise(after.slice(1), to.slice(1)) < 0) ? after : to;
}

export function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
