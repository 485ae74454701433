import type { Commanded } from '../fact.js';
import { Rejected } from '../rejection.js';
import type { OrderFact } from './order.events.js';
import { knownOrder, wrongOrderState, type OrderState, type PlacedOrder } from './order.js';

export interface ForOrder extends Commanded {
  readonly orderId: string;
}
export interface ConfirmPayment extends ForOrder {
  readonly reference: string;
  readonly outcome: 'paid' | 'failed';
  readonly reason?: string;
}
export interface CompleteFulfilment extends ForOrder {
  readonly reference?: string;
}
export interface FailOrder extends ForOrder {
  readonly reason: string;
}
export interface CancelOrder extends ForOrder {
  readonly reason?: string;
}

/** What happens to an order without anybody's doing: an invoice is taken as payment, and the delivery begins; what nobody has to deliver is delivered. */
export function advanceOrder(state: OrderState, { orderId }: ForOrder): OrderFact[] {
  const { order } = state;
  if (order === undefined) return [];
  const { accountId, fulfilment } = order;
  const facts: OrderFact[] = [];
  const isInvoiced = order.state === 'placed' && order.payment.method === 'invoice';
  if (isInvoiced) facts.push({ type: 'OrderPaid', data: { orderId, accountId, ...referenceOf(order.payment) } });
  if (order.state !== 'paid' && !isInvoiced) return facts;
  facts.push({ type: 'OrderProvisioningStarted', data: { orderId, accountId, fulfilment } });
  if (fulfilment === 'automatic') facts.push({ type: 'OrderFulfilled', data: { orderId, accountId } });
  return facts;
}

/** What the payment provider says; the same again says nothing new. Errors: ORDER_STATE, PAYMENT_REFERENCE_MISMATCH. */
export function confirmPayment(state: OrderState, command: ConfirmPayment): OrderFact[] {
  const order = knownOrder(state, command);
  const { orderId, reference, outcome, reason } = command;
  if (order.payment.method !== 'external') throw wrongOrderState(order, `${outcome} from outside, it is paid on an invoice`);
  const expected = order.paymentReference ?? order.payment.reference;
  if (expected !== undefined && expected !== reference)
    throw new Rejected('PAYMENT_REFERENCE_MISMATCH', `The payment of order ${orderId} has the reference ${expected}, not ${reference}.`, {
      orderId,
      expected,
      requested: reference,
    });
  const { accountId, placedBy } = order;
  if (order.state === 'placed')
    return outcome === 'paid'
      ? [{ type: 'OrderPaid', data: { orderId, accountId, reference } }]
      : [{ type: 'PaymentFailed', data: { orderId, accountId, placedBy, reference, ...(reason !== undefined && { reason }) } }];
  const told = order.paymentReference === undefined ? undefined : order.state === 'paymentFailed' ? 'failed' : 'paid';
  if (told === outcome) return [];
  throw wrongOrderState(order, outcome === 'paid' ? 'paid' : 'said not to be paid');
}

/** Whoever delivers what cannot be delivered by itself has done so (003-61). The same again says nothing new. Errors: ORDER_STATE. */
export function completeFulfilment(state: OrderState, command: CompleteFulfilment): OrderFact[] {
  const order = knownOrder(state, command);
  const { orderId, reference } = command;
  if (order.state === 'provisioning' && !order.fulfilled)
    return [{ type: 'OrderFulfilled', data: { orderId, accountId: order.accountId, ...(reference !== undefined && { reference }) } }];
  if (order.fulfilled && order.state !== 'failed' && order.reference === reference) return [];
  throw wrongOrderState(order, 'completed');
}

/** Whoever should deliver it cannot; the same again says nothing new. Once it is delivered that can no longer be said. Errors: ORDER_STATE. */
export function failFulfilment(state: OrderState, command: FailOrder): OrderFact[] {
  const order = knownOrder(state, command);
  if (order.state === 'failed' && !order.fulfilled) return [];
  if (order.state !== 'provisioning' || order.fulfilled) throw wrongOrderState(order, 'failed');
  return [failed(order, command.reason)];
}

/** The pool has been credited. */
export function finishOrder(state: OrderState, { orderId }: ForOrder): OrderFact[] {
  const { order } = state;
  if (order === undefined || order.state !== 'provisioning' || !order.fulfilled) return [];
  const { accountId, placedBy } = order;
  return [{ type: 'OrderProvisioned', data: { orderId, accountId, placedBy, ...referenceOf(order) } }];
}

/** The pool refused what was to be credited. */
export function giveOrderUp(state: OrderState, { reason }: FailOrder): OrderFact[] {
  const { order } = state;
  return order === undefined || order.state !== 'provisioning' || !order.fulfilled ? [] : [failed(order, reason)];
}

/** Taken back by the buyer, until its delivery begins. Errors: ORDER_STATE. */
export function cancelOrder(state: OrderState, command: CancelOrder): OrderFact[] {
  const order = knownOrder(state, command);
  const { orderId, reason } = command;
  if (order.state !== 'placed' && order.state !== 'paid') throw wrongOrderState(order, 'cancelled');
  const { accountId, placedBy } = order;
  return [{ type: 'OrderCancelled', data: { orderId, accountId, placedBy, ...(reason !== undefined && { reason }) } }];
}

function failed({ orderId, accountId, placedBy }: PlacedOrder, reason: string): OrderFact {
  return { type: 'OrderFailed', data: { orderId, accountId, placedBy, reason } };
}

function referenceOf({ reference }: { readonly reference?: string }): { reference?: string } {
  return reference === undefined ? {} : { reference };
}
