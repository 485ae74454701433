import type { Ledger } from '#event-store';
import { priceAt, times, totalsOf, type CartState, type KeptCartLine, type OrderedLine, type ProductState } from '#licensing';
import { productsFor } from '../pool/pool.references.js';
import type { CartAnswer, CartLineAnswer } from './cart.answers.js';

/** What is in a cart, with what the products say now, at the prices of a time. */
export async function shownCart(ledger: Ledger, cart: CartState, at: string): Promise<CartAnswer> {
  // A copy: what the ledger lends goes on changing.
  const kept = [...cart.lines];
  const products = await productsFor(ledger, kept);
  const lines = kept.map((line) => shownLine(line, products.get(line.sku), at));
  return { lines, totals: totalsOf(lines as readonly OrderedLine[]) };
}

function shownLine(line: KeptCartLine, product: ProductState | undefined, at: string): CartLineAnswer {
  const { sku, quantity, billing, form } = line;
  const { name = sku, policy } = product?.listing ?? {};
  const unitPrice = product?.listing && priceAt(product.listing, billing, at);
  return {
    ...{ sku, name, quantity },
    ...(billing && { billing }),
    ...(form && { form }),
    ...(unitPrice && { unitPrice, amount: times(unitPrice, quantity) }),
    billingOptions: [...(policy?.billingOptions ?? [])],
    ...(policy?.orderForm && { orderForm: policy.orderForm }),
    withdrawn: product?.status === 'withdrawn',
    needsTenant: policy?.tenant === 'microsoft',
  };
}
