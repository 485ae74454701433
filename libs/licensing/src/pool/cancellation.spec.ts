import { describe, expect, it } from '@jest/globals';
import { commandId, given } from '../../testing/given.js';
import { customerId } from '../../testing/pool-facts.js';
import { m365, onOffer, ordered, subscriptionId, used } from '../../testing/subscription-facts.js';
import { cancelSubscription, type CancelSubscription } from './cancellation.js';
import { pool } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { stateAfter } from '../../testing/given.js';

const day = (number: number): string => `2026-04-${String(number).padStart(2, '0')}T12:00:00.000Z`;
const termEndsAt = '2027-04-01T12:00:00.000Z';
const cancel = (changes: Partial<CancelSubscription> = {}) => ({ accountId: customerId, subscriptionId, products: onOffer(), ...changes });
const five = ordered([], 5);
const seven = ordered(five, 2, { at: day(6), orderId: 'o-2' });
const eur = (amount: string) => ({ currency: 'EUR', amount });
const identity = { accountId: customerId, subscriptionId };
const retained = (...lots: object[]) => ({ ...identity, until: termEndsAt, lots, keepRenewal: false });

describe('Cancelling a subscription', () => {
  it('within its window ends it and credits what was billed (003-65, 67)', () => {
    expect(given(pool, ...five).when(cancelSubscription, cancel(), day(7))).toEqual([
      {
        type: 'SubscriptionCancelled',
        data: {
          ...identity,
          quantity: 0,
          lots: [{ lotId: 'o-1.1', sku: m365, quantity: 5, credited: eur('50.00') }],
          credited: eur('50.00'),
        },
      },
    ]);
  });

  it('after its window keeps it, billed to the end of the term (003-68)', () => {
    expect(given(pool, ...five).when(cancelSubscription, cancel(), '2026-05-10T00:00:00.000Z')).toEqual([
      {
        type: 'CancellationDeclined',
        data: { ...retained({ lotId: 'o-1.1', quantity: 5, billed: eur('500.00') }), billed: eur('500.00'), termTotal: eur('600.00') },
      },
    ]);
  });

  it('exactly at the end of its window is too late', () => {
    expect(given(pool, ...five).when(cancelSubscription, cancel(), '2026-04-08T11:59:59.999Z')).toMatchObject([
      { type: 'SubscriptionCancelled' },
    ]);
    expect(given(pool, ...five).when(cancelSubscription, cancel(), day(8))).toMatchObject([{ type: 'CancellationDeclined' }]);
  });

  it('decides lot by lot: what was added later has a window of its own', () => {
    expect(given(pool, ...seven).when(cancelSubscription, cancel(), day(10))).toMatchObject([
      { type: 'SubscriptionCancelled', data: { quantity: 5, lots: [{ lotId: 'o-2.1', quantity: 2 }], credited: eur('20.00') } },
      { type: 'CancellationDeclined', data: { lots: [{ lotId: 'o-1.1', quantity: 5 }], termTotal: eur('600.00') } },
    ]);
  });

  it('takes only the lots that are named', () => {
    expect(given(pool, ...seven).when(cancelSubscription, cancel({ lots: ['o-2.1'] }), day(6))).toMatchObject([
      { type: 'SubscriptionCancelled', data: { quantity: 5, lots: [{ lotId: 'o-2.1' }] } },
    ]);
    expect(given(pool, ...seven).when(cancelSubscription, cancel({ lots: ['o-9.1'] }), day(6))).toMatchObject({
      refused: 'LOT_NOT_FOUND',
      lotId: 'o-9.1',
    });
  });

  it('goes by the policy as it is when the request is processed (003-66)', () => {
    const outcome = (policy: Parameters<typeof onOffer>[0], at: string) =>
      (given(pool, ...five).when(cancelSubscription, cancel({ products: onOffer(policy) }), at) as PoolFact[]).map(({ type }) => type);
    expect(outcome({ cancellationWindow: 'P30D' }, day(20))).toEqual(['SubscriptionCancelled']);
    expect(outcome({ cancellationWindow: 'P1D' }, day(3))).toEqual(['CancellationDeclined']);
    expect(outcome({ reversibility: 'free' }, day(30))).toEqual(['SubscriptionCancelled']);
    expect(outcome({ reversibility: 'irreversible' }, day(2))).toEqual(['CancellationDeclined']);
  });

  it('of a product that needs approval is the vendor’s to do', () => {
    const products = onOffer({ reversibility: 'approval' });
    const by = (role: 'operator' | 'customerAdmin') => ({ ...cancel({ products }), context: { commandId, actor: { userId: 'u', role } } });
    expect(cancelSubscription(stateAfter(pool, five), by('operator'), day(20))).toMatchObject([{ type: 'SubscriptionCancelled' }]);
    expect(cancelSubscription(stateAfter(pool, five), by('customerAdmin'), day(2))).toMatchObject([{ type: 'CancellationDeclined' }]);
  });

  it('keeps what is in use, within the window too (ADR 034)', () => {
    expect(given(pool, ...five, used('o-1.1', 2)).when(cancelSubscription, cancel(), day(2))).toMatchObject([
      { type: 'SubscriptionCancelled', data: { quantity: 2, lots: [{ lotId: 'o-1.1', quantity: 3, credited: eur('30.00') }] } },
      { type: 'CancellationDeclined', data: { lots: [{ lotId: 'o-1.1', quantity: 2 }], billed: eur('220.00'), termTotal: eur('240.00') } },
    ]);
  });

  it('again, when it was declined, says nothing new', () => {
    const declined = given(pool, ...five).when(cancelSubscription, cancel(), day(10)) as PoolFact[];
    expect(given(pool, ...five, ...declined).when(cancelSubscription, cancel(), day(11))).toEqual([]);
  });

  it('again, with or without renewal as it was not before, is news', () => {
    const declined = given(pool, ...five).when(cancelSubscription, cancel(), day(10)) as PoolFact[];
    const kept = given(pool, ...five, ...declined).when(cancelSubscription, cancel({ keepRenewal: true }), day(11)) as PoolFact[];
    expect(kept).toMatchObject([{ type: 'CancellationDeclined', data: { keepRenewal: true } }]);
    expect(given(pool, ...five, ...declined, ...kept).when(cancelSubscription, cancel({ keepRenewal: true }), day(12))).toEqual([]);
    expect(given(pool, ...five, ...declined, ...kept).when(cancelSubscription, cancel(), day(12))).toHaveLength(1);
  });

  it('takes back a quantity that was scheduled, and no billing', () => {
    const billing = { period: 'P1M', commitment: 'P1M' };
    const scheduled = (changes: object): PoolFact => ({ type: 'RenewalScheduled', data: { ...identity, ...changes } });
    const after = (changes: object, at = day(10), more = {}) =>
      (given(pool, ...five, scheduled(changes)).when(cancelSubscription, cancel(more), at) as PoolFact[]).slice(1);
    expect(after({ quantity: 3 })).toEqual([{ type: 'RenewalUnscheduled', data: identity }]);
    expect(after({ quantity: 3, billing })).toEqual([scheduled({ billing })]);
    expect(after({ billing })).toEqual([]);
    expect(after({ quantity: 3 }, day(10), { keepRenewal: true })).toEqual([]);
    const ofSeven = (more = {}) =>
      (
        given(pool, ...seven, scheduled({ quantity: 6 })).when(
          cancelSubscription,
          cancel({ lots: ['o-2.1'], ...more }),
          day(6),
        ) as PoolFact[]
      ).slice(1);
    expect(ofSeven()).toEqual([{ type: 'RenewalUnscheduled', data: identity }]);
    expect(ofSeven({ keepRenewal: true })).toEqual([]);
    expect(after({ quantity: 3 }, day(2))).toEqual([]);
  });

  it('at a moment when its renewal is due comes after the renewal, within the new window', () => {
    expect(given(pool, ...five).when(cancelSubscription, cancel(), '2027-04-01T12:00:00.001Z')).toMatchObject([
      { type: 'SubscriptionRenewed', data: { effectiveAt: termEndsAt } },
      { type: 'SubscriptionCancelled', data: { quantity: 0, credited: eur('50.00') } },
    ]);
  });

  it('is refused when it is over', () => {
    const over = given(pool, ...five).when(cancelSubscription, cancel(), day(2)) as PoolFact[];
    expect(given(pool, ...five, ...over).when(cancelSubscription, cancel(), day(2))).toMatchObject({
      refused: 'SUBSCRIPTION_NOT_ACTIVE',
      state: 'cancelled',
    });
  });

  it('of what has no price says no amounts', () => {
    const free = ordered([], 5, { unitPrice: undefined });
    const [declined] = given(pool, ...free).when(cancelSubscription, cancel(), day(10)) as PoolFact[];
    expect(declined).toEqual({ type: 'CancellationDeclined', data: retained({ lotId: 'o-1.1', quantity: 5 }) });
  });
});
