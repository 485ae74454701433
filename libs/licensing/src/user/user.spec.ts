import { describe, expect, it } from '@jest/globals';
import { given } from '../../testing/given.js';
import { credential, setCredential } from './credential.js';
import { createUser, recordLogin, recordLoginFailure, user } from './user.js';
import type { CredentialFact, UserFact } from './user.events.js';

const userId = 'u-1';
const created: UserFact = {
  type: 'UserCreated',
  data: { userId, role: 'partner', accountId: 'p-1', person: { login: 'taro', familyName: '田中' } },
};

describe('A user', () => {
  it('is created with a role in an account, and what is personal kept apart', () => {
    const command = { userId, role: 'partner', accountId: 'p-1', login: 'taro', familyName: '田中' } as const;
    expect(given(user).when(createUser, command)).toEqual([created]);
  });

  it('is created once, however often it is asked', () => {
    expect(given(user, created).when(createUser, { userId, role: 'operator', login: 'other' })).toEqual([]);
  });

  it.each(['partner', 'customerAdmin', 'customerUser'] as const)('with the role %s needs an account', (role) => {
    expect(given(user).when(createUser, { userId, role, login: 'taro' })).toMatchObject({
      refused: 'INVALID_REQUEST',
      errors: [{ path: 'accountId' }],
    });
  });

  it('of the vendor needs none', () => {
    expect(given(user).when(createUser, { userId, role: 'operator', login: 'root' })).toHaveLength(1);
  });

  it('leaves a fact behind each time it signs in, or fails to', () => {
    expect(given(user, created).when(recordLogin, { userId })).toEqual([{ type: 'UserLoggedIn', data: { userId } }]);
    expect(given(user, created).when(recordLoginFailure, { userId, reason: 'wrongPassword' })).toEqual([
      { type: 'LoginFailed', data: { userId, reason: 'wrongPassword' } },
    ]);
  });

  it('who was never created neither signs in nor fails to', () => {
    expect(given(user).when(recordLogin, { userId })).toMatchObject({ refused: 'USER_NOT_FOUND' });
    expect(given(user).when(recordLoginFailure, { userId, reason: 'noPassword' })).toMatchObject({ refused: 'USER_NOT_FOUND' });
  });
});

describe('A password', () => {
  const set = (passwordHash: string): CredentialFact => ({ type: 'CredentialSet', data: { userId, passwordHash } });

  it('is kept as a hash, in a stream of its own', () => {
    expect(given(credential).when(setCredential, { userId, passwordHash: '$argon2id$1' })).toEqual([set('$argon2id$1')]);
  });

  it('can be changed, and set again to the same says nothing new', () => {
    expect(given(credential, set('$argon2id$1')).when(setCredential, { userId, passwordHash: '$argon2id$2' })).toEqual([
      set('$argon2id$2'),
    ]);
    expect(given(credential, set('$argon2id$1')).when(setCredential, { userId, passwordHash: '$argon2id$1' })).toEqual([]);
  });
});
