import { describe, expect, it } from '@jest/globals';
import { balances, order, pool, serviceIdOf, willRenew, type OrderState, type PoolState } from '#licensing';
import type { ReadStore } from '#read-store';
import {
  balanceOf,
  drawdownQueue,
  listDeadlines,
  listFulfilments,
  listOrders,
  listServices,
  listSubscriptions,
  type Page,
} from './index.js';
import { RandomWorld } from './testing/random-world.js';
import { temporaryStore } from './testing/stores.js';
import { Story } from './testing/story.js';

/** More of them: `HISTORIES=100 npm run jest -- projections/answers`. */
const worlds = Math.min(Number(process.env['HISTORIES'] ?? 8), 1_000);
const always = '2020-01-01T00:00:00.000Z';

/** All pages of a list. */
async function whole<Item>(limit: number, ask: (paging: { limit: number; cursor?: string }) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await ask({ limit, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = page.next;
  }
}

const sorted = (items: readonly object[]): string[] => items.map((item) => JSON.stringify(item)).sort();

/** What lies before a pool by itself, from its state. */
function deadlinesOf({ lots, openDrawdowns, drawdowns, activeSubscriptions, subscriptions }: PoolState): object[] {
  const ending = [...lots.values()].filter(({ lot }) => lot.expiresAt !== undefined && lot.subscriptionId === undefined);
  return [
    ...ending.map(({ lot }) => ({ kind: 'licenseExpires', at: lot.expiresAt, id: lot.lotId })),
    ...[...openDrawdowns].map((id) => ({ kind: 'holdLapses', at: drawdowns.get(id)!.holdUntil, id })),
    ...[...activeSubscriptions].flatMap((id) => {
      const subscription = subscriptions.get(id)!;
      const windows = new Set(subscription.lots.flatMap(({ windowEndsAt }) => windowEndsAt ?? []));
      const term = { kind: willRenew(subscription) ? 'termRenews' : 'termEnds', at: subscription.termEndsAt, id };
      return [term, ...[...windows].map((at) => ({ kind: 'cancellationWindowEnds', at, id }))];
    }),
  ];
}

/** The cloud services of a pool, from its state. */
function servicesOf(accountId: string, { lots, services }: PoolState): object[] {
  const found = new Map<string, number>();
  for (const { lot, available, held, inSeats } of lots.values()) {
    if (lot.delivery !== 'cloud') continue;
    const id = serviceIdOf(accountId, lot.lotId);
    found.set(id, (found.get(id) ?? 0) + available + held + inSeats);
  }
  return [...found].map(([id, licenses]) => ({ id, state: services.get(id)?.state ?? 'ready', licenses }));
}

async function expectTrue(store: ReadStore, world: RandomWorld, limit: number): Promise<void> {
  const accounts = [...world.partners, ...world.customers];
  for (const accountId of accounts) {
    const state = world.state<PoolState>(pool, accountId);
    const { products } = await balanceOf(store, { accountId });
    const counts = products.map(({ name: _, inTransit: __, ...rest }) => rest);
    expect(counts).toEqual(balances(state).sort((one, other) => (one.sku < other.sku ? -1 : 1)));

    const deadlines = await whole(limit, (paging) => listDeadlines(store, { accountId, ...paging }, always));
    expect(sorted(deadlines.map(({ kind, at, subject: { id } }) => ({ kind, at, id })))).toEqual(sorted(deadlinesOf(state)));

    const services = await whole(limit, (paging) => listServices(store, { accountId, ...paging }));
    const licenses = (lots: (typeof services)[number]['lots']) =>
      Object.values(lots).reduce((sum, { available, held, inSeats }) => sum + available + held + inSeats, 0);
    const shown = services.map(({ serviceId: id, state: isIn, lots }) => ({ id, state: isIn, licenses: licenses(lots) }));
    expect(sorted(shown)).toEqual(sorted(servicesOf(accountId, state)));

    const subscriptions = await whole(limit, (paging) => listSubscriptions(store, { accountId, ...paging }, always));
    expect(subscriptions).toHaveLength(state.subscriptions.size);
    for (const { subscriptionId, state: isIn, quantity, lots, billing, autoRenewal, termStartsAt, termEndsAt } of subscriptions)
      expect(state.subscriptions.get(subscriptionId)).toMatchObject({
        ...{ state: isIn, quantity, lots, billing, autoRenewal, termStartsAt, termEndsAt },
      });
  }

  const placed = world.events.flatMap(({ type, data }) => (type === 'OrderPlaced' ? [(data as { orderId: string }).orderId] : []));
  const orders = placed.map((orderId) => world.state<OrderState>(order, orderId).order!);
  for (const accountId of world.customers) {
    const own = orders.filter((known) => known.accountId === accountId).reverse();
    const listed = await whole(limit, (paging) => listOrders(store, { accountId, ...paging }));
    expect(listed.map(({ orderId, state, fulfilled }) => [orderId, state, fulfilled])).toEqual(
      own.map(({ orderId, state, fulfilled }) => [orderId, state, fulfilled]),
    );
  }
  const waiting = orders.filter(({ state, fulfilled, fulfilment }) => state === 'provisioning' && !fulfilled && fulfilment === 'provider');
  const asked = await whole(limit, (paging) => listFulfilments(store, paging));
  expect(asked.map(({ orderId }) => orderId)).toEqual(waiting.map(({ orderId }) => orderId));

  const open = world.partners.flatMap((id) => [...world.state<PoolState>(pool, id).openDrawdowns]);
  const queue = await whole(limit, (paging) => drawdownQueue(store, { states: ['submitted', 'approved'], ...paging }));
  expect(queue.map(({ drawdownId }) => drawdownId).sort()).toEqual(open.sort());
}

describe.each(Array.from({ length: worlds }, (_, index) => index + 1))('in world %s', (seed) => {
  it('the read models answer what the pools and orders come to, whatever happened to them', async () => {
    const { store, remove } = await temporaryStore();
    const world = new RandomWorld(seed);
    const story = new Story(store);
    for (const [steps, batch, limit] of [
      [150, 7, 2],
      [150, 50, 500],
    ] as const) {
      for (let step = 0; step < steps; step++) world.step();
      story.events.push(...world.events.slice(story.events.length));
      await story.show(batch);
      await expectTrue(store, world, limit);
    }
    await remove();
  }, 60_000);
});
