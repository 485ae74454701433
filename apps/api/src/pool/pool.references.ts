import type { Ledger } from '#event-store';
import { customer, partner, product, Rejected, type CustomerState, type Line, type ProductState } from '#licensing';

/** What a decision about a pool has to know of other streams, as copies: a state in the ledger goes on changing. */

export async function customerFor(ledger: Ledger, customerId: string): Promise<CustomerState> {
  return { ...(await ledger.load(customer, customerId)).state };
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
