import { viewOf, type ReadStore } from '#read-store';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { loginIndex, partitionOfUsers, userList, type ListedUser } from './user-list.projection.js';

/** Who a fact was done by: enough to find the user again. */
export interface UserReference {
  readonly userId: string;
  readonly accountId?: string;
}

/** The users of one account, or the vendor's own without one, in the order of their logins. */
export async function listUsers(
  store: ReadStore,
  question: { readonly accountId?: string; readonly limit?: number; readonly cursor?: string },
): Promise<Page<ListedUser> & { readonly total: number }> {
  const view = await viewOf(store, userList);
  const partition = partitionOfUsers(question.accountId);
  const limit = limitOf(question.limit);
  const after = placeOf(question.cursor);
  const [entries, total] = await Promise.all([
    view.range(partition, { index: loginIndex, after, direction: 'ascending', limit: limit + 1 }),
    view.count(partition, { index: loginIndex }),
  ]);
  const page = entries.slice(0, limit);
  const users = await view.documents(
    partition,
    page.map(({ key }) => key),
  );
  return { items: users.filter((user) => user !== undefined), total, next: entries.length > limit ? cursorOf(page.at(-1)!) : null };
}

/** Users by id, for the answers of other questions. Who is not a user (the product itself) is not in the map. */
export async function findUsers(store: ReadStore, references: Iterable<UserReference>): Promise<ReadonlyMap<string, ListedUser>> {
  const partitions = new Map<string, Set<string>>();
  for (const { userId, accountId } of references) {
    const partition = partitionOfUsers(accountId);
    partitions.set(partition, (partitions.get(partition) ?? new Set()).add(userId));
  }
  const view = await viewOf(store, userList);
  const found = await Promise.all([...partitions].map(([partition, userIds]) => view.documents(partition, [...userIds])));
  return new Map(found.flat().flatMap((user) => (user ? [[user.userId, user]] : [])));
}
