import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ChainVerifier, connectEventLog, type EventLog } from '#event-store';
import {
  balances,
  drawdownFacts,
  Invariants,
  order,
  type OrderFact,
  type OrderState,
  pool,
  type PoolFact,
  type PoolState,
  type ProductState,
  stateAfterFact,
  subscriptionFacts,
} from '#licensing';
import { balanceOf, poolBalance, projections } from '#projections';
import { openLmdbReadStore, openReadStore, Pump, type ReadStore } from '#read-store';
import { listedProducts, newSubscribers, PlayedHistory } from './support/played-history.js';
import { startProcess, type RunningProcess } from './support/processes.js';
import { history, type Step } from './support/random-histories.js';
import { until } from './support/until.js';

/** How many random histories are played: `HISTORIES=10000 npm test -- test/histories`. */
const histories = Number(process.env['HISTORIES'] ?? 1_000);

/** Histories that are played side by side, on accounts of their own, while perhaps a process is killed. */
const atOnce = Math.min(40, histories);
const batch = fc.record({
  histories: fc.array(history, { minLength: atOnce, maxLength: atOnce }),
  killed: fc.constantFrom(undefined, 'projector' as const, 'automations' as const),
});

let folder: string;
let environment: Record<string, string>;
let eventStore: RunningProcess;
const followers = new Map<'projector' | 'automations', RunningProcess>();
let log: EventLog;
let readStore: ReadStore;
let products: ReadonlyMap<string, ProductState>;
const accounts = new Set<string>();
/** Customers who have a subscription already; each history begins with one. */
let subscribers: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'histories-'));
  eventStore = await startProcess('event-store', ['--port', '0', '--data', join(folder, 'events')], {});
  environment = {
    EVENTSTORE_URL: `esdb://127.0.0.1:${eventStore.ready['port']}?tls=false`,
    DATA_DIR: folder,
    JWT_SECRET: randomUUID() + randomUUID(),
  };
  for (const name of ['projector', 'automations'] as const) followers.set(name, await startProcess(name, [], environment));
  log = connectEventLog(environment['EVENTSTORE_URL']!);
  readStore = await openReadStore({ dataDir: folder });
  products = await listedProducts(log);
  subscribers = await newSubscribers(log, products, Math.ceil(histories / atOnce) * atOnce);
});

afterAll(async () => {
  await log?.close();
  await readStore?.close();
  for (const follower of followers.values()) await follower.stop();
  await eventStore?.stop();
  await rm(folder, { recursive: true, force: true });
});

it(
  `${histories} random histories keep the books: what was answered is what is held, and a repetition changes nothing`,
  async () => {
    await fc.assert(fc.asyncProperty(batch, playBatch), { numRuns: Math.ceil(histories / atOnce), endOnFailure: true });
  },
  120_000 + histories * 200,
);

it('everything given arrives, and everything ordered is delivered, once, however often the automations were killed', async () => {
  await until(async () => {
    const { inTransit } = (await books()).sums();
    return inTransit === 0;
  });
  await until(async () => (await ordersUnderWay()) === 0);
  expect((await books()).violations()).toEqual([]);
});

it('the log verifies: every stream is an unbroken chain', async () => {
  const chains = new Map<string, ChainVerifier>();
  const broken: unknown[] = [];
  const seen = new Set<string>();
  for await (const event of log.readAll()) {
    seen.add(event.type);
    if (!/^(pool|product|customer|partner|order)-/.test(event.stream)) continue;
    if (!chains.has(event.stream)) chains.set(event.stream, new ChainVerifier());
    const found = chains.get(event.stream)!.next(event);
    if (found) broken.push(found);
  }
  expect(chains.size).toBeGreaterThanOrEqual(histories);
  expect(broken).toEqual([]);
  // What never happens proves nothing. Whether a delivery fails hangs on who is faster, so it is not asked for.
  const wanted = [...Object.keys(stateAfterFact), ...subscriptionFacts, ...drawdownFacts, 'LicenseActivated', 'LicenseExpired'];
  if (histories >= 1_000) expect(wanted.filter((type) => type !== 'OrderFailed' && !seen.has(type))).toEqual([]);
});

it('the read models equal a replay, and the balances equal the folded pools', async () => {
  const end = (await log.end())!;
  await until(async () => {
    const serving = await readStore.servingVersion(poolBalance.name);
    if (serving === undefined) return false;
    const { position } = await readStore.progress(poolBalance.name, serving);
    return position !== undefined && position >= end;
  });
  const fresh = await openLmdbReadStore(join(folder, 'fresh'));
  const done = new AbortController();
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const pump = new Pump({ source: log, store: fresh, projections, logger: quiet });
  const running = pump.run(done.signal);
  for (const { name } of projections) {
    await until(async () => {
      const version = await fresh.servingVersion(name);
      return version !== undefined && ((await fresh.progress(name, version)).position ?? 0n) >= end;
    });
  }
  done.abort();
  await running;
  for (const { name } of projections) expect(await contents(readStore, name)).toEqual(await contents(fresh, name));
  await fresh.close();

  const pools = new Map<string, PoolState>();
  for await (const event of log.readAll({ filter: { streamPrefixes: ['pool-'] } }))
    pools.set(event.stream, pool.evolve(pools.get(event.stream) ?? pool.initial(), event as unknown as PoolFact));
  for (const accountId of accounts) {
    const { products: shown } = await balanceOf(readStore, { accountId });
    const wanted = balances(pools.get(`pool-${accountId}`) ?? pool.initial()).sort((one, other) => (one.sku < other.sku ? -1 : 1));
    expect(shown.map(({ name: _, inTransit, ...counts }) => ({ ...counts, inTransit }))).toEqual(
      wanted.map((counts) => ({ ...counts, inTransit: 0 })),
    );
  }
}, 180_000);

async function playBatch({ histories, killed }: { histories: Step[][][]; killed: 'projector' | 'automations' | undefined }): Promise<void> {
  const played = Promise.all(
    histories.map(async (rounds) => {
      const history = new PlayedHistory(log, products, subscribers.pop()!);
      for (const id of history.accounts) accounts.add(id);
      await history.play(rounds);
    }),
  );
  if (killed !== undefined) {
    await followers.get(killed)!.kill();
    followers.set(killed, await startProcess(killed, [], environment));
  }
  await played;
}

/** Orders that could go on by themselves; those that a pool has decided on and that are not placed yet among them. */
async function ordersUnderWay(): Promise<number> {
  const increases: string[] = [];
  for await (const { data } of log.readAll({ filter: { types: ['SubscriptionIncreaseOrdered'] } }))
    increases.push(`order-${(data as { orderId: string }).orderId}`);
  expect(increases.length).toBeGreaterThan(histories / 20);
  const orders = new Map<string, OrderState>();
  for await (const event of log.readAll({ filter: { streamPrefixes: ['order-'] } }))
    orders.set(event.stream, order.evolve(orders.get(event.stream) ?? order.initial(), event as unknown as OrderFact));
  expect(orders.size).toBeGreaterThan(histories / 10);
  const states = [...orders.values()].map(({ order: known }) => [known!.state, known!.payment.method]);
  const isOpen = ([state, method]: string[]) => ['paid', 'provisioning'].includes(state!) || (state === 'placed' && method === 'invoice');
  return states.filter(isOpen).length + increases.filter((stream) => !orders.has(stream)).length;
}

async function books(): Promise<Invariants> {
  const invariants = new Invariants();
  for await (const event of log.readAll()) invariants.take(event);
  return invariants;
}

async function contents(store: ReadStore, name: string): Promise<string[]> {
  const version = await store.servingVersion(name);
  const rows: string[] = [];
  for await (const row of store.dump(name, version!)) rows.push(row);
  return rows;
}
