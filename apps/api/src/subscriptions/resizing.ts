import type { EventLog, Ledger, Receipt } from '#event-store';
import {
  billOf,
  order,
  pool,
  priceAt,
  refuseTooManyLots,
  Rejected,
  resizeSubscription,
  times,
  type ProductState,
  type Subscription,
} from '#licensing';
import { openOrders, orderList, pageLimitMax } from '#projections';
import { waitFor, type ReadStore } from '#read-store';
import { placeOrder } from '../orders/place-order.js';
import { productOf } from './subscribed-product.js';
import type { ResizeSubscription } from './subscription.commands.js';

/** The longest that is waited until the list of orders knows all that were placed. */
const waitMilliseconds = 5_000;

export interface ResizeSources {
  readonly ledger: Ledger;
  readonly log: EventLog;
  readonly store: ReadStore;
  /** The product's clock. */
  readonly now: string;
}

/**
 * Fewer licenses are recorded in the pool, more of them are an order. A repetition is answered as it was the first time, whatever the subscription
 * has become meanwhile: the order's id is that of the command, and the pool knows the commands it recorded.
 */
export async function resize({ ledger, log, store, now }: ResizeSources, command: ResizeSubscription): Promise<Receipt> {
  const { accountId, context, quantity } = command;
  const products = await productOf(ledger, command);
  const placed = (await ledger.load(order, context.commandId, true)).state.order;
  let larger: Subscription | undefined;
  let ordersInPool: ReadonlySet<string> = new Set();
  const receipt = await ledger.record(pool, accountId, { ...command, products }, (state, asked, at) => {
    const subscription = state.subscriptions.get(command.subscriptionId);
    const isMore = subscription?.state === 'active' && quantity > subscription.quantity;
    larger = placed !== undefined || isMore ? structuredClone(subscription) : undefined;
    ordersInPool = new Set(larger && [...state.orders.values()].map(({ orderId }) => orderId));
    return larger === undefined ? resizeSubscription(state, asked, at) : [];
  });
  if (larger === undefined || receipt.replayed) return receipt;
  if (placed !== undefined) return enlarge(ledger, command, larger, placed.lines[0]!.quantity, products.get(larger.sku), now);
  await waitFor(store, orderList, (await log.end()) ?? 0n, waitMilliseconds);
  const ordered = (await underWay(store, command)).filter(({ orderId }) => !ordersInPool.has(orderId));
  const more = quantity - larger.quantity - ordered.reduce((sum, line) => sum + line.quantity, 0);
  if (more <= 0) throw alreadyOrdered(command, larger, ordered);
  // Its renewal is one append, too.
  refuseTooManyLots(larger.lots.length + ordered.length + 1);
  return enlarge(ledger, command, larger, more, products.get(larger.sku), now);
}

/** What orders that are not delivered yet will bring the subscription: who asks again meanwhile gets the rest, and nothing twice. */
async function underWay(
  store: ReadStore,
  { accountId, subscriptionId }: ResizeSubscription,
): Promise<{ orderId: string; quantity: number }[]> {
  const { items } = await openOrders(store, accountId, pageLimitMax);
  return items.flatMap(({ orderId, lines }) =>
    lines.filter((line) => line.subscriptionId === subscriptionId).map(({ quantity }) => ({ orderId, quantity })),
  );
}

function alreadyOrdered(
  { subscriptionId, quantity: requested }: ResizeSubscription,
  { quantity }: Subscription,
  ordered: readonly { readonly orderId: string; readonly quantity: number }[],
): Rejected {
  const sum = ordered.reduce((total, line) => total + line.quantity, 0);
  const orderIds = ordered.map(({ orderId }) => orderId);
  return new Rejected(
    'RESIZE_UNDER_WAY',
    `It has ${quantity} licenses, and ${sum} more are ordered and not there yet, by ${orderIds.join(', ')}: together as many as ${requested}, or more.`,
    { subscriptionId, requested, quantity, ordered: sum, orderIds },
  );
}

/** At the price in force, in the currency that the subscription is billed in; without one, at the price that was agreed last. */
function enlarge(
  ledger: Ledger,
  { accountId, context, payment = { method: 'invoice' } }: ResizeSubscription,
  { subscriptionId, sku, billing, termEndsAt, lots }: Subscription,
  quantity: number,
  product: ProductState | undefined,
  now: string,
): Promise<Receipt> {
  const agreed = lots.findLast((lot) => lot.unitPrice !== undefined)?.unitPrice;
  const unitPrice = product?.listing && (priceAt(product.listing, billing, now, agreed?.currency) ?? agreed);
  // Its first period may end before it is whole: all of a subscription ends together.
  const amount = billOf({ windowStartsAt: now, unitPrice }, quantity, { billing, termEndsAt }, now)?.billed;
  const isWhole = unitPrice !== undefined && amount?.amount === times(unitPrice, quantity).amount;
  const line = { sku, quantity, billing, subscriptionId, ...(unitPrice && { unitPrice }), ...(amount && !isWhole && { amount }) };
  return placeOrder(ledger, { accountId, lines: [line], payment, context });
}
