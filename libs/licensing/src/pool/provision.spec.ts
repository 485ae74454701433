import { describe, expect, it } from '@jest/globals';
import { commandId, given, noon, stateAfter } from '../../testing/given.js';
import { customerId, onSale } from '../../testing/pool-facts.js';
import { Invariants } from '../invariants/invariants.js';
import { balanceOf } from './balance.js';
import { pool } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { provisionOrder, type ProvisionOrder } from './provision.js';
import type { SubscriptionStarted } from './subscription.events.js';

const billing = { period: 'P1M', commitment: 'P1Y' };
const unitPrice = { currency: 'EUR', amount: '10.00' };
const products = onSale({ m365: { reversibility: 'windowed', cancellationWindow: 'P7D', term: 'P1Y' }, tool: { term: null } });
const order = (changes: Partial<ProvisionOrder> = {}) => ({
  accountId: customerId,
  orderId: 'o-1',
  lines: [{ sku: 'm365', quantity: 5, billing, subscriptionId: 's-1', unitPrice }],
  products,
  ...changes,
});
const oneYearOn = '2027-04-01T12:00:00.000Z';
const first = given(pool).when(provisionOrder, order()) as PoolFact[];

describe('A provisioned order', () => {
  it('brings its licenses and begins its subscription, with a window of their own (003-53, 67)', () => {
    const lot = { lotId: `${commandId}.1`, sku: 'm365', quantity: 5, orderId: 'o-1', reversibility: 'windowed', subscriptionId: 's-1' };
    expect(first).toEqual([
      {
        type: 'LicensePurchased',
        data: {
          accountId: customerId,
          orderId: 'o-1',
          source: 'marketplace',
          lots: [{ ...lot, term: 'P1Y', termStarts: 'onPurchase', startsAt: noon, expiresAt: oneYearOn }],
        },
      },
      {
        type: 'SubscriptionStarted',
        data: {
          accountId: customerId,
          subscriptionId: 's-1',
          orderId: 'o-1',
          sku: 'm365',
          quantity: 5,
          billing,
          termStartsAt: noon,
          termEndsAt: oneYearOn,
          autoRenewal: true,
          lots: [
            {
              lotId: lot.lotId,
              quantity: 5,
              addedAt: noon,
              windowStartsAt: noon,
              windowEndsAt: '2026-04-08T12:00:00.000Z',
              unitPrice,
            },
          ],
        },
      },
    ]);
  });

  it('happens once', () => {
    expect(given(pool, ...first).when(provisionOrder, order())).toEqual([]);
  });

  it('has no window that could not be used: only windowed products have one', () => {
    const free = onSale({ m365: { reversibility: 'free', cancellationWindow: 'P7D', term: 'P1Y' } });
    const [, started] = given(pool).when(provisionOrder, order({ products: free })) as PoolFact[];
    expect((started as SubscriptionStarted).data.lots[0]!.windowEndsAt).toBeUndefined();
  });

  it('for a subscription there is makes it larger until the same end, with another window for what is new', () => {
    const more = order({ orderId: 'o-2', lines: [{ sku: 'm365', quantity: 2, billing, subscriptionId: 's-1', unitPrice }] });
    const later = '2026-05-01T12:00:00.000Z';
    const context = { commandId: 'second', actor: { userId: 'u', role: 'system' as const } };
    const grown = provisionOrder(stateAfter(pool, first), { ...more, context }, later);
    expect(grown).toMatchObject([
      { type: 'LicensePurchased', data: { lots: [{ startsAt: later, expiresAt: oneYearOn }] } },
      { type: 'SubscriptionResized', data: { quantity: 7, orderId: 'o-2', added: [{ windowEndsAt: '2026-05-08T12:00:00.000Z' }] } },
    ]);
    const invariants = new Invariants();
    for (const [revision, fact] of [...first, ...grown].entries()) invariants.take({ stream: `pool-${customerId}`, revision, ...fact });
    expect(invariants.violations()).toEqual([]);
    const state = stateAfter(pool, [...first, ...grown]);
    expect(state.subscriptions.get('s-1')).toMatchObject({ quantity: 7, lots: [{ quantity: 5 }, { quantity: 2 }], state: 'active' });
    expect(balanceOf(state, 'm365')).toMatchObject({ purchased: 7, available: 7 });
  });

  it('without a billing is plain licenses, whose term begins at once (ADR 030)', () => {
    const outcome = given(pool).when(provisionOrder, order({ lines: [{ sku: 'tool', quantity: 1 }] }));
    expect(outcome).toMatchObject([{ type: 'LicensePurchased', data: { lots: [{ sku: 'tool', startsAt: noon }] } }]);
  });

  it('is delivered although the product was withdrawn since', () => {
    const withdrawn = new Map([...products].map(([sku, product]) => [sku, { ...product, status: 'withdrawn' as const }]));
    expect(given(pool).when(provisionOrder, order({ products: withdrawn }))).toHaveLength(2);
  });

  it('is refused when its subscription is over by now', () => {
    const over: PoolFact = {
      type: 'SubscriptionCancelled',
      data: {
        accountId: customerId,
        subscriptionId: 's-1',
        quantity: 0,
        lots: [{ lotId: `${commandId}.1`, sku: 'm365', quantity: 5 }],
      },
    };
    expect(given(pool, ...first, over).when(provisionOrder, order({ orderId: 'o-2' }))).toMatchObject({
      refused: 'SUBSCRIPTION_NOT_ACTIVE',
      state: 'cancelled',
    });
  });
});
