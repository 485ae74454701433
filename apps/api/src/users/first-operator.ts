import { randomBytes, randomUUID } from 'node:crypto';
import { credential, createUser, reservation, reserve, setCredential, user, type Actor } from '#licensing';
import { Passwords, type Settings } from '#platform';
import { ExpectedRevisionMismatch, type Ledger } from '#event-store';
import { uuidV5 } from '../http/command-context.js';
import { loginReservation } from './new-user.js';

const system: Actor = { userId: 'first-start', role: 'system' };

/**
 * Makes the first operator unless its login is taken already. `tell` hears the password when it was made up here, before the operator exists:
 * a start that breaks off in between is completed by the next one, with a new password. Of processes that start together, one makes it.
 */
export async function makeFirstOperator(
  { settings, ledger }: { readonly settings: Settings; readonly ledger: Ledger },
  tell: (password: string) => void,
): Promise<void> {
  const login = settings.operatorLogin;
  const userId = uuidV5(`first operator\n${loginReservation(login)}`);
  const { holder } = (await ledger.load(reservation, loginReservation(login))).state;
  if (holder !== undefined && holder !== userId) return;
  if ((await ledger.load(user, userId)).revision >= 0) return;

  // Read before anything is recorded: of several processes only one still finds it there when it sets the password.
  const { revision } = await ledger.load(credential, userId);
  const context = () => ({ commandId: randomUUID(), inputHash: '0'.repeat(64), correlationId: randomUUID(), actor: system });
  await ledger.record(reservation, loginReservation(login), { kind: 'login' as const, holder: userId, context: context() }, reserve);
  const password = settings.operatorPassword ?? randomBytes(12).toString('base64url');
  const passwordHash = await new Passwords().hash(password);
  try {
    await ledger.record(credential, userId, { userId, passwordHash, context: { ...context(), expectedRevision: revision } }, setCredential);
  } catch (error) {
    if (error instanceof ExpectedRevisionMismatch) return;
    throw error;
  }
  if (settings.operatorPassword === undefined) tell(password);
  await ledger.record(user, userId, { userId, login, role: 'operator' as const, context: context() }, createUser);
}
