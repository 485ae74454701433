import type { Instant } from '#licensing';
import { viewOf, type ReadStore } from '#read-store';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { timeSort } from '../sort-text.js';
import { deadlineOf, type Deadline } from './deadline.js';
import { deadlineIndex, deadlineKinds, deadlineList, firedAs, shardName, shardOf, shards } from './deadline-list.projection.js';

/**
 * What is due at `now`, over all accounts, the longest overdue first. It is a hint: the view may lag, so who acts on it decides by the
 * state of the pool. What was dealt with leaves the list by the fact that dealt with it; the end of a cancellation window is nothing to deal with.
 */
export async function dueDeadlines(store: ReadStore, now: Instant, limit: number): Promise<Pick<Deadline, 'kind' | 'at' | 'accountId'>[]> {
  const view = await viewOf(store, deadlineList);
  const to = timeSort(Date.parse(now) + 1);
  const partitions = Array.from({ length: shards }, (_, number) => shardName(number));
  const entries = await Promise.all(
    partitions.map(async (partition) => {
      const range = await view.range(partition, { index: deadlineIndex.due, to, direction: 'ascending', limit });
      return range.map((entry) => ({ partition, ...entry }));
    }),
  );
  const due = entries
    .flat()
    .sort((one, other) => (one.sort + one.key < other.sort + other.key ? -1 : 1))
    .slice(0, limit);
  const documents = await Promise.all(due.map(({ partition, key }) => view.documents(partition, [key])));
  return documents.flat().flatMap((document) => {
    if (document === undefined) return [];
    const [kind, at] = firedAs(document);
    return [{ kind, at, accountId: document.accountId }];
  });
}

/** What is still to come for one account, in the order of time; `now` and `before` are out. What is over by then is in no list of what comes. */
export async function listDeadlines(
  store: ReadStore,
  question: {
    readonly accountId: string;
    readonly before?: Instant;
    /** Absent: all. One that there is nothing of yet is allowed. */
    readonly kinds?: readonly string[];
    readonly limit?: number;
    readonly cursor?: string;
  },
  now: Instant,
): Promise<Page<Deadline>> {
  const { accountId, before } = question;
  const limit = limitOf(question.limit);
  const kinds = deadlineKinds.filter((kind) => question.kinds?.includes(kind) ?? true);
  const asked = [deadlineList.name, accountId, before, kinds];
  const after = placeOf(question.cursor, asked);
  if (kinds.length === 0 || (before !== undefined && before <= now)) return { items: [], next: null };
  const view = await viewOf(store, deadlineList);
  const partition = shardOf(accountId);
  const range = {
    from: timeSort(Date.parse(now) + 1),
    to: before && timeSort(before),
    after,
    direction: 'ascending',
    limit: limit + 1,
  } as const;
  const entries = await view.ranges(
    partition,
    kinds.map((kind) => ({ ...range, index: deadlineIndex.account(accountId, kind) })),
  );
  const merged = entries
    .flatMap((ofKind, index) => ofKind.map((entry) => ({ ...entry, kind: kinds[index]! })))
    .sort((one, other) => (one.sort + one.key < other.sort + other.key ? -1 : 1));
  const page = merged.slice(0, limit);
  const documents = await view.documents(
    partition,
    page.map(({ key }) => key),
  );
  const items = page.flatMap(({ kind, sort }, index) => {
    const deadline = documents[index] && deadlineOf(documents[index], sort);
    // Read after it was found: what was renewed in between has another time, and may end where it was to renew.
    return deadline?.kind === kind && timeSort(deadline.at) === sort ? [deadline] : [];
  });
  return { items, next: merged.length > limit ? cursorOf(page.at(-1)!, asked) : null };
}
