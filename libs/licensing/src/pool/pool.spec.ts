import { describe, expect, it } from '@jest/globals';
import { given, noon, stateAfter } from '../../testing/given.js';
import { assigned, bought, customerId, linkedTo, lot, partnerId, sku } from '../../testing/pool-facts.js';
import * as licensing from '../index.js';
import { assignLicenses } from './assignment.js';
import { balanceIn, balanceOf, balances, heldQuantity, totalOf } from './balance.js';
import { pool } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { reversePurchase } from './reversal.js';

const ending = lot({ lotId: 'lot-2', sku: 'direct-5y', quantity: 4, expiresAt: noon });
const expired: PoolFact = {
  type: 'LicenseExpired',
  data: { accountId: partnerId, effectiveAt: noon, lots: [{ lotId: 'lot-2', sku: 'direct-5y', quantity: 4 }] },
};
const reversed: PoolFact = {
  type: 'PurchaseReversed',
  data: { accountId: partnerId, orderId: 'PO-1', lots: [{ lotId: 'lot-1', sku, quantity: 2 }], reason: 'r' },
};
const history = [bought(lot(), ending), assigned([lot(), 3]), reversed, expired];

describe('The balance of a pool', () => {
  it('accounts for every license of a product once (000-09)', () => {
    expect(balances(stateAfter(pool, history))).toEqual([
      { sku, purchased: 10, received: 0, available: 5, held: 0, assigned: 3, inSeats: 0, expired: 0, cancelled: 2 },
      { sku: 'direct-5y', purchased: 4, received: 0, available: 0, held: 0, assigned: 0, inSeats: 0, expired: 4, cancelled: 0 },
    ]);
  });

  it('has a grand total of what is still held (000-09)', () => {
    expect(totalOf(balances(stateAfter(pool, history.slice(0, 2))))).toBe(11);
  });

  it('counts what is held back and what is in use as held', () => {
    expect(heldQuantity({ ...balanceIn(sku), available: 1, held: 2, inSeats: 4, assigned: 8, expired: 16, cancelled: 32 })).toBe(7);
  });

  it('counts a term that is over as expired before anybody recorded it, when asked with the time', () => {
    const state = stateAfter(pool, history.slice(0, 1));
    expect(balanceOf(state, 'direct-5y', noon)).toMatchObject({ available: 0, expired: 4 });
    expect(balanceOf(state, 'direct-5y', '2026-04-01T11:59:59.999Z')).toMatchObject({ available: 4, expired: 0 });
  });

  it('of a product it never had is zero', () => {
    expect(balanceOf(pool.initial(), sku, noon)).toMatchObject({ purchased: 0, available: 0 });
  });
});

describe('An irreversible assignment (000-14)', () => {
  const given10 = [bought(lot()), assigned([lot(), 10])];

  it('is not taken back by reversing the purchase', () => {
    expect(given(pool, ...given10).when(reversePurchase, { accountId: partnerId, orderId: 'PO-1', reason: 'r' })).toMatchObject({
      refused: 'REVERSAL_EXCEEDS_AVAILABLE',
      available: 0,
    });
  });

  it('is not made good by anything but new licenses', () => {
    const again = { accountId: partnerId, customerId, customer: linkedTo(partnerId), lines: [{ sku, quantity: 1 }] };
    expect(given(pool, ...given10).when(assignLicenses, again)).toMatchObject({ refused: 'POOL_EXHAUSTED', available: 0 });
  });

  it('has no decision that unassigns, returns or moves it', () => {
    const decisions = Object.keys(licensing).filter((name) =>
      /^(un|re|return|revoke|move|withdraw|change|cancel)\w*(assign|licen)/i.test(name),
    );
    expect(decisions).toEqual(['receiveLicenses']);
  });
});

describe('The state of a pool', () => {
  it('ignores facts it does not know, and counts them', () => {
    const state = stateAfter(pool, [bought(lot()), { type: 'SomethingNew', data: {} } as unknown as PoolFact]);
    expect([state.revision, balanceOf(state, sku).available]).toEqual([1, 10]);
  });

  it('takes in any fact without an error, even about lots it never saw', () => {
    expect(() => stateAfter(pool, [assigned([lot(), 3]), reversed, expired])).not.toThrow();
  });

  it('forgets lots that are used up', () => {
    expect(stateAfter(pool, [bought(lot()), assigned([lot(), 10])]).lots.size).toBe(0);
  });

  it('survives being copied, with the same answers to every command', () => {
    const copy = structuredClone(stateAfter(pool, history));
    const fact = assigned([lot(), 1]);
    expect(pool.evolve(copy, fact)).toEqual(stateAfter(pool, [...history, fact]));
    expect(copy.lots.get('lot-1')).toBe(copy.products.get(sku)!.order.lots[0]);
  });

  it('tells about how large it is', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => lot({ lotId: `lot-${index}` }));
    const full = stateAfter(pool, [bought(...many)]);
    expect(pool.sizeInBytes(full)).toBeGreaterThan(800_000);
    const used = pool.evolve(full, assigned(...many.map((one) => [one, 10] as const)));
    expect(pool.sizeInBytes(used)).toBeGreaterThan(250_000);
    expect(pool.sizeInBytes(used)).toBeLessThan(400_000);
  });
});
