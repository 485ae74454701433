import { describe, expect, it } from '@jest/globals';
import { given } from '../../testing/given.js';
import { customerId, onSale } from '../../testing/pool-facts.js';
import type { Policy } from '../product/product.events.js';
import { product } from '../product/product.js';
import { order } from './order.js';
import type { OrderFact } from './order.events.js';
import { placeOrder, type PlaceOrder } from './place.js';

const annual = { period: 'P1Y', commitment: 'P1Y' };
const monthly = { period: 'P1M', commitment: 'P1M' };
const validFrom = '2026-01-01T00:00:00.000Z';

const policies: Record<string, Partial<Policy>> = {
  m365: { billingOptions: [annual, monthly], tenant: 'microsoft' },
  sim: { fulfilment: 'provider', orderForm: { type: 'object' } },
  tool: { term: null },
};
const products = onSale(policies);
const priced = { m365: [['120.00', annual] as const, ['11.50', monthly] as const], sim: [['3.333', undefined] as const] };
for (const [sku, prices] of Object.entries(priced)) {
  const { listing } = products.get(sku)!;
  const list = prices.map(([amount, billing]) => ({ currency: 'EUR', amount, validFrom, ...(billing && { billing }) }));
  products.set(sku, product.evolve(product.initial(), { type: 'ProductListed', data: { ...listing!, prices: list } }));
}
const withdrawn = new Map(products).set('tool', { ...products.get('tool')!, status: 'withdrawn' });

const tenant = { type: 'existing', domain: 'contoso.onmicrosoft.com' } as const;
const request = (changes: Partial<PlaceOrder> = {}): Omit<PlaceOrder, 'context'> => ({
  orderId: 'o-1',
  accountId: customerId,
  lines: [{ sku: 'm365', quantity: 5, billing: monthly }],
  payment: { method: 'invoice' },
  tenant,
  products,
  subscriptionIds: ['s-1', 's-2', 's-3'],
  checkForm: (_form, answers, path) => (answers === undefined ? [{ path, message: 'is missing' }] : []),
  ...changes,
});
const place = (changes: Partial<PlaceOrder> = {}) => given(order).when(placeOrder, request(changes));
const placed = (changes: Partial<PlaceOrder> = {}) => (place(changes) as OrderFact[])[0]?.data;

describe('An order', () => {
  it('is recorded at the price in force, with a subscription for what is billed again and again (003-53)', () => {
    expect(place()).toEqual([
      {
        type: 'OrderPlaced',
        data: {
          orderId: 'o-1',
          accountId: customerId,
          placedBy: 'u-1',
          lines: [{ sku: 'm365', quantity: 5, billing: monthly, subscriptionId: 's-1', unitPrice: { currency: 'EUR', amount: '11.50' } }],
          totals: [{ currency: 'EUR', amount: '57.50' }],
          payment: { method: 'invoice' },
          tenant,
          fulfilment: 'automatic',
        },
      },
    ]);
  });

  it('sums its lines up, each rounded to what can be paid', () => {
    const lines = [
      { sku: 'm365', quantity: 1, billing: annual },
      { sku: 'sim', quantity: 2, form: {} },
      { sku: 'tool', quantity: 9 },
    ];
    expect(placed({ lines })).toMatchObject({ totals: [{ currency: 'EUR', amount: '126.67' }] });
  });

  it('that was placed says nothing new when it is placed again', () => {
    expect(given(order, ...(place() as OrderFact[])).when(placeOrder, request())).toEqual([]);
  });

  it('waits for the provider when one of its products does', () => {
    const lines = [
      { sku: 'tool', quantity: 1 },
      { sku: 'sim', quantity: 1, form: {} },
    ];
    expect(placed({ lines, tenant: undefined })).toMatchObject({ fulfilment: 'provider' });
  });

  it.each([
    ['a product that is not there', { lines: [{ sku: 'none', quantity: 1 }] }, { refused: 'PRODUCT_NOT_FOUND', sku: 'none' }],
    [
      'a product that was withdrawn',
      { lines: [{ sku: 'tool', quantity: 1 }], products: withdrawn },
      { refused: 'PRODUCT_WITHDRAWN', sku: 'tool' },
    ],
    ['no lines', { lines: [] }, { refused: 'INVALID_REQUEST' }],
    [
      'no billing option where one is needed',
      { lines: [{ sku: 'm365', quantity: 1 }] },
      { refused: 'BILLING_OPTION_UNKNOWN', options: [annual, monthly] },
    ],
    [
      'a billing option of nobody',
      { lines: [{ sku: 'tool', quantity: 1, billing: annual }], tenant: undefined },
      { refused: 'BILLING_OPTION_UNKNOWN' },
    ],
    ['a currency without a price', { currency: 'JPY' }, { refused: 'PRICE_NOT_IN_FORCE', currencies: ['EUR'] }],
    ['an empty order form', { lines: [{ sku: 'sim', quantity: 1 }], tenant: undefined }, { refused: 'INVALID_REQUEST' }],
    [
      'answers that nobody asked for',
      { lines: [{ sku: 'tool', quantity: 1, form: {} }], tenant: undefined },
      { refused: 'INVALID_REQUEST' },
    ],
  ])('is refused with %s', (_, changes, refusal) => {
    expect(place(changes)).toMatchObject(refusal);
  });
});

describe('The answers to an order form (003-38, 50)', () => {
  it('stand where what is about people stands', () => {
    const lines = [
      { sku: 'tool', quantity: 1 },
      { sku: 'sim', quantity: 1, form: { contact: 'Jean Petit' } },
    ];
    expect(placed({ lines, tenant: undefined })).toMatchObject({ person: { forms: [{ line: 2, answers: { contact: 'Jean Petit' } }] } });
  });

  it('are named by their line when they are wrong', () => {
    const checkForm: PlaceOrder['checkForm'] = (_form, _answers, path) => [{ path: `${path}.site`, message: 'must be a URL' }];
    const lines = [{ sku: 'sim', quantity: 1, form: { site: '' } }];
    expect(place({ lines, tenant: undefined, checkForm })).toMatchObject({
      errors: [{ path: 'lines[0].form.site', message: 'must be a URL' }],
    });
  });
});

describe('The tenant (003-47…52)', () => {
  it('is needed by a product of Microsoft', () => {
    expect(place({ tenant: undefined })).toMatchObject({ errors: [{ path: 'tenant', message: 'is needed for m365' }] });
  });

  it('is not asked for by anything else', () => {
    expect(place({ lines: [{ sku: 'tool', quantity: 1 }] })).toMatchObject({ refused: 'INVALID_REQUEST', errors: [{ path: 'tenant' }] });
  });

  it.each([
    ['new', 'Contoso', 'contoso.onmicrosoft.com'],
    ['new', 'contoso.onmicrosoft.com', 'contoso.onmicrosoft.com'],
    ['existing', 'Contoso.OnMicrosoft.com', 'contoso.onmicrosoft.com'],
    ['new', 'a'.repeat(27), `${'a'.repeat(27)}.onmicrosoft.com`],
  ] as const)('is written in full: %s %s', (type, domain, full) => {
    expect(placed({ tenant: { type, domain } })).toMatchObject({ tenant: { type, domain: full } });
  });

  it.each([
    ['new', ''],
    ['new', 'con-toso'],
    ['new', 'société'],
    ['new', 'a'.repeat(28)],
    ['new', 'contoso.com'],
    ['existing', 'contoso'],
    ['existing', 'contoso.com'],
    ['existing', '.onmicrosoft.com'],
    ['existing', 'contoso.onmicrosoft.com.example'],
    ['existing', 'a.b.onmicrosoft.com'],
  ] as const)('is refused: %s %p', (type, domain) => {
    expect(place({ tenant: { type, domain } })).toMatchObject({ refused: 'INVALID_REQUEST', errors: [{ path: 'tenant.domain' }] });
  });

  it('has a qualification when it is new', () => {
    expect(placed({ tenant: { type: 'new', domain: 'lycee', qualification: 'education' } })).toMatchObject({
      tenant: { qualification: 'education' },
    });
    expect(place({ tenant: { ...tenant, qualification: 'education' } })).toMatchObject({ errors: [{ path: 'tenant.qualification' }] });
  });
});
