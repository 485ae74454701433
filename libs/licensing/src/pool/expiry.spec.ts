import { describe, expect, it } from '@jest/globals';
import { given, noon, stateAfter } from '../../testing/given.js';
import { assigned, bought, lot, partnerId, sku } from '../../testing/pool-facts.js';
import { expireLicenses, nextExpiry } from './expiry.js';
import { pool } from './pool.js';
import type { LotPart, PoolFact } from './pool.events.js';

const earliest = '2026-02-01T00:00:00.000Z';
const early = '2026-03-01T00:00:00.000Z';
const late = '2026-05-01T00:00:00.000Z';
const expire = { accountId: partnerId };
const expired = (effectiveAt: string, ...lots: LotPart[]): PoolFact => ({
  type: 'LicenseExpired',
  data: { accountId: partnerId, effectiveAt, lots },
});
const part = (lotId: string, quantity = 10, ofSku = sku): LotPart => ({ lotId, sku: ofSku, quantity });

describe('A term that is over', () => {
  it('ends what is left of its lot, at the time it was over (000-25)', () => {
    expect(given(pool, bought(lot({ expiresAt: early }))).when(expireLicenses, expire)).toEqual([expired(early, part('lot-1'))]);
  });

  it('is over exactly at its end, not before', () => {
    const facts = [bought(lot({ expiresAt: noon }))];
    expect(given(pool, ...facts).when(expireLicenses, expire, '2026-04-01T11:59:59.999Z')).toEqual([]);
    expect(given(pool, ...facts).when(expireLicenses, expire, noon)).toHaveLength(1);
  });

  it('leaves alone what was given away before', () => {
    const ending = lot({ expiresAt: early });
    expect(given(pool, bought(ending), assigned([ending, 7])).when(expireLicenses, expire)).toEqual([expired(early, part('lot-1', 3))]);
    expect(given(pool, bought(ending), assigned([ending, 10])).when(expireLicenses, expire)).toEqual([]);
  });

  it('leaves alone what has no end, or not yet', () => {
    expect(given(pool, bought(lot(), lot({ lotId: 'lot-2', expiresAt: late }))).when(expireLicenses, expire)).toEqual([]);
  });

  it('is recorded once', () => {
    expect(given(pool, bought(lot({ expiresAt: early })), expired(early, part('lot-1'))).when(expireLicenses, expire)).toEqual([]);
  });

  it('is one fact for each moment, earliest first, over all products', () => {
    const lots = bought(
      lot({ expiresAt: noon }),
      lot({ lotId: 'lot-2', expiresAt: early }),
      lot({ lotId: 'lot-3', sku: 'direct-5y', expiresAt: noon }),
      lot({ lotId: 'lot-4', sku: 'direct-5y', expiresAt: late }),
      lot({ lotId: 'lot-5', sku: 'direct-5y', expiresAt: earliest }),
    );
    expect(given(pool, lots).when(expireLicenses, expire)).toEqual([
      expired(earliest, part('lot-5', 10, 'direct-5y')),
      expired(early, part('lot-2')),
      expired(noon, part('lot-1'), part('lot-3', 10, 'direct-5y')),
    ]);
  });

  it('names the lots of one moment oldest first', () => {
    const other = lot({ lotId: 'lot-2', sku: 'direct-5y', expiresAt: early });
    const lots = bought(lot({ expiresAt: early }), other, lot({ lotId: 'lot-3', expiresAt: early }));
    expect(given(pool, lots).when(expireLicenses, expire)).toEqual([
      expired(early, part('lot-1'), part('lot-2', 10, 'direct-5y'), part('lot-3')),
    ]);
  });

  it('is recorded for three hundred lots at a time, the rest when asked again', () => {
    const many = Array.from({ length: 301 }, (_, index) => lot({ lotId: `lot-${index}`, expiresAt: early }));
    const [first] = given(pool, bought(...many)).when(expireLicenses, expire) as PoolFact[];
    expect(first).toMatchObject({ data: { lots: { length: 300 } } });
    expect(given(pool, bought(...many), first!).when(expireLicenses, expire)).toEqual([expired(early, part('lot-300'))]);
  });
});

describe('The next expiry', () => {
  it('is that of the lot which ends first, of any product', () => {
    const lots = bought(lot(), lot({ lotId: 'lot-2', expiresAt: late }), lot({ lotId: 'lot-3', sku: 'direct-5y', expiresAt: early }));
    expect(nextExpiry(stateAfter(pool, [lots]))).toBe(early);
  });

  it('is none when nothing ends', () => {
    expect(nextExpiry(stateAfter(pool, [bought(lot())]))).toBeUndefined();
  });
});
