import { Inject, Injectable } from '@nestjs/common';
import { Ledger, type Receipt } from '#event-store';
import { customer, isLinkedTo, isSeenBy, partner, Rejected, user, type Actor, type UserFact, type UserState } from '#licensing';
import { customerList, drawdownCustomers, drawdownList, listCustomers } from '#projections';
import type { ReadStore } from '#read-store';
import { ReadModels } from '../http/input.js';
import { READ_STORE } from '../parts.js';
import type { WhoAmI } from './user.questions.js';
import type { AccountAnswer, MeAnswer, ProfileAnswer, UserCreatedAnswer } from './user.answers.js';

/** How many accounts one answer names: the own one first. */
const accountsMax = 500;
/** So many customers of drawdowns are looked at, the latest first: each costs a look at its stream. */
const drawnForMax = 1_000;

/** What a user may know about itself, from the facts directly. */
@Injectable()
export class Profiles {
  constructor(
    private readonly ledger: Ledger,
    private readonly models: ReadModels,
    @Inject(READ_STORE) private readonly store: ReadStore,
  ) {}

  /** The fields of the answer to the creation of a user, from its fact: also when the call is repeated, or only tried. */
  created(receipt: Receipt): Omit<UserCreatedAnswer, keyof Receipt> {
    const fact = receipt.facts[0] as unknown as Extract<UserFact, { type: 'UserCreated' }>;
    return { userId: fact.data.userId, ...profileOf(fact.data) } as never;
  }

  /** Errors: USER_NOT_FOUND; for partners those of the customer list. */
  async me({ principal, atLeast }: WhoAmI): Promise<MeAnswer> {
    const { state } = await this.ledger.load(user, principal.userId);
    if (state.userId === undefined) throw new Rejected('USER_NOT_FOUND', `There is no user ${principal.userId}`);
    // At once: what the ledger lends goes on changing.
    const profile = profileOf(state);
    return { user: profile, ...(await this.accounts(principal, atLeast)) };
  }

  private async accounts({ role, accountId }: Actor, atLeast: string | undefined): Promise<Pick<MeAnswer, 'accounts' | 'complete'>> {
    if (accountId === undefined) return { accounts: [], complete: true };
    const asPartner = role === 'partner' || role === 'service' ? (await this.ledger.load(partner, accountId)).state : undefined;
    if (asPartner?.partnerId === undefined) {
      const { state } = await this.ledger.load(customer, accountId);
      return { accounts: [account('customer', accountId, state.person.name, 'own')], complete: true };
    }
    const own = account('partner', accountId, asPartner.name, 'own');
    const linked = await this.customersOf(accountId, atLeast);
    const drawnFor = await this.drawnFor(accountId, atLeast, accountsMax - linked.length);
    const accounts = [own, ...linked, ...drawnFor.accounts];
    return { accounts: accounts.slice(0, accountsMax), complete: drawnFor.complete && accounts.length <= accountsMax };
  }

  /** The customers that linked this partner; no page more than one answer has room for. */
  private async customersOf(partnerId: string, atLeast: string | undefined): Promise<AccountAnswer[]> {
    await this.models.reach([customerList.name], atLeast);
    const accounts: AccountAnswer[] = [];
    for (let page = 1; accounts.length < accountsMax; page++) {
      const { items } = await listCustomers(this.store, { partnerId, page });
      if (items.length === 0) break;
      accounts.push(...items.map(({ customerId, name }) => account('customer', customerId, name, 'customer')));
    }
    return accounts;
  }

  /**
   * The customers that this partner's drawdowns registered and that have named no dealer yet. The read model says whom it had drawdowns for, as many as
   * are looked at; the customers themselves say whether it sees them.
   */
  private async drawnFor(partnerId: string, atLeast: string | undefined, max: number): Promise<Pick<MeAnswer, 'accounts' | 'complete'>> {
    await this.models.reach([drawdownList.name], atLeast);
    const accounts: AccountAnswer[] = [];
    const customerIds = await drawdownCustomers(this.store, partnerId);
    for (const customerId of customerIds.slice(0, drawnForMax)) {
      if (accounts.length >= max) break;
      const { state } = await this.ledger.load(customer, customerId);
      if (!isSeenBy(state, partnerId) || isLinkedTo(state, partnerId)) continue;
      accounts.push(account('customer', customerId, state.person.name, 'drawdown'));
    }
    return { accounts, complete: customerIds.length <= drawnForMax };
  }
}

function account(kind: 'partner' | 'customer', accountId: string, name: string, relation: AccountAnswer['relation']): AccountAnswer {
  return { accountId, kind, name, relation, href: `/v1/${kind}s/${accountId}`, poolHref: `/v1/pools/${accountId}` };
}

function profileOf({ userId, role, accountId, person }: UserState): ProfileAnswer {
  const { login, ...names } = person;
  return { id: userId!, login, role: role!, accountId: accountId ?? null, ...names };
}
