import type { HistoryView } from './history-search.projection.js';

/** A stretch of one index: `from` is in, `to` is out. */
export interface Span {
  readonly index: string;
  readonly from?: string;
  readonly to?: string;
}

export interface Entry {
  readonly sort: string;
  readonly key: string;
}

/** The newest first. */
const newestFirst = (one: Entry, other: Entry): number => {
  if (one.sort !== other.sort) return one.sort < other.sort ? 1 : -1;
  return one.key === other.key ? 0 : one.key < other.key ? 1 : -1;
};

interface Reader {
  readonly span: Span;
  last: Entry | undefined;
  ended: boolean;
}

/**
 * The newest `count` entries of all spans together, after the given place. The spans must not share an entry.
 * Each span is read in short pieces, all of them at once; only those that may still hide an entry among the newest are read on.
 * Cost: one short read a span, and a few more for the spans that the answer mostly comes from; never the length of the history.
 */
export async function newestOf(
  view: HistoryView,
  partition: string,
  spans: readonly Span[],
  after: Entry | undefined,
  count: number,
): Promise<Entry[]> {
  const readers: Reader[] = spans.map((span) => ({ span, last: after, ended: false }));
  let entries: Entry[] = [];
  let piece = spans.length === 1 ? count : Math.min(count, 2 + Math.ceil((4 * count) / spans.length));
  for (let needy = readers; needy.length > 0; piece = Math.min(piece * 4, count)) {
    const limit = piece;
    const found = await view.ranges(
      partition,
      needy.map(({ span, last }) => ({ ...span, after: last, direction: 'descending', limit })),
    );
    needy.forEach((reader, index) => {
      reader.last = found[index]!.at(-1) ?? reader.last;
      reader.ended = found[index]!.length < limit;
    });
    entries = entries.concat(...found);
    entries.sort(newestFirst);
    const lastWanted = entries[count - 1];
    needy = readers.filter((reader) => !reader.ended && (!lastWanted || newestFirst(reader.last!, lastWanted) < 0));
  }
  return entries.slice(0, count);
}

/** How many entries all spans have together. */
export async function countOf(view: HistoryView, partition: string, spans: readonly Span[]): Promise<number> {
  const counts = await view.counts(partition, spans);
  return counts.reduce((sum, count) => sum + count, 0);
}
