import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEventLog } from './esdb-log.js';
import { LogUnavailable } from './event-log.js';
import type { EventLog, RecordedEvent } from './event-log.js';
import { verifyChain } from './hash-chain.js';
import { Ledger } from './ledger.js';
import { IdempotencyKeyReused, TooManyConflicts } from './ledger-errors.js';
import type { FactMetadata } from './metadata.js';
import { startWire, withoutAnswers } from './testing/faults.js';
import { collect, startTestStore } from './testing/store.js';
import type { TestStore } from './testing/store.js';
import { NotEnough, add, commandOf, take, takeEach, tally } from './testing/tally.js';
import type { TallyCommand, TallyFact } from './testing/tally.js';

let store: TestStore;
let log: EventLog;

beforeAll(async () => {
  store = await startTestStore();
  log = store.open();
});
afterAll(() => store.stop());

/** Random histories to try; any number by TEST_HISTORIES. */
const histories = Number(process.env['TEST_HISTORIES'] ?? 60);

const now = () => new Date().toISOString();
const decisions = { add, take, takeEach };

/** What must hold of a stream whatever happened: dense, chained, never below zero, and each command in one piece, once. */
async function checked(events: readonly RecordedEvent[]): Promise<Map<string, RecordedEvent[]>> {
  expect(events.map(({ revision }) => revision)).toEqual(events.map((_, index) => index));
  expect(await verifyChain(events)).toBeUndefined();
  const byCommand = new Map<string, RecordedEvent[]>();
  let state = tally.initial();
  let before: string | undefined;
  for (const event of events) {
    state = tally.evolve(state, event as unknown as TallyFact);
    expect(state.available).toBeGreaterThanOrEqual(0);
    const { commandId } = event.metadata as FactMetadata;
    if (commandId !== before) expect(byCommand.has(commandId)).toBe(false);
    byCommand.set(commandId, [...(byCommand.get(commandId) ?? []), event]);
    before = commandId;
  }
  return byCommand;
}

interface Sent {
  readonly id: string;
  readonly command: TallyCommand;
  readonly decision: keyof typeof decisions;
}

const expectedFailure = (error: unknown) =>
  error instanceof NotEnough || error instanceof TooManyConflicts || error instanceof IdempotencyKeyReused;

describe('any history of concurrent commands', () => {
  const step = fc.record({
    stream: fc.nat(2),
    decision: fc.constantFrom<keyof typeof decisions>('add', 'take', 'takeEach'),
    amount: fc.integer({ min: 1, max: 4 }),
    /** Sends an earlier command again instead. */
    repeats: fc.option(fc.nat(20), { freq: 3 }),
    ledger: fc.nat(2),
    fate: fc.constantFrom('answered', 'answered', 'answered', 'lost', 'dropped'),
    together: fc.boolean(),
  });

  it(
    'records each command once, in one piece, on a state that was true, and answers what is stored',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
          const ids = [0, 1, 2].map(() => randomUUID());
          const fates: ('answered' | 'lost' | 'dropped')[] = steps.map(({ fate }) => fate as 'answered');
          const faulty = withoutAnswers(log, () => fates.pop() ?? 'answered');
          const ledgers = [0, 1, 2].map(() => new Ledger({ log: faulty, now, attemptsMax: 50, cacheBytesMax: 2_000 }));
          const sent: Sent[] = [];
          const running: Promise<void>[] = [];
          for (const { stream, decision, amount, repeats, ledger, together } of steps) {
            const again = repeats === null ? undefined : sent[repeats];
            const one = again ?? { id: ids[stream]!, command: commandOf(amount), decision };
            if (again === undefined) sent.push(one);
            const answered = ledgers[ledger]!.record(tally, one.id, one.command, decisions[one.decision]).then(
              async ({ stream: name, revision, facts }) => {
                const stored = await collect(log.readStream(name, { fromRevision: revision - facts.length + 1, limit: facts.length }));
                expect(stored.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }))).toEqual(
                  facts.map(({ id, type, data, metadata }) => ({ id, type, data, metadata })),
                );
              },
              (error: unknown) => expect(expectedFailure(error) || error).toBe(true),
            );
            running.push(answered);
            if (!together) await answered;
          }
          await Promise.all(running);
          for (const id of ids) await checked(await collect(log.readStream(`tally-${id}`)));
        }),
        { numRuns: histories },
      );
    },
    60_000 + histories * 2_000,
  );
});

describe('a wire that breaks', () => {
  it('and answers that get lost neither lose nor double a command', async () => {
    await log.close();
    const wire = await startWire(store.url);
    const distant = connectEventLog(wire.url, { appendTimeoutMs: 300 });
    try {
      const ledger = new Ledger({ log: distant, now, attemptsMax: 50 });
      const ids = Array.from({ length: 5 }, () => randomUUID());
      const acknowledged: { id: string; commandId: string }[] = [];
      for (const id of ids) await ledger.record(tally, id, commandOf(1_000_000), add);
      let sending = true;
      const senders = Array.from({ length: 20 }, async (_, index) => {
        while (sending) {
          const id = ids[index % ids.length]!;
          const command = commandOf(1);
          // A client that was told 503 sends the same command again.
          for (;;) {
            try {
              await ledger.record(tally, id, command, take);
              break;
            } catch (error) {
              expect(error).toBeInstanceOf(LogUnavailable);
            }
          }
          acknowledged.push({ id, commandId: command.context.commandId });
        }
      });
      for (let round = 0; round < 6; round++) {
        const target = acknowledged.length + 100;
        while (acknowledged.length < target) await new Promise((resolve) => setImmediate(resolve));
        if (round % 2 === 0) wire.deafen();
        wire.cut();
      }
      sending = false;
      await Promise.all(senders);
      await expectOnce(ids, acknowledged, distant);
    } finally {
      await distant.close();
      await wire.close();
    }
  });
});

/** Each acknowledged command stands in its stream once, and nothing stands there twice. */
async function expectOnce(ids: string[], acknowledged: { id: string; commandId: string }[], from: EventLog): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(0);
  for (const id of ids) {
    const byCommand = await checked(await collect(from.readStream(`tally-${id}`)));
    for (const { commandId } of acknowledged.filter((one) => one.id === id)) expect(byCommand.get(commandId)).toHaveLength(1);
  }
}

const binary = join(process.cwd(), 'dist/apps/event-store/main.js');
const whenBuilt = existsSync(binary) || process.env['CI'] === 'true' ? describe : describe.skip;

whenBuilt('the store process killed under load', () => {
  it('comes back with every acknowledged command, once', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'event-store-'));
    let server = await startProcess(dataDir, 0);
    const { port } = server;
    const distant = connectEventLog(`esdb://127.0.0.1:${port}?tls=false`, { appendTimeoutMs: 1_000 });
    try {
      const ledger = new Ledger({ log: distant, now });
      const ids = Array.from({ length: 5 }, () => randomUUID());
      for (const id of ids) await ledger.record(tally, id, commandOf(1_000_000), add);
      const acknowledged: { id: string; commandId: string }[] = [];
      let sending = true;
      const senders = Array.from({ length: 20 }, async (_, index) => {
        while (sending) {
          const id = ids[index % ids.length]!;
          const command = commandOf(1);
          while (
            !(await ledger.record(tally, id, command, take).then(
              () => true,
              () => new Promise((resolve) => setTimeout(resolve, 20)),
            ))
          )
            continue;
          acknowledged.push({ id, commandId: command.context.commandId });
        }
      });
      for (let round = 0; round < 3; round++) {
        const target = acknowledged.length + 200;
        while (acknowledged.length < target) await new Promise((resolve) => setImmediate(resolve));
        server.child.kill('SIGKILL');
        await once(server.child, 'exit');
        server = await startProcess(dataDir, port);
      }
      const target = acknowledged.length + 100;
      while (acknowledged.length < target) await new Promise((resolve) => setImmediate(resolve));
      sending = false;
      await Promise.all(senders);
      await expectOnce(ids, acknowledged, distant);
    } finally {
      await distant.close();
      server.child.kill('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

async function startProcess(dataDir: string, port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [binary, '--port', String(port), '--data', dataDir], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the event store ended with ${String(code)}`))),
  ])) as [{ port: number }];
  return { child, port: message.port };
}
