import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Ledger, Witness, witnessStream, type EventLog, type RecordedEvent } from '#event-store';
import { Checkpoint } from '../../automations/src/checkpoint.js';
import { makeLedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive, orderAndDeliver } from '../testing/story.js';
import { verifyLog } from './verify.js';

/** A small log as the processes leave it: facts of products, accounts, pools and an order, the words of a witness, the places of an automation. */
let events: RecordedEvent[];
let facts: number[];

beforeAll(async () => {
  const folder = await makeLedgerFolder();
  events = await folder.open(async ({ log }) => {
    let minute = 0;
    const now = () => new Date(Date.parse('2026-04-01T09:00:00Z') + minute++ * 60_000).toISOString();
    const witness = new Witness({ log, now });
    const ledger = new Ledger({ log, now, witness });
    const checkpoint = await Checkpoint.open(log, 'transfers');
    await begin(ledger);
    await witness.speak();
    await checkpoint.store(64n);
    await buyAndGive(ledger);
    await orderAndDeliver(ledger);
    await checkpoint.store((await log.end())!);
    await witness.close();
    return collected(log);
  });
  await folder.remove();
  facts = events.flatMap((event, index) => (isNote(event) ? [] : [index]));
});

async function collected(log: EventLog): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const event of log.readAll()) found.push(event);
  return found;
}

/** What is found in a log of these events, read as a store would have them that somebody wrote them into. */
async function differenceIn(forged: readonly RecordedEvent[]): Promise<string | undefined> {
  const revisions = new Map<string, number>();
  const recorded = forged.map((event, index) => {
    const revision = (revisions.get(event.stream) ?? -1) + 1;
    revisions.set(event.stream, revision);
    return { ...event, revision, position: events[index]?.position ?? events.at(-1)!.position + 1n };
  });
  return (await verifyLog(recorded)).difference?.message;
}

/** A value with one thing in it changed: each scalar to another of its kind, each member and element left out, one added. */
function* changes(value: unknown): Generator<unknown> {
  if (typeof value === 'string') yield value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
  else if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'boolean') yield !value;
  else if (value === null) yield 0;
  else if (Array.isArray(value)) {
    yield [...(value as unknown[]), 0];
    for (const at of value.keys()) {
      yield value.toSpliced(at, 1);
      for (const element of changes(value[at])) yield value.with(at, element);
    }
  } else {
    const members = value as Record<string, unknown>;
    yield { ...members, added: 1 };
    for (const [key, member] of Object.entries(members)) {
      const { [key]: removed, ...others } = members;
      yield others;
      for (const other of changes(member)) yield { ...members, [key]: other };
    }
  }
}

const isNote = ({ stream }: RecordedEvent): boolean => stream.startsWith('checkpoint-');
/** Facts in their order, and notes in theirs: that a fact passed a note, and no other fact, means nothing. */
const isSame = (forged: readonly RecordedEvent[]): boolean =>
  isDeepStrictEqual(
    forged.filter((event) => !isNote(event)),
    events.filter((event) => !isNote(event)),
  ) && isDeepStrictEqual(forged.filter(isNote), events.filter(isNote));

async function expectFound(forged: readonly RecordedEvent[]): Promise<void> {
  if (!isSame(forged)) expect(await differenceIn(forged)).toEqual(expect.any(String));
}

describe('Verifying a log of which one event is not as it was', () => {
  it('finds nothing while all is as it was', async () => {
    expect(events.filter(({ stream }) => stream === witnessStream)).toHaveLength(2);
    expect(await differenceIn(events)).toBeUndefined();
  });

  it.each(['data', 'metadata', 'type', 'stream'] as const)('finds each single change of the %s of an event', async (part) => {
    for (const [at, event] of events.entries())
      for (const other of changes(event[part])) await expectFound(events.with(at, { ...event, [part]: other }));
  });

  it('finds each event that has another id', async () => {
    for (const [at, event] of events.entries()) await expectFound(events.with(at, { ...event, id: randomUUID() }));
  });

  it('finds each fact that is dropped, also the last of its stream', async () => {
    for (const at of facts) await expectFound(events.toSpliced(at, 1));
  });

  it('finds each fact that is there twice, or moved, wherever it stands then', async () => {
    for (const at of facts)
      for (const rest of [events, events.toSpliced(at, 1)])
        for (let to = 0; to <= rest.length; to++) await expectFound(rest.toSpliced(to, 0, events[at]!));
  });
});
