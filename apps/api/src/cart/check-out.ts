import type { EventLog, Ledger, Receipt, RecordedFact } from '#event-store';
import {
  beginCheckout,
  cart,
  cartEmpty,
  checkOutCart,
  order,
  type CartCheckedOut,
  type CheckoutBegun,
  type KeptCartLine,
} from '#licensing';
import { uuidV5 } from '../http/command-context.js';
import { asPlaced, firstFact } from '../orders/order-stream.js';
import { placeOrder } from '../orders/place-order.js';
import { knownBefore, stepOf } from '../sub-command.js';
import type { CheckOutCart } from './cart.commands.js';

/** An order of the cart, and what was recorded of it. */
interface Ordered {
  readonly orderId: string;
  readonly receipt: Receipt;
}

/**
 * Makes an order of the cart. The cart is told first which order the command is about, and that id comes from how many orders were made of it before; then the
 * order is placed, then its lines are taken out of the cart. So whoever is killed in between, or asks twice, in one window or two, is answered about the same
 * order and buys nothing a second time. The receipt is of the order. Errors: CART_EMPTY, and those of placing an order.
 */
export async function checkOut(ledger: Ledger, log: EventLog, command: CheckOutCart): Promise<Ordered> {
  const { context } = command;
  const { userId } = context.actor;
  const orderIdAfter = (checkouts: number) => uuidV5(`cart ${userId} ${checkouts}`);
  const beginning = { context, orderIdAfter };
  let begun = await knownBefore(ledger, cart, userId, beginning, beginCheckout);
  if (begun === undefined) {
    const { lines, checkouts } = (await ledger.load(cart, userId)).state;
    const next = orderIdAfter(checkouts);
    // What the order would be refused for is refused before anything is recorded.
    const preview = await place(ledger, command, next, [...lines], true);
    if (context.dryRun) return { orderId: next, receipt: preview };
    begun = await ledger.record(cart, userId, beginning, beginCheckout);
  }
  const { orderId } = (begun.facts[0] as RecordedFact<CheckoutBegun | CartCheckedOut>).data;
  const { lines } = (await ledger.load(cart, userId, true)).state;
  const receipt = await place(ledger, command, orderId, [...lines]);
  const taken = { context: stepOf(context, 'cart'), orderId, lines: await orderedLines(ledger, orderId), orderIdAfter };
  await ledger.record(cart, userId, taken, checkOutCart);
  if (receipt.facts.length > 0) return { orderId, receipt };
  return { orderId, receipt: asPlaced(receipt, await firstFact(log, orderId), begun.replayed) };
}

/** Places the order, unless that was done; what is in the cart does not matter then. */
async function place(
  ledger: Ledger,
  { context, payment, tenant, currency }: CheckOutCart,
  orderId: string,
  lines: readonly KeptCartLine[],
  dryRun = false,
): Promise<Receipt> {
  const isPlaced = lines.length > 0 || (await ledger.load(order, orderId, true)).state.order !== undefined;
  if (!isPlaced) throw cartEmpty();
  const step = { ...stepOf(context, 'order'), dryRun };
  return placeOrder(ledger, { payment, tenant, currency, accountId: context.actor.accountId!, orderId, lines, context: step });
}

/** What the order has of the cart: more may have been put in since an earlier call placed it. */
async function orderedLines(ledger: Ledger, orderId: string): Promise<KeptCartLine[]> {
  const { lines, forms } = (await ledger.load(order, orderId, true)).state.order!;
  return lines.map(({ sku, quantity, billing }, index) => ({
    ...{ sku, quantity, billing },
    form: forms.find(({ line }) => line === index + 1)?.answers,
  }));
}
