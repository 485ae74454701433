import type { Commanded, Role } from '../fact.js';
import { refuseFindings } from '../invalid.js';
import type { Language } from '../partner/partner.events.js';
import { Rejected } from '../rejection.js';
import type { LoginFailed, UserFact, UserPerson } from './user.events.js';

export interface UserState {
  /** Absent until the user is created. */
  userId?: string;
  role?: Exclude<Role, 'system'>;
  /** Absent for the vendor's own people. */
  accountId?: string;
  language?: Language;
  person: UserPerson;
}

export interface CreateUser extends Commanded, UserPerson {
  readonly userId: string;
  readonly role: Exclude<Role, 'system'>;
  readonly accountId?: string;
  readonly language?: Language;
}
export interface RecordLogin extends Commanded {
  readonly userId: string;
}
export interface RecordLoginFailure extends Commanded {
  readonly userId: string;
  readonly reason: LoginFailed['data']['reason'];
}

const rolesOfAnAccount: readonly Role[] = ['partner', 'customerAdmin', 'customerUser'];

export const user = {
  category: 'user',

  initial(): UserState {
    return { person: { login: '' } };
  },

  evolve(state: UserState, fact: UserFact): UserState {
    switch (fact.type) {
      case 'UserCreated':
        return { ...fact.data };
      default:
        return state;
    }
  },

  sizeInBytes(): number {
    return 1_000;
  },
};

/** The login is reserved beforehand: see reservation.ts. Partners' and customers' people belong to an account. */
export function createUser(state: UserState, command: CreateUser): UserFact[] {
  if (state.userId !== undefined) return [];
  const { userId, role, accountId, language } = command;
  const needsAccount = rolesOfAnAccount.includes(role) && accountId === undefined;
  refuseFindings(needsAccount ? [{ path: 'accountId', message: `is needed for the role ${role}` }] : []);
  const data = {
    userId,
    role,
    ...(accountId !== undefined && { accountId }),
    ...(language !== undefined && { language }),
    person: personOf(command),
  };
  return [{ type: 'UserCreated', data }];
}

export function recordLogin(state: UserState, command: RecordLogin): UserFact[] {
  return [{ type: 'UserLoggedIn', data: { userId: createdId(state, command.userId) } }];
}

export function recordLoginFailure(state: UserState, command: RecordLoginFailure): UserFact[] {
  return [{ type: 'LoginFailed', data: { userId: createdId(state, command.userId), reason: command.reason } }];
}

function createdId(state: UserState, userId: string): string {
  if (state.userId === undefined) throw new Rejected('USER_NOT_FOUND', `There is no user ${userId}.`, { userId });
  return state.userId;
}

function personOf({ login, email, notificationEmail, givenName, familyName }: UserPerson): UserPerson {
  return {
    login,
    ...(email !== undefined && { email }),
    ...(notificationEmail !== undefined && { notificationEmail }),
    ...(givenName !== undefined && { givenName }),
    ...(familyName !== undefined && { familyName }),
  };
}
