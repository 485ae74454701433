import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { Ledger, LogUnavailable, type EventLog } from '#event-store';
import {
  order,
  pool,
  product,
  type OrderFact,
  type OrderPlaced,
  type Policy,
  type PoolFact,
  type ProductFact,
  type SubscriptionExpired,
  type SubscriptionStarted,
} from '#licensing';
import { quiet, Scene } from '../testing/scene.js';
import { Checkpoint } from './checkpoint.js';
import { Orders } from './orders.js';

const billing = { period: 'P1M', commitment: 'P1Y' };
const policy: Policy = { term: 'P1Y', termStarts: 'onPurchase', reversibility: 'windowed', cancellationWindow: 'P7D' };
let scene: Scene;
beforeAll(async () => {
  scene = await Scene.open();
  for (const sku of ['M365', 'TOOL'])
    await tell(product, sku, { type: 'ProductListed', data: { sku, name: sku, policy } } satisfies ProductFact);
});
afterAll(() => scene.close());

/** Records facts as they are, by somebody who is not the automation. */
async function tell(
  aggregate: typeof product | typeof order | typeof pool,
  id: string,
  ...facts: (ProductFact | OrderFact | PoolFact)[]
): Promise<bigint> {
  const inputHash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  const actor = { userId: 'a-test', role: 'customerAdmin' as const };
  const context = { commandId: randomUUID(), inputHash, correlationId: randomUUID(), actor };
  return (await scene.ledger.record(aggregate as typeof product, id, { context }, () => facts as ProductFact[])).position!;
}

type Ordered = Pick<OrderPlaced['data'], 'orderId' | 'accountId'>;
const someOrder = (accountId: string = randomUUID()): Ordered => ({ orderId: randomUUID(), accountId });

function place({ orderId, accountId }: Ordered, changes: Partial<OrderPlaced['data']> = {}): Promise<bigint> {
  const lines = [
    { sku: 'M365', quantity: 5, billing, subscriptionId: randomUUID() },
    { sku: 'TOOL', quantity: 2 },
  ];
  const rest = { lines, totals: [], payment: { method: 'invoice' as const }, fulfilment: 'automatic' as const, ...changes };
  return tell(order, orderId, { type: 'OrderPlaced', data: { orderId, accountId, placedBy: 'u-1', ...rest } });
}

/** Runs the automation from its checkpoint until everything up to a position is through, or the signal comes; then stops it as a signal would. */
async function run(automation: string, upTo: bigint, log: EventLog = scene.log, dying = new AbortController()): Promise<void> {
  const ledger = new Ledger({ log, now: () => '2026-04-01T00:00:00.000Z', unknownMsMax: 200 });
  const orders = new Orders(log, ledger, await Checkpoint.open(scene.log, automation), quiet);
  const running = orders.run(dying.signal);
  await orders.progress.reaches(upTo, dying.signal).catch(() => {});
  dying.abort();
  await running;
}

const steps = async ({ orderId }: Ordered) => (await scene.facts(`order-${orderId}`)).map(({ type }) => type);
const inPool = async ({ accountId }: Ordered) => (await scene.facts(`pool-${accountId}`)).map(({ type }) => type);
const allOf = (last: string) => ['OrderPlaced', 'OrderPaid', 'OrderProvisioningStarted', 'OrderFulfilled', last];

describe('orders', () => {
  it('on an invoice are paid, delivered and in the pool, each step naming the fact that caused it', async () => {
    const wanted = someOrder();
    await run('at-once', await place(wanted));
    expect(await steps(wanted)).toEqual(allOf('OrderProvisioned'));
    const facts = await scene.facts(`pool-${wanted.accountId}`);
    expect(facts).toMatchObject([
      {
        type: 'LicensePurchased',
        data: { orderId: wanted.orderId, source: 'marketplace', lots: [{ sku: 'M365', quantity: 5 }, { sku: 'TOOL' }] },
      },
      { type: 'SubscriptionStarted', data: { quantity: 5, billing, lots: [{ windowEndsAt: '2026-04-08T00:00:00.000Z' }] } },
    ]);
    const [placed, ...rest] = await scene.facts(`order-${wanted.orderId}`);
    for (const { metadata } of [...rest, ...facts])
      expect(metadata).toMatchObject({ causationId: placed!.id, actor: { userId: 'orders', role: 'system' } });
  });

  it('change nothing when everything is delivered again, to one process or two', async () => {
    const wanted = someOrder();
    const last = await place(wanted);
    await run('first', last);
    const before = [await scene.facts(`order-${wanted.orderId}`), await scene.facts(`pool-${wanted.accountId}`)];
    await run('without-a-checkpoint', last);
    await Promise.all([run('one-of-two', last), run('other-of-two', last)]);
    expect([await scene.facts(`order-${wanted.orderId}`), await scene.facts(`pool-${wanted.accountId}`)]).toEqual(before);
  });

  it('for more of a subscription are placed as the pool decided, should nobody have lived to do so, and once', async () => {
    const wanted = someOrder();
    await run('first-of-it', await place(wanted));
    const [, started] = await scene.facts(`pool-${wanted.accountId}`);
    const { subscriptionId } = started!.data as SubscriptionStarted['data'];
    const more = someOrder(wanted.accountId);
    const line = { sku: 'M365', quantity: 3, billing, subscriptionId };
    const payment = { method: 'invoice' as const, reference: 'PO-7' };
    const increase = { ...more, subscriptionId, placedBy: 'u-7', line, payment, fulfilment: 'automatic' as const };
    const last = await tell(pool, wanted.accountId, { type: 'SubscriptionIncreaseOrdered', data: increase });
    await Promise.all([run('places-it', last), run('places-it-too', last)]);
    expect(await steps(more)).toEqual(allOf('OrderProvisioned'));
    const [placed] = await scene.facts(`order-${more.orderId}`);
    expect(placed).toMatchObject({ data: { ...more, placedBy: 'u-7', lines: [line], payment }, metadata: { actor: { userId: 'orders' } } });
    expect((await inPool(wanted)).slice(2)).toEqual(['SubscriptionIncreaseOrdered', 'LicensePurchased', 'SubscriptionResized']);
    await run('places-it-again', last);
    expect(await steps(more)).toEqual(allOf('OrderProvisioned'));
  });

  it('are brought forward once by two processes that begin together', async () => {
    const account = randomUUID();
    const many = Array.from({ length: 20 }, () => someOrder(account));
    let last = 0n;
    for (const wanted of many) last = await place(wanted);
    await Promise.all([run('twin', last), run('other-twin', last)]);
    for (const wanted of many) expect(await steps(wanted)).toEqual(allOf('OrderProvisioned'));
    const pool = await inPool(many[0]!);
    expect(pool.filter((type) => type === 'LicensePurchased')).toHaveLength(20);
    expect(pool).toHaveLength(40);
  });

  it('are whole and done once, wherever the process died', async () => {
    for (let appends = 0; appends <= 3; appends += 1) {
      const wanted = someOrder();
      const last = await place(wanted);
      const automation = `dying-${appends}`;
      const dying = new AbortController();
      await run(automation, last, dyingAfter(appends, wanted, dying), dying);
      if (appends < 3) expect(await steps(wanted)).not.toContain('OrderProvisioned');
      await run(automation, last);
      expect([await steps(wanted), await inPool(wanted)]).toEqual([allOf('OrderProvisioned'), ['LicensePurchased', 'SubscriptionStarted']]);
    }
  });

  it('that are paid from outside wait for it, and those for a provider for that', async () => {
    const wanted = someOrder();
    await run('waiting', await place(wanted, { payment: { method: 'external' }, fulfilment: 'provider' }));
    expect(await steps(wanted)).toEqual(['OrderPlaced']);
    await run('waiting', await tell(order, wanted.orderId, { type: 'OrderPaid', data: wanted }));
    expect(await steps(wanted)).toEqual(['OrderPlaced', 'OrderPaid', 'OrderProvisioningStarted']);
    expect(await inPool(wanted)).toEqual([]);
    await run('waiting', await tell(order, wanted.orderId, { type: 'OrderFulfilled', data: { ...wanted, reference: 'SR-1' } }));
    expect(await steps(wanted)).toEqual(allOf('OrderProvisioned'));
    expect(await inPool(wanted)).toEqual(['LicensePurchased', 'SubscriptionStarted']);
  });

  it('that were cancelled in time are left alone', async () => {
    const wanted = someOrder();
    await place(wanted);
    await run('late', await tell(order, wanted.orderId, { type: 'OrderCancelled', data: { ...wanted, placedBy: 'u-1' } }));
    expect([await steps(wanted), await inPool(wanted)]).toEqual([['OrderPlaced', 'OrderCancelled'], []]);
  });

  it('that the pool refuses have failed, with its reason, and hold up nobody', async () => {
    const wanted = someOrder();
    const subscriptionId = await endedSubscription(wanted.accountId);
    const next = someOrder();
    await place(wanted, { lines: [{ sku: 'M365', quantity: 1, billing, subscriptionId }] });
    await run('refused', await place(next));
    expect(await steps(wanted)).toEqual(allOf('OrderFailed'));
    const failed = (await scene.facts(`order-${wanted.orderId}`)).at(-1)!;
    expect(failed.data).toMatchObject({ placedBy: 'u-1', reason: expect.stringMatching(/^SUBSCRIPTION_NOT_ACTIVE: .*expired/) });
    expect(await steps(next)).toEqual(allOf('OrderProvisioned'));
  });

  it('wait while the event store does not answer, and are brought forward when it does', async () => {
    const wanted = someOrder();
    let refusals = 3;
    const failing = onAppend(async (stream) => {
      if (stream === `order-${wanted.orderId}` && refusals-- > 0) throw new LogUnavailable('not now');
    });
    await run('patient', await place(wanted), failing);
    expect(await steps(wanted)).toEqual(allOf('OrderProvisioned'));
  });
});

/** A subscription that began and ended. */
async function endedSubscription(accountId: string): Promise<string> {
  const subscriptionId = randomUUID();
  const [startsAt, expiresAt] = ['2025-03-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'];
  const terms = { term: 'P1Y', termStarts: 'onPurchase', reversibility: 'windowed', startsAt, expiresAt, subscriptionId } as const;
  const lot = { lotId: 'lot', sku: 'M365', quantity: 1, orderId: 'earlier', ...terms };
  const started: SubscriptionStarted['data'] = {
    ...{ accountId, subscriptionId, orderId: 'earlier', sku: 'M365', quantity: 1, billing },
    ...{ termStartsAt: startsAt, termEndsAt: expiresAt, autoRenewal: false },
    lots: [{ lotId: 'lot', quantity: 1, addedAt: startsAt, windowStartsAt: startsAt }],
  };
  const ended: SubscriptionExpired['data'] = {
    accountId,
    subscriptionId,
    effectiveAt: expiresAt,
    lots: [{ lotId: 'lot', sku: 'M365', quantity: 1 }],
  };
  await scene.record(
    accountId,
    { type: 'LicensePurchased', data: { accountId, orderId: 'earlier', source: 'marketplace', lots: [lot] } },
    { type: 'SubscriptionStarted', data: started },
    { type: 'SubscriptionExpired', data: ended },
  );
  return subscriptionId;
}

/** The scene's log, which is gone for this order and its pool after so many appends: the process that uses it gets no further. */
function dyingAfter(appends: number, { orderId, accountId }: Ordered, dying: AbortController): EventLog {
  let left = appends;
  return onAppend(async (stream) => {
    if (![`order-${orderId}`, `pool-${accountId}`].includes(stream)) return;
    if (left > 0) return void (left -= 1);
    dying.abort();
    throw new LogUnavailable('the process is gone');
  });
}

/** The scene's log, asking before each append. */
function onAppend(ask: (stream: string) => Promise<void>): EventLog {
  return {
    append: async (stream, events, expectedRevision) => {
      await ask(stream);
      return scene.log.append(stream, events, expectedRevision);
    },
    readStream: (stream, range) => scene.log.readStream(stream, range),
    readAll: (options) => scene.log.readAll(options),
    follow: (options) => scene.log.follow(options),
    end: () => scene.log.end(),
    close: () => scene.log.close(),
  };
}
