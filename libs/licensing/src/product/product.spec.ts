import { describe, expect, it } from '@jest/globals';
import { given } from '../../testing/given.js';
import { listProduct, product, withdrawProduct } from './product.js';
import type { Listing, ProductFact } from './product.events.js';

const edge: Listing = {
  sku: 'edge-1y',
  name: 'i-PRO Remo. Service エッジストレージ録画1年',
  category: 'recording',
  prices: [{ currency: 'JPY', amount: '12000', validFrom: '2026-01-01T00:00:00.000Z' }],
  policy: { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' },
};
const listed: ProductFact = { type: 'ProductListed', data: edge };
const withdrawn: ProductFact = { type: 'ProductWithdrawn', data: { sku: edge.sku } };
const withPolicy = (policy: object): Listing => ({ ...edge, policy: { ...edge.policy, ...policy } as Listing['policy'] });

describe('Listing a product', () => {
  it('offers it under its policy', () => {
    expect(given(product).when(listProduct, edge)).toEqual([listed]);
  });

  it('again with the same description says nothing new, whatever the order of its members', () => {
    const { policy, ...rest } = edge;
    expect(
      given(product, listed).when(listProduct, {
        policy: { reversibility: 'irreversible', termStarts: 'onAssignment', term: 'P1Y' },
        ...rest,
      } as Listing),
    ).toEqual([]);
  });

  it.each([
    ['name', { ...edge, name: 'Edge storage recording, one year' }],
    ['price', { ...edge, prices: [{ ...edge.prices![0]!, amount: '13000' }] }],
    ['policy', withPolicy({ term: 'P5Y' })],
    ['category', { ...edge, category: undefined }],
  ])('with another %s changes it as a whole', (_, changed) => {
    expect(given(product, listed).when(listProduct, changed)).toEqual([{ type: 'ProductPolicyChanged', data: changed }]);
  });

  it('brings a withdrawn one back, even unchanged', () => {
    expect(given(product, listed, withdrawn).when(listProduct, edge)).toEqual([listed]);
  });

  it('keeps nothing but the description', () => {
    expect(given(product).when(listProduct, { ...edge, surprise: true } as Listing)).toEqual([listed]);
  });

  it.each([
    ['policy.term', withPolicy({ term: 'one year' })],
    ['policy.term', withPolicy({ term: 'P0D' })],
    ['policy.cancellationWindow', withPolicy({ reversibility: 'windowed' })],
    ['policy.cancellationWindow', withPolicy({ reversibility: 'windowed', cancellationWindow: '7 days' })],
    ['policy.drawdownHold', withPolicy({ drawdownHold: 'P' })],
    ['policy.requires', withPolicy({ requires: ['edge-1y'] })],
    [
      'policy.billingOptions',
      withPolicy({
        billingOptions: [
          { period: 'P1M', commitment: 'P1Y' },
          { period: 'P1M', commitment: 'P1Y' },
        ],
      }),
    ],
    ['policy.billingOptions[0].period', withPolicy({ billingOptions: [{ period: 'P1Y', commitment: 'P1M' }] })],
    ['policy.billingOptions[0].period', withPolicy({ billingOptions: [{ period: 'monthly', commitment: 'P1M' }] })],
    ['policy.billingOptions[0].commitment', withPolicy({ billingOptions: [{ period: 'P1M', commitment: 'a year' }] })],
    ['prices[0].amount', { ...edge, prices: [{ currency: 'EUR', amount: '12,50', validFrom: '2026-01-01T00:00:00Z' }] }],
    ['prices[0].currency', { ...edge, prices: [{ currency: 'Euro', amount: '12.50', validFrom: '2026-01-01T00:00:00Z' }] }],
    ['prices[0].validFrom', { ...edge, prices: [{ currency: 'EUR', amount: '12.50', validFrom: 'soon' }] }],
    ['sku', { ...edge, sku: 'エッジ' }],
    ['sku', { ...edge, sku: 'x'.repeat(65) }],
  ])('is refused when %s makes no sense', (path, listing) => {
    expect(given(product).when(listProduct, listing)).toMatchObject({ refused: 'INVALID_REQUEST', errors: [{ path }] });
  });

  it.each([
    ['P30D', 'P1M', false],
    ['P1M', 'P30D', false],
    ['P1Y', 'P365D', false],
    ['P28D', 'P1M', true],
    ['P1M', 'P31D', true],
    ['P12M', 'P1Y', true],
  ])('whose periods of %s end within a commitment of %s in any month, February too: %p', (period, commitment, isRight) => {
    const outcome = given(product).when(listProduct, withPolicy({ billingOptions: [{ period, commitment }] }));
    expect(Array.isArray(outcome)).toBe(isRight);
  });

  it('that is sold for good has no term, and a windowed one has its window', () => {
    expect(given(product).when(listProduct, withPolicy({ term: null }))).toHaveLength(1);
    expect(given(product).when(listProduct, withPolicy({ reversibility: 'windowed', cancellationWindow: 'P7D' }))).toHaveLength(1);
  });

  it('says everything that is wrong at once', () => {
    const outcome = given(product).when(listProduct, withPolicy({ term: 'x', cancellationWindow: 'y', drawdownHold: 'z' }));
    expect(outcome).toMatchObject({
      errors: [{ path: 'policy.term' }, { path: 'policy.cancellationWindow' }, { path: 'policy.drawdownHold' }],
    });
  });
});

describe('Withdrawing a product', () => {
  it('ends its sale', () => {
    expect(given(product, listed).when(withdrawProduct, { sku: edge.sku })).toEqual([withdrawn]);
  });

  it('again says nothing new', () => {
    expect(given(product, listed, withdrawn).when(withdrawProduct, { sku: edge.sku })).toEqual([]);
  });

  it('that was never listed is refused', () => {
    expect(given(product).when(withdrawProduct, { sku: 'edge-9y' })).toMatchObject({ refused: 'PRODUCT_NOT_FOUND', sku: 'edge-9y' });
  });
});
