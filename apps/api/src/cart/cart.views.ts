import type { Ledger } from '#event-store';
import { cart, priceAt, times, totalsOf, type KeptCartLine, type OrderedLine, type ProductState } from '#licensing';
import { productsFor } from '../pool/pool.references.js';
import type { CartAnswer, CartLineAnswer } from './cart.answers.js';

/** A user's cart as the log has it, with what the products say now. */
export async function cartOf(ledger: Ledger, userId: string, now: string): Promise<CartAnswer> {
  const kept = [...(await ledger.load(cart, userId, true)).state.lines];
  const products = await productsFor(ledger, kept);
  const lines = kept.map((line) => shownLine(line, products.get(line.sku), now));
  return { lines, totals: totalsOf(lines as readonly OrderedLine[]) };
}

function shownLine(line: KeptCartLine, product: ProductState | undefined, now: string): CartLineAnswer {
  const { sku, quantity, billing, form } = line;
  const { name = sku, policy } = product?.listing ?? {};
  const unitPrice = product?.listing && priceAt(product.listing, billing, now);
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
