import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Lot } from '#licensing';
import type { ReadStore } from '#read-store';
import { Story } from '../testing/story.js';
import { temporaryStore } from '../testing/stores.js';
import { shardOf, shards } from './deadline-list.projection.js';
import { dueDeadlines, listDeadlines } from './deadline-list.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
let story: Story;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  story = new Story(store);
});
afterEach(() => remove());

const may = '2027-05-01T00:00:00.000Z';
const june = '2027-06-01T00:00:00.000Z';
const july = '2027-07-01T00:00:00.000Z';
const lot = (lotId: string, quantity: number, expiresAt?: string): Lot => ({
  lotId,
  sku: 'a',
  quantity,
  orderId: 'order',
  term: 'P1Y',
  termStarts: 'onFirstUse',
  reversibility: 'free',
  expiresAt,
});
const due = async (now: string, limit = 100) => (await dueDeadlines(store, now, limit)).map(({ subject }) => subject.id);
const quantities = async (accountId: string) => (await listDeadlines(store, { accountId })).items.map(({ quantity }) => quantity);

describe('deadlines', () => {
  it('are due exactly at their time, over all accounts, the longest overdue first', async () => {
    story.purchased('p', 'a', 5, 'late', july).purchased('q', 'a', 5, 'second', june).purchased('p', 'a', 5, 'first', may);
    await story.show();
    expect(await due('2027-05-31T23:59:59.999Z')).toEqual(['first']);
    expect(await due(june)).toEqual(['first', 'second']);
    expect(await due(july, 2)).toEqual(['first', 'second']);
  });

  it('of one account are listed with what they mean, `before` out', async () => {
    await story.purchased('p', 'a', 5, 'lot-1', may).purchased('p', 'a', 1, 'lot-2', june).purchased('q', 'a', 5, 'foreign', may).show();
    expect((await listDeadlines(store, { accountId: 'p', before: june })).items).toEqual([
      {
        kind: 'licenseExpires',
        at: may,
        accountId: 'p',
        subject: { type: 'lot', id: 'lot-1' },
        effect: '5 of a end with their term',
        sku: 'a',
        quantity: 5,
      },
    ]);
    expect((await listDeadlines(store, { accountId: 'p', kinds: ['licenseExpires', 'termEnds'] })).items).toHaveLength(2);
    expect((await listDeadlines(store, { accountId: 'p', kinds: ['termEnds'] })).items).toEqual([]);
  });

  it('of one account come in pages', async () => {
    await story.purchased('p', 'a', 1, 'one', may).purchased('p', 'a', 2, 'two', may).show();
    const first = await listDeadlines(store, { accountId: 'p', limit: 1 });
    const second = await listDeadlines(store, { accountId: 'p', limit: 1, cursor: first.next! });
    expect([...first.items, ...second.items].map(({ subject }) => subject.id)).toEqual(['one', 'two']);
    expect(second.next).toBeNull();
  });

  it('shrink by what is given, reversed or ended, and go when nothing is left', async () => {
    await story.purchased('p', 'a', 10, 'lot-1', may).assigned('p', 'c', { a: 4 }, { lotId: 'lot-1' }).show();
    expect(await quantities('p')).toEqual([6]);
    const part = (quantity: number) => [{ lotId: 'lot-1', sku: 'a', quantity }];
    await story.tell('PurchaseReversed', { accountId: 'p', orderId: 'order', reason: 'r', lots: part(1) }).show();
    expect(await quantities('p')).toEqual([5]);
    await story.tell('LicenseExpired', { accountId: 'p', effectiveAt: may, lots: part(5) }).show();
    expect([await quantities('p'), await due(july)]).toEqual([[], []]);
  });

  it('begin for the receiver with what it receives', async () => {
    const lots = [{ ...lot('received', 4, may), fromLotId: 'lot-1' }];
    await story.tell('LicenseReceived', { accountId: 'c', assignmentId: 'x', from: 'p', giverRevision: 1, lots }).show();
    expect(await quantities('c')).toEqual([4]);
  });

  it('begin with the first use, for that part only', async () => {
    const lots = [{ fromLotId: 'waiting', lot: lot('used', 3, june) }];
    story.purchased('p', 'a', 10, 'waiting');
    await story.tell('LicenseActivated', { accountId: 'p', activationId: 'x', sku: 'a', quantity: 3, lots }).show();
    expect((await listDeadlines(store, { accountId: 'p' })).items).toMatchObject([{ at: june, quantity: 3, subject: { id: 'used' } }]);
  });

  it('are none for what has no end, whatever is taken from it', async () => {
    await story.purchased('p', 'a', 10, 'lot-1').assigned('p', 'c', { a: 4 }, { lotId: 'lot-1' }).show();
    expect([await quantities('p'), await due('9999-12-31T23:59:59.999Z')]).toEqual([[], []]);
  });

  it('of two pools do not mix when their lots have the same id', async () => {
    const other = Array.from({ length: 1_000 }, (_, index) => `q${index}`).find((id) => shardOf(id) === shardOf('p'))!;
    await story.purchased('p', 'a', 1, 'same', may).purchased(other, 'a', 2, 'same', may).show();
    expect([await quantities('p'), await quantities(other)]).toEqual([[1], [2]]);
  });

  it('spread over all partitions', () => {
    const used = new Set(Array.from({ length: 2_000 }, (_, index) => shardOf(`account-${index}`)));
    expect(used.size).toBe(shards);
  });
});
