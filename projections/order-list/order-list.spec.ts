import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OrderPlaced } from '#licensing';
import type { ReadStore } from '#read-store';
import { Story } from '../testing/story.js';
import { changedMidway, temporaryStore } from '../testing/stores.js';
import { listFulfilments, listOrders, openOrders } from './order-list.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
let story: Story;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  story = new Story(store);
});
afterEach(() => remove());

const accountId = 'c-1';
const buyer = (orderId: string, of = accountId) => ({ orderId, accountId: of, placedBy: 'u-1' });
const place = (orderId: string, changes: Partial<OrderPlaced['data']> = {}) =>
  story.tell('OrderPlaced', {
    ...buyer(orderId),
    lines: [{ sku: 'tool', quantity: 2 }],
    totals: [],
    payment: { method: 'invoice' },
    fulfilment: 'provider',
    ...changes,
  });
const start = (orderId: string, fulfilment: 'automatic' | 'provider' = 'provider') =>
  story.tell('OrderProvisioningStarted', { orderId, accountId, fulfilment });
const ids = ({ items }: { items: readonly { orderId: string }[] }) => items.map(({ orderId }) => orderId);

describe('the list of orders', () => {
  it('has those of an account, newest first, with what happened to them', async () => {
    place('a', { person: { forms: [{ line: 1, answers: { site: 'Lyon' } }] } });
    place('b');
    place('c', buyer('c', 'c-2'));
    story.tell('OrderPaid', { ...buyer('a'), reference: 'pay-1' }, { at: '2026-02-01T00:00:00.000Z' });
    await story.show();
    const page = await listOrders(store, { accountId });
    expect(ids(page)).toEqual(['b', 'a']);
    expect(page.items[1]).toMatchObject({
      state: 'paid',
      lines: [{ line: 1, sku: 'tool', form: { site: 'Lyon' } }],
      history: [{ state: 'placed' }, { state: 'paid', at: '2026-02-01T00:00:00.000Z', reference: 'pay-1' }],
    });
  });

  it('is asked for some states, in pages that go on where the last one ended', async () => {
    for (const orderId of ['a', 'b', 'c', 'd']) place(orderId);
    story.tell('OrderCancelled', buyer('c')).tell('OrderFailed', { ...buyer('b'), reason: 'no' });
    await story.show();
    expect(ids(await listOrders(store, { accountId, states: ['cancelled', 'failed'] }))).toEqual(['c', 'b']);
    const first = await listOrders(store, { accountId, states: ['placed', 'failed'], limit: 2 });
    await place('e').show();
    const second = await listOrders(store, { accountId, states: ['placed', 'failed'], limit: 2, cursor: first.next! });
    expect([ids(first), ids(second), second.next]).toEqual([['d', 'b'], ['a'], null]);
  });

  it('never shows an order in a state that was not asked for, also when it is paid while the list is made', async () => {
    for (const orderId of ['a', 'b', 'c']) place(orderId);
    await story.show();
    const paid = () => story.tell('OrderPaid', { ...buyer('b'), reference: 'pay-1' }).show();
    const page = await listOrders(changedMidway(store, paid), { accountId, states: ['placed'] });
    expect(page.items.map(({ orderId, state }) => [orderId, state])).toEqual([
      ['c', 'placed'],
      ['a', 'placed'],
    ]);
    const cancelled = () => story.tell('OrderCancelled', buyer('c')).show();
    expect(ids(await listOrders(changedMidway(store, cancelled), { accountId, states: ['placed', 'cancelled'] }))).toEqual(['c', 'a']);
  });

  it('knows which orders are under way', async () => {
    for (const orderId of ['a', 'b', 'c']) place(orderId);
    await story.tell('OrderProvisioned', buyer('b')).show();
    const open = await openOrders(store, accountId, 1);
    expect([ids(open), open.total]).toEqual([['c'], 2]);
  });

  it('takes no harm from a fact about an order that was never placed', async () => {
    await story.tell('OrderPaid', buyer('nobody')).show();
    expect(ids(await listOrders(store, { accountId }))).toEqual([]);
  });
});

describe('the list of what is to be delivered', () => {
  it('is over all accounts, the longest waiting first, from the start of the delivery to its end', async () => {
    place('a');
    place('b', { accountId: 'c-2' });
    place('c');
    place('d', { fulfilment: 'automatic' });
    await story.show();
    expect(ids(await listFulfilments(store, {}))).toEqual([]);
    start('c');
    start('a');
    start('d', 'automatic');
    await story.tell('OrderProvisioningStarted', { orderId: 'b', accountId: 'c-2', fulfilment: 'provider' }).show();
    expect(ids(await listFulfilments(store, {}))).toEqual(['a', 'b', 'c']);
    expect(ids(await listFulfilments(store, { limit: 1, cursor: (await listFulfilments(store, { limit: 2 })).next! }))).toEqual(['c']);
    await story
      .tell('OrderFulfilled', { ...buyer('a') })
      .tell('OrderFailed', { ...buyer('b', 'c-2'), reason: 'no' })
      .show();
    expect(ids(await listFulfilments(store, {}))).toEqual(['c']);
    await story.tell('OrderProvisioned', buyer('a')).show();
    expect(ids(await listFulfilments(store, {}))).toEqual(['c']);
  });
});
