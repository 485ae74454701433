import { LRUCache } from 'lru-cache';
import type { ReadStore } from '#read-store';
import { historyIndex, type HistoryRow, type HistoryView } from './history-search.projection.js';
import type { Entry, Span } from './spans.js';

/** So few are counted by the store as soon as remembered. */
const worthRemembering = 8;
/** Counts of all accounts together that are remembered. */
const countsMax = 1_000_000;
/** When more rows than this are new, what is remembered is not worth bringing up to date. */
const newRowsMax = 1_000;

interface Remembered {
  /** How many rows of each index there are up to the place, by the index's name. */
  readonly counts: Map<string, number>;
  upTo: Entry | undefined;
  /** Questions about one account take turns: a row that is new must not be added twice. */
  turn: Promise<unknown>;
}

const remembered = new WeakMap<ReadStore, LRUCache<string, Remembered>>();

/**
 * How many entries whole indexes of customers have together. A name that a thousand customers have would take a thousand counts; they are remembered,
 * and each use adds the rows that came since. New rows are the newest, because the times of a pool's facts never go back. If the
 * place up to which was counted is gone, so is the store that was counted.
 */
export async function countWhole(store: ReadStore, view: HistoryView, partition: string, indexes: readonly string[]): Promise<number> {
  if (indexes.length < worthRemembering) return sum(await view.counts(partition, indexes.map(whole)));
  const cache = cacheOf(store);
  const name = `${view.life}:${partition}`;
  let known = cache.get(name);
  if (!known) cache.set(name, (known = { counts: new Map(), upTo: undefined, turn: Promise.resolve() }), { size: 1 });
  const { counts } = known;
  const mine = known.turn.then(() => bringUpToDate(view, partition, known, indexes));
  known.turn = mine.catch(() => undefined);
  const total = await mine;
  cache.set(name, known, { size: counts.size + 1 });
  return total;
}

async function bringUpToDate(view: HistoryView, partition: string, known: Remembered, indexes: readonly string[]): Promise<number> {
  if (!known.upTo || !(await addNewRows(view, partition, known, known.upTo))) {
    known.counts.clear();
    [known.upTo] = await view.range(partition, { index: historyIndex.all, direction: 'descending', limit: 1 });
    if (!known.upTo) return 0;
  }
  const missing = indexes.filter((index) => !known.counts.has(index));
  // Lines of one fact share their place and were stored together: all of them are counted, and nothing that came later.
  const to = `${known.upTo.sort}~`;
  const found = await view.counts(
    partition,
    missing.map((index) => ({ index, to })),
  );
  missing.forEach((index, at) => known.counts.set(index, found[at]!));
  return sum(indexes.map((index) => known.counts.get(index)!));
}

/** False when what is remembered cannot be brought up to date. */
async function addNewRows(view: HistoryView, partition: string, known: Remembered, upTo: Entry): Promise<boolean> {
  const range = { index: historyIndex.all, from: upTo.sort, direction: 'ascending', limit: newRowsMax } as const;
  const entries = await view.range(partition, range);
  const isThere = entries.some(({ sort, key }) => sort === upTo.sort && key === upTo.key);
  if (!isThere || entries.length === newRowsMax) return false;
  const news = entries.filter(({ sort }) => sort > upTo.sort);
  const rows = await view.documents(
    partition,
    news.map(({ key }) => key),
  );
  for (const row of rows as (HistoryRow | undefined)[]) {
    if (!row) return false;
    for (const index of [historyIndex.customer(row.customerId), historyIndex.customerProduct(row.customerId, row.sku)]) {
      const count = known.counts.get(index);
      if (count !== undefined) known.counts.set(index, count + 1);
    }
  }
  known.upTo = news.at(-1) ?? upTo;
  return true;
}

const whole = (index: string): Span => ({ index });

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function cacheOf(store: ReadStore): LRUCache<string, Remembered> {
  let cache = remembered.get(store);
  if (!cache) remembered.set(store, (cache = new LRUCache({ maxSize: countsMax })));
  return cache;
}
