import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LogUnavailable } from './event-log.js';
import type { EventLog } from './event-log.js';
import { verifyChain } from './hash-chain.js';
import { Ledger } from './ledger.js';
import { TooManyConflicts } from './ledger-errors.js';
import type { FactMetadata } from './metadata.js';
import { Snapshots } from './snapshots.js';
import { withoutAnswers } from './testing/faults.js';
import { collect, startTestStore } from './testing/store.js';
import type { TestStore } from './testing/store.js';
import { NotEnough, add, commandOf, take, takeEach, tally } from './testing/tally.js';
import type { TallyFact } from './testing/tally.js';

let store: TestStore;
let log: EventLog;
let folder: string;

beforeAll(async () => {
  store = await startTestStore();
  log = store.open();
  folder = mkdtempSync(join(tmpdir(), 'snapshots-'));
});
afterAll(async () => {
  await store.stop();
  rmSync(folder, { recursive: true });
});

const now = () => new Date().toISOString();

const deciders = { add, take, takeEach };
const turns = fc.nat({ max: 12 });
const call = fc.record({
  kind: fc.constantFrom('add', 'take', 'takeEach', 'repeat', 'preview', 'load', 'loadAnew'),
  amount: fc.integer({ min: 1, max: 3 }),
  process: fc.nat({ max: 1 }),
  after: turns,
});
/** What becomes of the next read and append: how many turns of the event loop they wait, and whether they are answered. */
const reads = fc.array(fc.record({ wait: turns, isDown: fc.constantFrom(false, false, false, true) }), { minLength: 1, maxLength: 10 });
const appends = fc.array(fc.record({ wait: turns, fate: fc.constantFrom('answered', 'answered', 'lost', 'dropped', 'down') }), {
  minLength: 1,
  maxLength: 10,
});

async function wait(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** The log with these waits and faults, over and over. */
function faulty(plan: { reads: { wait: number; isDown: boolean }[]; appends: { wait: number; fate: string }[] }): EventLog {
  let [read, appended] = [0, 0];
  let fate = 'answered';
  const chosen = withoutAnswers(log, () => fate as 'answered');
  return {
    ...chosen,
    append: async (...given) => {
      const next = plan.appends[appended++ % plan.appends.length]!;
      await wait(next.wait);
      if (next.fate === 'down') throw new LogUnavailable('down');
      fate = next.fate;
      return chosen.append(...given);
    },
    readStream: async function* (...given) {
      const next = plan.reads[read++ % plan.reads.length]!;
      await wait(next.wait);
      for await (const event of log.readStream(...given)) {
        yield event;
        await wait(next.wait);
        if (next.isDown) throw new LogUnavailable('down');
      }
    },
  };
}

const scenario = fc.record({
  calls: fc.array(call, { minLength: 2, maxLength: 25 }),
  reads,
  appends,
  /** From room for nothing to room for all. */
  cacheBytesMax: fc.constantFrom(10, 3_000, 1_000_000),
  appendBytesMax: fc.constantFrom(2_500, 100_000),
  keepsSnapshots: fc.boolean(),
  follows: fc.boolean(),
});

it('whoever writes, reads and fails at once on one stream: every answer is true, and every failure is one that is foreseen', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ calls, keepsSnapshots, follows, ...plan }) => {
      const id = randomUUID();
      const snapshots = keepsSnapshots ? new Snapshots({ folder: join(folder, id), code: 'a' }) : undefined;
      const { cacheBytesMax, appendBytesMax } = plan;
      const options = { log: faulty(plan), now, unknownMsMax: 50, cacheBytesMax, appendBytesMax, snapshotEvery: 3 };
      const processes = [new Ledger({ ...options, ...(snapshots && { snapshots }) }), new Ledger(options)];
      const over = new AbortController();
      const following = follows ? processes.map((ledger) => ledger.follow({ after: 'end', signal: over.signal })) : [];
      await processes[0]!.record(tally, id, commandOf(10), add).catch(() => undefined);

      const answered = new Map<string, number>();
      const shown: { since: number; revision?: number; available: number }[] = [];
      const failures: unknown[] = [];
      let acknowledged = -1;
      let last = commandOf(1);
      await Promise.all(
        calls.map(async ({ kind, amount, process, after }) => {
          await wait(after);
          const ledger = processes[process]!;
          const since = acknowledged;
          try {
            if (kind === 'load' || kind === 'loadAnew') {
              const { state, revision } = await ledger.load(tally, id, kind === 'loadAnew');
              shown.push({ since: kind === 'load' ? -1 : since, revision, available: state.available });
            } else if (kind === 'preview') {
              const { revision, state } = await ledger.record(tally, id, commandOf(amount, { dryRun: true }), add);
              shown.push({ since, revision, available: state!.available - amount });
            } else {
              const command = kind === 'repeat' ? last : (last = commandOf(amount));
              const { revision } = await ledger.record(tally, id, command, deciders[kind === 'repeat' ? 'add' : kind]);
              acknowledged = Math.max(acknowledged, revision);
              expect(answered.get(command.context.commandId) ?? revision).toBe(revision);
              answered.set(command.context.commandId, revision);
            }
          } catch (error) {
            if (error instanceof NotEnough) shown.push({ since, available: parseInt(error.message, 10) });
            else failures.push(error);
          }
        }),
      );
      over.abort();
      await Promise.all([...following, snapshots?.idle()]);
      for (const error of failures) if (!(error instanceof LogUnavailable || error instanceof TooManyConflicts)) throw error;

      const events = await collect(log.readStream(`tally-${id}`));
      expect(await verifyChain(events)).toBeUndefined();
      const standing = new Map(events.map(({ metadata, revision }) => [(metadata as FactMetadata).commandId, revision]));
      for (const [commandId, revision] of answered) expect(standing.get(commandId)).toBe(revision);
      const state = tally.initial();
      const available = [0, ...events.map((event) => tally.evolve(state, event as unknown as TallyFact).available)];
      for (const { since, revision, available: told } of shown) {
        expect(available.slice(1 + (revision ?? since), revision === undefined ? undefined : 2 + revision)).toContain(told);
        expect(revision ?? since).toBeGreaterThanOrEqual(since);
      }
    }),
    { numRuns: 40 },
  );
});
