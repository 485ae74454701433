import { createHash } from 'node:crypto';
import { Rejected } from '#licensing';
import type { IndexRange, ReadView } from '#read-store';

/** How many items a page has when the caller does not say, and at most (contract, lists). */
const pageLimit = 50;
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

/** Which page is asked for. */
export interface Paging {
  readonly limit?: number;
  /** Of an earlier page; absent: the first one. */
  readonly cursor?: string;
}

/** One page of the documents that stand in one or more indexes of a partition, in the order of all of them together. Errors: INVALID_REQUEST. */
export async function pageOf<Document extends object>(
  view: ReadView<Document>,
  partition: string,
  indexes: readonly string[],
  direction: IndexRange['direction'],
  { limit: asked, cursor }: Paging,
): Promise<Page<Document>> {
  const limit = limitOf(asked);
  const question = [view.name, partition, direction, [...indexes].sort()];
  const after = placeOf(cursor, question);
  // One more than wanted tells whether there is a next page.
  const ranges = indexes.map((index) => ({ index, direction, limit: limit + 1, ...(after && { after }) }));
  const sign = direction === 'ascending' ? 1 : -1;
  const found = (await view.ranges(partition, ranges)).flat();
  found.sort((one, other) => sign * inTheOrderOfIndexes(one, other));
  const places = found.slice(0, limit);
  const documents = await view.documents(
    partition,
    places.map(({ key }) => key),
  );
  // What changed between the two reads, and now stands elsewhere, is no answer to what was asked.
  const isStillThere = (document: Document, { sort, key }: Place): boolean =>
    view.entriesOf(document, key).some((entry) => entry.sort === sort && indexes.includes(entry.index));
  return {
    items: places.flatMap((place, at) => {
      const document = documents[at];
      return document !== undefined && isStillThere(document, place) ? [document] : [];
    }),
    next: found.length > limit ? cursorOf(places.at(-1)!, question) : null,
  };
}

/** As the stores order the entries of an index: bytewise, and the key counts only where the sort texts are equal. */
export function inTheOrderOfIndexes(one: Place, other: Place): number {
  return Buffer.compare(Buffer.from(`${one.sort}\0${one.key}`), Buffer.from(`${other.sort}\0${other.key}`));
}

/**
 * What a list was asked for: its name, whose it is, and its filters. A cursor goes on with that question only, in pages of any size: with other filters it
 * would leave out what stands before its place and was never shown.
 */
export type Asked = readonly (string | undefined | readonly string[])[];

export function cursorOf({ sort, key }: Place, question: Asked): string {
  return Buffer.from(JSON.stringify([sort, key, sealOf(sort, key, question)])).toString('base64url');
}

/** The place a cursor stands for. Refuses INVALID_REQUEST when the text was not made by `cursorOf`, for this question. */
export function placeOf(cursor: string | undefined, question: Asked): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    const [sort, key, seal, ...rest]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const isOurs = typeof sort === 'string' && typeof key === 'string' && seal === sealOf(sort, key, question) && rest.length === 0;
    if (isOurs) return { sort, key };
  } catch {
    // Falls through: what cannot be read and what reads as something else are refused alike.
  }
  throw new Rejected(
    'INVALID_REQUEST',
    'The cursor is not one that this list gave out for these filters: take it unchanged from `next`, and ask with the same filters.',
    { errors: [{ path: 'cursor', message: 'is not a cursor of this list with these filters' }] },
  );
}

/** Guards against mistakes, not against malice: a place in a list that one may read anyway is no secret. */
function sealOf(sort: string, key: string, question: Asked): string {
  const text = JSON.stringify([sort, key, question.map((part) => (part === undefined || part === '' ? null : part))]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

/** The page size to use: what was asked for, from 1 to 500. */
export function limitOf(asked: number | undefined): number {
  const whole = Math.trunc(asked ?? pageLimit);
  return Number.isNaN(whole) ? pageLimit : Math.min(Math.max(whole, 1), pageLimitMax);
}
