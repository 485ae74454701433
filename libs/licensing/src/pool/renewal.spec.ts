import { describe, expect, it } from '@jest/globals';
import { given, noon, stateAfter } from '../../testing/given.js';
import { customerId } from '../../testing/pool-facts.js';
import {
  m365,
  monthly,
  monthlyForAYear,
  onOffer,
  ordered,
  prices,
  subscriptionId,
  used,
  yearly,
} from '../../testing/subscription-facts.js';
import { Invariants } from '../invariants/invariants.js';
import { balanceOf, lotsInForce } from './balance.js';
import { cancelSubscription } from './cancellation.js';
import { fireDeadlines } from './deadlines.js';
import { pool } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { provisionOrder } from './provision.js';

const identity = { accountId: customerId, subscriptionId };
const end = '2027-04-01T12:00:00.000Z';
const nextEnd = '2028-04-01T12:00:00.000Z';
const five = ordered([], 5);
const scheduled = (changes: object): PoolFact => ({ type: 'RenewalScheduled', data: { ...identity, ...changes } });
const disabled: PoolFact = { type: 'AutoRenewalDisabled', data: identity };
const fire = (before: readonly PoolFact[], now = end, products = onOffer()) =>
  given(pool, ...before).when(fireDeadlines, { accountId: customerId, products }, now) as PoolFact[];
const dataOf = (facts: readonly PoolFact[]): any => facts.at(-1)!.data;
const declined = given(pool, ...five).when(
  cancelSubscription,
  { ...identity, products: onOffer() },
  '2026-06-01T00:00:00.000Z',
) as PoolFact[];
const sound = (facts: readonly PoolFact[]) => {
  const invariants = new Invariants();
  for (const [revision, fact] of facts.entries()) invariants.take({ stream: `pool-${customerId}`, revision, ...fact });
  return invariants.violations();
};

describe('The end of a term', () => {
  it('begins the next one, with a new window for each lot (003-62, 67)', () => {
    expect(fire(five)).toEqual([
      {
        type: 'SubscriptionRenewed',
        data: {
          ...identity,
          effectiveAt: end,
          termStartsAt: end,
          termEndsAt: nextEnd,
          quantity: 5,
          billing: monthlyForAYear,
          lots: [
            {
              lotId: 'o-1.1',
              quantity: 5,
              addedAt: noon,
              windowStartsAt: end,
              windowEndsAt: '2027-04-08T12:00:00.000Z',
              unitPrice: { currency: 'EUR', amount: '10.00' },
            },
          ],
          removed: [],
        },
      },
    ]);
  });

  it('is exactly at its time, and happened then however late it is noticed', () => {
    expect(fire(five, '2027-04-01T11:59:59.999Z')).toEqual([]);
    expect(dataOf(fire(five, '2027-09-01T00:00:00.000Z')).effectiveAt).toBe(end);
  });

  it('is counted from the first one’s start: Jan 31, Feb 28, Mar 31; months that were missed are made up for one after the other', () => {
    let facts = ordered([], 5, { at: '2026-01-31T00:00:00.000Z', billing: monthly });
    const ends: string[] = [];
    for (let news = fire(facts, '2026-05-01T00:00:00.000Z'); news.length > 0; news = fire(facts, '2026-05-01T00:00:00.000Z')) {
      facts = [...facts, ...news];
      ends.push(dataOf(news).effectiveAt.slice(0, 10));
    }
    expect(ends).toEqual(['2026-02-28', '2026-03-31', '2026-04-30']);
    expect(sound(facts)).toEqual([]);
  });

  it('ends it when auto-renewal is off: nothing of it counts from then on (003-64)', () => {
    const facts = [...five, disabled, ...fire([...five, disabled])];
    expect(facts.at(-1)).toEqual({
      type: 'SubscriptionExpired',
      data: { ...identity, effectiveAt: end, lots: [{ lotId: 'o-1.1', sku: m365, quantity: 5 }] },
    });
    expect(balanceOf(stateAfter(pool, facts), m365)).toMatchObject({ available: 0, expired: 5 });
    expect(sound(facts)).toEqual([]);
  });

  it('ends what is in use with the rest', () => {
    const facts = [...five, used('o-1.1', 2), disabled];
    expect(dataOf(fire(facts)).lots).toEqual([
      { lotId: 'o-1.1', sku: m365, quantity: 3 },
      { lotId: 'o-1.1', sku: m365, quantity: 2, from: 'inSeats' },
    ]);
  });

  it('ends it when a cancellation came too late for all of it', () => {
    expect(fire([...five, ...declined])).toMatchObject([{ type: 'SubscriptionExpired' }]);
  });

  it('renews only what was not cancelled', () => {
    const facts = ordered([...five, ...declined], 2, { at: '2026-07-01T00:00:00.000Z', orderId: 'o-2' });
    expect(dataOf(fire(facts))).toMatchObject({ quantity: 2, lots: [{ lotId: 'o-2.1' }], removed: [{ lotId: 'o-1.1', quantity: 5 }] });
    expect(sound([...facts, ...fire(facts)])).toEqual([]);
  });

  it('takes the price that is in force then, in the currency there was', () => {
    const later = [
      { billing: monthlyForAYear, currency: 'USD', amount: '9.00', validFrom: '2026-02-01T00:00:00.000Z' },
      ...prices,
      { billing: monthlyForAYear, currency: 'EUR', amount: '11.00', validFrom: end },
    ];
    expect(dataOf(fire(five, end, onOffer({}, { prices: later }))).lots[0].unitPrice).toEqual({ currency: 'EUR', amount: '11.00' });
    const more = dataOf(fire([...five, scheduled({ quantity: 6 })], end, onOffer({}, { prices: later }))).lots[1];
    expect(more).toMatchObject({ quantity: 1, unitPrice: { currency: 'EUR', amount: '11.00' } });
    expect(dataOf(fire(five, end, onOffer({}, { prices: [] }))).lots[0].unitPrice).toEqual({ currency: 'EUR', amount: '10.00' });
  });

  it('sells more at the price that was agreed when none is in force', () => {
    const later = onOffer(
      {},
      { prices: [{ billing: monthlyForAYear, currency: 'USD', amount: '9.00', validFrom: '2026-02-01T00:00:00.000Z' }] },
    );
    const prices = dataOf(fire([...five, scheduled({ quantity: 6 })], end, later)).lots.map((lot: any) => lot.unitPrice);
    expect(prices).toEqual(Array(2).fill({ currency: 'EUR', amount: '10.00' }));
  });

  it('begins no window that could not be used: only windowed products have one', () => {
    for (const reversibility of ['free', 'approval', 'irreversible'] as const)
      expect(dataOf(fire(five, end, onOffer({ reversibility }))).lots[0].windowEndsAt).toBeUndefined();
  });

  it('goes on as it was when the product was withdrawn or its billing is no longer offered', () => {
    expect(dataOf(fire(five, end, onOffer({}, { withdrawn: true })))).toMatchObject({ quantity: 5, billing: monthlyForAYear });
    expect(dataOf(fire(five, end, onOffer({ billingOptions: [yearly] })))).toMatchObject({ quantity: 5, billing: monthlyForAYear });
  });
});

describe('A scheduled change', () => {
  it('to fewer takes from the newest lots first', () => {
    const facts = [...ordered(five, 2, { at: '2026-07-01T00:00:00.000Z', orderId: 'o-2' }), scheduled({ quantity: 4 })];
    const renewed = fire(facts);
    expect(dataOf(renewed)).toMatchObject({ quantity: 4, lots: [{ lotId: 'o-1.1', quantity: 4 }] });
    expect(dataOf(renewed).removed).toEqual([
      { lotId: 'o-2.1', sku: m365, quantity: 2 },
      { lotId: 'o-1.1', sku: m365, quantity: 1 },
    ]);
    expect(sound([...facts, ...renewed])).toEqual([]);
    expect(stateAfter(pool, [...facts, ...renewed]).subscriptions.get(subscriptionId)?.scheduled).toBeUndefined();
  });

  it('to fewer than are in use keeps those, and says so', () => {
    const facts = [...five, used('o-1.1', 4), scheduled({ quantity: 2 })];
    expect(dataOf(fire(facts))).toMatchObject({
      quantity: 4,
      removed: [{ quantity: 1 }],
      notApplied: [{ change: 'quantity', reason: 'inUse' }],
    });
  });

  it('to more is bought with an order of its own', () => {
    const facts = [...five, scheduled({ quantity: 8 })];
    const renewed = fire(facts);
    expect(renewed).toMatchObject([
      {
        type: 'LicensePurchased',
        data: { source: 'renewal', effectiveAt: end, lots: [{ quantity: 3, subscriptionId, startsAt: end, expiresAt: nextEnd }] },
      },
      { type: 'SubscriptionRenewed', data: { quantity: 8, lots: [{ quantity: 5 }, { quantity: 3, addedAt: end }] } },
    ]);
    const { orderId } = renewed[0]!.data as { orderId: string };
    expect(orderId).toBe(`renewal-${subscriptionId}-${end}`);
    expect(sound([...facts, ...renewed])).toEqual([]);
  });

  it('to more is met first by what was to end with the term', () => {
    const facts = [...ordered([...five, ...declined], 2, { at: '2026-07-01T00:00:00.000Z', orderId: 'o-2' }), scheduled({ quantity: 4 })];
    expect(fire(facts)).toMatchObject([
      {
        data: {
          quantity: 4,
          lots: [
            { lotId: 'o-1.1', quantity: 2 },
            { lotId: 'o-2.1', quantity: 2 },
          ],
        },
      },
    ]);
    expect(sound([...facts, ...fire(facts)])).toEqual([]);
  });

  it('to more of a withdrawn product is not done, and says so', () => {
    const facts = [...five, scheduled({ quantity: 8, billing: monthly })];
    expect(fire(facts, end, onOffer({}, { withdrawn: true }))).toMatchObject([
      {
        data: {
          quantity: 5,
          billing: monthlyForAYear,
          notApplied: [
            { change: 'quantity', reason: 'productWithdrawn' },
            { change: 'billing', reason: 'productWithdrawn' },
          ],
        },
      },
    ]);
  });

  it('of the billing begins another count of terms, from the renewal on', () => {
    const facts = ordered([], 5, { at: '2026-01-31T00:00:00.000Z', billing: monthly });
    const first = fire([...facts, scheduled({ billing: monthlyForAYear })], '2026-02-28T00:00:00.000Z');
    expect(dataOf(first)).toMatchObject({ termEndsAt: '2027-02-28T00:00:00.000Z', lots: [{ unitPrice: { amount: '10.00' } }] });
    const back = [...facts, ...first, scheduled({ billing: monthly })];
    const second = fire(back, '2027-02-28T00:00:00.000Z');
    expect(dataOf(second)).toMatchObject({ termEndsAt: '2027-03-28T00:00:00.000Z', lots: [{ unitPrice: { amount: '12.00' } }] });
    expect(dataOf(fire([...back, ...second], '2027-03-28T00:00:00.000Z')).termEndsAt).toBe('2027-04-28T00:00:00.000Z');
  });

  it('to a billing that has no price in its currency is not done, and says so', () => {
    const inDollars = prices.map((price) => (price.billing === monthly ? { ...price, currency: 'USD' } : price));
    expect(dataOf(fire([...five, scheduled({ billing: monthly })], end, onOffer({}, { prices: inDollars })))).toMatchObject({
      billing: monthlyForAYear,
      lots: [{ unitPrice: { currency: 'EUR', amount: '10.00' } }],
      notApplied: [{ change: 'billing', reason: 'priceNotInForce' }],
    });
    const unpriced = dataOf(fire([...five, scheduled({ billing: monthly })], end, onOffer({}, { prices: [] })));
    expect([unpriced.billing, unpriced.notApplied]).toEqual([monthly, undefined]);
  });

  it('to a billing that is not offered any more is not done, and says so', () => {
    const facts = [...five, scheduled({ billing: monthly })];
    expect(dataOf(fire(facts, end, onOffer({ billingOptions: [monthlyForAYear] })))).toMatchObject({
      billing: monthlyForAYear,
      notApplied: [{ change: 'billing', reason: 'billingNotOffered' }],
    });
  });
});

describe('Between the end of a term and its record', () => {
  const later = '2027-04-01T12:00:00.500Z';
  const lotsAt = (facts: readonly PoolFact[]) => [...lotsInForce(stateAfter(pool, facts), m365, later)].map(({ lot }) => lot.lotId);

  it('what renews goes on counting, and can be used', () => {
    expect(balanceOf(stateAfter(pool, five), m365, later)).toMatchObject({ available: 5, expired: 0 });
    expect(lotsAt(five)).toEqual(['o-1.1']);
  });

  it('what does not renew is over, in use or not', () => {
    const facts = [...five, used('o-1.1', 2), disabled];
    expect(balanceOf(stateAfter(pool, facts), m365, later)).toMatchObject({ available: 0, inSeats: 0, expired: 5 });
    expect(lotsAt(facts)).toEqual([]);
    expect(lotsAt([...five, ...declined])).toEqual([]);
  });

  it('of one that renews, what was cancelled too late is over', () => {
    const facts = ordered([...five, ...declined], 2, { at: '2026-07-01T00:00:00.000Z', orderId: 'o-2' });
    expect(balanceOf(stateAfter(pool, facts), m365, later)).toMatchObject({ available: 2, expired: 5 });
    expect(lotsAt(facts)).toEqual(['o-2.1']);
  });

  it('an order for more is added to the term that has begun', () => {
    const lines = [{ sku: m365, quantity: 2, billing: monthlyForAYear, subscriptionId }];
    const order = { accountId: customerId, orderId: 'o-2', lines, products: onOffer() };
    const facts = given(pool, ...five).when(provisionOrder, order, later) as PoolFact[];
    expect(facts).toMatchObject([
      { type: 'SubscriptionRenewed' },
      { type: 'LicensePurchased', data: { lots: [{ expiresAt: nextEnd }] } },
      { type: 'SubscriptionResized', data: { quantity: 7 } },
    ]);
    expect(sound([...five, ...facts])).toEqual([]);
    expect(given(pool, ...five, disabled).when(provisionOrder, order, later)).toMatchObject({ refused: 'SUBSCRIPTION_NOT_ACTIVE' });
  });
});
