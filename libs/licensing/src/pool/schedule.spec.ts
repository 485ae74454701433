import { describe, expect, it } from '@jest/globals';
import { given } from '../../testing/given.js';
import { customerId } from '../../testing/pool-facts.js';
import { monthly, monthlyForAYear, onOffer, ordered, prices, subscriptionId } from '../../testing/subscription-facts.js';
import { cancelSubscription } from './cancellation.js';
import { pool } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { scheduleRenewal, setAutoRenewal, unscheduleRenewal } from './schedule.js';

const identity = { accountId: customerId, subscriptionId };
const about = { ...identity, products: onOffer() };
const five = ordered([], 5);
const later = '2026-06-01T00:00:00.000Z';
const disabled: PoolFact = { type: 'AutoRenewalDisabled', data: identity };
const enabled: PoolFact = { type: 'AutoRenewalEnabled', data: identity };
const scheduled = (changes: object): PoolFact => ({ type: 'RenewalScheduled', data: { ...identity, ...changes } });
const declined = given(pool, ...five).when(cancelSubscription, about, later) as PoolFact[];

describe('Auto-renewal', () => {
  it('is on by default, and switched off and on again (003-62, 63)', () => {
    expect(given(pool, ...five).when(setAutoRenewal, { ...about, enabled: true })).toEqual([]);
    expect(given(pool, ...five).when(setAutoRenewal, { ...about, enabled: false })).toEqual([disabled]);
    expect(given(pool, ...five, disabled).when(setAutoRenewal, { ...about, enabled: false })).toEqual([]);
    expect(given(pool, ...five, disabled).when(setAutoRenewal, { ...about, enabled: true })).toEqual([enabled]);
  });

  it('switched on renews what a cancellation came too late for, too', () => {
    expect(given(pool, ...five, ...declined).when(setAutoRenewal, { ...about, enabled: true }, later)).toEqual([enabled]);
    expect(given(pool, ...five, ...declined, enabled).when(setAutoRenewal, { ...about, enabled: true }, later)).toEqual([]);
    expect(given(pool, ...five, ...declined, enabled).when(cancelSubscription, about, later)).toHaveLength(1);
  });
});

describe('A change for the next term', () => {
  it('is kept, and replaces what was scheduled before', () => {
    expect(given(pool, ...five).when(scheduleRenewal, { ...about, quantity: 3 })).toEqual([scheduled({ quantity: 3 })]);
    expect(given(pool, ...five, scheduled({ quantity: 3 })).when(scheduleRenewal, { ...about, billing: monthly })).toEqual([
      scheduled({ billing: monthly }),
    ]);
    expect(given(pool, ...five, scheduled({ quantity: 3 })).when(scheduleRenewal, { ...about, quantity: 3 })).toEqual([]);
  });

  it('is taken back', () => {
    const back = [{ type: 'RenewalUnscheduled', data: identity }];
    expect(given(pool, ...five, scheduled({ quantity: 3 })).when(unscheduleRenewal, about)).toEqual(back);
    expect(given(pool, ...five).when(unscheduleRenewal, about)).toEqual([]);
  });

  it('needs something to change, and makes sense', () => {
    expect(given(pool, ...five).when(scheduleRenewal, about)).toMatchObject({ refused: 'INVALID_REQUEST' });
    expect(given(pool, ...five).when(scheduleRenewal, { ...about, quantity: 0 })).toMatchObject({ refused: 'INVALID_REQUEST' });
  });

  it('has a billing that the product has', () => {
    const billing = { period: 'P1M', commitment: 'P3Y' };
    expect(given(pool, ...five).when(scheduleRenewal, { ...about, billing })).toMatchObject({ refused: 'BILLING_OPTION_UNKNOWN' });
  });

  it('has a billing that will have a price in its currency by then', () => {
    const from = (validFrom: string) => prices.map((price) => (price.billing === monthly ? { ...price, validFrom } : price));
    const ask = (of: typeof prices, billing = monthly) =>
      given(pool, ...five).when(scheduleRenewal, { ...about, products: onOffer({}, { prices: of }), billing });
    expect(ask(from('2027-04-01T12:00:00.000Z'))).toEqual([scheduled({ billing: monthly })]);
    expect(ask(from('2027-04-01T12:00:00.001Z'))).toMatchObject({ refused: 'PRICE_NOT_IN_FORCE', currency: 'EUR' });
    const inDollars = prices.map((price) => ({ ...price, currency: 'USD' }));
    expect(ask(inDollars)).toMatchObject({ refused: 'PRICE_NOT_IN_FORCE', currencies: ['USD'] });
    expect(ask(inDollars, monthlyForAYear)).toHaveLength(1);
    expect(ask([])).toHaveLength(1);
  });

  it('is refused when there will be no next term', () => {
    const refusal = { refused: 'RENEWAL_OFF', termEndsAt: '2027-04-01T12:00:00.000Z' };
    expect(given(pool, ...five, disabled).when(scheduleRenewal, { ...about, quantity: 3 })).toMatchObject(refusal);
    expect(given(pool, ...five, ...declined).when(scheduleRenewal, { ...about, quantity: 3 })).toMatchObject(refusal);
  });

  it('of a withdrawn product makes it smaller or keeps it, and nothing else', () => {
    const withdrawn = { ...about, products: onOffer({}, { withdrawn: true }) };
    for (const quantity of [4, 5]) expect(given(pool, ...five).when(scheduleRenewal, { ...withdrawn, quantity })).toHaveLength(1);
    expect(given(pool, ...five).when(scheduleRenewal, { ...withdrawn, quantity: 6 })).toMatchObject({ refused: 'PRODUCT_WITHDRAWN' });
    expect(given(pool, ...five).when(scheduleRenewal, { ...withdrawn, billing: monthly })).toMatchObject({ refused: 'PRODUCT_WITHDRAWN' });
  });
});
