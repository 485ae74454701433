import type { EventLog, Ledger, Receipt } from '#event-store';
import { customer, partner, Rejected, type CustomerState } from '#licensing';
import { stateThen } from '../state-then.js';
import type { CustomerAnswer, DealerAnswer } from './customer.answers.js';

/** A customer as it stands; read `anew` from the log, or as this process knows it. Errors: CUSTOMER_NOT_FOUND. */
export async function customerNow(ledger: Ledger, customerId: string, anew = false): Promise<CustomerAnswer> {
  const { state } = await ledger.load(customer, customerId, anew);
  if (state.customerId === undefined) throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${customerId}.`, { customerId });
  return shown(ledger, state, customerId, anew);
}

/** A customer as a command left it, also when it is answered again; what its dealer is called is of now. */
export async function customerThen(
  parts: { readonly ledger: Ledger; readonly log: EventLog },
  customerId: string,
  receipt: Receipt,
): Promise<CustomerAnswer> {
  return shown(parts.ledger, await stateThen(parts, customer, customerId, receipt), customerId);
}

async function shown(
  ledger: Ledger,
  { person, website, language, partnerId }: CustomerState,
  customerId: string,
  anew = false,
): Promise<CustomerAnswer> {
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
