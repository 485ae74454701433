import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ReadStore } from '#read-store';
import { Story } from '../testing/story.js';
import { temporaryStore } from '../testing/stores.js';
import { balanceOf } from './pool-balance.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
beforeEach(async () => ({ store, remove } = await temporaryStore()));
afterEach(() => remove());

const nothing = { purchased: 0, received: 0, available: 0, held: 0, assigned: 0, inTransit: 0, inSeats: 0, expired: 0, cancelled: 0 };
const terms = { orderId: 'order', term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' } as const;
const received = (accountId: string, from: string, sku: string, quantity: number) => ({
  accountId,
  assignmentId: 'assignment',
  from,
  giverRevision: 1,
  lots: [{ lotId: 'received', fromLotId: 'lot', sku, quantity, ...terms }],
});

describe('the balance of a pool', () => {
  it('of an account that never held anything is empty, as of what was read', async () => {
    await new Story(store).product('a', 'A').show();
    expect(await balanceOf(store, { accountId: 'nobody' })).toEqual({ accountId: 'nobody', total: 0, products: [], position: '1' });
  });

  it('counts purchases by product, in the order of the skus, under the products’ names', async () => {
    await new Story(store).product('a', 'Apple').purchased('p', 'b', 5).purchased('p', 'a', 3).purchased('p', 'a', 4).show();
    const { total, products } = await balanceOf(store, { accountId: 'p' });
    expect(total).toBe(12);
    expect(products).toEqual([
      { ...nothing, sku: 'a', name: 'Apple', purchased: 7, available: 7 },
      { ...nothing, sku: 'b', name: 'b', purchased: 5, available: 5 },
    ]);
  });

  it('moves what is given to assigned, in transit until the receiver has it', async () => {
    const story = new Story(store).purchased('p', 'a', 10).assigned('p', 'c', { a: 4 });
    await story.show();
    expect((await balanceOf(store, { accountId: 'p' })).products).toMatchObject([{ available: 6, assigned: 4, inTransit: 4 }]);
    await story.tell('LicenseReceived', received('c', 'p', 'a', 4)).show();
    expect((await balanceOf(store, { accountId: 'p' })).products).toMatchObject([{ available: 6, assigned: 4, inTransit: 0 }]);
    expect(await balanceOf(store, { accountId: 'c' })).toMatchObject({ total: 4, products: [{ ...nothing, received: 4, available: 4 }] });
  });

  it('never shows less than nothing in transit, and settles, when the arrival is seen first', async () => {
    const story = new Story(store).purchased('p', 'a', 10).tell('LicenseReceived', received('c', 'p', 'a', 4));
    await story.show();
    expect((await balanceOf(store, { accountId: 'p' })).products).toMatchObject([{ assigned: 0, inTransit: 0 }]);
    await story.assigned('p', 'c', { a: 4 }).show();
    expect((await balanceOf(store, { accountId: 'p' })).products).toMatchObject([{ assigned: 4, inTransit: 0 }]);
  });

  it('counts what was reversed as cancelled and what ended as expired', async () => {
    const story = new Story(store).purchased('p', 'a', 10, 'lot-1');
    story.tell('PurchaseReversed', {
      accountId: 'p',
      orderId: 'order',
      reason: 'mistake',
      lots: [{ lotId: 'lot-1', sku: 'a', quantity: 3 }],
    });
    story.tell('LicenseExpired', {
      accountId: 'p',
      effectiveAt: '2027-01-01T00:00:00.000Z',
      lots: [{ lotId: 'lot-1', sku: 'a', quantity: 5 }],
    });
    await story.show();
    expect(await balanceOf(store, { accountId: 'p' })).toMatchObject({ total: 2, products: [{ available: 2, cancelled: 3, expired: 5 }] });
  });

  it('says the position of the log up to which everything is counted', async () => {
    const story = new Story(store).purchased('p', 'a', 10);
    await story.show();
    const before = (await balanceOf(store, { accountId: 'p' })).position;
    await story.product('b', 'B').purchased('q', 'a', 1).show();
    const after = (await balanceOf(store, { accountId: 'p' })).position;
    expect([before, after]).toEqual([String(story.events[0]!.position), String(story.events[2]!.position)]);
  });

  it('keeps purchased + received = available + held + assigned + inSeats + expired + cancelled, in batches of any size', async () => {
    const account = fc.constantFrom('p', 'q');
    const sku = fc.constantFrom('a', 'b');
    const fact = fc.record({
      what: fc.constantFrom('buy', 'give', 'arrive', 'reverse', 'expire'),
      account,
      sku,
      quantity: fc.integer({ min: 1, max: 9 }),
    });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fact, { maxLength: 30 }), fc.integer({ min: 1, max: 10 }), async (facts, batch) => {
        const run = ++runs;
        const story = new Story(store);
        const name = (owner: string) => `${owner}-${run}`;
        for (const { what, account: owner, sku: product, quantity } of facts) {
          const accountId = name(owner);
          const lots = [{ lotId: 'lot', sku: product, quantity }];
          if (what === 'buy') story.purchased(accountId, product, quantity);
          if (what === 'give') story.assigned(accountId, 'c', { [product]: quantity });
          if (what === 'arrive') story.tell('LicenseReceived', received(accountId, name(owner === 'p' ? 'q' : 'p'), product, quantity));
          if (what === 'reverse') story.tell('PurchaseReversed', { accountId, orderId: 'order', reason: 'r', lots });
          if (what === 'expire') story.tell('LicenseExpired', { accountId, effectiveAt: '2027-01-01T00:00:00.000Z', lots });
        }
        await story.show(batch);
        for (const owner of ['p', 'q']) {
          const { products, total } = await balanceOf(store, { accountId: name(owner) });
          for (const { purchased, received: came, available, held, assigned, inSeats, expired, cancelled } of products) {
            expect(purchased + came).toBe(available + held + assigned + inSeats + expired + cancelled);
          }
          expect(total).toBe(products.reduce((sum, product) => sum + product.available + product.held + product.inSeats, 0));
        }
      }),
      { numRuns: 50 },
    );
  });
});
