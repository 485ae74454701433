import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '#event-store';
import { deadlineList } from '#projections';
import { openLmdbReadStore, Pump, type ReadStore } from '#read-store';
import { moveClock, SandboxClock, sandboxClockId, sandboxTime, wallClock } from '#platform';
import { until } from '../../../libs/event-store/src/testing/store.js';
import { quiet, Scene } from '../testing/scene.js';
import { DeadlineView } from './deadline-view.js';
import { Deadlines } from './deadlines.js';
import { Progress } from './progress.js';
import { SandboxDeadlines } from './sandbox-deadlines.js';

let scene: Scene;
let store: ReadStore;
let folder: string;
let pumping: Promise<void>;
let stopping: AbortController;

beforeEach(async () => {
  scene = await Scene.open();
  folder = mkdtempSync(join(tmpdir(), 'deadlines-'));
  store = await openLmdbReadStore(folder);
  stopping = new AbortController();
  pumping = new Pump({ source: scene.log, store, projections: [deadlineList], logger: quiet }).run(stopping.signal);
});
afterEach(async () => {
  stopping.abort();
  await pumping;
  await store.close();
  await scene.close();
  rmSync(folder, { recursive: true });
});

/** As a process of its own has it: its own ledger on the same log. */
const deadlines = (now: () => string = () => wallClock.nowText()) =>
  new Deadlines(new DeadlineView(store), new Ledger({ log: scene.log, now }), quiet);
const day = (number: number): string => `2026-05-${String(number).padStart(2, '0')}T00:00:00.000Z`;
const expired = async () => (await scene.everyFact('LicenseExpired')).map(({ data }) => [data.accountId, data.effectiveAt]);

describe('deadlines', () => {
  it('records what came due while nobody looked in the order of its time, over all pools', async () => {
    await scene.buy('a', day(3), day(9));
    await scene.buy('b', day(1));
    const last = await scene.buy('c', day(2), day(20));
    expect(await deadlines().fireAll(day(10), last, stopping.signal)).toBe(4);
    expect(await expired()).toEqual([
      ['b', day(1)],
      ['c', day(2)],
      ['a', day(3)],
      ['a', day(9)],
    ]);
  });

  it('ends a lot exactly at its end, not before', async () => {
    const last = await scene.buy('a', day(3));
    expect(await deadlines().fireAll('2026-05-02T23:59:59.999Z', last, stopping.signal)).toBe(0);
    expect(await deadlines().fireAll(day(3), last, stopping.signal)).toBe(1);
  });

  it('records it once, however many processes look at the same time and however late their view is', async () => {
    let last = 0n;
    for (const account of ['a', 'b', 'c', 'd']) last = await scene.buy(account, day(1), day(2), day(3));
    await Promise.all([1, 2, 3].map(() => deadlines().fireAll(day(9), last, stopping.signal)));
    expect(await expired()).toHaveLength(12);
    expect(new Set((await expired()).map((one) => one.join())).size).toBe(12);
  });

  it('makes up for terms that were missed, in the order of time over all pools', async () => {
    await scene.list('M365');
    await scene.subscribe('a', 'M365', '2026-01-31T00:00:00.000Z');
    await scene.subscribe('b', 'M365', '2026-02-10T00:00:00.000Z');
    const last = await scene.buy('c', '2026-03-20T00:00:00.000Z');
    expect(await deadlines().fireAll('2026-04-15T00:00:00.000Z', last, stopping.signal)).toBe(5);
    const fired = [...(await scene.everyFact('SubscriptionRenewed')), ...(await scene.everyFact('LicenseExpired'))];
    const inOrder = fired.sort((one, other) => (one.position < other.position ? -1 : 1));
    expect(inOrder.map(({ data }) => [data.accountId, data.effectiveAt.slice(0, 10)])).toEqual([
      ['a', '2026-02-28'],
      ['b', '2026-03-10'],
      ['c', '2026-03-20'],
      ['a', '2026-03-31'],
      ['b', '2026-04-10'],
    ]);
  });

  it('renews and lapses once, however many processes look at the same time', async () => {
    await scene.list('M365');
    for (const account of ['a', 'b', 'c']) await scene.subscribe(account, 'M365', '2026-01-31T00:00:00.000Z');
    await scene.buy('p', day(20));
    const last = await scene.hold('p', day(1));
    await Promise.all([1, 2, 3].map(() => deadlines().fireAll(day(10), last, stopping.signal)));
    const renewed = (await scene.everyFact('SubscriptionRenewed')).map(({ data }) => `${data.accountId} ${data.effectiveAt}`);
    expect([renewed.length, new Set(renewed).size]).toEqual([9, 9]);
    expect((await scene.everyFact('DrawdownLapsed')).map(({ data }) => data.effectiveAt)).toEqual([day(1)]);
  });

  it('goes on with the others when one pool cannot be fired', async () => {
    await scene.list('M365');
    const damaged = await scene.subscribe('a', 'M365', '2026-01-31T00:00:00.000Z');
    const [started] = (await scene.facts('pool-a')).filter(({ type }) => type === 'SubscriptionStarted');
    const endless = { ...started!.data, subscriptionId: 'endless', billing: { period: 'P1M', commitment: 'for ever' } };
    await scene.record('a', { type: 'SubscriptionStarted', data: endless });
    const last = await scene.buy('b', day(1));
    expect(damaged).toBeLessThan(last);
    await expect(deadlines().fireAll(day(10), last, stopping.signal)).rejects.toThrow('for ever is not a duration');
    expect(await expired()).toEqual([['b', day(1)]]);
  });

  it('waits for the next deadline and fires it by itself, also one that comes in meanwhile', async () => {
    const soon = () => new Date(Date.now() + 300).toISOString();
    const last = await scene.buy('a', soon());
    const working = deadlines().run(wallClock, last, stopping.signal);
    await until(async () => (await expired()).length === 1);
    await scene.buy('b', soon());
    await until(async () => (await expired()).length === 2);
    stopping.abort();
    await working;
  });

  it('in the sandbox are fired when all that was given and ordered before the move has arrived', async () => {
    const clock = await SandboxClock.open(scene.log, stopping.signal, (error) => expect(error).toBeUndefined());
    const context = {
      commandId: randomUUID(),
      inputHash: 'moved',
      correlationId: 'moved',
      actor: { userId: 'o', role: 'operator' as const },
    };
    const { position: movedAt } = await scene.ledger.record(sandboxTime, sandboxClockId, { now: day(9), context }, moveClock);
    await clock.tells(({ now }) => now === day(9), stopping.signal);
    const transfers = { progress: new Progress(movedAt), latest: undefined };
    const orders = { progress: new Progress(undefined), latest: undefined as bigint | undefined };
    const done = orders.progress.begin(movedAt!);
    const ledger = new Ledger({ log: scene.log, now: () => clock.nowText() });
    const running = new SandboxDeadlines(clock, [transfers, orders], deadlines(), ledger).run(undefined, stopping.signal);
    for (let count = 1; count <= 50; count += 1) orders.latest = await scene.buy(`a${count}`, day(3));
    done();
    await clock.tells(({ firedUpTo }) => firedUpTo === day(9), stopping.signal);
    expect(await expired()).toHaveLength(50);
    stopping.abort();
    await running;
  });
});
