import { viewOf, type ReadStore } from '#read-store';
import { pageOf, type Page, type Paging } from '../pages.js';
import { arrivedIndex, serviceList, stateIndex, type ListedService } from './service-list.projection.js';

/** The cloud services of an account in the order in which they came, all or those in one state. */
export async function listServices(
  store: ReadStore,
  question: { readonly accountId: string; readonly state?: string } & Paging,
): Promise<Page<ListedService>> {
  const { accountId, state } = question;
  const index = state === undefined ? arrivedIndex : stateIndex(state);
  return pageOf(await viewOf(store, serviceList), accountId, [index], 'ascending', question);
}
