import { describe, expect, it } from '@jest/globals';
import type { OrderFact, OrderPlaced } from '../order/order.events.js';
import type { LicensePurchased, Lot } from '../pool/pool.events.js';
import type { SubscriptionResized } from '../pool/subscription.events.js';
import { Invariants } from './invariants.js';

const ids = { orderId: 'o-1', accountId: 'c-1' };
const buyer = { ...ids, placedBy: 'u-1' };
const unitPrice = { currency: 'EUR', amount: '10.00' };
const placed = (changes: Partial<OrderPlaced['data']> = {}): OrderFact => ({
  type: 'OrderPlaced',
  data: {
    ...buyer,
    lines: [{ sku: 'tool', quantity: 3, unitPrice }],
    totals: [{ currency: 'EUR', amount: '30.00' }],
    payment: { method: 'invoice' },
    fulfilment: 'automatic',
    ...changes,
  },
});
const paid: OrderFact = { type: 'OrderPaid', data: ids };
const started: OrderFact = { type: 'OrderProvisioningStarted', data: { ...ids, fulfilment: 'automatic' } };
const fulfilled: OrderFact = { type: 'OrderFulfilled', data: ids };
const provisioned: OrderFact = { type: 'OrderProvisioned', data: buyer };
const failed: OrderFact = { type: 'OrderFailed', data: { ...buyer, reason: 'no' } };
const terms = { term: null, termStarts: 'onPurchase', reversibility: 'free' } as const;
const credited = (quantity = 3, accountId = 'c-1'): LicensePurchased => {
  const lots: Lot[] = [{ lotId: 'l-1', sku: 'tool', quantity, orderId: 'o-1', ...terms }];
  return { type: 'LicensePurchased', data: { accountId, orderId: 'o-1', source: 'marketplace', lots } };
};

const givenBack = (amount: string): SubscriptionResized => ({
  type: 'SubscriptionResized',
  data: {
    accountId: 'c-1',
    subscriptionId: 's-1',
    orderId: 'o-1',
    quantity: 3,
    added: [],
    removed: [],
    credited: { currency: 'EUR', amount },
  },
});

/** What the second books find wrong in these facts, told in this order. */
function found(...facts: (OrderFact | LicensePurchased | SubscriptionResized)[]): string[] {
  const invariants = new Invariants();
  for (const [revision, fact] of facts.entries()) {
    const isOfPool = fact.type === 'LicensePurchased' || fact.type === 'SubscriptionResized';
    const stream = isOfPool ? `pool-${fact.data.accountId}` : `order-${fact.data.orderId}`;
    invariants.take({ ...fact, stream, revision });
  }
  return invariants.violations().map(({ message }) => message);
}

describe('The second books of orders', () => {
  it('find nothing in an order that went as it should', () => {
    expect(found(placed(), paid, started, fulfilled, credited(), provisioned)).toEqual([]);
    expect(found(placed(), { type: 'OrderCancelled', data: buyer })).toEqual([]);
    expect(found(placed(), paid, started, failed)).toEqual([]);
  });

  it('find nothing in what an order billed for a time when nothing came being given back', () => {
    const facts = [placed(), paid, started, fulfilled, credited(), givenBack('30.00')];
    expect(found(...facts).filter((text) => text.includes('given back'))).toEqual([]);
  });

  it.each([
    ['totals of other lines', [placed({ totals: [{ currency: 'EUR', amount: '30.01' }] })], 'totals that are not'],
    ['an order placed twice', [placed(), placed()], 'placed twice'],
    ['a fact of no order', [paid], 'there is no order'],
    ['a fact of another account', [placed(), { ...paid, data: { ...ids, accountId: 'c-2' } } as OrderFact], 'of another account'],
    ['a delivery without a payment', [placed(), started], 'OrderProvisioningStarted after OrderPlaced'],
    ['a payment after the end', [placed(), paid, started, failed, paid], 'OrderPaid after OrderFailed'],
    ['a credit before the delivery', [placed(), paid, started, credited()], 'it was not delivered'],
    ['a credit to another account', [placed(), paid, started, fulfilled, credited(3, 'c-2')], 'credited to another account'],
    ['an end without a credit', [placed(), paid, started, fulfilled, provisioned], 'not credited with what was ordered'],
    ['a credit of something else', [placed(), paid, started, fulfilled, credited(2), provisioned], 'not credited with what was ordered'],
    ['more given back than was billed', [placed(), paid, started, fulfilled, credited(), givenBack('30.01')], 'is given back 30.01'],
    ['a failure after the credit', [placed(), paid, started, fulfilled, credited(), failed], 'failed after its pool was credited'],
  ])('find %s', (_, facts, message) => {
    expect(found(...facts).some((text) => text.includes(message))).toBe(true);
  });
});
