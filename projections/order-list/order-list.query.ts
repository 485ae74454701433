import type { OrderStateName } from '#licensing';
import { viewOf, type IndexRange, type ReadStore, type ReadView } from '#read-store';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { everyFulfilment, orderIndex, orderList } from './order-list.projection.js';
import type { ListedOrder } from './order.js';

interface Paging {
  readonly limit?: number;
  readonly cursor?: string;
}

/** The orders of an account, newest first; of some states, or of any. */
export async function listOrders(
  store: ReadStore,
  question: { readonly accountId: string; readonly states?: readonly OrderStateName[] } & Paging,
): Promise<Page<ListedOrder>> {
  const { accountId, states } = question;
  const indexes = states === undefined ? [orderIndex.all] : [...new Set(states)].map(orderIndex.state);
  return page(await viewOf(store, orderList), accountId, indexes, 'descending', question);
}

/** The orders of an account that are under way, newest first, and how many there are. */
export async function openOrders(
  store: ReadStore,
  accountId: string,
  limit: number,
): Promise<{ readonly items: readonly ListedOrder[]; readonly total: number }> {
  const view = await viewOf(store, orderList);
  const [{ items }, total] = await Promise.all([
    page(view, accountId, [orderIndex.open], 'descending', { limit }),
    view.count(accountId, { index: orderIndex.open }),
  ]);
  return { items, total };
}

/** What waits for a provider, over all accounts, what waits longest first. */
export async function listFulfilments(store: ReadStore, question: Paging): Promise<Page<ListedOrder>> {
  return page(await viewOf(store, orderList), everyFulfilment, [orderIndex.waiting], 'ascending', question);
}

async function page(
  view: ReadView<ListedOrder>,
  partition: string,
  indexes: readonly string[],
  direction: IndexRange['direction'],
  { limit: asked, cursor }: Paging,
): Promise<Page<ListedOrder>> {
  const limit = limitOf(asked);
  const after = placeOf(cursor);
  // One more than wanted tells whether there is a next page.
  const ranges = indexes.map((index) => ({ index, direction, limit: limit + 1, ...(after && { after }) }));
  const sign = direction === 'ascending' ? 1 : -1;
  const found = (await view.ranges(partition, ranges)).flat();
  found.sort((one, other) => sign * (one.sort + one.key < other.sort + other.key ? -1 : 1));
  const places = found.slice(0, limit);
  const orders = await view.documents(
    partition,
    places.map(({ key }) => key),
  );
  // One that changed between the two reads may stand in two states' lists.
  const items = [...new Map(orders.flatMap((order) => (order ? [[order.orderId, order] as const] : []))).values()];
  return { items, next: found.length > limit ? cursorOf(places.at(-1)!) : null };
}
