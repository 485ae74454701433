import type { Role, UserCreated } from '#licensing';
import type { Projection } from '#read-store';
import { fold } from '../folding.js';
import type { Recorded } from '../recorded.js';

export interface ListedUser {
  readonly userId: string;
  readonly login: string;
  readonly role: Role;
  /** Absent for the vendor's own users. */
  readonly accountId?: string;
  readonly email?: string;
  readonly givenName?: string;
  readonly familyName?: string;
}

/** Users without an account are the vendor's; they stand together. */
export const partitionOfUsers = (accountId: string | undefined): string => accountId ?? 'vendor';

export const loginIndex = 'login';

/** Who may sign in, by account and in the order of the logins. The partition is the account, the key the user's id. */
export const userList: Projection<ListedUser> = {
  name: 'user-list',
  version: 1,
  on: {
    UserCreated: ({ data }: Recorded<UserCreated>) => {
      const { userId, role, accountId } = data;
      const { login, email, givenName, familyName } = data.person;
      return [
        {
          partition: partitionOfUsers(accountId),
          key: userId,
          apply: () => ({ userId, login, role, accountId, email, givenName, familyName }),
        },
      ];
    },
  },
  // A store's keys have an end; logins that are alike for that long are ordered by their ids.
  indexes: (user) => [{ index: loginIndex, sort: fold(user.login).slice(0, 100) }],
};
