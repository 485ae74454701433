import { viewOf, type ReadStore } from '#read-store';
import { pageOf, type Page, type Paging } from '../pages.js';
import { everyNotification, notificationIndex, notificationLog, type ListedNotification } from './notification-log.projection.js';

/** Mails, newest first: all of them or those to the people of one account, in every state or in one. */
export async function listNotifications(
  store: ReadStore,
  question: { readonly accountId?: string; readonly state?: string } & Paging,
): Promise<Page<ListedNotification>> {
  const index = notificationIndex(question.accountId, question.state);
  return pageOf(await viewOf(store, notificationLog), everyNotification, [index], 'descending', question);
}
