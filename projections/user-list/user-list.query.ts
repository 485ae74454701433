import { viewOf, type ReadStore } from '#read-store';
import { pageOf, type Page, type Paging } from '../pages.js';
import { loginIndex, partitionOfUsers, userList, type ListedUser } from './user-list.projection.js';

/** Who a fact was done by: enough to find the user again. */
export interface UserReference {
  readonly userId: string;
  readonly accountId?: string;
}

/** The users of one account, or the vendor's own without one, in the order of their logins. */
export async function listUsers(
  store: ReadStore,
  question: { readonly accountId?: string } & Paging,
): Promise<Page<ListedUser> & { readonly total: number }> {
  const view = await viewOf(store, userList);
  const partition = partitionOfUsers(question.accountId);
  const [page, total] = await Promise.all([
    pageOf(view, partition, [loginIndex], 'ascending', question),
    view.count(partition, { index: loginIndex }),
  ]);
  return { ...page, total };
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
