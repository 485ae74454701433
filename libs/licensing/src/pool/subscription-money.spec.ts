import { describe, expect, it } from '@jest/globals';
import { billOf } from './subscription-money.js';

const lot = { windowStartsAt: '2026-01-31T00:00:00.000Z', unitPrice: { currency: 'EUR', amount: '10.00' } };
const anchoredAt = '2026-01-31T00:00:00.000Z';
const year = { billing: { period: 'P1M', commitment: 'P1Y' }, anchoredAt, termEndsAt: '2027-01-31T00:00:00.000Z' };
const amounts = (...of: Parameters<typeof billOf>) => {
  const bill = billOf(...of);
  return bill && [bill.billed, bill.unused, bill.toCome, bill.total].map(({ amount }) => amount);
};

describe('The bill of a term', () => {
  it('is billed at the start of each period, and adds up to the whole term', () => {
    expect(amounts(lot, 5, year, '2026-01-31T00:00:00.000Z')).toEqual(['50.00', '50.00', '550.00', '600.00']);
    expect(amounts(lot, 5, year, '2026-02-27T23:59:59.999Z')).toEqual(['50.00', '0.00', '550.00', '600.00']);
    expect(amounts(lot, 5, year, '2026-02-28T00:00:00.000Z')).toEqual(['100.00', '50.00', '500.00', '600.00']);
  });

  it('is over with the term', () => {
    expect(amounts(lot, 5, year, '2027-01-30T00:00:00.000Z')).toEqual(['600.00', '1.61', '0.00', '600.00']);
    expect(amounts(lot, 5, year, '2027-06-01T00:00:00.000Z')).toEqual(['600.00', '0.00', '0.00', '600.00']);
  });

  it('counts what of the period under way is unused by the time that is left of it', () => {
    expect(amounts(lot, 1, year, '2026-02-14T00:00:00.000Z')).toEqual(['10.00', '5.00', '110.00', '120.00']);
  });

  it('is rounded half to even of the exact share, which is no decimal number near it', () => {
    // Five of November's thirty days are a sixth of 9.99: 1.665.
    const cents = { windowStartsAt: '2026-11-01T00:00:00.000Z', unitPrice: { currency: 'EUR', amount: '9.99' } };
    const until = { ...year, anchoredAt: '2025-12-06T00:00:00.000Z', termEndsAt: '2026-11-06T00:00:00.000Z' };
    expect(amounts(cents, 1, until, '2026-11-01T00:00:00.000Z')).toEqual(['1.66', '1.66', '0.00', '1.66']);
  });

  it('has a last period for as long as the term still goes, when the lot was added later', () => {
    const added = { ...lot, windowStartsAt: '2026-12-16T00:00:00.000Z' };
    expect(amounts(added, 1, year, '2026-12-16T00:00:00.000Z')).toEqual(['10.00', '10.00', '4.84', '14.84']);
    const once = { ...year, billing: { period: 'P1Y', commitment: 'P1Y' } };
    expect(amounts({ ...added, windowStartsAt: '2026-11-19T00:00:00.000Z' }, 1, once, '2026-12-01T00:00:00.000Z')?.[3]).toBe('2.00');
  });

  it('of a term that a short month began counts its periods as terms are counted: a month from Feb 28 until Mar 31 is one', () => {
    const billing = { period: 'P1M', commitment: 'P1M' };
    const renewed = { ...lot, windowStartsAt: '2026-02-28T00:00:00.000Z' };
    const march = { billing, anchoredAt, termEndsAt: '2026-03-31T00:00:00.000Z' };
    expect(amounts(renewed, 1, march, '2026-03-30T00:00:00.000Z')).toEqual(['10.00', '0.32', '0.00', '10.00']);
    const leapYear = { ...year, anchoredAt: '2028-02-29T00:00:00.000Z', termEndsAt: '2032-02-29T00:00:00.000Z' };
    const at = (now: string) => amounts({ ...lot, windowStartsAt: '2031-02-28T00:00:00.000Z' }, 1, leapYear, now);
    expect(at('2031-03-28T23:59:59.999Z')?.[0]).toBe('10.00');
    expect(at('2031-03-29T00:00:00.000Z')).toEqual(['20.00', '10.00', '100.00', '120.00']);
  });

  it('rounds each bill to what its currency can pay, half to even', () => {
    const cheap = { ...lot, unitPrice: { currency: 'JPY', amount: '10.5' } };
    expect(amounts(cheap, 1, year, lot.windowStartsAt)).toEqual(['10', '10', '110', '120']);
  });

  it('is told at once for periods of a second over a hundred years', () => {
    const century = { ...year, billing: { period: 'PT1S', commitment: 'P100Y' }, termEndsAt: '2126-01-31T00:00:00.000Z' };
    expect(amounts(lot, 1, century, lot.windowStartsAt)?.[0]).toBe('10.00');
  });

  it('is none for a product without a price', () => {
    expect(billOf({ windowStartsAt: lot.windowStartsAt }, 1, year, lot.windowStartsAt)).toBeUndefined();
  });
});
