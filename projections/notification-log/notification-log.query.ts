import { viewOf, type ReadStore } from '#read-store';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { everyNotification, notificationIndex, notificationLog, type ListedNotification } from './notification-log.projection.js';

/** Mails, newest first: all of them or those to the people of one account, in every state or in one. */
export async function listNotifications(
  store: ReadStore,
  question: { readonly accountId?: string; readonly state?: string; readonly limit?: number; readonly cursor?: string },
): Promise<Page<ListedNotification>> {
  const limit = limitOf(question.limit);
  const after = placeOf(question.cursor);
  const view = await viewOf(store, notificationLog);
  const index = notificationIndex(question.accountId, question.state);
  const entries = await view.range(everyNotification, { index, after, direction: 'descending', limit: limit + 1 });
  const page = entries.slice(0, limit);
  const mails = await view.documents(
    everyNotification,
    page.map(({ key }) => key),
  );
  return { items: mails.filter((mail) => mail !== undefined), next: entries.length > limit ? cursorOf(page.at(-1)!) : null };
}
