import type { EventLog, Ledger, Receipt } from '#event-store';
import {
  amountOf,
  knownOrder,
  order,
  Rejected,
  stateAfterFact,
  type Actor,
  type OrderFact,
  type OrderPlaced,
  type OrderStateName,
} from '#licensing';
import { findUsers, orderAfter, productNames, type ListedOrder } from '#projections';
import type { ReadStore } from '#read-store';
import type { OrderAnswer } from './order.answers.js';

/** Users of an account act for it only; another one is answered as if it did not exist. Errors: CUSTOMER_NOT_FOUND. */
export function ownAccount(actor: Actor, accountId: string): void {
  if (actor.accountId === undefined || actor.accountId === accountId) return;
  throw new Rejected('CUSTOMER_NOT_FOUND', `Nothing that you may see has the id ${accountId}`, { accountId });
}

/**
 * Whose an order is, is asked before anything else about it: a revision that does not match would tell that there is such an order, and how far it is.
 * Errors: ORDER_NOT_FOUND, also for that of somebody else.
 */
export async function ownOrder(ledger: Ledger, command: Parameters<typeof knownOrder>[1]): Promise<void> {
  const known = (await ledger.load(order, command.orderId)).state;
  knownOrder(known.order === undefined ? (await ledger.load(order, command.orderId, true)).state : known, command);
}

/** An order as the log tells it. Errors: ORDER_NOT_FOUND, also for that of somebody else. */
export async function orderOf(log: EventLog, orderId: string, { accountId }: Actor): Promise<ListedOrder> {
  let known: ListedOrder | undefined;
  for await (const event of log.readStream(`order-${orderId}`)) known = orderAfter(known, event as never);
  if (known !== undefined && (accountId ?? known.accountId) === known.accountId) return known;
  throw new Rejected('ORDER_NOT_FOUND', `There is no order ${orderId} that you may see.`, { orderId });
}

/** Orders with the names of their products, what each line comes to, and who did what. */
export async function shownOrders(store: ReadStore, orders: readonly ListedOrder[]): Promise<OrderAnswer[]> {
  const [names, users] = await Promise.all([
    productNames(
      store,
      orders.flatMap(({ lines }) => lines.map(({ sku }) => sku)),
    ),
    findUsers(
      store,
      orders.flatMap(({ history }) => history.map(({ by }) => by)),
    ),
  ]);
  return orders.map((listed) => {
    const { orderId, accountId, state, placedAt, placedBy, totals, payment, tenant, fulfilment } = listed;
    const history = listed.history.map(({ by: { userId, role }, ...step }) => ({
      ...step,
      by: { userId, login: users.get(userId)?.login ?? userId, role },
    }));
    const lines = listed.lines.map(({ line, sku, ...rest }) => ({
      line,
      sku,
      name: names.get(sku) ?? sku,
      ...rest,
      ...(rest.unitPrice && { amount: amountOf({ sku, ...rest }) }),
    }));
    return {
      orderId,
      accountId,
      state,
      placedAt,
      placedBy,
      lines,
      totals,
      payment,
      ...(tenant && { tenant }),
      fulfilment,
      history,
    } as OrderAnswer;
  });
}

/** The state that a command led to, or found: the first answer again has the first state again. */
export async function stateAfter(ledger: Ledger, orderId: string, { facts }: Receipt): Promise<OrderStateName> {
  const last = facts.at(-1)?.type as OrderFact['type'] | undefined;
  return last === undefined ? (await ledger.load(order, orderId, true)).state.order!.state : stateAfterFact[last];
}

/** What an order was placed with: told by its first fact, also when another command had placed it. */
export async function placement(
  ledger: Ledger,
  orderId: string,
  { facts }: Receipt,
): Promise<Pick<OrderPlaced['data'], 'orderId' | 'totals'>> {
  const [placed] = facts as readonly OrderFact[];
  if (placed?.type === 'OrderPlaced') return { orderId, totals: placed.data.totals };
  return { orderId, totals: (await ledger.load(order, orderId, true)).state.order!.totals };
}
