import { describe, expect, it } from '@jest/globals';
import { given, noon, stateAfter } from '../../testing/given.js';
import { customerId } from '../../testing/pool-facts.js';
import { m365, onOffer, ordered, subscriptionId, used } from '../../testing/subscription-facts.js';
import { cancelSubscription } from './cancellation.js';
import { pool } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { resizeSubscription } from './resize.js';

const day = (number: number): string => `2026-04-${String(number).padStart(2, '0')}T12:00:00.000Z`;
const to = (quantity: number, products = onOffer()) => ({ accountId: customerId, subscriptionId, products, quantity });
const five = ordered([], 5);
const seven = ordered(five, 2, { at: day(6), orderId: 'o-2' });
const removed = (lotId: string, quantity: number, amount: string) => ({
  lotId,
  sku: m365,
  quantity,
  credited: { currency: 'EUR', amount },
});

describe('Making a subscription smaller', () => {
  it('gives back licenses within their window, and what was billed for them (003-59)', () => {
    expect(given(pool, ...five).when(resizeSubscription, to(3), day(2))).toEqual([
      {
        type: 'SubscriptionResized',
        data: { accountId: customerId, subscriptionId, quantity: 3, added: [], removed: [removed('o-1.1', 2, '20.00')] },
      },
    ]);
  });

  it('takes from the newest lots first', () => {
    expect(given(pool, ...seven).when(resizeSubscription, to(4), day(6))).toMatchObject([
      { data: { removed: [removed('o-2.1', 2, '20.00'), removed('o-1.1', 1, '10.00')] } },
    ]);
  });

  it('never goes below what is in use (003-76)', () => {
    expect(given(pool, ...five, used('o-1.1', 4)).when(resizeSubscription, to(3), day(2))).toMatchObject({
      refused: 'SEATS_IN_USE',
      inUse: 4,
      requested: 3,
      quantity: 5,
    });
    expect(given(pool, ...five, used('o-1.1', 4)).when(resizeSubscription, to(4), day(2))).toHaveLength(1);
  });

  it('takes only what nobody uses, from an older lot when the newest is used', () => {
    expect(given(pool, ...seven, used('o-2.1', 2)).when(resizeSubscription, to(6), day(6))).toMatchObject([
      { data: { removed: [removed('o-1.1', 1, '10.00')] } },
    ]);
  });

  it('is refused after the window, and points to the schedule; the window is over exactly at its end', () => {
    expect(given(pool, ...five).when(resizeSubscription, to(3), '2026-04-08T11:59:59.999Z')).toHaveLength(1);
    expect(given(pool, ...five).when(resizeSubscription, to(3), day(8))).toMatchObject({
      refused: 'WINDOW_CLOSED',
      detail: expect.stringContaining(`window that is over ended at ${day(8)}`),
      possible: 0,
      windowEndedAt: day(8),
      termEndsAt: '2027-04-01T12:00:00.000Z',
      schedule: { quantity: 3, appliesAt: '2027-04-01T12:00:00.000Z' },
    });
  });

  it('reaches as far as the lots whose window is open', () => {
    expect(given(pool, ...seven).when(resizeSubscription, to(5), day(10))).toMatchObject([{ data: { removed: [{ lotId: 'o-2.1' }] } }]);
    expect(given(pool, ...seven).when(resizeSubscription, to(4), day(10))).toMatchObject({
      refused: 'WINDOW_CLOSED',
      possible: 2,
      windowEndedAt: day(8),
    });
  });

  it('goes by the policy as it is now (003-66)', () => {
    expect(given(pool, ...five).when(resizeSubscription, to(3, onOffer({ cancellationWindow: 'P30D' })), day(20))).toHaveLength(1);
    expect(given(pool, ...five).when(resizeSubscription, to(3, onOffer({ cancellationWindow: 'P1D' })), day(3))).toMatchObject({
      refused: 'WINDOW_CLOSED',
      windowEndedAt: day(2),
    });
  });

  it('is always possible for a free product, never for an irreversible one', () => {
    expect(given(pool, ...five).when(resizeSubscription, to(3, onOffer({ reversibility: 'free' })), day(30))).toHaveLength(1);
    const refused = given(pool, ...five).when(resizeSubscription, to(3, onOffer({ reversibility: 'irreversible' })), day(2));
    expect(refused).toMatchObject({ refused: 'WINDOW_CLOSED', detail: expect.stringContaining('cannot be cancelled') });
    expect(refused).not.toHaveProperty('windowEndedAt');
  });

  it('credits the unused share where the policy says so', () => {
    const products = onOffer({ refund: 'proRata', reversibility: 'free' });
    expect(given(pool, ...five).when(resizeSubscription, to(3, products), day(16))).toMatchObject([
      { data: { removed: [removed('o-1.1', 2, '10.00')] } },
    ]);
  });

  it('in several parts credits together what was billed, to the cent, and never more', () => {
    // Four at 0.015 are billed 0.06; each of them alone would be rounded to 0.02.
    const eur = (amount: string) => ({ currency: 'EUR', amount });
    let facts = ordered([], 4, { unitPrice: eur('0.015') });
    const credits = [3, 2, 1].map((quantity) => {
      const [fact] = given(pool, ...facts).when(resizeSubscription, to(quantity)) as PoolFact[];
      facts = [...facts, fact!];
      return fact?.type === 'SubscriptionResized' && fact.data.removed[0]?.credited?.amount;
    });
    const last = given(pool, ...facts).when(cancelSubscription, { accountId: customerId, subscriptionId, products: onOffer() });
    expect(credits).toEqual(['0.02', '0.01', '0.01']);
    expect(last).toMatchObject([{ type: 'SubscriptionCancelled', data: { credited: eur('0.02') } }]);
  });

  it('to what it is says nothing new', () => {
    expect(given(pool, ...five).when(resizeSubscription, to(5))).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN, 1_000_000_001])('to %p licenses makes no sense', (quantity) => {
    expect(given(pool, ...five).when(resizeSubscription, to(quantity))).toMatchObject({
      refused: 'INVALID_REQUEST',
      errors: [{ path: 'quantity' }],
    });
  });

  it('is refused for one that is not there', () => {
    expect(given(pool).when(resizeSubscription, to(3))).toMatchObject({ refused: 'SUBSCRIPTION_NOT_FOUND', subscriptionId });
  });

  it('at a moment when its renewal is due comes after the renewal, within the new window', () => {
    const later = '2027-04-01T12:00:00.001Z';
    expect(given(pool, ...five).when(resizeSubscription, to(3), later)).toMatchObject([
      { type: 'SubscriptionRenewed', data: { effectiveAt: '2027-04-01T12:00:00.000Z', quantity: 5 } },
      { type: 'SubscriptionResized', data: { quantity: 3, removed: [{ quantity: 2 }] } },
    ]);
  });

  it('tries what is due on a copy: a decision changes nothing', () => {
    const state = stateAfter(pool, five);
    const context = { commandId: 'c', actor: { userId: 'u', role: 'customerAdmin' as const } };
    resizeSubscription(state, { ...to(3), context }, '2027-04-01T12:00:00.001Z');
    expect(state).toEqual(stateAfter(pool, five));
  });

  it('is refused once the term is over, recorded or not, when it does not renew', () => {
    const off = { type: 'AutoRenewalDisabled', data: { accountId: customerId, subscriptionId } } as const;
    expect(given(pool, ...five, off).when(resizeSubscription, to(3), '2027-04-01T12:00:00.000Z')).toMatchObject({
      refused: 'SUBSCRIPTION_NOT_ACTIVE',
      state: 'expired',
    });
    expect(given(pool, ...five, off).when(resizeSubscription, to(3), noon)).toHaveLength(1);
  });
});
