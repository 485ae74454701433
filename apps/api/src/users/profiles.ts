import { Inject, Injectable } from '@nestjs/common';
import { Ledger, type Receipt } from '#event-store';
import { customer, partner, Rejected, user, type Actor, type UserFact, type UserState } from '#licensing';
import { customerList, listCustomers } from '#projections';
import type { ReadStore } from '#read-store';
import { ReadModels } from '../http/input.js';
import { READ_STORE } from '../parts.js';
import type { WhoAmI } from './user.questions.js';
import type { AccountAnswer, MeAnswer, ProfileAnswer, UserCreatedAnswer } from './user.answers.js';

/** How many accounts one answer names: the own one first. */
const accountsMax = 500;

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
    return { user: profileOf(state), accounts: await this.accounts(principal, atLeast) };
  }

  private async accounts({ role, accountId }: Actor, atLeast: string | undefined): Promise<AccountAnswer[]> {
    if (accountId === undefined) return [];
    const asPartner = role === 'partner' || role === 'service' ? (await this.ledger.load(partner, accountId)).state : undefined;
    if (asPartner?.partnerId === undefined) {
      const { state } = await this.ledger.load(customer, accountId);
      return [{ accountId, kind: 'customer', name: state.person.name, relation: 'own', href: `/v1/customers/${accountId}` }];
    }
    const own: AccountAnswer = { accountId, kind: 'partner', name: asPartner.name, relation: 'own', href: `/v1/partners/${accountId}` };
    return [own, ...(await this.customersOf(accountId, atLeast))];
  }

  /** The customers that linked this partner, as far as one answer goes. */
  private async customersOf(partnerId: string, atLeast: string | undefined): Promise<AccountAnswer[]> {
    await this.models.reach([customerList.name], atLeast);
    const accounts: AccountAnswer[] = [];
    for (let page = 1; accounts.length < accountsMax - 1; page++) {
      const { items } = await listCustomers(this.store, { partnerId, page });
      if (items.length === 0) break;
      for (const { customerId, name } of items)
        accounts.push({ accountId: customerId, kind: 'customer', name, relation: 'customer', href: `/v1/customers/${customerId}` });
    }
    return accounts.slice(0, accountsMax - 1);
  }
}

export function profileOf({ userId, role, accountId, person }: UserState): ProfileAnswer {
  const { login, ...names } = person;
  return { id: userId!, login, role: role!, accountId: accountId ?? null, ...names };
}
