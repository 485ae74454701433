import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Ledger, LogUnavailable, type EventLog } from '#event-store';
import { wallClock } from '#platform';
import { until } from '../../../libs/event-store/src/testing/store.js';
import { quiet, Scene } from '../testing/scene.js';
import { Checkpoint } from './checkpoint.js';
import { Transfers } from './transfers.js';

let scene: Scene;
beforeAll(async () => void (scene = await Scene.open()));
afterAll(() => scene.close());

/** Runs the automation from its checkpoint until everything up to a position has arrived, then stops it as a signal would. */
async function run(automation: string, upTo: bigint, log: EventLog = scene.log): Promise<Transfers> {
  const stopping = new AbortController();
  const ledger = new Ledger({ log, now: () => wallClock.nowText(), unknownMsMax: 200 });
  const transfers = new Transfers(log, ledger, await Checkpoint.open(scene.log, automation), wallClock, quiet);
  const running = transfers.run(stopping.signal);
  await transfers.progress.reaches(upTo, stopping.signal);
  stopping.abort();
  await running;
  return transfers;
}

const received = async (customer: string) => (await scene.facts(`pool-${customer}`)).filter(({ type }) => type === 'LicenseReceived');
const party = (): string => randomUUID();

describe('transfers', () => {
  it('credit each receiver with what each giver gave, in the giver’s order, naming the fact that caused it', async () => {
    const [giver, other, one, two] = [party(), party(), party(), party()];
    let last = 0n;
    for (const [from, to] of [
      [giver, one],
      [giver, two],
      [other, one],
      [giver, one],
      [giver, two],
    ] as const)
      last = await scene.give(from, to);
    await run('in-order', last);

    const arrived = await received(one);
    expect(arrived.map(({ data }) => [data.from, data.giverRevision])).toEqual([
      [giver, 0],
      [other, 0],
      [giver, 2],
    ]);
    const causes = [...(await scene.facts(`pool-${giver}`)), ...(await scene.facts(`pool-${other}`))].map(({ id }) => id);
    for (const { metadata } of arrived) expect(causes).toContain(metadata.causationId);
    expect(arrived.every(({ metadata }) => metadata.actor.role === 'system')).toBe(true);
    expect((await received(two)).map(({ data }) => data.giverRevision)).toEqual([1, 3]);
  });

  it('credit accepted drawdowns in one order with assignments, each once', async () => {
    const [giver, customer] = [party(), party()];
    await scene.give(giver, customer);
    await scene.accept(giver, customer);
    await scene.give(giver, customer);
    const last = await scene.accept(giver, customer);
    await Promise.all([run('one-of-two-kinds', last), run('other-of-two-kinds', last)]);
    const drawdownIds = (await scene.facts(`pool-${giver}`)).flatMap(({ data }) => data.drawdownId ?? []);
    const arrived = await received(customer);
    expect(arrived.map(({ data }) => data.giverRevision)).toEqual([0, 1, 2, 3]);
    expect([arrived[1]!.data.assignmentId, arrived[3]!.data.assignmentId]).toEqual(drawdownIds);
  });

  it('change nothing when everything is delivered again, as after the loss of the checkpoint', async () => {
    const [giver, customer] = [party(), party()];
    await scene.give(giver, customer);
    const last = await scene.give(giver, customer, 3);
    await run('first', last);
    const before = await scene.facts(`pool-${customer}`);
    await run('without-a-checkpoint', last);
    await Promise.all([run('one-of-two', last), run('other-of-two', last)]);
    expect(await scene.facts(`pool-${customer}`)).toEqual(before);
    expect(before).toHaveLength(2);
  });

  it('go on from the checkpoint, which is in the event store', async () => {
    const [giver, customer] = [party(), party()];
    const last = await scene.give(giver, customer);
    await run('going-on', last);
    expect((await Checkpoint.open(scene.log, 'going-on')).position).toBeGreaterThanOrEqual(last);
  });

  it('hold back what follows while an earlier one cannot be recorded: it would pass for a repetition', async () => {
    const [giver, customer] = [party(), party()];
    let last = 0n;
    // Each fills a third of an append, so that those that wait for the first go in several appends, one of which fails.
    for (let count = 0; count < 12; count += 1) last = await scene.give(giver, customer, 290);
    let appends = 0;
    const failing = onAppend(async (stream, read) => {
      if (stream !== `pool-${customer}`) return;
      appends += 1;
      if (appends === 1) await until(() => read.has(last));
      if (appends === 2) throw new LogUnavailable('the second one is not taken');
    });
    await run('with-a-failure', last, failing);
    expect(appends).toBeGreaterThan(3);
    expect((await received(customer)).map(({ data }) => data.giverRevision)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('stop in order in the middle of a backlog, and finish it when they run again', async () => {
    const [giver, customers] = [party(), Array.from({ length: 20 }, party)];
    let last = 0n;
    for (let count = 0; count < 100; count += 1) last = await scene.give(giver, customers[count % 20]!);
    const arrivals = async () => (await Promise.all(customers.map(received))).flat().length;
    const stopping = new AbortController();
    const transfers = new Transfers(scene.log, scene.ledger, await Checkpoint.open(scene.log, 'halfway'), wallClock, quiet);
    const running = transfers.run(stopping.signal);
    await until(async () => (await arrivals()) > 0);
    stopping.abort();
    await running;
    await run('halfway', last);
    expect(await arrivals()).toBe(100);
  });
});

/** The scene's log, asking before each append; it knows which events were read from it and taken in. */
function onAppend(ask: (stream: string, read: ReadonlySet<bigint>) => Promise<void>): EventLog {
  const read = new Set<bigint>();
  return {
    append: async (stream, events, expectedRevision) => {
      await ask(stream, read);
      return scene.log.append(stream, events, expectedRevision);
    },
    readStream: (stream, range) => scene.log.readStream(stream, range),
    readAll: (options) => scene.log.readAll(options),
    follow: async function* (options) {
      for await (const followed of scene.log.follow(options)) {
        yield followed;
        if (followed.kind === 'event') read.add(followed.event.position);
      }
    },
    end: () => scene.log.end(),
    close: () => scene.log.close(),
  };
}
