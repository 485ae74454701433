import type { Ledger } from '#event-store';
import { customer, partner, Rejected } from '#licensing';
import type { CustomerAnswer, DealerAnswer } from './customer.answers.js';

/** A customer as it stands; read `anew` from the log, or as this process knows it. Errors: CUSTOMER_NOT_FOUND. */
export async function customerNow(ledger: Ledger, customerId: string, anew = false): Promise<CustomerAnswer> {
  const { state } = await ledger.load(customer, customerId, anew);
  if (state.customerId === undefined) throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${customerId}.`, { customerId });
  const { person, website, language, partnerId } = state;
  return {
    customerId,
    ...person,
    ...(website !== undefined && { website }),
    language,
    dealer: partnerId === undefined ? null : await dealerNow(ledger, partnerId, anew),
  };
}

async function dealerNow(ledger: Ledger, partnerId: string, anew: boolean): Promise<DealerAnswer> {
  const { partnerCode, name } = (await ledger.load(partner, partnerId, anew)).state;
  return { partnerId, partnerCode, name };
}
