import type { CommandContext, Ledger } from '#event-store';
import {
  customer,
  foldUnique,
  partner,
  registerCustomer,
  reservation,
  reserveUnlessHeld,
  type Actor,
  type TypedCustomer,
} from '#licensing';
import { hostOf } from '../field-rules.js';
import { uuidV5 } from '../http/command-context.js';
import { reservationId } from '../reservation-id.js';
import { stepOf } from '../sub-command.js';

type Context = CommandContext & { readonly actor: Actor };

/** What makes two customers the same: the folded name and the host of the website, without `www.` (ADR 037). */
function identityOf({ accountName, website }: TypedCustomer): string {
  return `${foldUnique(accountName).replace(/\s+/g, ' ')}\n${hostOf(website)}`;
}

/**
 * The id of the customer that is written down: of the one that has this name and website, or the one it will get. It is made from the two, so
 * a caller cannot tell by the id whether the customer was there before.
 */
export async function customerIdOf(ledger: Ledger, typed: TypedCustomer): Promise<string> {
  const identity = identityOf(typed);
  const { state } = await ledger.load(reservation, reservationId('customer', identity));
  return state.holder ?? uuidV5(`customer of a drawdown\n${identity}`);
}

/**
 * Finds the customer that is written down, or registers it. Name and website are claimed first, so that two at the same time register one customer.
 * Whoever finds a claim without a customer completes what was cut off. Answers the customer's id.
 */
export async function findOrRegister(ledger: Ledger, partnerId: string, typed: TypedCustomer, context: Context): Promise<string> {
  const id = reservationId('customer', identityOf(typed));
  const claim = { kind: 'customer' as const, holder: await customerIdOf(ledger, typed), context: stepOf(context, 'claim customer') };
  await ledger.record(reservation, id, claim, reserveUnlessHeld);
  const customerId = (await ledger.load(reservation, id)).state.holder!;
  const { accountName: name, website, contactName, contactEmail: email } = typed;
  // Its mails are in the language of who introduced it, until it says otherwise.
  const { language } = (await ledger.load(partner, partnerId)).state;
  const registration = { customerId, name, email, contactName, website, language, registeredBy: partnerId };
  await ledger.record(customer, customerId, { ...registration, context: stepOf(context, 'register customer') }, registerCustomer);
  return customerId;
}
