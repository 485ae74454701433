import { viewOf, type ReadStore } from '#read-store';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { arrivedIndex, serviceList, stateIndex, type ListedService } from './service-list.projection.js';

/** The cloud services of an account in the order in which they came, all or those in one state. */
export async function listServices(
  store: ReadStore,
  question: { readonly accountId: string; readonly state?: string; readonly limit?: number; readonly cursor?: string },
): Promise<Page<ListedService>> {
  const { accountId, state } = question;
  const limit = limitOf(question.limit);
  const after = placeOf(question.cursor);
  const view = await viewOf(store, serviceList);
  const index = state === undefined ? arrivedIndex : stateIndex(state);
  const entries = await view.range(accountId, { index, after, direction: 'ascending', limit: limit + 1 });
  const page = entries.slice(0, limit);
  const services = await view.documents(
    accountId,
    page.map(({ key }) => key),
  );
  return { items: services.filter((service) => service !== undefined), next: entries.length > limit ? cursorOf(page.at(-1)!) : null };
}
