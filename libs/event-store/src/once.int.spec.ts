import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { AppendUnknown, LogUnavailable } from './event-log.js';
import type { EventLog } from './event-log.js';
import { verifyChain } from './hash-chain.js';
import { Ledger } from './ledger.js';
import { IdempotencyKeyReused, OutcomeUnknown, TooManyConflicts } from './ledger-errors.js';
import type { LedgerOptions } from './ledger.js';
import { withoutAnswers } from './testing/faults.js';
import { collect, failureOf, startTestStore, types } from './testing/store.js';
import type { TestStore } from './testing/store.js';
import { NotEnough, add, commandOf, take, tally } from './testing/tally.js';

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

describe('a repeated command', () => {
  it('gets its first answer again, also from a process that has just started, and also when it was recorded together with others', async () => {
    const id = randomUUID();
    const commands = [5, 6, 7].map((amount) => commandOf(amount));
    const ledger = ledgerOn();
    const first = await Promise.all(commands.map((command) => ledger.record(tally, id, command, add)));
    expect(new Set(first.map(({ position }) => position)).size).toBe(1);
    for (const again of [ledger, ledgerOn()]) {
      const repeated = await Promise.all(commands.map((command) => again.record(tally, id, command, add)));
      expect(repeated).toEqual(first.map((receipt) => ({ ...receipt, replayed: true })));
    }
    expect(await eventsOf(id)).toHaveLength(3);
  });

  it('that waits beside its original is answered by it', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    const command = commandOf(5);
    const [first, second] = await Promise.all([ledger.record(tally, id, command, add), ledger.record(tally, id, command, add)]);
    expect(second).toEqual({ ...first, replayed: true });
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it('with another input is refused, before and after the original is recorded', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    const command = commandOf(5);
    const other = commandOf(6, { commandId: command.context.commandId });
    const [, beside] = await Promise.all([ledger.record(tally, id, command, add), failureOf(ledger.record(tally, id, other, add))]);
    expect(beside).toBeInstanceOf(IdempotencyKeyReused);
    expect(await failureOf(ledger.record(tally, id, other, add))).toBeInstanceOf(IdempotencyKeyReused);
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it('that was refused is decided anew: nothing happened the first time', async () => {
    const id = randomUUID();
    const ledger = ledgerOn();
    const command = commandOf(5);
    expect(await failureOf(ledger.record(tally, id, command, take))).toBeInstanceOf(NotEnough);
    await ledger.record(tally, id, commandOf(5), add);
    expect(await ledger.record(tally, id, command, take)).toMatchObject({ replayed: false, revision: 1 });
  });
});

describe('an append whose outcome is unknown', () => {
  it.each(['lost', 'dropped'] as const)('is repeated until it is answered, and recorded once: %s', async (fate) => {
    const id = randomUUID();
    const fates = [fate, fate];
    const ledger = ledgerOn({ log: withoutAnswers(log, () => fates.pop() ?? 'answered') });
    const receipts = await Promise.all([5, 6].map((amount) => ledger.record(tally, id, commandOf(amount), add)));
    expect(receipts.map(({ revision, replayed }) => [revision, replayed])).toEqual([
      [0, false],
      [1, false],
    ]);
    expect(await eventsOf(id)).toHaveLength(2);
  });

  it('is given up after a while; the same command again finds out what happened', async () => {
    const [written, unwritten] = [randomUUID(), randomUUID()];
    let answering = false;
    const ledger = ledgerOn({
      log: withoutAnswers(log, (stream) => (answering ? 'answered' : stream.endsWith(written) ? 'lost' : 'dropped')),
      unknownMsMax: 100,
    });
    const command = commandOf(5);
    for (const id of [written, unwritten]) expect(await failureOf(ledger.record(tally, id, command, add))).toBeInstanceOf(OutcomeUnknown);
    answering = true;
    expect(await ledger.record(tally, written, command, add)).toMatchObject({ revision: 0, replayed: true });
    expect(await ledger.record(tally, unwritten, command, add)).toMatchObject({ revision: 0, replayed: false });
    expect([...(await eventsOf(written)), ...(await eventsOf(unwritten))]).toHaveLength(2);
  });

  it('that turns out as a conflict is answered from the stream if it was recorded, and decided again if not', async () => {
    const id = randomUUID();
    const other = ledgerOn();
    await other.record(tally, id, commandOf(10), add);
    const [kept, lost] = [commandOf(1), commandOf(2)];
    let appends = 0;
    const failing: EventLog = { ...withoutAnswers(log, () => 'answered') };
    const { append } = failing;
    // Of two commands sent together only the first gets recorded, by another process that was sent it too.
    failing.append = async (stream, events, revision) => {
      if (++appends > 1) return append(stream, events, revision);
      await other.record(tally, id, kept, take);
      throw new AppendUnknown(stream, 'no answer');
    };
    const ledger = ledgerOn({ log: failing });
    const receipts = await Promise.all([kept, lost].map((command) => ledger.record(tally, id, command, take)));
    expect(receipts.map(({ revision, replayed }) => [revision, replayed])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(types(await eventsOf(id))).toEqual(['TallyAdded', 'TallyTaken', 'TallyTaken']);
  });
});

describe('two processes on one stream', () => {
  it('never decide on an old state: together they give out what is there and no more', async () => {
    const id = randomUUID();
    const [one, two] = [ledgerOn({ attemptsMax: 100 }), ledgerOn({ attemptsMax: 100 })];
    await one.record(tally, id, commandOf(30), add);
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => failureOf((index % 2 === 0 ? one : two).record(tally, id, commandOf(1), take))),
    );
    expect(outcomes.filter((error) => error === undefined)).toHaveLength(30);
    expect(outcomes.filter((error) => error instanceof NotEnough)).toHaveLength(10);
    expect(await verifyChain(await eventsOf(id))).toBeUndefined();
  });

  it('refuse only what the stream itself refuses, though the cache did not hear of the other one yet', async () => {
    const id = randomUUID();
    const [one, two] = [ledgerOn(), ledgerOn()];
    await one.record(tally, id, commandOf(1), add);
    await two.record(tally, id, commandOf(9), add);
    expect((await one.record(tally, id, commandOf(10), take)).revision).toBe(2);
    expect(await failureOf(two.record(tally, id, commandOf(1), take))).toEqual(new NotEnough('0 available, 1 wanted'));
  });

  it('recognise each other’s commands', async () => {
    const id = randomUUID();
    const [one, two] = [ledgerOn(), ledgerOn()];
    await one.record(tally, id, commandOf(1), add);
    await two.load(tally, id);
    const command = commandOf(9);
    const first = await one.record(tally, id, command, add);
    expect(await two.record(tally, id, command, add)).toEqual({ ...first, replayed: true });
  });

  it('read only what is new after a conflict, when it was not the first', async () => {
    const id = randomUUID();
    const other = ledgerOn();
    await other.record(tally, id, commandOf(100), add);
    let faster = 0;
    const starts: number[] = [];
    const racing: EventLog = { ...withoutAnswers(log, () => 'answered') };
    const { append } = racing;
    racing.append = async (...given) => {
      if (faster-- > 0) await other.record(tally, id, commandOf(1), take);
      return append(...given);
    };
    racing.readStream = (stream, range) => {
      starts.push(range?.fromRevision ?? 0);
      return log.readStream(stream, range);
    };
    const ledger = ledgerOn({ log: racing });
    faster = 3;
    const receipts = await Promise.all([1, 2].map((amount) => ledger.record(tally, id, commandOf(amount), take)));
    expect(receipts.map(({ revision }) => revision)).toEqual([4, 5]);
    // To begin with, after the first conflict, and then the tails.
    expect(starts).toEqual([0, 0, 2, 3]);
    expect((await ledger.load(tally, id)).state.available).toBe(94);
    expect(await verifyChain(await eventsOf(id))).toBeUndefined();
  });

  it('wait for what the store has told of and does not show yet, and give up with an error only after a while', async () => {
    const id = randomUUID();
    const other = ledgerOn();
    await other.record(tally, id, commandOf(1), add);
    let hidden = 0;
    const slow: EventLog = { ...withoutAnswers(log, () => 'answered') };
    slow.readStream = async function* (stream, range) {
      const end = hidden-- > 0 ? 0 : Number.POSITIVE_INFINITY;
      for await (const event of log.readStream(stream, range)) if (event.revision <= end) yield event;
    };
    const [patient, impatient] = [ledgerOn({ log: slow }), ledgerOn({ log: slow, unreadableMsMax: 50 })];
    for (const ledger of [patient, impatient]) await ledger.load(tally, id);
    await other.record(tally, id, commandOf(9), add);
    hidden = 12;
    expect((await patient.record(tally, id, commandOf(10), add)).revision).toBe(2);
    hidden = Number.POSITIVE_INFINITY;
    expect(await failureOf(impatient.record(tally, id, commandOf(1), add))).toEqual(
      new LogUnavailable(`tally-${id} was seen at revision 2, but can be read up to 0 only`),
    );
  });

  it('wait for the first fact of a stream, too, when all that was told of it is that it is there', async () => {
    const id = randomUUID();
    await ledgerOn().record(tally, id, commandOf(5), add);
    let hidden = 12;
    const slow: EventLog = { ...withoutAnswers(log, () => 'answered') };
    slow.readStream = async function* (stream, range) {
      if (hidden-- <= 0) yield* log.readStream(stream, range);
    };
    expect((await ledgerOn({ log: slow }).record(tally, id, commandOf(1), add)).revision).toBe(1);
    hidden = Number.POSITIVE_INFINITY;
    expect(await failureOf(ledgerOn({ log: slow, unreadableMsMax: 50 }).record(tally, id, commandOf(1), add))).toEqual(
      new LogUnavailable(`tally-${id} was seen at revision 1, but can be read up to -1 only`),
    );
  });

  it('give up with an error when others are always faster', async () => {
    const id = randomUUID();
    const other = ledgerOn();
    const racing: EventLog = { ...withoutAnswers(log, () => 'answered') };
    const { append } = racing;
    racing.append = async (...given) => {
      await other.record(tally, id, commandOf(1), add);
      return append(...given);
    };
    const error = await failureOf(ledgerOn({ log: racing, attemptsMax: 3 }).record(tally, id, commandOf(1), add));
    expect(error).toBeInstanceOf(TooManyConflicts);
    expect(error).toMatchObject({ attempts: 3 });
    expect(await eventsOf(id)).toHaveLength(3);
  });
});
