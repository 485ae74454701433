import { describe, expect, it } from '@jest/globals';
import { submitted } from '../../testing/drawdown-facts.js';
import { noon, stateAfter } from '../../testing/given.js';
import { bought, lot, sku } from '../../testing/pool-facts.js';
import { availableLotsOf, ordersInStock } from './order-stock.js';
import { orderIn, pool } from './pool.js';
import type { PoolFact } from './pool.events.js';

describe('The orders in stock (004-16, 004-22)', () => {
  const stockAfter = (...facts: PoolFact[]) => ordersInStock(stateAfter(pool, facts), noon);

  it('are those with something available, the oldest first, each with what that is', () => {
    const second = lot({ lotId: 'lot-2', orderId: 'PO-2', expiresAt: '2026-12-01T00:00:00.000Z' });
    expect(stockAfter(bought(lot()), bought(second), submitted([[lot(), 4]]))).toEqual([
      { orderId: 'PO-1', revision: 0, products: [{ sku, purchased: 10, available: 6, held: 4 }] },
      { orderId: 'PO-2', revision: 1, products: [{ sku, purchased: 10, available: 10, held: 0, expiresAt: '2026-12-01T00:00:00.000Z' }] },
    ]);
  });

  it('are not those of which all is held, over or part of a subscription', () => {
    expect(stockAfter(bought(lot()), submitted([[lot(), 10]]))).toEqual([]);
    expect(stockAfter(bought(lot({ expiresAt: noon })))).toEqual([]);
    expect(stockAfter(bought(lot({ subscriptionId: 's-1' })))).toEqual([]);
  });

  it('are drawn from where licenses end first, and of those that end together from the oldest', () => {
    const december = '2026-12-01T00:00:00.000Z';
    const lots = [
      lot(),
      lot({ lotId: 'lot-2' }),
      lot({ lotId: 'lot-3', expiresAt: december }),
      lot({ lotId: 'lot-4', expiresAt: december }),
    ];
    const state = stateAfter(pool, [bought(...lots)]);
    const inOrder = availableLotsOf(state, orderIn(state, 'PO-1')!, sku, noon).map((held) => held.lot.lotId);
    expect(inOrder).toEqual(['lot-3', 'lot-4', 'lot-1', 'lot-2']);
  });
});
