import type { CommandContext, Ledger, Receipt } from '#event-store';
import {
  createUser,
  credential,
  customer,
  partner,
  Rejected,
  reservation,
  reserve,
  setCredential,
  user,
  type Actor,
  type CreateUser,
} from '#licensing';
import { placeOfNewUser, type NewUserPlace, type Passwords } from '#platform';
import { reservationId } from '../reservation-id.js';
import { stepOf } from '../sub-command.js';

/** Where a login is claimed. */
export function loginReservation(login: string): string {
  return reservationId('login', login);
}

export type NewUser = Omit<CreateUser, 'context' | 'userId'> & {
  readonly context: CommandContext & { readonly actor: Actor };
  readonly password?: string;
};

/** Creates a user as far as the caller may, in an account that exists. Errors: those of placeOfNewUser and recordNewUser; …_NOT_FOUND. */
export async function createUserAs(ledger: Ledger, passwords: Passwords, command: NewUser): Promise<Receipt> {
  const place = placeOfNewUser(command.context.actor, command.role, command.accountId);
  await accountExists(ledger, place);
  return recordNewUser(ledger, passwords, { ...command, accountId: place.accountId });
}

/**
 * Three streams, their command ids derived from one: the login is claimed, the password's hash kept apart, the user created. The order makes a crash harmless:
 * until the last step nobody can sign in, and whoever repeats the call completes it (ADR 060). Errors: LOGIN_TAKEN; INVALID_REQUEST by the decision.
 */
async function recordNewUser(ledger: Ledger, passwords: Passwords, { password, ...command }: NewUser): Promise<Receipt> {
  const userId = command.context.commandId;
  const { dryRun = false, ...context } = command.context;
  const creation = { ...command, userId, context };
  // The id comes from the key: who is there already was made by this very call, which is answered again.
  if ((await ledger.load(user, userId)).revision >= 0) return ledger.record(user, userId, creation, createUser);
  // What the last step would refuse is refused before the login is claimed: an error means that nothing happened.
  const preview = await ledger.record(user, userId, { ...creation, context: { ...context, dryRun: true } }, createUser);
  const claim = { kind: 'login' as const, holder: userId, context: stepOf({ ...context, dryRun }, 'login') };
  await ledger.record(reservation, loginReservation(command.login), claim, reserve);
  if (dryRun) return preview;
  if (password !== undefined) {
    const passwordHash = await passwords.hash(password);
    await ledger.record(credential, userId, { userId, passwordHash, context: stepOf(context, 'credential') }, setCredential);
  }
  return ledger.record(user, userId, creation, createUser);
}

async function accountExists(ledger: Ledger, { accountId, kind }: NewUserPlace): Promise<void> {
  if (accountId === undefined) return;
  const isPartner = kind !== 'customer' && (await ledger.load(partner, accountId)).revision >= 0;
  const isCustomer = kind !== 'partner' && (await ledger.load(customer, accountId)).revision >= 0;
  if (isPartner || isCustomer) return;
  const code = kind === 'partner' ? 'PARTNER_NOT_FOUND' : kind === 'customer' ? 'CUSTOMER_NOT_FOUND' : 'POOL_NOT_FOUND';
  throw new Rejected(code, `There is no ${kind === 'either' ? 'account' : kind} ${accountId}`);
}
