import type { Commanded } from '../fact.js';
import type { CredentialFact } from './user.events.js';

export interface CredentialState {
  /** argon2id, in the form that carries its own parameters; absent while the user has no password. */
  passwordHash?: string;
}

export interface SetCredential extends Commanded {
  readonly userId: string;
  readonly passwordHash: string;
}

export const credential = {
  category: 'credential',

  initial(): CredentialState {
    return {};
  },

  evolve(state: CredentialState, fact: CredentialFact): CredentialState {
    if (fact.type === 'CredentialSet') state.passwordHash = fact.data.passwordHash;
    return state;
  },

  sizeInBytes(): number {
    return 300;
  },
};

export function setCredential(state: CredentialState, command: SetCredential): CredentialFact[] {
  const { userId, passwordHash } = command;
  return state.passwordHash === passwordHash ? [] : [{ type: 'CredentialSet', data: { userId, passwordHash } }];
}
