import { Rejected } from '#licensing';

/** How many items a page has when the caller does not say, and at most (contract, lists). */
export const pageLimit = 50;
export const pageLimitMax = 500;

/** The place in an ordered list after which the next page begins. Callers see it as opaque text. */
export interface Place {
  readonly sort: string;
  readonly key: string;
}

/** One page of a list, and the cursor of the next one: null when this is the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export function cursorOf(place: Place): string {
  return Buffer.from(JSON.stringify([place.sort, place.key])).toString('base64url');
}

/** The place a cursor stands for. Refuses INVALID_REQUEST when the text was not made by `cursorOf`. */
export function placeOf(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    const [sort, key, ...rest]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (typeof sort === 'string' && typeof key === 'string' && rest.length === 0) return { sort, key };
  } catch {
    // Falls through: what cannot be read and what reads as something else are refused alike.
  }
  throw new Rejected('INVALID_REQUEST', 'The cursor is not one that this list gave out: take it unchanged from `next`.', {
    errors: [{ path: 'cursor', message: 'is not a cursor of this list' }],
  });
}

/** The page size to use: what was asked for, from 1 to 500. */
export function limitOf(asked: number | undefined): number {
  const whole = Math.trunc(asked ?? pageLimit);
  return Number.isNaN(whole) ? pageLimit : Math.min(Math.max(whole, 1), pageLimitMax);
}
