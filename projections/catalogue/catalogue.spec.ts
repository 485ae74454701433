import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadStore } from '#read-store';
import { Story } from '../testing/story.js';
import { temporaryStore } from '../testing/stores.js';
import { findProduct, listProducts, productNames } from './catalogue.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
let story: Story;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  story = new Story(store)
    .product('edge-1y', 'エッジストレージ録画1年', '録画')
    .product('edge-5y', 'エッジストレージ録画5年', '録画')
    .product('alarm', 'Alarme, Société', 'Alarm');
  await story.show();
});
afterEach(() => remove());

const skus = async (question: Parameters<typeof listProducts>[1]) => (await listProducts(store, question)).items.map(({ sku }) => sku);

describe('the catalogue', () => {
  it('lists products in the order of their skus', async () => {
    expect(await skus({})).toEqual(['alarm', 'edge-1y', 'edge-5y']);
  });

  it.each([
    ['any part of a name, folded', { query: 'societe' }, ['alarm']],
    ['kana in half width', { query: 'ｴｯｼﾞ' }, ['edge-1y', 'edge-5y']],
    ['a part of a sku', { query: 'GE-1' }, ['edge-1y']],
    ['the years told apart: no slip is forgiven', { query: 'エッジストレージ録画1年' }, ['edge-1y']],
    ['a category', { category: '録画' }, ['edge-1y', 'edge-5y']],
    ['a category in another case', { category: 'ALARM' }, ['alarm']],
    ['not by a part of a category', { category: 'Al' }, []],
    ['both', { query: '5年', category: '録画' }, ['edge-5y']],
  ])('is searched by %s', async (_, question, expected) => {
    expect(await skus(question)).toEqual(expected);
  });

  it('is given in pages that go on after the last sku', async () => {
    const first = await listProducts(store, { limit: 2 });
    expect([first.items.map(({ sku }) => sku), first.total]).toEqual([['alarm', 'edge-1y'], 3]);
    await story.product('a-new-one', 'New').show();
    const second = await listProducts(store, { limit: 2, cursor: first.next! });
    expect([second.items.map(({ sku }) => sku), second.total, second.next]).toEqual([['edge-5y'], 4, null]);
  });

  it('shows a change of the listing as a whole', async () => {
    const policy = { term: null, termStarts: 'onPurchase', reversibility: 'free' } as const;
    await story.tell('ProductPolicyChanged', { sku: 'alarm', name: 'Siren', policy }).show();
    expect(await findProduct(store, 'alarm')).toEqual({ sku: 'alarm', name: 'Siren', policy, withdrawn: false });
    expect(await skus({ category: 'Alarm' })).toEqual([]);
  });

  it('keeps a withdrawn product in the list, and marked through changes, until it is listed again', async () => {
    const { policy } = (await findProduct(store, 'alarm'))!;
    await story.tell('ProductWithdrawn', { sku: 'alarm' }).tell('ProductPolicyChanged', { sku: 'alarm', name: 'Siren', policy }).show();
    expect((await listProducts(store, { query: 'siren' })).items).toMatchObject([{ sku: 'alarm', withdrawn: true }]);
    expect([await skus({ forSale: 'true' }), await skus({ forSale: 'false' })]).toEqual([['edge-1y', 'edge-5y'], ['alarm']]);
    await story.product('alarm', 'Siren').show();
    expect(await findProduct(store, 'alarm')).toMatchObject({ withdrawn: false });
  });

  it('takes no harm from a withdrawal of what was never listed', async () => {
    await story.tell('ProductWithdrawn', { sku: 'nothing' }).show();
    expect(await findProduct(store, 'nothing')).toBeUndefined();
  });

  it('names the products that it knows', async () => {
    expect(await productNames(store, ['alarm', 'nothing', 'alarm'])).toEqual(new Map([['alarm', 'Alarme, Société']]));
  });
});
