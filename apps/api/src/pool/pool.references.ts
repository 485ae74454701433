import type { Ledger } from '#event-store';
import { customer, isLinkedTo, isSeenBy, partner, product, Rejected, type CustomerState, type Line, type ProductState } from '#licensing';

/** What a decision about a pool has to know of other streams, as copies: a state in the ledger goes on changing. */

/** The customer of an id. It may have come to be what is asked for in another process a moment ago: before that is denied, the log is asked. */
export async function customerNamed(ledger: Ledger, customerId: string, isIt: (state: CustomerState) => boolean): Promise<CustomerState> {
  const known = { ...(await ledger.load(customer, customerId)).state };
  return isIt(known) ? known : { ...(await ledger.load(customer, customerId, true)).state };
}

/** The customer that a partner names as one that linked it. */
export function customerFor(ledger: Ledger, partnerId: string, customerId: string): Promise<CustomerState> {
  return customerNamed(ledger, customerId, (state) => isLinkedTo(state, partnerId));
}

/** Whether a partner may look at a customer and its pool. */
export async function partnerSees(ledger: Ledger, partnerId: string, customerId: string): Promise<boolean> {
  const isSeen = (state: CustomerState) => isSeenBy(state, partnerId);
  return isSeen(await customerNamed(ledger, customerId, isSeen));
}

/** The products of the lines by sku; one that was never listed is in the map too, as unknown. */
export async function productsFor(ledger: Ledger, lines: readonly Line[]): Promise<ReadonlyMap<string, ProductState>> {
  const skus = [...new Set(lines.map(({ sku }) => sku))];
  return new Map(await Promise.all(skus.map(async (sku) => [sku, { ...(await ledger.load(product, sku)).state }] as const)));
}

/** Partners buy to pass on, customers to use. Errors: POOL_NOT_FOUND for an account that nobody registered. */
export async function accountKind(ledger: Ledger, accountId: string): Promise<'partner' | 'customer'> {
  if ((await ledger.load(partner, accountId)).state.partnerId !== undefined) return 'partner';
  if ((await ledger.load(customer, accountId)).state.customerId !== undefined) return 'customer';
  throw new Rejected('POOL_NOT_FOUND', `There is no account ${accountId}.`, { accountId });
}
