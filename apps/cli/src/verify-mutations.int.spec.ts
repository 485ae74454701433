import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { Ledger, Witness, witnessStream, type EventLog, type RecordedEvent } from '#event-store';
import { Checkpoint } from '../../automations/src/checkpoint.js';
import { makeLedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive } from '../testing/story.js';
import { verifyLog } from './verify.js';

/** Random mutations to try; any number by VERIFY_MUTATIONS. */
const mutations = Number(process.env['VERIFY_MUTATIONS'] ?? 40);

type Stored = Pick<RecordedEvent, 'stream' | 'id' | 'type' | 'data' | 'metadata'>;

/** A small log as the processes leave it: facts of six streams, the words of a witness, the places of an automation. */
let events: Stored[];
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

/** Writes these events into a store of their own, as somebody would who forges a log, and says what is found there. */
async function differenceIn(forged: readonly Stored[]): Promise<string | undefined> {
  const folder = await makeLedgerFolder();
  try {
    return await folder.open(async ({ log }) => {
      const revisions = new Map<string, number>();
      for (const { stream, id, type, data, metadata } of forged) {
        const revision = revisions.get(stream) ?? -1;
        await log.append(stream, [{ id, type, data, metadata }], revision);
        revisions.set(stream, revision + 1);
      }
      return (await verifyLog(log)).difference?.message;
    });
  } finally {
    await folder.remove();
  }
}

/** Another value of the same kind somewhere in a value; the value itself stays as it is. */
function changed(value: unknown, choices: readonly number[]): unknown {
  const [choice = 0, ...rest] = choices;
  if (typeof value === 'string') return value === '' ? 'x' : value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (value === null || value === undefined) return 0;
  const keys = Object.keys(value);
  if (keys.length === 0 || (Array.isArray(value) && choice % 4 === 3)) return Array.isArray(value) ? [...value, 0] : { x: 1 };
  const key = keys[choice % keys.length]!;
  if (Array.isArray(value)) return value.with(Number(key), changed(value[Number(key)], rest));
  const members = value as Record<string, unknown>;
  const { [key]: removed, ...others } = members;
  return choice % 7 === 6 ? others : { ...others, [key]: changed(removed, rest) };
}

const choices = fc.array(fc.nat(20), { minLength: 8, maxLength: 8 });
const anywhere = fc.nat(1_000);
const mutation = fc.oneof(
  fc.record({
    kind: fc.constant('changed' as const),
    part: fc.constantFrom('data', 'metadata', 'type', 'id', 'stream'),
    at: anywhere,
    choices,
  }),
  fc.record({ kind: fc.constantFrom('dropped' as const, 'doubled' as const), at: anywhere, to: anywhere }),
  fc.record({ kind: fc.constant('moved' as const), at: anywhere, to: anywhere }),
);

function mutated(one: typeof mutation extends fc.Arbitrary<infer Mutation> ? Mutation : never): Stored[] {
  if (one.kind === 'changed') {
    const at = one.at % events.length;
    const event = events[at]!;
    if (one.part === 'id') return events.with(at, { ...event, id: changed(event.id, []) as string });
    return events.with(at, { ...event, [one.part]: changed(event[one.part as 'data'], one.choices) });
  }
  const at = facts[one.at % facts.length]!;
  const event = events[at]!;
  if (one.kind === 'dropped') return events.toSpliced(at, 1);
  const rest = one.kind === 'moved' ? events.toSpliced(at, 1) : events;
  return rest.toSpliced(one.to % (rest.length + 1), 0, event);
}

const isNote = ({ stream }: Stored): boolean => stream.startsWith('checkpoint-');
/** Facts in their order, and notes in theirs: that a fact passed a note, and no other fact, means nothing. */
const isSame = (forged: readonly Stored[]): boolean =>
  isDeepStrictEqual(
    forged.filter((event) => !isNote(event)),
    events.filter((event) => !isNote(event)),
  ) && isDeepStrictEqual(forged.filter(isNote), events.filter(isNote));

describe('Verifying a log of which one event is not as it was', () => {
  it('finds nothing while all is as it was', async () => {
    expect(events.filter(({ stream }) => stream === witnessStream)).toHaveLength(2);
    expect(await differenceIn(events)).toBeUndefined();
  });

  it(
    'finds any event that was changed, in data or metadata, and any fact that was dropped, doubled or moved',
    async () => {
      await fc.assert(
        fc.asyncProperty(mutation, async (one) => {
          const forged = mutated(one);
          fc.pre(!isSame(forged));
          expect(await differenceIn(forged)).toEqual(expect.any(String));
        }),
        { numRuns: mutations },
      );
    },
    60_000 + mutations * 1_000,
  );

  it('finds each fact that is dropped, also the last of its stream', async () => {
    for (const at of facts) expect(await differenceIn(events.toSpliced(at, 1))).toEqual(expect.any(String));
  }, 60_000);

  it('finds two neighbors that changed places, also of streams that know nothing of each other', async () => {
    for (const at of facts.filter((index) => facts.includes(index + 1)))
      expect(await differenceIn(events.with(at, events[at + 1]!).with(at + 1, events[at]!))).toEqual(expect.any(String));
  }, 60_000);
});
