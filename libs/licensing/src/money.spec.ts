import { describe, expect, it } from '@jest/globals';
import { sumsOfMoney, times } from './money.js';

describe('Money', () => {
  it('is counted in decimals, never in floats', () => {
    expect(times({ currency: 'EUR', amount: '0.1' }, 3)).toEqual({ currency: 'EUR', amount: '0.30' });
    expect(times({ currency: 'EUR', amount: '999999999999999.99' }, 3)).toEqual({ currency: 'EUR', amount: '2999999999999999.97' });
  });

  it('is rounded half to even, to what the currency can pay', () => {
    expect(times({ currency: 'EUR', amount: '0.125' }, 1)).toEqual({ currency: 'EUR', amount: '0.12' });
    expect(times({ currency: 'EUR', amount: '0.375' }, 1)).toEqual({ currency: 'EUR', amount: '0.38' });
    expect(times({ currency: 'JPY', amount: '1000' }, 1, { part: 667, whole: 2_000 })).toEqual({ currency: 'JPY', amount: '334' });
    expect(times({ currency: 'KWD', amount: '1.2345' }, 1)).toEqual({ currency: 'KWD', amount: '1.234' });
  });

  it('is rounded once: the share of a month is taken as it is, not as a decimal number near it', () => {
    // A sixth of 9.99 is 1.665 exactly, which is even at 1.66; a sixth as a decimal number comes to a little more.
    expect(times({ currency: 'EUR', amount: '9.99' }, 1, { part: 5, whole: 30 })).toEqual({ currency: 'EUR', amount: '1.66' });
    expect(times({ currency: 'EUR', amount: '10.00' }, 3, { part: 10, whole: 30 })).toEqual({ currency: 'EUR', amount: '10.00' });
  });

  it.each([
    ['HUF', '599.70'],
    ['IDR', '599.70'],
    ['EUR', '599.70'],
    ['ISK', '600'],
    ['TND', '599.700'],
    ['CLF', '599.7000'],
  ])('has the digits of ISO 4217, whatever the runtime knows: %s', (currency, amount) => {
    expect(times({ currency, amount: '199.9' }, 3)).toEqual({ currency, amount });
  });

  it('is added up currency by currency', () => {
    const eur = (amount: string) => ({ currency: 'EUR', amount });
    expect(sumsOfMoney([eur('1.10'), { currency: 'JPY', amount: '500' }, eur('2.20')])).toEqual([
      eur('3.30'),
      { currency: 'JPY', amount: '500' },
    ]);
    expect(sumsOfMoney([])).toEqual([]);
  });
});
