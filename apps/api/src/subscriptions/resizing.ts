import type { Ledger, Receipt } from '#event-store';
import { order, pool, priceAt, resizeSubscription, type ProductState, type Subscription } from '#licensing';
import { placeOrder } from '../orders/place-order.js';
import { productOf } from './subscribed-product.js';
import type { ResizeSubscription } from './subscription.commands.js';

/**
 * Fewer licenses are recorded in the pool, more of them are an order. A repetition is answered as it was the first time, whatever the subscription
 * has become meanwhile: the order's id is that of the command, and the pool knows the commands it recorded.
 */
export async function resize(ledger: Ledger, command: ResizeSubscription, now: string): Promise<Receipt> {
  const { accountId, context, quantity } = command;
  const products = await productOf(ledger, command);
  const placed = (await ledger.load(order, context.commandId, true)).state.order;
  let larger: Subscription | undefined;
  const receipt = await ledger.record(pool, accountId, { ...command, products }, (state, asked, at) => {
    const subscription = state.subscriptions.get(command.subscriptionId);
    const isMore = subscription?.state === 'active' && quantity > subscription.quantity;
    larger = placed !== undefined || isMore ? structuredClone(subscription) : undefined;
    return larger === undefined ? resizeSubscription(state, asked, at) : [];
  });
  if (larger === undefined || receipt.replayed) return receipt;
  const more = placed === undefined ? quantity - larger.quantity : placed.lines[0]!.quantity;
  return enlarge(ledger, command, larger, more, products.get(larger.sku), now);
}

/** At the price in force, in the currency that the subscription is billed in; without one, at the price that was agreed last. */
function enlarge(
  ledger: Ledger,
  { accountId, context, payment = { method: 'invoice' } }: ResizeSubscription,
  { subscriptionId, sku, billing, lots }: Subscription,
  quantity: number,
  product: ProductState | undefined,
  now: string,
): Promise<Receipt> {
  const agreed = lots.findLast((lot) => lot.unitPrice !== undefined)?.unitPrice;
  const unitPrice = product?.listing && (priceAt(product.listing, billing, now, agreed?.currency) ?? agreed);
  const line = { sku, quantity, billing, subscriptionId, ...(unitPrice && { unitPrice }) };
  return placeOrder(ledger, { accountId, lines: [line], payment, context });
}
