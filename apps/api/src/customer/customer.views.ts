import type { Ledger } from '#event-store';
import { customer, partner, Rejected } from '#licensing';
import type { CustomerAnswer, DealerAnswer } from './customer.answers.js';

/** A customer as it stands. Errors: CUSTOMER_NOT_FOUND. */
export async function customerNow(ledger: Ledger, customerId: string): Promise<CustomerAnswer> {
  const { state } = await ledger.load(customer, customerId);
  if (state.customerId === undefined) throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${customerId}.`, { customerId });
  const { person, language, partnerId } = state;
  return { customerId, ...person, language, dealer: partnerId === undefined ? null : await dealerNow(ledger, partnerId) };
}

async function dealerNow(ledger: Ledger, partnerId: string): Promise<DealerAnswer> {
  const { partnerCode, name } = (await ledger.load(partner, partnerId)).state;
  return { partnerId, partnerCode, name };
}
