import type { OrderStateName } from '#licensing';
import { viewOf, type ReadStore } from '#read-store';
import { pageOf, type Page, type Paging } from '../pages.js';
import { everyFulfilment, orderIndex, orderList } from './order-list.projection.js';
import type { ListedOrder } from './order.js';

/** The orders of an account, newest first; of some states, or of any. */
export async function listOrders(
  store: ReadStore,
  question: { readonly accountId: string; readonly states?: readonly OrderStateName[] } & Paging,
): Promise<Page<ListedOrder>> {
  const { accountId, states } = question;
  const indexes = states === undefined ? [orderIndex.all] : [...new Set(states)].map(orderIndex.state);
  return pageOf(await viewOf(store, orderList), accountId, indexes, 'descending', question);
}

/** The orders of an account that are under way, newest first, and how many there are. */
export async function openOrders(
  store: ReadStore,
  accountId: string,
  limit: number,
): Promise<{ readonly items: readonly ListedOrder[]; readonly total: number }> {
  const view = await viewOf(store, orderList);
  const [{ items }, total] = await Promise.all([
    pageOf(view, accountId, [orderIndex.open], 'descending', { limit }),
    view.count(accountId, { index: orderIndex.open }),
  ]);
  return { items, total };
}

/** What waits for a provider, over all accounts, what waits longest first. */
export async function listFulfilments(store: ReadStore, question: Paging): Promise<Page<ListedOrder>> {
  return pageOf(await viewOf(store, orderList), everyFulfilment, [orderIndex.waiting], 'ascending', question);
}
