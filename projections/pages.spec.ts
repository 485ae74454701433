import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  drawdownQueue,
  listDeadlines,
  listDrawdowns,
  listLicenseFiles,
  listOrders,
  listProducts,
  listServices,
  listSubscriptions,
  searchHistory,
  type Page,
} from './index.js';
import type { ReadStore } from '#read-store';
import { RandomWorld } from './testing/random-world.js';
import { temporaryStore } from './testing/stores.js';
import { Story } from './testing/story.js';

const now = '2026-02-01T00:00:00.000Z';
const [partner, buyer] = ['p-0', 'c-0'];
type List = (store: ReadStore, paging: { limit?: number; cursor?: string }) => Promise<Page<unknown>>;
/** A list, and the same one with other filters. */
const lists: Record<string, [List, ...List[]]> = {
  'the history': [
    (store, paging) => searchHistory(store, { accountId: partner, ...paging }),
    (store, paging) => searchHistory(store, { accountId: 'p-1', ...paging }),
    (store, paging) => searchHistory(store, { accountId: partner, from: now, ...paging }),
    (store, paging) => searchHistory(store, { accountId: partner, to: now, ...paging }),
    (store, paging) => searchHistory(store, { accountId: partner, skus: ['Y'], ...paging }),
    (store, paging) => searchHistory(store, { accountId: partner, customerName: 'a', ...paging }),
    (store, paging) => listDrawdowns(store, { accountId: partner, ...paging }),
  ],
  drawdowns: [
    (store, paging) => listDrawdowns(store, { accountId: partner, ...paging }),
    (store, paging) => listDrawdowns(store, { accountId: partner, states: ['submitted'], ...paging }),
    (store, paging) => listDrawdowns(store, { accountId: partner, customer: 'a', ...paging }),
    (store, paging) => listDrawdowns(store, { accountId: partner, from: now, ...paging }),
    (store, paging) => listDrawdowns(store, { accountId: partner, to: now, ...paging }),
  ],
  'the queue of approvers': [
    (store, paging) => drawdownQueue(store, { states: ['accepted', 'cancelled', 'rejected', 'lapsed', 'submitted'], ...paging }),
    (store, paging) => drawdownQueue(store, { states: ['submitted'], ...paging }),
    (store, paging) => drawdownQueue(store, { accountId: partner, states: ['accepted'], ...paging }),
  ],
  subscriptions: [
    (store, paging) => listSubscriptions(store, { accountId: buyer, ...paging }, now),
    (store, paging) => listSubscriptions(store, { accountId: buyer, states: ['active'], ...paging }, now),
    (store, paging) => listSubscriptions(store, { accountId: buyer, skus: ['S'], ...paging }, now),
    (store, paging) => listSubscriptions(store, { accountId: buyer, query: 's', ...paging }, now),
  ],
  deadlines: [
    (store, paging) => listDeadlines(store, { accountId: partner, ...paging }, now),
    (store, paging) => listDeadlines(store, { accountId: partner, kinds: ['licenseExpires'], ...paging }, now),
    (store, paging) => listDeadlines(store, { accountId: partner, before: '2030-01-01T00:00:00.000Z', ...paging }, now),
  ],
  orders: [
    (store, paging) => listOrders(store, { accountId: buyer, ...paging }),
    (store, paging) => listOrders(store, { accountId: buyer, states: ['provisioned'], ...paging }),
    (store, paging) => listOrders(store, { accountId: 'c-1', ...paging }),
    (store, paging) => listLicenseFiles(store, { accountId: buyer, ...paging }),
  ],
  services: [
    (store, paging) => listServices(store, { accountId: partner, ...paging }),
    (store, paging) => listServices(store, { accountId: partner, state: 'ready', ...paging }),
  ],
  'the catalogue': [
    (store, paging) => listProducts(store, { ...paging }),
    (store, paging) => listProducts(store, { query: 'product', ...paging }),
    (store, paging) => listProducts(store, { category: 'cloud', ...paging }),
    (store, paging) => listProducts(store, { forSale: 'true', ...paging }),
  ],
};

let store: ReadStore;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ store, remove } = await temporaryStore());
  const world = new RandomWorld(9);
  for (let step = 0; step < 300; step++) world.step();
  const story = new Story(store);
  story.events.push(...world.events);
  await story.show();
});
afterAll(() => remove());

describe.each(Object.entries(lists))('a cursor of %s', (_, [list, ...others]) => {
  it('is refused with other filters, of another list, and when it was changed', async () => {
    const { next } = await list(store, { limit: 1 });
    const refused = { code: 'INVALID_REQUEST', members: { errors: [{ path: 'cursor' }] } };
    for (const other of others) await expect(other(store, { cursor: next! })).rejects.toMatchObject(refused);
    const [sort, key, seal] = JSON.parse(Buffer.from(next!, 'base64url').toString()) as [string, string, string];
    for (const forged of [[sort, key], [`${sort}0`, key, seal], [sort, `${key}0`, seal], [sort, key, seal, ''], [sort, key, 0], {}, null]) {
      const cursor = Buffer.from(JSON.stringify(forged)).toString('base64url');
      await expect(list(store, { cursor })).rejects.toMatchObject(refused);
    }
  });

  it('goes on at the same place in pages of another size', async () => {
    const all = await list(store, { limit: 500 });
    const { items, next } = await list(store, { limit: 1 });
    expect([...items, ...(await list(store, { limit: 500, cursor: next! })).items]).toEqual(all.items);
  });
});
