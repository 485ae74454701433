import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { LogUnavailable } from './event-log.js';
import type { EventLog } from './event-log.js';
import { verifyChain } from './hash-chain.js';
import { Ledger } from './ledger.js';
import { CommandTooLarge, ExpectedRevisionMismatch, OutcomeUnknown } from './ledger-errors.js';
import type { LedgerOptions } from './ledger.js';
import type { FactMetadata } from './metadata.js';
import { withoutAnswers } from './testing/faults.js';
import { collect, failureOf, startTestStore, until } from './testing/store.js';
import type { TestStore } from './testing/store.js';
import { NotEnough, add, commandOf, nothing, take, takeEach, tally } from './testing/tally.js';
import type { TallyCommand } from './testing/tally.js';

let store: TestStore;
let log: EventLog;

beforeAll(async () => {
  store = await startTestStore();
  log = store.open();
});
afterAll(() => store.stop());

const now = () => new Date().toISOString();
const ledgerOn = (options: Partial<LedgerOptions> = {}) => new Ledger({ log, now, ...options });
const eventsOf = (id: string) => collect(log.readStream(`tally-${id}`));
/** Waited for until it is opened. */
function gate(): Promise<void> & { open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return Object.assign(opened, { open });
}
/** Counts the appends that go through a log. */
function counted(inner: EventLog) {
  const counts = { appends: 0 };
  const outer = withoutAnswers(inner, () => {
    counts.appends++;
    return 'answered';
  });
  return { log: outer, counts };
}

describe('a command', () => {
  it('is answered with a receipt: the stream, its revision and position, and the facts as they are stored', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    const command = commandOf(5, { reason: 'opening stock', causationId: randomUUID() });
    const receipt = await ledger.record(tally, id, command, add);
    const [event] = await eventsOf(id);
    expect(receipt).toMatchObject({ stream: `tally-${id}`, revision: 0, position: event!.position, replayed: false, dryRun: false });
    const { type, data, metadata, revision, position } = event!;
    expect(receipt.facts).toEqual([{ id: event!.id, type, data, metadata, revision, position }]);
    const { commandId, inputHash, correlationId, causationId, actor, reason } = command.context;
    expect(metadata).toMatchObject({
      commandId,
      inputHash,
      correlationId,
      causationId,
      actor,
      reason,
      schemaVersion: 1,
      prevHash: '0'.repeat(64),
    });
    expect((await ledger.record(tally, id, commandOf(3), takeEach)).revision).toBe(3);
    expect(await verifyChain(await eventsOf(id))).toBeUndefined();
  });

  it('that is refused appends nothing, and its refusal reaches the caller', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    await ledger.record(tally, id, commandOf(5), add);
    expect(await failureOf(ledger.record(tally, id, commandOf(6), take))).toEqual(new NotEnough('5 available, 6 wanted'));
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it('with nothing new to say is answered with the present end, and not remembered', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    const command = commandOf(5);
    expect(await ledger.record(tally, id, command, nothing)).toMatchObject({ revision: -1, position: undefined, facts: [] });
    const added = await ledger.record(tally, id, commandOf(5), add);
    expect(await ledger.record(tally, id, command, nothing)).toMatchObject({
      revision: 0,
      position: added.position,
      facts: [],
      replayed: false,
    });
    expect(await ledger.record(tally, id, command, add)).toMatchObject({ revision: 1, replayed: false });
  });

  it('as a dry run shows what it would do, and changes neither the stream nor the cached state', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    await ledger.record(tally, id, commandOf(5), add);
    const preview = await ledger.record(tally, id, commandOf(2, { dryRun: true }), take);
    expect(preview).toMatchObject({
      dryRun: true,
      revision: 0,
      facts: [{ type: 'TallyTaken', revision: 1, data: { amount: 2 } }],
      state: { available: 3 },
    });
    expect(await failureOf(ledger.record(tally, id, commandOf(6, { dryRun: true }), take))).toBeInstanceOf(NotEnough);
    expect((await ledger.load(tally, id)).state.available).toBe(5);
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it('is recorded at a time that never goes back within its stream', async () => {
    const id = randomUUID();
    const times = ['2026-11-21T10:00:05.000Z', '2026-11-21T10:00:01.000Z', '2026-11-21T10:00:06.000Z'];
    const given: string[] = [];
    const ledger = ledgerOn({ now: () => times.shift()! });
    for (let round = 0; round < 3; round++) {
      await ledger.record(tally, id, commandOf(1), (state, command: TallyCommand, at) => {
        given.push(at);
        return add(state, command, at);
      });
    }
    const recorded = (await eventsOf(id)).map(({ metadata }) => (metadata as FactMetadata).recordedAt);
    expect(recorded).toEqual(['2026-11-21T10:00:05.000Z', '2026-11-21T10:00:05.000Z', '2026-11-21T10:00:06.000Z']);
    expect(given).toEqual(recorded);
  });

  it('stores what was decided, whatever the state does with it afterwards', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    const greedy = {
      ...tally,
      evolve: (state: ReturnType<typeof tally.initial>, fact: Parameters<typeof tally.evolve>[1]) => {
        const next = tally.evolve(state, fact);
        (fact.data as { amount: number }).amount = -1;
        return next;
      },
    };
    await Promise.all([1, 2].map((amount) => ledger.record(greedy, id, commandOf(amount), add)));
    expect((await eventsOf(id)).map(({ data }) => data)).toEqual([{ amount: 1 }, { amount: 2 }]);
    expect(await verifyChain(await eventsOf(id))).toBeUndefined();
  });

  it('larger than one append may be is refused with the numbers', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    const error = await failureOf(ledger.record(tally, id, { ...commandOf(1), note: 'x'.repeat(256 * 1024) }, add));
    expect(error).toBeInstanceOf(CommandTooLarge);
    expect(error).toMatchObject({ limitInBytes: 262_144, sizeInBytes: expect.any(Number) });
    expect((error as CommandTooLarge).sizeInBytes).toBeGreaterThan(262_144);
    expect(await eventsOf(id)).toEqual([]);
    await ledger.record(tally, id, { ...commandOf(1), note: 'x'.repeat(255 * 1024) }, add);
  });

  it.each(['tally/ä', 'a b', ''])('on a stream whose name is not printable ASCII is refused: %j', async (id) => {
    const attempt = async () => ledgerOn().record({ ...tally, category: id === '' ? '\u3042' : 'tally' }, id, commandOf(1), add);
    expect(await failureOf(attempt())).toBeInstanceOf(TypeError);
  });
});

describe('If-Match', () => {
  it('refuses a command on another revision with both numbers', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    await ledger.record(tally, id, commandOf(5, { expectedRevision: -1 }), add);
    await ledger.record(tally, id, commandOf(1, { expectedRevision: 0 }), take);
    const error = await failureOf(ledger.record(tally, id, commandOf(1, { expectedRevision: 0 }), take));
    expect(error).toBeInstanceOf(ExpectedRevisionMismatch);
    expect(error).toMatchObject({ expectedRevision: 0, actualRevision: 1 });
    expect(await eventsOf(id)).toHaveLength(2);
  });

  it('is not asked again when the command was recorded before', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    const command = commandOf(5, { expectedRevision: -1 });
    const first = await ledger.record(tally, id, command, add);
    await ledger.record(tally, id, commandOf(1), take);
    expect(await ledger.record(tally, id, command, add)).toEqual({ ...first, replayed: true });
  });

  it('lets one of many at the same revision through', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    await ledger.record(tally, id, commandOf(5), add);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => failureOf(ledger.record(tally, id, commandOf(1, { expectedRevision: 0 }), take))),
    );
    expect(outcomes.filter((error) => error === undefined)).toHaveLength(1);
    expect(outcomes.filter((error) => error instanceof ExpectedRevisionMismatch)).toHaveLength(9);
  });
});

describe('commands for one stream', () => {
  it('are decided one after the other, appended together, and each gets its own answer', async () => {
    const id = randomUUID();
    const { log: watched, counts } = counted(log);
    const ledger = ledgerOn({ log: watched });
    await ledger.record(tally, id, commandOf(50), add);
    const receipts = await Promise.allSettled(Array.from({ length: 60 }, () => ledger.record(tally, id, commandOf(1), take)));
    expect(receipts.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
    expect(receipts.slice(50).every((outcome) => outcome.status === 'rejected' && outcome.reason instanceof NotEnough)).toBe(true);
    const revisions = receipts.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.revision] : []));
    expect(revisions).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(counts.appends).toBe(2);
    expect(await verifyChain(await eventsOf(id))).toBeUndefined();
  });

  it('never make an append larger than the limit, and none is left behind', async () => {
    const id = randomUUID();
    const { log: watched, counts } = counted(log);
    const ledger = ledgerOn({ log: watched, appendBytesMax: 10_000 });
    const receipts = await Promise.all(
      Array.from({ length: 40 }, (_, index) => ledger.record(tally, id, { ...commandOf(1), note: 'x'.repeat(1_000 + index) }, add)),
    );
    expect(receipts.map(({ revision }) => revision)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(counts.appends).toBeGreaterThanOrEqual(6);
  });

  it('whose append could not be sent are all refused, and the next one sees the stream as it is', async () => {
    const id = randomUUID();
    let down = false;
    const failing: EventLog = { ...withoutAnswers(log, () => 'answered') };
    const { append } = failing;
    failing.append = (...given) => (down ? Promise.reject(new LogUnavailable('down')) : append(...given));
    const ledger = ledgerOn({ log: failing });
    await ledger.record(tally, id, commandOf(5), add);
    down = true;
    const refused = await Promise.all([1, 2].map(() => failureOf(ledger.record(tally, id, commandOf(1), take))));
    expect(refused.every((error) => error instanceof LogUnavailable && !(error instanceof OutcomeUnknown))).toBe(true);
    down = false;
    expect((await ledger.load(tally, id)).state).toEqual({ available: 5, taken: [] });
    expect((await ledger.record(tally, id, commandOf(1), take)).revision).toBe(1);
  });
});

describe('a ledger', () => {
  it('is idle when the last waiting command was answered', async () => {
    const ledger = ledgerOn();
    await ledger.idle();
    let answered = 0;
    for (const id of [randomUUID(), randomUUID()]) void ledger.record(tally, id, commandOf(1), add).then(() => answered++);
    await ledger.idle();
    expect(answered).toBe(2);
  });
});

describe('a cached state', () => {
  it('is read once by all who ask for it at the same time, and not again', async () => {
    const id = randomUUID();
    await ledgerOn().record(tally, id, commandOf(5), add);
    let reads = 0;
    const watched: EventLog = { ...withoutAnswers(log, () => 'answered'), readStream: (...given) => (reads++, log.readStream(...given)) };
    const ledger = ledgerOn({ log: watched });
    const loaded = await Promise.all(Array.from({ length: 10 }, () => ledger.load(tally, id)));
    expect(loaded.every(({ state, revision }) => state.available === 5 && revision === 0)).toBe(true);
    await ledger.load(tally, id);
    expect(reads).toBe(1);
  });

  it('is brought up to date when another process was seen to write', async () => {
    const id = randomUUID();
    const [one, two] = [ledgerOn(), ledgerOn()];
    await one.record(tally, id, commandOf(1), add);
    await two.record(tally, id, commandOf(9), add);
    expect((await one.load(tally, id)).state.available).toBe(1);
    const following = new AbortController();
    const followed = one.follow({ filter: { streamPrefixes: [`${tally.category}-${id}`] }, signal: following.signal });
    await until(async () => (await one.load(tally, id)).revision === 1);
    expect((await one.load(tally, id)).state.available).toBe(10);
    following.abort();
    await followed;
  });

  it('is read anew for who asks for that', async () => {
    const id = randomUUID();
    const [one, two] = [ledgerOn(), ledgerOn()];
    await one.record(tally, id, commandOf(1), add);
    await two.record(tally, id, commandOf(9), add);
    expect((await one.load(tally, id)).state.available).toBe(1);
    expect((await one.load(tally, id, true)).state.available).toBe(10);
  });

  it('never shows facts that do not stand in the log yet', async () => {
    const id = randomUUID();
    let release: (() => void) | undefined;
    const slow: EventLog = { ...withoutAnswers(log, () => 'answered') };
    const { append } = slow;
    let holding = false;
    slow.append = async (...given) => {
      if (holding) await new Promise<void>((resolve) => (release = resolve));
      return append(...given);
    };
    const ledger = ledgerOn({ log: slow });
    await ledger.record(tally, id, commandOf(5), add);
    holding = true;
    const taking = ledger.record(tally, id, commandOf(2), take);
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    let loaded = false;
    const loading = ledger.load(tally, id).then((found) => {
      loaded = true;
      return found.state.available;
    });
    await eventsOf(id);
    expect(loaded).toBe(false);
    release();
    expect(await loading).toBe(3);
    await taking;
  });

  it('is not read anew while it is ahead of the log, by whoever waited for the same read as the command', async () => {
    const id = randomUUID();
    const [other, gates] = [ledgerOn(), { read: gate(), append: gate() }];
    await other.record(tally, id, commandOf(5), add);
    const starts: number[] = [];
    const slow: EventLog = { ...withoutAnswers(log, () => 'answered') };
    const { append } = slow;
    slow.append = (...given) => gates.append.then(() => append(...given));
    slow.readStream = async function* (stream, range) {
      starts.push(range?.fromRevision ?? 0);
      await gates.read;
      yield* log.readStream(stream, range);
    };
    const ledger = ledgerOn({ log: slow });
    const loading = [ledger.load(tally, id)];
    const taking = ledger.record(tally, id, commandOf(2), take);
    await new Promise((resolve) => setImmediate(resolve));
    loading.push(ledger.load(tally, id, true));
    gates.read.open();
    expect((await loading[0]!).state.available).toBe(5);
    await eventsOf(id);
    expect(starts).toEqual([0]);
    gates.append.open();
    await taking;
    expect((await loading[1]!).state.available).toBe(3);
  });

  it('read in the same turn in which a command is decided is read without its facts', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    await ledger.record(tally, id, commandOf(5), add);
    await ledger.idle();
    const taking = ledger.record(tally, id, commandOf(1), take);
    expect(await ledger.load(tally, id).then(({ state }) => state.available)).toBe(5);
    await taking;
    expect((await ledger.load(tally, id)).state.available).toBe(4);
  });

  it('takes no more memory than allowed: what was used longest ago is read again', async () => {
    const ids = Array.from({ length: 50 }, () => randomUUID());
    let reads = 0;
    const watched: EventLog = { ...withoutAnswers(log, () => 'answered'), readStream: (...given) => (reads++, log.readStream(...given)) };
    const ledger = ledgerOn({ log: watched, cacheBytesMax: 20_000 });
    for (const id of ids) await ledger.record(tally, id, commandOf(5), add);
    reads = 0;
    await ledger.load(tally, ids.at(-1)!);
    expect(reads).toBe(0);
    expect((await ledger.load(tally, ids[0]!)).state.available).toBe(5);
    expect(reads).toBe(1);
  });

  it('too large for the cache is still right', async () => {
    const id = randomUUID();
    const ledger = ledgerOn({ cacheBytesMax: 10 });
    await Promise.all([1, 2, 3].map((amount) => ledger.record(tally, id, commandOf(amount), add)));
    expect(await failureOf(ledger.record(tally, id, commandOf(7), take))).toBeInstanceOf(NotEnough);
    expect((await ledger.record(tally, id, commandOf(6), take)).revision).toBe(3);
  });
});
