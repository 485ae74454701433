import type { Fact, Role } from '../fact.js';
import type { Language } from '../partner/partner.events.js';

/** Names and addresses of a person; here and nowhere else, so that they can be sealed later. */
export interface UserPerson {
  readonly login: string;
  readonly email?: string;
  readonly notificationEmail?: string;
  readonly givenName?: string;
  readonly familyName?: string;
}

/** Somebody may sign in. The password's hash is never here: see CredentialSet. */
export type UserCreated = Fact<
  'UserCreated',
  {
    readonly userId: string;
    readonly role: Exclude<Role, 'system'>;
    readonly accountId?: string;
    readonly language?: Language;
    readonly person: UserPerson;
  }
>;
export type UserLoggedIn = Fact<'UserLoggedIn', { readonly userId: string }>;
export type LoginFailed = Fact<'LoginFailed', { readonly userId: string; readonly reason: 'wrongPassword' | 'noPassword' }>;

export type UserFact = UserCreated | UserLoggedIn | LoginFailed;

/** The argon2id hash of a user's password, in `credential-<userId>`: a stream that no feed and no audit shows. */
export type CredentialSet = Fact<'CredentialSet', { readonly userId: string; readonly passwordHash: string }>;

export type CredentialFact = CredentialSet;
