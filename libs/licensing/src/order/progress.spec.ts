import { describe, expect, it } from '@jest/globals';
import { given } from '../../testing/given.js';
import { customerId } from '../../testing/pool-facts.js';
import { order } from './order.js';
import type { OrderFact, OrderPlaced } from './order.events.js';
import {
  advanceOrder,
  cancelOrder,
  completeFulfilment,
  confirmPayment,
  failFulfilment,
  finishOrder,
  giveOrderUp,
  type ConfirmPayment,
} from './progress.js';

const ids = { orderId: 'o-1', accountId: customerId };
const buyer = { ...ids, placedBy: 'u-1' };
const placed = (changes: Partial<OrderPlaced['data']> = {}): OrderFact => ({
  type: 'OrderPlaced',
  data: {
    ...buyer,
    lines: [{ sku: 'tool', quantity: 1 }],
    totals: [],
    payment: { method: 'external' },
    fulfilment: 'automatic',
    ...changes,
  },
});
const paid: OrderFact = { type: 'OrderPaid', data: { ...ids, reference: 'pay-1' } };
const started: OrderFact = { type: 'OrderProvisioningStarted', data: { ...ids, fulfilment: 'provider' } };
const fulfilled: OrderFact = { type: 'OrderFulfilled', data: { ...ids, reference: 'SIM-7' } };
const types = (facts: unknown) => (facts as OrderFact[]).map(({ type }) => type);
const confirmation = (changes: Partial<ConfirmPayment> = {}) => ({
  orderId: 'o-1',
  reference: 'pay-1',
  outcome: 'paid' as const,
  ...changes,
});

describe('By itself, an order', () => {
  it.each([
    [
      'on an invoice is paid and delivered',
      placed({ payment: { method: 'invoice', reference: 'PO-7' } }),
      ['OrderPaid', 'OrderProvisioningStarted', 'OrderFulfilled'],
    ],
    [
      'for a provider waits for it',
      placed({ payment: { method: 'invoice' }, fulfilment: 'provider' }),
      ['OrderPaid', 'OrderProvisioningStarted'],
    ],
    ['that is paid from outside waits for that', placed(), []],
  ])('%s', (_, fact, expected) => {
    expect(types(given(order, fact).when(advanceOrder, ids))).toEqual(expected);
  });

  it('goes on when the money came, and once', () => {
    expect(types(given(order, placed(), paid).when(advanceOrder, ids))).toEqual(['OrderProvisioningStarted', 'OrderFulfilled']);
    expect(given(order, placed(), paid, started).when(advanceOrder, ids)).toEqual([]);
    expect(given(order).when(advanceOrder, ids)).toEqual([]);
  });
});

describe('A payment from outside', () => {
  const asked = given(order, placed({ payment: { method: 'external', reference: 'pay-1' } }));

  it('is confirmed, or has failed with its reason', () => {
    expect(asked.when(confirmPayment, confirmation())).toEqual([paid]);
    expect(asked.when(confirmPayment, confirmation({ outcome: 'failed', reason: 'card expired' }))).toEqual([
      { type: 'PaymentFailed', data: { ...buyer, reference: 'pay-1', reason: 'card expired' } },
    ]);
  });

  it('must have the reference that was given with the order', () => {
    expect(asked.when(confirmPayment, confirmation({ reference: 'pay-2' }))).toMatchObject({
      refused: 'PAYMENT_REFERENCE_MISMATCH',
      expected: 'pay-1',
      requested: 'pay-2',
    });
  });

  it('may have any reference when none was given, and the same from then on', () => {
    expect(given(order, placed()).when(confirmPayment, confirmation())).toEqual([paid]);
    expect(given(order, placed(), paid).when(confirmPayment, confirmation({ reference: 'pay-2' }))).toMatchObject({
      refused: 'PAYMENT_REFERENCE_MISMATCH',
    });
  });

  it.each([[[paid]], [[paid, started]], [[paid, started, fulfilled]]])('told again says nothing new', (facts) => {
    expect(given(order, placed(), ...facts).when(confirmPayment, confirmation())).toEqual([]);
  });

  it('cannot be told otherwise later', () => {
    expect(given(order, placed(), paid).when(confirmPayment, confirmation({ outcome: 'failed' }))).toMatchObject({
      refused: 'ORDER_STATE',
      state: 'paid',
    });
    const failed = given(order, placed(), { type: 'PaymentFailed', data: { ...buyer, reference: 'pay-1' } });
    expect(failed.when(confirmPayment, confirmation({ outcome: 'failed' }))).toEqual([]);
    expect(failed.when(confirmPayment, confirmation())).toMatchObject({ refused: 'ORDER_STATE', state: 'paymentFailed' });
  });

  it('is not for an order on an invoice, nor for one of nobody', () => {
    expect(given(order, placed({ payment: { method: 'invoice' } })).when(confirmPayment, confirmation())).toMatchObject({
      refused: 'ORDER_STATE',
    });
    expect(given(order).when(confirmPayment, confirmation())).toMatchObject({ refused: 'ORDER_NOT_FOUND' });
  });
});

describe('A delivery by the provider (003-61)', () => {
  const waiting = given(order, placed({ fulfilment: 'provider' }), paid, started);

  it('is completed with its reference, and then no longer fails', () => {
    expect(waiting.when(completeFulfilment, { orderId: 'o-1', reference: 'SIM-7' })).toEqual([fulfilled]);
    const done = given(order, placed(), paid, started, fulfilled);
    expect(done.when(completeFulfilment, { orderId: 'o-1', reference: 'SIM-7' })).toEqual([]);
    expect(done.when(completeFulfilment, { orderId: 'o-1', reference: 'SIM-8' })).toMatchObject({ refused: 'ORDER_STATE' });
    expect(done.when(failFulfilment, { orderId: 'o-1', reason: 'none left' })).toMatchObject({
      refused: 'ORDER_STATE',
      state: 'provisioning',
    });
  });

  it('fails with its reason', () => {
    expect(waiting.when(failFulfilment, { orderId: 'o-1', reason: 'none left' })).toEqual([
      { type: 'OrderFailed', data: { ...buyer, reason: 'none left' } },
    ]);
  });

  it('failed again says nothing new, unless it was the pool that refused it', () => {
    const failed: OrderFact = { type: 'OrderFailed', data: { ...buyer, reason: 'none left' } };
    const again = { orderId: 'o-1', reason: 'none left' };
    expect(given(order, placed(), paid, started, failed).when(failFulfilment, again)).toEqual([]);
    expect(given(order, placed(), paid, started, fulfilled, failed).when(failFulfilment, again)).toMatchObject({
      refused: 'ORDER_STATE',
      state: 'failed',
    });
  });

  it('does not end before it began, and the pool is not told of what is not delivered', () => {
    expect(given(order, placed(), paid).when(completeFulfilment, { orderId: 'o-1' })).toMatchObject({
      refused: 'ORDER_STATE',
      state: 'paid',
    });
    expect(waiting.when(finishOrder, ids)).toEqual([]);
    expect(waiting.when(giveOrderUp, { ...ids, reason: 'x' })).toEqual([]);
  });

  it('ends when the pool has what was ordered, or refused it', () => {
    const done = given(order, placed(), paid, started, fulfilled);
    expect(done.when(finishOrder, ids)).toEqual([{ type: 'OrderProvisioned', data: { ...buyer, reference: 'SIM-7' } }]);
    expect(done.when(giveOrderUp, { ...ids, reason: 'over' })).toEqual([{ type: 'OrderFailed', data: { ...buyer, reason: 'over' } }]);
  });
});

describe('An order is cancelled', () => {
  it('by its own account only: for others it is not there', () => {
    const asked = given(order, placed());
    const by = (accountId: string) => ({
      orderId: 'o-1',
      context: { commandId: 'x', actor: { userId: 'u-2', role: 'customerAdmin', accountId } },
    });
    expect(asked.when(cancelOrder, by('c-2') as never)).toMatchObject({ refused: 'ORDER_NOT_FOUND' });
    expect(asked.when(cancelOrder, by(customerId) as never)).toHaveLength(1);
  });

  it.each([[[]], [[paid]]])('until its delivery begins', (facts) => {
    expect(given(order, placed(), ...facts).when(cancelOrder, { orderId: 'o-1', reason: 'too many' })).toEqual([
      { type: 'OrderCancelled', data: { ...buyer, reason: 'too many' } },
    ]);
  });

  it('not later, with the state it is in', () => {
    expect(given(order, placed(), paid, started).when(cancelOrder, { orderId: 'o-1' })).toMatchObject({
      refused: 'ORDER_STATE',
      state: 'provisioning',
    });
  });
});
