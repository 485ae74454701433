import { Injectable } from '@nestjs/common';
import { Ledger, type Receipt } from '#event-store';
import { customer, partner, Rejected, user, type Actor, type UserFact, type UserState } from '#licensing';
import type { AccountAnswer, MeAnswer, ProfileAnswer, UserCreatedAnswer } from './user.answers.js';

/** What a user may know about itself, from the facts directly. */
@Injectable()
export class Profiles {
  constructor(private readonly ledger: Ledger) {}

  /** The fields of the answer to the creation of a user, from its fact: also when the call is repeated, or only tried. */
  created(receipt: Receipt): Omit<UserCreatedAnswer, keyof Receipt> {
    const fact = receipt.facts[0] as unknown as Extract<UserFact, { type: 'UserCreated' }>;
    return { userId: fact.data.userId, ...profileOf(fact.data) } as never;
  }

  async me(principal: Actor): Promise<MeAnswer> {
    const { state } = await this.ledger.load(user, principal.userId);
    if (state.userId === undefined) throw new Rejected('USER_NOT_FOUND', `There is no user ${principal.userId}`);
    return { user: profileOf(state), accounts: await this.accounts(principal) };
  }

  private async accounts({ role, accountId }: Actor): Promise<AccountAnswer[]> {
    if (accountId === undefined) return [];
    const asPartner = role === 'partner' || role === 'service' ? (await this.ledger.load(partner, accountId)).state : undefined;
    if (asPartner?.partnerId)
      return [{ accountId, kind: 'partner', name: asPartner.name, relation: 'own', href: `/v1/partners/${accountId}` }];
    const { state } = await this.ledger.load(customer, accountId);
    return [{ accountId, kind: 'customer', name: state.person.name, relation: 'own', href: `/v1/customers/${accountId}` }];
  }
}

export function profileOf({ userId, role, accountId, person }: UserState): ProfileAnswer {
  const { login, ...names } = person;
  return { id: userId!, login, role: role!, accountId: accountId ?? null, ...names };
}
