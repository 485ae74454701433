import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ChainVerifier, connectEventLog, Ledger, type EventLog, type Receipt } from '#event-store';
import {
  activateLicenses,
  assignLicenses,
  balances,
  type confirmPayment,
  customer,
  Invariants,
  linkDealer,
  listProduct,
  order,
  type OrderFact,
  type OrderState,
  placeOrder,
  pool,
  product,
  type PoolFact,
  type PoolState,
  type ProductState,
  purchaseLicenses,
  Rejected,
  registerCustomer,
  reversePurchase,
  submitDrawdown,
} from '#licensing';
import { balanceOf, poolBalance, projections } from '#projections';
import { openLmdbReadStore, openReadStore, Pump, type ReadStore } from '#read-store';
import { bookedBy } from './support/booked.js';
import { startProcess, type RunningProcess } from './support/processes.js';
import {
  billing,
  drawdownChanges,
  history,
  orderChanges,
  policies,
  subscribed,
  subscriptionChanges,
  type Step,
} from './support/random-histories.js';
import { until } from './support/until.js';

/** How many random histories are played: `HISTORIES=10000 npm test -- test/histories`. */
const histories = Number(process.env['HISTORIES'] ?? 1_000);

/** Histories that are played side by side, on accounts of their own, while perhaps a process is killed. */
const atOnce = Math.min(20, histories);
const batch = fc.record({
  histories: fc.array(history, { minLength: atOnce, maxLength: atOnce }),
  killed: fc.constantFrom(undefined, 'projector' as const, 'automations' as const),
});

const refusals = new Set([
  'POOL_EXHAUSTED',
  'ORDER_CONFLICT',
  'ORDER_NOT_FOUND',
  'REVERSAL_EXCEEDS_AVAILABLE',
  'CUSTOMER_NOT_FOUND',
  'ACTIVATION_EXCEEDS_AVAILABLE',
  'DRAWDOWN_EXCEEDS_ORDER',
  'DRAWDOWN_NOT_FOUND',
  'DRAWDOWN_STATE',
  'ORDER_STATE',
  'PAYMENT_REFERENCE_MISMATCH',
  'SUBSCRIPTION_NOT_FOUND',
  'SUBSCRIPTION_NOT_ACTIVE',
  'RESIZE_UNDER_WAY',
  'RENEWAL_OFF',
]);

type PoolReceipt = Receipt<PoolFact, PoolState>;
type Sent = { send: () => Promise<PoolReceipt>; answer?: PoolReceipt };

let folder: string;
let environment: Record<string, string>;
let eventStore: RunningProcess;
const followers = new Map<'projector' | 'automations', RunningProcess>();
let log: EventLog;
let ledger: Ledger;
let readStore: ReadStore;
const products = new Map<string, ProductState>();
const accounts = new Set<string>();
/** Customers who have a subscription already; each history begins with one. */
const subscribers: string[] = [];

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
  ledger = new Ledger({ log, now: () => new Date().toISOString() });
  readStore = await openReadStore({ dataDir: folder });
  for (const [sku, policy] of Object.entries(policies)) {
    await ledger.record(product, sku, { sku, name: sku, policy, context: context() }, listProduct);
    products.set(sku, (await ledger.load(product, sku)).state);
  }
  await Promise.all(Array.from({ length: Math.ceil(histories / atOnce) * atOnce }, subscriber));
}, 60_000);

afterAll(async () => {
  await log?.close();
  await readStore?.close();
  for (const follower of followers.values()) await follower.stop();
  await eventStore?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

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
}, 120_000);

it('the log verifies: every stream is an unbroken chain', async () => {
  const chains = new Map<string, ChainVerifier>();
  const broken: unknown[] = [];
  for await (const event of log.readAll()) {
    if (!/^(pool|product|customer|partner|order)-/.test(event.stream)) continue;
    if (!chains.has(event.stream)) chains.set(event.stream, new ChainVerifier());
    const found = chains.get(event.stream)!.next(event);
    if (found) broken.push(found);
  }
  expect(chains.size).toBeGreaterThanOrEqual(histories);
  expect(broken).toEqual([]);
}, 120_000);

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

  // The ledger that played knows nothing of what the automations wrote since it last looked: another one reads all streams from their start.
  const reader = new Ledger({ log, now: () => new Date().toISOString() });
  for (const accountId of accounts) {
    const { state } = await reader.load(pool, accountId);
    const { products: shown } = await balanceOf(readStore, { accountId });
    const wanted = balances(state).sort((one, other) => (one.sku < other.sku ? -1 : 1));
    expect(shown.map(({ name: _, inTransit, ...counts }) => ({ ...counts, inTransit }))).toEqual(
      wanted.map((counts) => ({ ...counts, inTransit: 0 })),
    );
  }
}, 180_000);

async function playBatch({ histories, killed }: { histories: Step[][][]; killed: 'projector' | 'automations' | undefined }): Promise<void> {
  const played = Promise.all(histories.map(play));
  if (killed !== undefined) {
    await followers.get(killed)!.kill();
    followers.set(killed, await startProcess(killed, [], environment));
  }
  await played;
}

/** Plays a history on accounts of its own, then holds what the pools say against what the commands were answered. */
async function play(rounds: Step[][]): Promise<void> {
  const partners = [randomUUID(), randomUUID()];
  const customers = [subscribers.pop()!, randomUUID(), randomUUID()];
  // The third customer belongs to the second partner: what the first one gives it is refused.
  await Promise.all(customers.map((id, index) => linkedCustomer(id, partners[index === 2 ? 1 : 0]!)));
  for (const id of [...partners, ...customers]) accounts.add(id);
  const sent: Sent[] = [];
  const orders: string[] = [];
  for (const round of rounds) {
    const earlier = [...sent];
    await Promise.all(
      round.map(async (one) => {
        if (one.does === 'repeat') return repeated(earlier, one.earlier);
        const command: Sent = { send: sender(one, partners, customers, orders) };
        sent.push(command);
        command.answer = await answered(command.send);
        return undefined;
      }),
    );
  }
  for (const partnerId of partners) await expectBooked(partnerId, sent);
}

async function subscriber(): Promise<void> {
  const accountId = randomUUID();
  const lines = [{ sku: subscribed, quantity: 10 }];
  await orderSender({ does: 'order', customer: 0, lines, method: 'invoice' }, [accountId], [], context())();
  await until(async () => (await ledger.load(pool, accountId, true)).state.subscriptions.size > 0);
  subscribers.push(accountId);
}

async function linkedCustomer(customerId: string, partnerId: string): Promise<void> {
  const registered = { customerId, name: `顧客 ${customerId}`, email: `${customerId}@example.com`, context: context() };
  await ledger.record(customer, customerId, registered, registerCustomer);
  await ledger.record(customer, customerId, { customerId, partnerId, partnerCode: 'P-1', context: context() }, linkDealer);
}

/** The command of a step; the same command however often it is sent. */
function sender(
  one: Exclude<Step, { does: 'repeat' }>,
  partners: string[],
  customers: string[],
  orders: string[],
): () => Promise<PoolReceipt> {
  const fixed = context();
  if (one.does === 'order' || one.does === 'settle') return orderSender(one, customers, orders, fixed);
  if (one.does === 'subscription') return subscriptionSender(one, customers[one.customer]!, fixed);
  if (one.does === 'activate') {
    const accountId = customers[one.customer]!;
    return () => ledger.record(pool, accountId, { accountId, ...one.line, context: fixed }, activateLicenses);
  }
  const accountId = partners[one.partner]!;
  if (one.does === 'reverse') {
    const command = { accountId, orderId: `PO-${one.order}`, reason: 'returned', ...(one.lines && { lines: one.lines }), context: fixed };
    return () => ledger.record(pool, accountId, command, reversePurchase);
  }
  if (one.does === 'draw') {
    const customerId = customers[one.customer]!;
    return async () => {
      const { state } = await ledger.load(customer, customerId);
      const command = { accountId, orderId: `PO-${one.order}`, lines: one.lines, customerId, customer: state, products, context: fixed };
      return ledger.record(pool, accountId, command, submitDrawdown);
    };
  }
  if (one.does === 'decide') {
    let drawdownId: string | undefined;
    return async () => {
      // The drawdown meant is found once: a repetition is about the same.
      drawdownId ??= [...(await ledger.load(pool, accountId)).state.drawdowns.keys()][one.which] ?? 'none';
      const actor = { userId: 'approver', role: 'accounting' as const };
      const command = { accountId, drawdownId, reason: 'because', context: { ...fixed, actor } };
      return ledger.record(pool, accountId, command, drawdownChanges[one.change]);
    };
  }
  if (one.does === 'assign') {
    const customerId = customers[one.customer]!;
    return async () => {
      const { state } = await ledger.load(customer, customerId);
      return ledger.record(pool, accountId, { accountId, customerId, customer: state, lines: one.lines, context: fixed }, assignLicenses);
    };
  }
  const purchasedFor = one.passedOnTo === undefined ? undefined : customers[one.passedOnTo]!;
  return async () => {
    const passedOn = purchasedFor === undefined ? {} : { purchasedFor, customer: (await ledger.load(customer, purchasedFor)).state };
    const command = { accountId, orderId: `PO-${one.order}`, lines: one.lines, source: 'operator' as const, context: fixed, ...passedOn };
    return ledger.record(pool, accountId, { ...command, accountKind: 'partner' as const, products }, purchaseLicenses);
  };
}

/** The same for what changes a subscription. More of it is an order, which the automation alone places here. */
function subscriptionSender(
  { which, change, quantity, flag }: Extract<Step, { does: 'subscription' }>,
  accountId: string,
  fixed: ReturnType<typeof context>,
): () => Promise<PoolReceipt> {
  let subscriptionId: string | undefined;
  return async () => {
    subscriptionId ??= [...(await ledger.load(pool, accountId)).state.subscriptions.keys()][which] ?? 'none';
    const command = { accountId, subscriptionId, quantity, enabled: flag, keepRenewal: flag, products, context: fixed };
    return ledger.record(pool, accountId, command, subscriptionChanges[change]);
  };
}

/** The same for what goes into the stream of an order. */
function orderSender(
  one: Extract<Step, { does: 'order' | 'settle' }>,
  customers: string[],
  orders: string[],
  fixed: ReturnType<typeof context>,
): () => Promise<PoolReceipt> {
  const recorded = (sent: Promise<unknown>) => sent as Promise<PoolReceipt>;
  if (one.does === 'settle') {
    const orderId = orders[one.which] ?? randomUUID();
    const command = {
      orderId,
      reference: 'a payment',
      outcome: one.change === 'paid' ? ('paid' as const) : ('failed' as const),
      context: fixed,
    };
    return () => recorded(ledger.record(order, orderId, command, orderChanges[one.change] as typeof confirmPayment));
  }
  const orderId = randomUUID();
  orders.push(orderId);
  const lines = one.lines.map((line) => (line.sku === subscribed ? { ...line, billing } : line));
  const accountId = customers[one.customer]!;
  const subscriptionIds = lines.map(() => randomUUID());
  const payment = { method: one.method };
  const command = { orderId, accountId, lines, payment, products, subscriptionIds, checkForm: () => [], context: fixed };
  return () => recorded(ledger.record(order, orderId, command, placeOrder));
}

/** Undefined when the command was refused by a rule; anything else that goes wrong is a defect. */
async function answered(send: () => Promise<PoolReceipt>): Promise<PoolReceipt | undefined> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof Rejected && refusals.has(error.code)) return undefined;
    throw error;
  }
}

/** What was recorded is answered as it was the first time; what was refused may be decided otherwise by now, so it is left alone. */
async function repeated(earlier: readonly Sent[], index: number): Promise<void> {
  const recorded = earlier.filter(({ answer }) => answer !== undefined && answer.facts.length > 0);
  const first = recorded[index % Math.max(recorded.length, 1)];
  if (first === undefined) return;
  const again = await first.send();
  expect(again).toMatchObject({ replayed: true, revision: first.answer!.revision, position: first.answer!.position });
  expect(again.facts.map(({ id }) => id)).toEqual(first.answer!.facts.map(({ id }) => id));
}

async function expectBooked(partnerId: string, sent: readonly Sent[]): Promise<void> {
  const facts = sent.flatMap(({ answer }) => (answer?.stream === `pool-${partnerId}` ? (answer.facts as readonly PoolFact[]) : []));
  const { state } = await ledger.load(pool, partnerId);
  const actual = balances(state).map(({ sku, purchased, cancelled, assigned, held, available }) => [
    sku,
    { purchased, cancelled, assigned, held, available },
  ]);
  expect(new Map(actual as [string, object][])).toEqual(bookedBy(facts));
  for (const { available } of balances(state)) expect(available).toBeGreaterThanOrEqual(0);
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

function context() {
  const commandId = randomUUID();
  return {
    commandId,
    inputHash: createHash('sha256').update(commandId).digest('hex'),
    correlationId: commandId,
    actor: { userId: 'histories', role: 'operator' as const },
  };
}
