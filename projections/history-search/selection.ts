import type { ReadStore } from '#read-store';
import type { NamedCustomers, Stretch } from './customer-names.js';
import { historyIndex, type HistoryRow, type HistoryView } from './history-search.projection.js';
import { countWhole } from './remembered-counts.js';
import { countOf, newestOf, type Entry, type Span } from './spans.js';

/** What a question asks for: nothing that is undefined restricts it. */
export interface Selection {
  readonly within: Stretch;
  readonly skus: readonly string[] | undefined;
  /** The customers whose name matches, and where in the history it does. */
  readonly customers: ReadonlyMap<string, readonly Stretch[]> | undefined;
}

export interface Found {
  readonly entry: Entry;
  readonly row: HistoryRow;
}

/** The newest `count` rows of a selection after a place. */
export async function newestRows(
  view: HistoryView,
  partition: string,
  selection: Selection,
  known: NamedCustomers,
  after: Entry | undefined,
  count: number,
): Promise<Found[]> {
  const { customers } = selection;
  if (!customers) return rowsOf(view, partition, await newestOf(view, partition, spansOfAll(selection), after, count));
  const walkLength = Math.ceil((count * known.byId.size) / customers.size);
  const spans = spansOfCustomers(selection, customers);
  // Where most rows match, looking at the rows one by one finds a page sooner than asking each customer's index.
  const walked =
    walkLength < 2 * spans.length
      ? await walk(view, partition, selection, after, count, walkLength)
      : { found: [], place: after, ended: false };
  const missing = count - walked.found.length;
  if (missing <= 0 || walked.ended) return walked.found.slice(0, count);
  return [...walked.found, ...(await rowsOf(view, partition, await newestOf(view, partition, spans, walked.place, missing)))];
}

/** How many rows a selection has: those of the customers that match, or all but those that don't, whichever are fewer customers. Every row's customer is known (see CustomerNames). */
export async function countRows(
  store: ReadStore,
  view: HistoryView,
  partition: string,
  selection: Selection,
  known: NamedCustomers,
): Promise<number> {
  const { customers } = selection;
  if (!customers) return countOf(view, partition, spansOfAll(selection));
  if (customers.size * 2 <= known.byId.size) return countSpans(store, view, partition, spansOfCustomers(selection, customers));
  const rest = spansOfCustomers(selection, complement(customers, known.byId.keys()));
  const [all, others] = await Promise.all([countOf(view, partition, spansOfAll(selection)), countSpans(store, view, partition, rest)]);
  return all - others;
}

async function countSpans(store: ReadStore, view: HistoryView, partition: string, spans: readonly Span[]): Promise<number> {
  const whole: string[] = [];
  const parts: Span[] = [];
  for (const span of spans) {
    if (span.from === undefined && span.to === undefined) whole.push(span.index);
    else parts.push(span);
  }
  const counts = await Promise.all([countWhole(store, view, partition, whole), countOf(view, partition, parts)]);
  return counts[0] + counts[1];
}

/** Looks at the rows one by one, matching name or not: as many as should do when matches are spread evenly, and once more twice as many. */
async function walk(view: HistoryView, partition: string, selection: Selection, after: Entry | undefined, count: number, expected: number) {
  const spans = spansOfAll(selection);
  const found: Found[] = [];
  let place = after;
  for (const piece of [expected, 2 * expected]) {
    const entries = await newestOf(view, partition, spans, place, piece);
    const rows = await rowsOf(view, partition, entries);
    found.push(...rows.filter(({ entry, row }) => selection.customers!.get(row.customerId)?.some((stretch) => isIn(stretch, entry.sort))));
    place = entries.at(-1) ?? place;
    if (entries.length < piece) return { found, place, ended: true };
    if (found.length >= count) break;
  }
  return { found, place, ended: false };
}

async function rowsOf(view: HistoryView, partition: string, entries: readonly Entry[]): Promise<Found[]> {
  const rows = await view.documents(
    partition,
    entries.map(({ key }) => key),
  );
  return entries.flatMap((entry, index) => (rows[index] ? [{ entry, row: rows[index] as HistoryRow }] : []));
}

function spansOfAll({ within, skus }: Selection): Span[] {
  return skus ? skus.map((sku) => ({ index: historyIndex.product(sku), ...within })) : [{ index: historyIndex.all, ...within }];
}

function spansOfCustomers({ within, skus }: Selection, customers: ReadonlyMap<string, readonly Stretch[]>): Span[] {
  const spans: Span[] = [];
  for (const [customerId, stretches] of customers) {
    const indexes = skus ? skus.map((sku) => historyIndex.customerProduct(customerId, sku)) : [historyIndex.customer(customerId)];
    for (const stretch of stretches) {
      const { from, to } = both(stretch, within);
      if (from === undefined || to === undefined || from < to) spans.push(...indexes.map((index) => ({ index, from, to })));
    }
  }
  return spans;
}

/** The stretches of all known customers that are not in these. */
function complement(customers: ReadonlyMap<string, readonly Stretch[]>, known: Iterable<string>): Map<string, Stretch[]> {
  const rest = new Map<string, Stretch[]>();
  for (const customerId of known) {
    const gaps: Stretch[] = [];
    let from: string | undefined;
    let open = true;
    for (const stretch of customers.get(customerId) ?? []) {
      if (stretch.from !== undefined && (from === undefined || from < stretch.from)) gaps.push({ from, to: stretch.from });
      from = stretch.to;
      open = stretch.to !== undefined;
    }
    if (open) gaps.push({ from });
    if (gaps.length > 0) rest.set(customerId, gaps);
  }
  return rest;
}

/** Where two stretches overlap; `from` is not before `to` when they don't. */
function both(one: Stretch, other: Stretch): Stretch {
  const from = one.from === undefined || (other.from !== undefined && other.from > one.from) ? other.from : one.from;
  const to = one.to === undefined || (other.to !== undefined && other.to < one.to) ? other.to : one.to;
  return { from, to };
}

function isIn({ from, to }: Stretch, sort: string): boolean {
  return (from === undefined || sort >= from) && (to === undefined || sort < to);
}
