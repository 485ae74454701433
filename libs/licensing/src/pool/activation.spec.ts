import { describe, expect, it } from '@jest/globals';
import { commandId, given, noon } from '../../testing/given.js';
import { assigned, bought, lot, partnerId, sku } from '../../testing/pool-facts.js';
import { activateLicenses } from './activation.js';
import { pool } from './pool.js';
import type { Lot, PoolFact } from './pool.events.js';

const waiting = (changes: Partial<Lot> = {}) => lot({ termStarts: 'onFirstUse', ...changes });
const activate = (quantity: number) => ({ accountId: partnerId, sku, quantity });
const oneYearOn = '2027-04-01T12:00:00.000Z';

describe('First use', () => {
  it('begins the term of so many licenses, which become a lot of their own', () => {
    expect(given(pool, bought(waiting())).when(activateLicenses, activate(3))).toEqual([
      {
        type: 'LicenseActivated',
        data: {
          accountId: partnerId,
          activationId: commandId,
          sku,
          quantity: 3,
          lots: [{ fromLotId: 'lot-1', lot: waiting({ lotId: `${commandId}.1`, quantity: 3, startsAt: noon, expiresAt: oneYearOn }) }],
        },
      },
    ]);
  });

  it('takes the oldest lots first', () => {
    const outcome = given(pool, bought(waiting(), waiting({ lotId: 'lot-2' }))).when(activateLicenses, activate(12));
    expect(outcome).toMatchObject([
      {
        data: {
          lots: [
            { fromLotId: 'lot-1', lot: { quantity: 10 } },
            { fromLotId: 'lot-2', lot: { quantity: 2 } },
          ],
        },
      },
    ]);
  });

  it('may be that of all that wait, and touches no lot it does not need', () => {
    const outcome = given(pool, bought(waiting(), waiting({ lotId: 'lot-2' }))).when(activateLicenses, activate(10));
    expect(outcome).toMatchObject([{ data: { lots: [{ fromLotId: 'lot-1', lot: { quantity: 10 } }] } }]);
    expect(given(pool, bought(waiting())).when(activateLicenses, activate(10))).toHaveLength(1);
  });

  it('is refused for more licenses than wait for it', () => {
    expect(given(pool, bought(waiting()), assigned([waiting(), 8])).when(activateLicenses, activate(3))).toMatchObject({
      refused: 'ACTIVATION_EXCEEDS_AVAILABLE',
      sku,
      requested: 3,
      available: 2,
    });
  });

  it('is refused in a pool that never had the product', () => {
    expect(given(pool).when(activateLicenses, activate(1))).toMatchObject({ refused: 'ACTIVATION_EXCEEDS_AVAILABLE', available: 0 });
  });

  it('begins at most three hundred lots at once', () => {
    const many = bought(...Array.from({ length: 301 }, (_, index) => waiting({ lotId: `lot-${index}`, quantity: 1 })));
    expect(given(pool, many).when(activateLicenses, activate(300))).toHaveLength(1);
    expect(given(pool, many).when(activateLicenses, activate(301))).toMatchObject({ refused: 'COMMAND_TOO_LARGE', lots: 301 });
  });

  it('does not happen twice to the same license', () => {
    const [activated] = given(pool, bought(waiting())).when(activateLicenses, activate(7)) as PoolFact[];
    expect(given(pool, bought(waiting()), activated!).when(activateLicenses, activate(4))).toMatchObject({ available: 3 });
  });

  it('means nothing to licenses whose term begins otherwise', () => {
    expect(given(pool, bought(lot())).when(activateLicenses, activate(1))).toMatchObject({
      refused: 'ACTIVATION_EXCEEDS_AVAILABLE',
      available: 0,
    });
  });

  it('of a perpetual license happens too, and has no end', () => {
    const outcome = given(pool, bought(waiting({ term: null }))).when(activateLicenses, activate(1));
    expect(outcome).toMatchObject([{ data: { lots: [{ lot: { startsAt: noon } }] } }]);
    expect(outcome).not.toMatchObject([{ data: { lots: [{ lot: { expiresAt: expect.anything() } }] } }]);
  });

  it.each([0, 1.5])('of %d licenses is refused', (quantity) => {
    expect(given(pool, bought(waiting())).when(activateLicenses, activate(quantity))).toMatchObject({ refused: 'INVALID_REQUEST' });
  });
});
