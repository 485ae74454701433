import { describe, expect, it } from '@jest/globals';
import { commandId, given, noon } from '../../testing/given.js';
import { assigned, bought, customerId, linkedTo, lot, onSale, partnerId, sku } from '../../testing/pool-facts.js';
import { product } from '../product/product.js';
import { pool, orderIn } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { purchaseLicenses, type PurchaseLicenses } from './purchase.js';
import { stateAfter } from '../../testing/given.js';

const buy = (changes: Partial<PurchaseLicenses> = {}): Omit<PurchaseLicenses, 'context'> => ({
  accountId: partnerId,
  orderId: 'PO-1',
  lines: [{ sku, quantity: 10 }],
  source: 'operator',
  accountKind: 'partner',
  products: onSale({ [sku]: {} }),
  ...changes,
});
const term = (startsAt: string, expiresAt: string) => [{ data: { lots: [{ startsAt, expiresAt }] } }];
const lastYear = '2025-04-01T12:00:00.000Z';

describe('A purchase', () => {
  it('credits one lot a line, under the terms the product is sold with now (000-05)', () => {
    const lines = [
      { sku, quantity: 10 },
      { sku: 'direct-5y', quantity: 2 },
    ];
    const products = onSale({ [sku]: {}, 'direct-5y': { term: 'P5Y', reversibility: 'free' } });
    const lots = [
      lot({ lotId: `${commandId}.1` }),
      lot({ lotId: `${commandId}.2`, sku: 'direct-5y', quantity: 2, term: 'P5Y', reversibility: 'free' }),
    ];
    expect(given(pool).when(purchaseLicenses, buy({ lines, products }))).toEqual([bought(...lots)]);
  });

  it('says who made it', () => {
    expect(given(pool).when(purchaseLicenses, buy({ source: 'store' }))).toMatchObject([{ data: { source: 'store' } }]);
  });

  it('keeps lines of the same product apart', () => {
    const lines = [
      { sku, quantity: 1 },
      { sku, quantity: 2 },
    ];
    expect(given(pool).when(purchaseLicenses, buy({ lines }))).toMatchObject([{ data: { lots: [{ quantity: 1 }, { quantity: 2 }] } }]);
  });

  it.each([0, -1, 1.5, NaN, 1_000_000_001])('of %d licenses is refused', (quantity) => {
    expect(given(pool).when(purchaseLicenses, buy({ lines: [{ sku, quantity }] }))).toMatchObject({
      errors: [{ path: 'lines[0].quantity' }],
    });
  });

  it('may be as large as a thousand million, and have three hundred lines', () => {
    const lines = Array.from({ length: 300 }, () => ({ sku, quantity: 1_000_000_000 }));
    expect(given(pool).when(purchaseLicenses, buy({ lines, orderId: 'x'.repeat(128) }))).toMatchObject([{ type: 'LicensePurchased' }]);
  });

  it('of nothing, or under no order id, is refused', () => {
    expect(given(pool).when(purchaseLicenses, buy({ lines: [] }))).toMatchObject({
      refused: 'INVALID_REQUEST',
      errors: [{ path: 'lines' }],
    });
    expect(given(pool).when(purchaseLicenses, buy({ orderId: ' ' }))).toMatchObject({
      refused: 'INVALID_REQUEST',
      errors: [{ path: 'orderId' }],
    });
    for (const orderId of ['x'.repeat(129), 'PO\n1', '\ud83d'])
      expect(given(pool).when(purchaseLicenses, buy({ orderId }))).toMatchObject({ errors: [{ path: 'orderId' }] });
  });

  it('of more lines than one append can hold is refused', () => {
    const lines = Array.from({ length: 301 }, () => ({ sku, quantity: 1 }));
    expect(given(pool).when(purchaseLicenses, buy({ lines }))).toMatchObject({ errors: [{ path: 'lines' }] });
  });

  it('of a product that nobody listed is refused', () => {
    expect(given(pool).when(purchaseLicenses, buy({ products: new Map() }))).toMatchObject({ refused: 'PRODUCT_NOT_FOUND', sku });
    expect(given(pool).when(purchaseLicenses, buy({ products: new Map([[sku, product.initial()]]) }))).toMatchObject({
      refused: 'PRODUCT_NOT_FOUND',
    });
  });

  it('of a withdrawn product is refused', () => {
    const products = new Map([[sku, product.evolve(onSale({ [sku]: {} }).get(sku)!, { type: 'ProductWithdrawn', data: { sku } })]]);
    expect(given(pool).when(purchaseLicenses, buy({ products }))).toMatchObject({ refused: 'PRODUCT_WITHDRAWN', sku });
  });
});

describe('The same order', () => {
  const recorded = bought(lot());

  it('is bought once, however its id is written', () => {
    expect(given(pool, recorded).when(purchaseLicenses, buy())).toEqual([]);
    expect(given(pool, recorded).when(purchaseLicenses, buy({ orderId: 'ｐｏ-1 ' }))).toEqual([]);
  });

  it('is the same when its lines come in another order', () => {
    const lines = [
      { sku: 'direct-5y', quantity: 2 },
      { sku, quantity: 10 },
    ];
    expect(
      given(pool, bought(lot(), lot({ lotId: 'lot-2', sku: 'direct-5y', quantity: 2 }))).when(purchaseLicenses, buy({ lines })),
    ).toEqual([]);
  });

  it('is known after its licenses were given away, and after the product was withdrawn', () => {
    expect(given(pool, recorded, assigned([lot(), 10])).when(purchaseLicenses, buy({ products: new Map() }))).toEqual([]);
  });

  it('with other lines is refused with both', () => {
    expect(given(pool, recorded).when(purchaseLicenses, buy({ lines: [{ sku, quantity: 11 }] }))).toMatchObject({
      refused: 'ORDER_CONFLICT',
      recorded: { lines: [{ sku, quantity: 10 }] },
      requested: { lines: [{ sku, quantity: 11 }] },
    });
  });

  it('for another customer is refused', () => {
    const again = buy({ purchasedFor: customerId, customer: linkedTo(partnerId) });
    expect(given(pool, recorded).when(purchaseLicenses, again)).toMatchObject({ refused: 'ORDER_CONFLICT' });
  });

  it('for the same customer is the same', () => {
    const forCustomer = buy({ purchasedFor: customerId, customer: linkedTo(partnerId) });
    const first = given(pool).when(purchaseLicenses, forCustomer) as PoolFact[];
    expect(given(pool, ...first).when(purchaseLicenses, forCustomer)).toEqual([]);
    expect(given(pool, ...first).when(purchaseLicenses, buy())).toMatchObject({
      refused: 'ORDER_CONFLICT',
      recorded: { purchasedFor: customerId },
    });
  });

  it('can be found with the revision of its first answer', () => {
    const state = stateAfter(pool, [bought(lot({ orderId: 'PO-0', lotId: 'lot-0' })), recorded]);
    expect(orderIn(state, 'po-1')).toMatchObject({ orderId: 'PO-1', revision: 1, lines: [{ sku, quantity: 10 }] });
    expect(orderIn(state, 'PO-2')).toBeUndefined();
  });
});

describe('The term of what is bought', () => {
  const policy = (changes: object) => onSale({ [sku]: changes });

  it('begins with the purchase when the policy says so', () => {
    expect(given(pool).when(purchaseLicenses, buy({ products: policy({ termStarts: 'onPurchase' }) }))).toMatchObject(
      term(noon, '2027-04-01T12:00:00.000Z'),
    );
  });

  it('begins when the shop sold it, not when that was recorded', () => {
    const outcome = given(pool).when(
      purchaseLicenses,
      buy({ products: policy({ termStarts: 'onPurchase' }), purchasedAt: '2026-03-01T00:00:00+09:00' }),
    );
    expect(outcome).toMatchObject(term('2026-02-28T15:00:00.000Z', '2027-02-28T15:00:00.000Z'));
    expect(outcome).toMatchObject([{ data: { effectiveAt: '2026-02-28T15:00:00.000Z' } }]);
  });

  it('does not begin in a partner’s pool when it begins with the assignment', () => {
    expect(given(pool).when(purchaseLicenses, buy())).not.toMatchObject([{ data: { lots: [{ startsAt: expect.anything() }] } }]);
  });

  it('begins with the purchase in a customer’s own pool, where nobody else will assign it', () => {
    expect(given(pool).when(purchaseLicenses, buy({ accountKind: 'customer' }))).toMatchObject(term(noon, '2027-04-01T12:00:00.000Z'));
  });

  it.each(['partner', 'customer'] as const)(
    'does not begin before first use in the pool of a %s when the policy says so',
    (accountKind) => {
      const outcome = given(pool).when(purchaseLicenses, buy({ accountKind, products: policy({ termStarts: 'onFirstUse' }) }));
      expect(outcome).not.toMatchObject([{ data: { lots: [{ startsAt: expect.anything() }] } }]);
    },
  );

  it('has no end when it is perpetual', () => {
    const outcome = given(pool).when(purchaseLicenses, buy({ products: policy({ term: null, termStarts: 'onPurchase' }) }));
    expect(outcome).toMatchObject([{ data: { lots: [{ term: null, startsAt: noon }] } }]);
    expect(outcome).not.toMatchObject([{ data: { lots: [{ expiresAt: expect.anything() }] } }]);
  });

  it('is counted from now when the shop’s clock is a little ahead', () => {
    const outcome = given(pool).when(
      purchaseLicenses,
      buy({ purchasedAt: '2026-04-01T12:03:00Z', products: policy({ termStarts: 'onPurchase' }) }),
    );
    expect(outcome).toMatchObject(term(noon, '2027-04-01T12:00:00.000Z'));
    expect(outcome).not.toMatchObject([{ data: { effectiveAt: expect.anything() } }]);
  });

  it.each(['2026-04-03T12:00:00Z', 'yesterday'])('cannot begin at %s', (purchasedAt) => {
    expect(given(pool).when(purchaseLicenses, buy({ purchasedAt }))).toMatchObject({
      refused: 'INVALID_REQUEST',
      errors: [{ path: 'purchasedAt' }],
    });
  });
});

describe('A product that requires another', () => {
  const products = onSale({ [sku]: {}, addOn: { requires: [sku] } });
  const addOn = buy({ orderId: 'PO-2', lines: [{ sku: 'addOn', quantity: 1 }], products });

  it('is refused to a buyer that does not hold it', () => {
    expect(given(pool).when(purchaseLicenses, addOn)).toMatchObject({ refused: 'REQUIRED_PRODUCT_MISSING', sku: 'addOn', missing: [sku] });
  });

  it('is sold to one that holds it', () => {
    expect(given(pool, bought(lot())).when(purchaseLicenses, addOn)).toHaveLength(1);
  });

  it('is sold together with it', () => {
    expect(given(pool).when(purchaseLicenses, { ...addOn, lines: [...addOn.lines, { sku, quantity: 1 }] })).toHaveLength(1);
  });

  it('is refused when all of the other was given away, or its term is over', () => {
    expect(given(pool, bought(lot()), assigned([lot(), 10])).when(purchaseLicenses, addOn)).toMatchObject({
      refused: 'REQUIRED_PRODUCT_MISSING',
    });
    expect(given(pool, bought(lot({ expiresAt: noon }))).when(purchaseLicenses, addOn)).toMatchObject({
      refused: 'REQUIRED_PRODUCT_MISSING',
    });
  });
});

describe('A purchase for a customer', () => {
  const forCustomer = buy({ purchasedFor: customerId, customer: linkedTo(partnerId) });

  it('is bought and passed on in one append', () => {
    expect(given(pool).when(purchaseLicenses, forCustomer)).toMatchObject([
      { type: 'LicensePurchased', data: { purchasedFor: customerId } },
      {
        type: 'LicenseAssigned',
        data: { assignmentId: commandId, customerId, lines: [{ line: 1, sku, quantity: 10, expiresAt: '2027-04-01T12:00:00.000Z' }] },
      },
    ]);
  });

  it('passes on what was bought, whatever else the pool has', () => {
    const older = bought(lot({ orderId: 'PO-0', lotId: 'lot-0', startsAt: lastYear, expiresAt: '2026-05-01T00:00:00.000Z' }));
    expect(given(pool, older).when(purchaseLicenses, forCustomer)).toMatchObject([
      {},
      { data: { lines: [{ lots: [{ lotId: `${commandId}.1` }] }] } },
    ]);
  });

  it('is refused for one that is not linked to this partner', () => {
    expect(given(pool).when(purchaseLicenses, { ...forCustomer, customer: linkedTo('p-2') })).toMatchObject({
      refused: 'CUSTOMER_NOT_FOUND',
      customerId,
    });
    expect(given(pool).when(purchaseLicenses, { ...forCustomer, customer: undefined })).toMatchObject({ refused: 'CUSTOMER_NOT_FOUND' });
  });

  it('passes on a term that is running', () => {
    const products = onSale({ [sku]: { termStarts: 'onPurchase' } });
    const outcome = given(pool).when(purchaseLicenses, { ...forCustomer, products, purchasedAt: '2026-03-01T00:00:00Z' });
    expect(outcome).toMatchObject([{}, { data: { lines: [{ expiresAt: '2027-03-01T00:00:00.000Z' }] } }]);
  });

  it('is refused when its term is already over', () => {
    const products = onSale({ [sku]: { termStarts: 'onPurchase' } });
    expect(given(pool).when(purchaseLicenses, { ...forCustomer, products, purchasedAt: lastYear })).toMatchObject({
      errors: [{ path: 'purchasedAt' }],
    });
  });
});
