import type { CommandContext, EventLog, FactMetadata, Ledger, Receipt } from '#event-store';
import { cart, checkOutCart, order, Rejected, type Actor, type CartCheckedOut, type CartState, type KeptCartLine } from '#licensing';
import { uuidV5 } from '../http/command-context.js';
import { asPlaced, firstFact } from '../orders/order-stream.js';
import { placeOrder } from '../orders/place-order.js';
import { stepOf } from '../sub-command.js';
import type { CheckOutCart } from './cart.commands.js';

/** Thrown out of a decision to learn, from the state it is made on, that the command is a new one. */
class NotCheckedOutYet extends Error {
  constructor(readonly state: CartState) {
    super('not checked out yet');
  }
}

/**
 * Makes an order of the cart. Two streams are written, the order's and then the cart's, and the order's id comes from how many orders were made of this cart
 * before: whoever is killed in between, or asks twice, finds the same order instead of buying again. Everybody who is answered about it stands in the cart, also
 * who was killed: whoever finds that order finishes its checkout first. The receipt is of the order. Errors: CART_EMPTY, and those of placing an order.
 */
export async function checkOut(
  ledger: Ledger,
  log: EventLog,
  command: CheckOutCart,
): Promise<{ readonly orderId: string; readonly receipt: Receipt }> {
  const { context, payment, tenant, currency } = command;
  const { userId, accountId } = context.actor;
  const step = {
    payment,
    tenant,
    currency,
    accountId: accountId!,
    context: { ...stepOf(context, 'order'), causationId: context.commandId },
  };
  const before = await checkedOutBefore(ledger, userId, command);
  if ('orderId' in before) {
    // The facts of this command stand in the order's stream, too, or were found there: nothing new is recorded.
    const { orderId } = before;
    const again = await placeOrder(ledger, { ...step, orderId, lines: [] });
    return { orderId, receipt: again.facts.length > 0 ? again : asPlaced(again, await firstFact(log, orderId), true) };
  }
  const { lines, checkouts } = before;
  const orderId = uuidV5(`cart ${userId} ${checkouts}`);
  if (lines.length === 0) throw new Rejected('CART_EMPTY', 'There is nothing in the cart to be bought.');
  const receipt = await placeOrder(ledger, { ...step, orderId, lines });
  if (receipt.dryRun) return { orderId, receipt };
  const ordered = await orderedLines(ledger, orderId);
  const finish = (by: CommandContext & { readonly actor: Actor }) =>
    ledger.record(cart, userId, { context: by, orderId, lines: ordered, checkouts }, checkOutCart);
  // What the caller knew of the cart was asked before: now that the order stands, nothing that came meanwhile refuses it.
  const own = { ...context, expectedRevision: undefined };
  if (receipt.facts.length > 0) {
    await finish(own);
    return { orderId, receipt };
  }
  const placed = await firstFact(log, orderId);
  const { causationId, inputHash, correlationId, actor } = placed.metadata as FactMetadata & { readonly actor: Actor };
  if (causationId !== undefined) await finish({ commandId: causationId, inputHash, correlationId, actor });
  await finish(own);
  return { orderId, receipt: asPlaced(receipt, placed, false) };
}

/** What the order has of the cart: more may have been put in since an earlier call placed it. */
async function orderedLines(ledger: Ledger, orderId: string): Promise<KeptCartLine[]> {
  const { lines, forms } = (await ledger.load(order, orderId, true)).state.order!;
  return lines.map(({ sku, quantity, billing }, index) => ({
    ...{ sku, quantity, billing },
    form: forms.find(({ line }) => line === index + 1)?.answers,
  }));
}

/** The order that this very command has made before; else the cart as it stands. */
async function checkedOutBefore(
  ledger: Ledger,
  userId: string,
  { context }: CheckOutCart,
): Promise<{ readonly orderId: string } | CartState> {
  try {
    const { facts } = await ledger.record(cart, userId, { context }, (state: CartState) => {
      throw new NotCheckedOutYet({ lines: [...state.lines], checkouts: state.checkouts });
    });
    return { orderId: (facts[0]!.data as CartCheckedOut['data']).orderId };
  } catch (error) {
    if (error instanceof NotCheckedOutYet) return error.state;
    throw error;
  }
}
