import { describe, expect, it } from '@jest/globals';
import { given, noon } from '../../testing/given.js';
import { assigned, bought, lot, partnerId, sku } from '../../testing/pool-facts.js';
import { ordered, subscriptionId } from '../../testing/subscription-facts.js';
import { pool } from './pool.js';
import type { LotPart, PoolFact } from './pool.events.js';
import { reversePurchase, type ReversePurchase } from './reversal.js';

const reason = 'Ordered twice';
const reverse = (changes: Partial<ReversePurchase> = {}) => ({ accountId: partnerId, orderId: 'PO-1', reason, ...changes });
const reversed = (...lots: LotPart[]): PoolFact => ({
  type: 'PurchaseReversed',
  data: { accountId: partnerId, orderId: 'PO-1', lots, reason },
});
const part = (quantity: number, lotId = 'lot-1'): LotPart => ({ lotId, sku, quantity });
const twoLots = bought(lot(), lot({ lotId: 'lot-2', quantity: 5 }));

describe('A reversal', () => {
  it('takes the whole order back', () => {
    expect(given(pool, twoLots).when(reversePurchase, reverse())).toEqual([reversed(part(10), part(5, 'lot-2'))]);
  });

  it('takes a part of it back', () => {
    expect(given(pool, twoLots).when(reversePurchase, reverse({ lines: [{ sku, quantity: 12 }] }))).toEqual([
      reversed(part(10), part(2, 'lot-2')),
    ]);
  });

  it('is refused for an order of a subscription, which would not know', () => {
    expect(given(pool, ...ordered([], 5)).when(reversePurchase, reverse({ orderId: 'o-1' }))).toMatchObject({
      refused: 'ORDER_OF_SUBSCRIPTION',
      subscriptionId,
    });
  });

  it('touches no lot it does not need, and none of another product', () => {
    const order = bought(lot(), lot({ lotId: 'lot-2' }), lot({ lotId: 'lot-3', sku: 'direct-5y', quantity: 5 }));
    expect(given(pool, order).when(reversePurchase, reverse({ lines: [{ sku, quantity: 10 }] }))).toEqual([reversed(part(10))]);
    expect(given(pool, order).when(reversePurchase, reverse({ lines: [{ sku: 'direct-5y', quantity: 2 }] }))).toEqual([
      reversed({ lotId: 'lot-3', sku: 'direct-5y', quantity: 2 }),
    ]);
  });

  it('names no lot that has nothing to give, because it is in use or held back as a whole', () => {
    const issued = { accountId: partnerId, fileId: 'f-1', sku, quantity: 10, issuedAt: noon, lots: [part(10)] };
    const inUse: PoolFact = { type: 'LicenseFileIssued', data: issued };
    expect(given(pool, twoLots, inUse).when(reversePurchase, reverse({ lines: [{ sku, quantity: 5 }] }))).toEqual([
      reversed(part(5, 'lot-2')),
    ]);
  });

  it('finds the order however its id is written', () => {
    expect(given(pool, twoLots).when(reversePurchase, reverse({ orderId: 'po-1' }))).toEqual([reversed(part(10), part(5, 'lot-2'))]);
  });

  it('takes back what is left of an order after a part of it', () => {
    expect(given(pool, twoLots, reversed(part(4))).when(reversePurchase, reverse())).toEqual([reversed(part(6), part(5, 'lot-2'))]);
  });

  it('of all that is already reversed says nothing new', () => {
    expect(given(pool, bought(lot()), reversed(part(10))).when(reversePurchase, reverse())).toEqual([]);
  });

  it('never touches what was given to a customer', () => {
    const facts = [bought(lot()), assigned([lot(), 4])];
    expect(given(pool, ...facts).when(reversePurchase, reverse())).toMatchObject({
      refused: 'REVERSAL_EXCEEDS_AVAILABLE',
      orderId: 'PO-1',
      sku,
      requested: 10,
      available: 6,
    });
    expect(given(pool, ...facts).when(reversePurchase, reverse({ lines: [{ sku, quantity: 6 }] }))).toEqual([reversed(part(6))]);
  });

  it('never touches other orders of the same product', () => {
    const other = bought(lot({ orderId: 'PO-2', lotId: 'lot-9' }));
    expect(given(pool, bought(lot()), other).when(reversePurchase, reverse({ lines: [{ sku, quantity: 11 }] }))).toMatchObject({
      requested: 11,
      available: 10,
    });
  });

  it('does not take back what is over', () => {
    const order = bought(lot({ expiresAt: noon }), lot({ lotId: 'lot-2', quantity: 5 }));
    expect(given(pool, order).when(reversePurchase, reverse())).toMatchObject({
      refused: 'REVERSAL_EXCEEDS_AVAILABLE',
      requested: 15,
      available: 5,
    });
  });

  it('takes back licenses in use for which nobody has a seat, too', () => {
    const activated: PoolFact = {
      type: 'LicenseActivated',
      data: {
        accountId: partnerId,
        activationId: 'x',
        sku,
        quantity: 4,
        lots: [{ fromLotId: 'lot-1', lot: lot({ lotId: 'x.1', quantity: 4, startsAt: noon }) }],
      },
    };
    expect(given(pool, bought(lot({ termStarts: 'onFirstUse' })), activated).when(reversePurchase, reverse())).toEqual([
      reversed(part(6), part(4, 'x.1')),
    ]);
  });

  it('names every product that is short', () => {
    const lines = [
      { sku, quantity: 11 },
      { sku: 'direct-5y', quantity: 1 },
    ];
    expect(given(pool, bought(lot())).when(reversePurchase, reverse({ lines }))).toMatchObject({
      short: [
        { sku, available: 10 },
        { sku: 'direct-5y', available: 0 },
      ],
    });
  });

  it('touches at most three hundred lots at once', () => {
    const many = bought(...Array.from({ length: 301 }, (_, index) => lot({ lotId: `lot-${index}`, quantity: 1 })));
    expect(given(pool, many).when(reversePurchase, reverse())).toMatchObject({ refused: 'COMMAND_TOO_LARGE', lots: 301, lotsMax: 300 });
    expect(given(pool, many).when(reversePurchase, reverse({ lines: [{ sku, quantity: 300 }] }))).toHaveLength(1);
  });

  it('of an order that this account never bought is refused', () => {
    const { lotId: fromLotId, ...rest } = lot({ orderId: 'PO-7' });
    const received: PoolFact = {
      type: 'LicenseReceived',
      data: { accountId: partnerId, assignmentId: 'a', from: 'p-0', giverRevision: 0, lots: [{ ...rest, lotId: 'a.1.1', fromLotId }] },
    };
    expect(given(pool, received).when(reversePurchase, reverse({ orderId: 'PO-7' }))).toMatchObject({
      refused: 'ORDER_NOT_FOUND',
      orderId: 'PO-7',
    });
  });

  it.each([0, 2.5])('of %d licenses is refused', (quantity) => {
    expect(given(pool, bought(lot())).when(reversePurchase, reverse({ lines: [{ sku, quantity }] }))).toMatchObject({
      refused: 'INVALID_REQUEST',
    });
  });
});
