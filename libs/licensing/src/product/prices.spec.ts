import { describe, expect, it } from '@jest/globals';
import { Rejected } from '../rejection.js';
import type { Listing, Price } from './product.events.js';
import { priceAt, priceOfLine, pricesInForce, refuseUnknownBilling } from './prices.js';

const annual = { period: 'P1Y', commitment: 'P1Y' };
const monthly = { period: 'P1M', commitment: 'P1M' };
const monthlyForAYear = { period: 'P1M', commitment: 'P1Y' };
const price = (amount: string, validFrom: string, more: Partial<Price> = {}): Price => ({ currency: 'EUR', amount, validFrom, ...more });
const listing = (...prices: Price[]): Listing => ({
  sku: 'M365',
  name: 'Microsoft 365',
  prices,
  policy: { term: 'P1Y', termStarts: 'onPurchase', reversibility: 'windowed', billingOptions: [annual, monthly, monthlyForAYear] },
});
const refused = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error instanceof Rejected ? { code: error.code, ...error.members } : error;
  }
};

describe('The price in force', () => {
  const changing = listing(price('10', '2026-01-01T00:00:00Z'), price('12', '2026-07-01T00:00:00Z'), price('11', '2026-04-01T00:00:00Z'));

  it.each([
    ['2025-12-31T23:59:59.999Z', undefined],
    ['2026-01-01T00:00:00.000Z', '10'],
    ['2026-06-30T23:59:59.999Z', '11'],
    ['2026-07-01T00:00:00.000Z', '12'],
  ])('at %s is the one that began last: %s', (at, amount) => {
    expect(priceAt(changing, undefined, at)?.amount).toBe(amount);
  });

  it('begins at the same moment whatever offset that was written in', () => {
    const east = listing(price('10', '2026-01-01T00:00:00Z'), price('9', '2026-04-01T09:00:00+09:00'));
    expect(priceAt(east, undefined, '2026-04-01T00:00:00.000Z')?.amount).toBe('9');
  });

  it('of two from the same moment is the one listed last', () => {
    const twice = listing(price('10', '2026-01-01T00:00:00Z'), price('9', '2026-01-01T00:00:00.000Z'));
    expect(priceAt(twice, undefined, '2026-01-02T00:00:00.000Z')?.amount).toBe('9');
  });

  it('is the one for the billing option that was chosen; one for none is for what is sold without', () => {
    const mixed = listing(price('10', '2026-01-01T00:00:00Z'), price('99', '2026-01-01T00:00:00Z', { billing: annual }));
    const at = '2026-01-02T00:00:00.000Z';
    expect([annual, undefined, monthly].map((billing) => priceAt(mixed, billing, at)?.amount)).toEqual(['99', '10', undefined]);
  });

  it('is in the currency asked for, else in that of the first price that fits', () => {
    const yen = { currency: 'JPY' };
    const both = listing(price('10', '2026-01-01T00:00:00Z'), price('1500', '2026-01-01T00:00:00Z', yen));
    const at = '2026-01-02T00:00:00.000Z';
    expect([priceAt(both, undefined, at), priceAt(both, undefined, at, 'JPY'), priceAt(both, undefined, at, 'USD')]).toEqual([
      { currency: 'EUR', amount: '10' },
      { currency: 'JPY', amount: '1500' },
      undefined,
    ]);
  });

  it('is one for each billing option and currency', () => {
    const many = listing(
      price('1', '2026-01-01T00:00:00Z', { billing: annual }),
      price('2', '2026-02-01T00:00:00Z', { billing: annual }),
      price('3', '2026-01-01T00:00:00Z', { billing: monthly }),
      price('4', '2026-01-01T00:00:00Z', { billing: annual, currency: 'JPY' }),
      price('5', '2027-01-01T00:00:00Z', { billing: monthlyForAYear }),
    );
    expect(pricesInForce(many, '2026-03-01T00:00:00.000Z').map(({ amount }) => amount)).toEqual(['2', '3', '4']);
  });

  it('is needed for a line of a product that lists prices, and named by its currencies when another is asked for', () => {
    const euros = listing(price('10', '2026-01-01T00:00:00Z', { billing: annual }));
    const at = '2026-03-01T00:00:00.000Z';
    expect(priceOfLine(listing(), annual, at)).toBeUndefined();
    expect(priceOfLine(euros, annual, at)).toEqual({ currency: 'EUR', amount: '10' });
    expect(refused(() => priceOfLine(euros, annual, at, 'USD'))).toMatchObject({ code: 'PRICE_NOT_IN_FORCE', currencies: ['EUR'] });
    expect(refused(() => priceOfLine(euros, annual, '2025-03-01T00:00:00.000Z'))).toMatchObject({ code: 'PRICE_NOT_IN_FORCE' });
  });
});

describe('A billing option (003-42…45)', () => {
  it.each([annual, monthly, monthlyForAYear])('is one of those of the product: %j', (option) => {
    expect(() => refuseUnknownBilling(listing(), option)).not.toThrow();
  });

  it.each([[{ period: 'P1Y', commitment: 'P1M' }], [undefined]])('is refused when it is not, with those there are: %j', (option) => {
    expect(refused(() => refuseUnknownBilling(listing(), option))).toMatchObject({
      code: 'BILLING_OPTION_UNKNOWN',
      options: [annual, monthly, monthlyForAYear],
    });
  });

  it('is not asked for by a product that has none', () => {
    const { policy, ...rest } = listing();
    const plain = { ...rest, policy: { ...policy, billingOptions: undefined } };
    expect(() => refuseUnknownBilling(plain, undefined)).not.toThrow();
    expect(refused(() => refuseUnknownBilling(plain, annual))).toMatchObject({ code: 'BILLING_OPTION_UNKNOWN', options: [] });
  });
});
