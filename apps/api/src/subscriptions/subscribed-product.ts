import type { Ledger } from '#event-store';
import { pool, type ProductState } from '#licensing';
import { productsFor } from '../pool/pool.references.js';

/** The product of a subscription as it is now; none for a subscription that is not there, which the decision refuses. */
export async function productOf(
  ledger: Ledger,
  { accountId, subscriptionId }: { readonly accountId: string; readonly subscriptionId: string },
): Promise<ReadonlyMap<string, ProductState>> {
  const subscription = (await ledger.load(pool, accountId, true)).state.subscriptions.get(subscriptionId);
  return subscription === undefined ? new Map() : productsFor(ledger, [{ sku: subscription.sku, quantity: subscription.quantity }]);
}
