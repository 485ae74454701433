import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pool, type PoolFact } from '#licensing';
import { m365, monthly, onOffer, ordered, subscriptionId, used } from '../../libs/licensing/testing/subscription-facts.js';
import { customerId } from '../../libs/licensing/testing/pool-facts.js';
import { noon, stateAfter } from '../../libs/licensing/testing/given.js';
import { cancelSubscription, fireDeadlines, resizeSubscription, scheduleRenewal, setAutoRenewal } from '#licensing';
import type { ReadStore } from '#read-store';
import { Story } from '../testing/story.js';
import { temporaryStore } from '../testing/stores.js';
import { findSubscription, listSubscriptions } from './subscription-list.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
let story: Story;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  story = new Story(store);
});
afterEach(() => remove());

const identity = { accountId: customerId, subscriptionId };
const about = { ...identity, products: onOffer() };
const context = { commandId: 'c', actor: { userId: 'u', role: 'customerAdmin' as const } };
const end = '2027-04-01T12:00:00.000Z';
const shown = (facts: readonly PoolFact[], at = noon) => {
  for (const fact of facts) story.tell(fact.type, fact.data as never, { at });
  return story.show();
};
const list = async (question: object = {}, now = noon) =>
  (await listSubscriptions(store, { accountId: customerId, ...question }, now)).items;
const one = (now = noon) => findSubscription(store, identity, now);
const renewedWith = (facts: PoolFact[]) => [
  ...facts,
  ...fireDeadlines(stateAfter(pool, facts), { accountId: customerId, products: onOffer(), context }, end),
];

describe('the subscriptions of an account', () => {
  it('are listed with their lots, windows and next renewal (003-58)', async () => {
    story.product(m365, 'Microsoft 365 Business Premium');
    await shown(ordered([], 5));
    expect(await list()).toMatchObject([
      {
        subscriptionId,
        sku: m365,
        productName: 'Microsoft 365 Business Premium',
        quantity: 5,
        state: 'active',
        billing: { period: 'P1M', commitment: 'P1Y' },
        termStartsAt: noon,
        termEndsAt: end,
        autoRenewal: true,
        renews: true,
        lots: [{ lotId: 'o-1.1', quantity: 5, addedAt: noon, windowEndsAt: '2026-04-08T12:00:00.000Z' }],
      },
    ]);
    expect(await listSubscriptions(store, { accountId: 'somebody-else' }, noon)).toEqual({ items: [], next: null });
  });

  it('are narrowed by state, product and any part of the product’s name', async () => {
    story.product(m365, 'Microsoft 365 Business Premium').product('visio', 'Visio');
    await shown(ordered(ordered([], 5), 1, { orderId: 'o-2', sku: 'visio', subscriptionId: 's-2' }));
    const ids = async (question: object) => (await list(question)).map((subscription) => subscription.subscriptionId);
    expect(await ids({ query: 'ＶＩＳ' })).toEqual(['s-2']);
    expect(await ids({ query: '365' })).toEqual([subscriptionId]);
    expect(await ids({ skus: ['visio'] })).toEqual(['s-2']);
    expect(await ids({ states: ['active'] })).toHaveLength(2);
    expect(await ids({ states: ['cancelled', 'expired'] })).toEqual([]);
  });

  it('come in pages, the latest begun first', async () => {
    const at = (month: number) => `2026-0${month}-01T00:00:00.000Z`;
    for (const month of [1, 2, 3]) await shown(ordered([], 1, { orderId: `o-${month}`, subscriptionId: `s-${month}`, at: at(month) }));
    const first = await listSubscriptions(store, { accountId: customerId, limit: 2 }, noon);
    const second = await listSubscriptions(store, { accountId: customerId, limit: 2, cursor: first.next! }, noon);
    expect([...first.items, ...second.items].map((subscription) => subscription.subscriptionId)).toEqual(['s-3', 's-2', 's-1']);
    expect(second.next).toBeNull();
  });

  it('tell their whole history: what, when it took effect, and who', async () => {
    story.user('user-1', 'admin@colibri.example', 'partner-1');
    const facts = ordered([], 5);
    await shown(renewedWith(facts));
    const found = await one(end);
    expect(found!.history).toMatchObject([
      { type: 'SubscriptionStarted', by: { userId: 'user-1', login: 'admin@colibri.example' }, details: { quantity: 5 } },
      { type: 'SubscriptionRenewed', at: end, details: { termEndsAt: '2028-04-01T12:00:00.000Z' } },
    ]);
    expect(await findSubscription(store, { ...identity, subscriptionId: 's-9' }, noon)).toBeUndefined();
  });

  it('are over at the end of their term, recorded or not, unless they renew', async () => {
    await shown(ordered([], 5));
    expect(await one(end)).toMatchObject({ state: 'active', quantity: 5 });
    await shown([{ type: 'AutoRenewalDisabled', data: identity }]);
    expect(await one('2027-04-01T11:59:59.999Z')).toMatchObject({ state: 'active', renews: false });
    expect(await one(end)).toMatchObject({ state: 'expired', quantity: 0, lots: [], endedAt: end });
    expect(await list({ states: ['expired'] }, end)).toHaveLength(1);
  });

  it.each<[string, (before: PoolFact[]) => PoolFact[]]>([
    ['a smaller size', (before) => resizeSubscription(stateAfter(pool, before), { ...about, quantity: 3, context }, noon)],
    ['auto-renewal off', (before) => setAutoRenewal(stateAfter(pool, before), { ...about, enabled: false, context }, noon)],
    ['a schedule', (before) => scheduleRenewal(stateAfter(pool, before), { ...about, quantity: 3, billing: monthly, context }, noon)],
    ['a cancellation', (before) => cancelSubscription(stateAfter(pool, before), { ...about, context }, noon)],
    ['a declined one', (before) => cancelSubscription(stateAfter(pool, before), { ...about, context }, '2026-06-01T00:00:00.000Z')],
    ['one of both', (before) => cancelSubscription(stateAfter(pool, before), { ...about, context }, noon)],
  ])('are what the decisions see them as, after %s and its renewal', async (title, change) => {
    const before = title === 'one of both' ? [...ordered([], 5), used('o-1.1', 2)] : ordered([], 5);
    const facts = renewedWith([...before, ...change(before)]);
    await shown(facts);
    const { anchoredAt: _, termsBegun: __, increases: ___, ...subscription } = stateAfter(pool, facts).subscriptions.get(subscriptionId)!;
    expect(await one()).toMatchObject(JSON.parse(JSON.stringify(subscription)));
  });
});
