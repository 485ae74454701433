import type { Ledger, Position } from '#event-store';
import { customer, isEmailAddress, partner, user, type NotificationQueued, type Role } from '#licensing';
import { listUsers, userList } from '#projections';
import { ReadModelBehind, waitFor, type ReadStore } from '#read-store';

type Notification = NotificationQueued['data'];
/** Somebody a mail can go to. */
export type Recipient = Pick<Notification, 'userId' | 'accountId' | 'language'> & {
  readonly person: Pick<Notification['person'], 'email' | 'name'>;
};

/** So long at most does it take until a stop is noticed while the view is far behind. */
const waitMilliseconds = 1_000;

/** Who gets mail, by the facts as they stand now. */
export class Recipients {
  constructor(
    private readonly ledger: Ledger,
    private readonly store: ReadStore,
  ) {}

  /** The user's address: for notifications, else the general one, else the login if it is one. Undefined when there is none (contract, "Everywhere"). */
  async recipient(userId: string): Promise<Recipient | undefined> {
    const { state } = await this.ledger.load(user, userId, true);
    const { login, email, notificationEmail, givenName, familyName } = state.person;
    const to = notificationEmail ?? email ?? (isEmailAddress(login) ? login : undefined);
    if (state.userId === undefined || to === undefined) return undefined;
    const { accountId } = state;
    const language = state.language ?? (accountId === undefined ? 'en' : await this.languageOf(accountId));
    const names = language === 'ja' ? [familyName, givenName] : [givenName, familyName];
    const name = names.filter((part) => part !== undefined).join(' ');
    return {
      userId,
      ...(accountId !== undefined && { accountId }),
      language,
      person: { email: to, ...(name !== '' && { name }) },
    };
  }

  /**
   * All users of an account, or of the vendor, with a role. Whoever was created before the position is among them: the read model is waited for, however long that takes.
   * Errors: ReadModelStopped, ReadStoreUnavailable; the signal's reason.
   */
  async usersWith(role: Role, accountId: string | undefined, position: Position, signal: AbortSignal): Promise<string[]> {
    await this.reaches(position, signal);
    const userIds: string[] = [];
    for (let cursor: string | undefined; ;) {
      const { items, next } = await listUsers(this.store, { accountId, limit: 500, cursor });
      userIds.push(...items.filter((listed) => listed.role === role).map(({ userId }) => userId));
      if (next === null) return userIds;
      cursor = next;
    }
  }

  /** What an account is called today; its id when nobody knows. */
  async accountName(accountId: string): Promise<string> {
    return (await this.account(accountId))?.name ?? accountId;
  }

  private async languageOf(accountId: string): Promise<Notification['language']> {
    return (await this.account(accountId))?.language ?? 'en';
  }

  private async account(accountId: string): Promise<{ name: string; language: Notification['language'] } | undefined> {
    const asPartner = (await this.ledger.load(partner, accountId, true)).state;
    if (asPartner.partnerId !== undefined) return { name: asPartner.name, language: asPartner.language };
    const asCustomer = (await this.ledger.load(customer, accountId, true)).state;
    return asCustomer.customerId === undefined ? undefined : { name: asCustomer.person.name, language: asCustomer.language };
  }

  private async reaches(position: Position, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await waitFor(this.store, userList, position, waitMilliseconds);
      } catch (error) {
        if (!(error instanceof ReadModelBehind)) throw error;
      }
    }
  }
}
