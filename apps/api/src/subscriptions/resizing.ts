import type { EventLog, Ledger, Receipt, RecordedFact } from '#event-store';
import { finalOrderStates, order, placeIncrease, pool, resizeSubscription, type SubscriptionIncreaseOrdered } from '#licensing';
import { asPlaced, firstFact } from '../orders/order-stream.js';
import { stepOf } from '../sub-command.js';
import { productOf } from './subscribed-product.js';
import type { ResizeSubscription } from './subscription.commands.js';

/**
 * The pool decides. More licenses are an order, which is placed at once, so that the answer can be about it; should this process not live to do so, the
 * automation `orders` does. Answers what was recorded last: in the pool, or, whoever placed it, in the stream of the order.
 */
export async function resize(ledger: Ledger, log: EventLog, command: ResizeSubscription): Promise<Receipt> {
  const { accountId, context } = command;
  const [products, ordersOver] = await Promise.all([productOf(ledger, command), increasesOver(ledger, command)]);
  const receipt = await ledger.record(pool, accountId, { ...command, products, ordersOver }, resizeSubscription);
  const increase = receipt.facts.find(
    (fact): fact is RecordedFact<SubscriptionIncreaseOrdered> => fact.type === 'SubscriptionIncreaseOrdered',
  )?.data;
  if (increase === undefined || receipt.dryRun) return receipt;
  const placed = await ledger.record(order, increase.orderId, { increase, context: stepOf(context, 'order') }, placeIncrease);
  // Without facts the automation was faster.
  return placed.facts.length > 0 ? placed : asPlaced(placed, await firstFact(log, increase.orderId), receipt.replayed);
}

/** Which of the orders for more of it have come to an end: what they have not brought by now they never will. */
async function increasesOver(ledger: Ledger, { accountId, subscriptionId }: ResizeSubscription): Promise<ReadonlySet<string>> {
  const increases = (await ledger.load(pool, accountId, true)).state.subscriptions.get(subscriptionId)?.increases ?? [];
  const over = await Promise.all(
    increases.map(async ({ orderId }) => {
      const { order: known } = (await ledger.load(order, orderId, true)).state;
      return known !== undefined && finalOrderStates.includes(known.state) ? [orderId] : [];
    }),
  );
  return new Set(over.flat());
}
