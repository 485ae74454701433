import type { Instant } from '#licensing';
import { viewOf, type ReadStore } from '#read-store';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { timeSort } from '../sort-text.js';
import { deadlineIndex, deadlineList, shardName, shardOf, shards, type LotDeadline } from './deadline-list.projection.js';

/** The kinds of the contract that there are facts for so far. */
export const deadlineKinds = ['licenseExpires'] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

export interface Deadline {
  readonly kind: DeadlineKind;
  /** When it happens: from this moment on. */
  readonly at: Instant;
  readonly accountId: string;
  readonly subject: { readonly type: 'lot'; readonly id: string };
  /** What happens then, in words. */
  readonly effect: string;
  readonly sku: string;
  readonly quantity: number;
}

/**
 * What is due at `now`, over all accounts, the longest overdue first. It is a hint: the view may lag, so who acts on it decides by the
 * state of the pool. What was dealt with leaves the list by the fact that dealt with it.
 */
export async function dueDeadlines(store: ReadStore, now: Instant, limit: number): Promise<Deadline[]> {
  const view = await viewOf(store, deadlineList);
  const to = timeSort(Date.parse(now) + 1);
  const partitions = Array.from({ length: shards }, (_, number) => shardName(number));
  const entries = await Promise.all(
    partitions.map(async (partition) => {
      const range = await view.range(partition, { index: deadlineIndex.all, to, direction: 'ascending', limit });
      return range.map((entry) => ({ partition, ...entry }));
    }),
  );
  const due = entries
    .flat()
    .sort((one, other) => (one.sort + one.key < other.sort + other.key ? -1 : 1))
    .slice(0, limit);
  const lots = await Promise.all(due.map(({ partition, key }) => view.documents(partition, [key])));
  return lots.flat().flatMap((lot) => (lot ? [deadlineOf(lot)] : []));
}

/** The deadlines of one account in the order of time; `before` is out. */
export async function listDeadlines(
  store: ReadStore,
  question: {
    readonly accountId: string;
    readonly before?: Instant;
    readonly kinds?: readonly string[];
    readonly limit?: number;
    readonly cursor?: string;
  },
): Promise<Page<Deadline>> {
  const { accountId, before, kinds } = question;
  const limit = limitOf(question.limit);
  const after = placeOf(question.cursor);
  if (kinds && kinds.length > 0 && !kinds.includes('licenseExpires')) return { items: [], next: null };
  const view = await viewOf(store, deadlineList);
  const partition = shardOf(accountId);
  const entries = await view.range(partition, {
    index: deadlineIndex.account(accountId),
    to: before && timeSort(before),
    after,
    direction: 'ascending',
    limit: limit + 1,
  });
  const page = entries.slice(0, limit);
  const lots = await view.documents(
    partition,
    page.map(({ key }) => key),
  );
  return { items: lots.flatMap((lot) => (lot ? [deadlineOf(lot)] : [])), next: entries.length > limit ? cursorOf(page.at(-1)!) : null };
}

function deadlineOf({ accountId, lotId, sku, quantity, expiresAt }: LotDeadline): Deadline {
  const effect = `${quantity} of ${sku} ${quantity === 1 ? 'ends with its term' : 'end with their term'}`;
  return { kind: 'licenseExpires', at: expiresAt, accountId, subject: { type: 'lot', id: lotId }, effect, sku, quantity };
}
