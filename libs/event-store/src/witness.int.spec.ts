import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import type { EventLog, RecordedEvent } from './event-log.js';
import { verifyChain } from './hash-chain.js';
import { Ledger } from './ledger.js';
import type { FactMetadata } from './metadata.js';
import { withoutAnswers } from './testing/faults.js';
import { collect, startTestStore, until } from './testing/store.js';
import type { TestStore } from './testing/store.js';
import { add, commandOf, tally } from './testing/tally.js';
import { Witness, WitnessCheck, witnessStream, witnessedDigits } from './witness.js';
import type { FactsWitnessed } from './witness.js';

let store: TestStore;
let log: EventLog;
beforeAll(async () => {
  store = await startTestStore();
  log = store.open();
});
afterAll(() => store.stop());

const now = () => new Date().toISOString();
const spoken = (from: EventLog = log): Promise<RecordedEvent[]> => collect(from.readStream(witnessStream));
const said = (events: readonly RecordedEvent[]): string[] =>
  events.flatMap(({ data }) => (data as FactsWitnessed).facts.match(new RegExp(`.{${witnessedDigits}}`, 'g')) ?? []);
const beginning = ({ metadata }: { metadata: object }): string => (metadata as FactMetadata).hash.slice(0, witnessedDigits);

/** Says what is false of these facts, when they stand in the log in this order. */
function compared(facts: readonly string[], word: readonly string[]): unknown {
  const check = new WitnessCheck();
  for (const fact of facts) check.take(fact);
  return check.compare({ facts: word.map((fact) => fact.slice(0, witnessedDigits)).join('') });
}

describe('a witness', () => {
  it('names every fact that was recorded, in the order of the log, in a chain of its own', async () => {
    const witness = new Witness({ log, now });
    const ledger = new Ledger({ log, now, witness });
    const ids = Array.from({ length: 5 }, () => randomUUID());
    await Promise.all(Array.from({ length: 60 }, (_, n) => ledger.record(tally, ids[n % 5]!, commandOf(1), add)));
    await witness.speak();
    await ledger.record(tally, ids[0]!, commandOf(1), add);
    await witness.close();
    const facts = (await collect(log.readAll({ filter: { streamPrefixes: ids.map((id) => `tally-${id}`) } }))).map(beginning);
    expect(said(await spoken())).toEqual(facts);
    expect(facts).toHaveLength(61);
    expect((await spoken()).map(({ data }) => (data as FactsWitnessed).behind)).toEqual([undefined, facts[59]]);
    expect(await verifyChain(await spoken())).toBeUndefined();
  });

  it('speaks by itself when nothing is recorded any more, and while much is', async () => {
    const before = said(await spoken()).length;
    const idle = new Witness({ log, now, idleMs: 20 });
    idle.note(1n, ['a'.repeat(64)]);
    await until(async () => said(await spoken()).length === before + 1);
    const busy = new Witness({ log, now, idleMs: 40, everyMs: 100 });
    const working = setInterval(() => busy.note(1n, ['b'.repeat(64)]), 5);
    await until(async () => said(await spoken()).length > before + 1);
    clearInterval(working);
    await busy.close();
  });

  it('says everything once when answers are lost, and when another process speaks at the same time', async () => {
    const before = said(await spoken()).length;
    const fates = ['dropped', 'lost', 'lost'] as const;
    let count = 0;
    const unsure = withoutAnswers(log, (stream) => (stream === witnessStream ? (fates[count++] ?? 'answered') : 'answered'));
    const witnesses = [new Witness({ log: unsure, now }), new Witness({ log, now }), new Witness({ log, now })];
    const hashes = Array.from({ length: 30 }, () => randomBytes(32).toString('hex'));
    for (const [index, hash] of hashes.entries()) witnesses[index % 3]!.note(BigInt(index), [hash]);
    await Promise.all(witnesses.map((witness) => witness.speak()));
    expect(count).toBeGreaterThan(fates.length);
    expect(
      said(await spoken())
        .slice(before)
        .sort(),
    ).toEqual(hashes.map((hash) => hash.slice(0, witnessedDigits)).sort());
    expect(await verifyChain(await spoken())).toBeUndefined();
  });

  it('keeps in mind what it could not say', async () => {
    const other = store.open();
    await other.close();
    const errors: Error[] = [];
    const witness = new Witness({ log: other, now, idleMs: 10, report: (error) => errors.push(error) });
    witness.note(1n, ['c'.repeat(64)]);
    await until(() => errors.length >= 2);
    await expect(witness.speak()).rejects.toBeInstanceOf(Error);
    await witness.close();
    expect(errors.length).toBeGreaterThanOrEqual(3);
  });
});

describe('what a witness said', () => {
  const facts = Array.from({ length: 6 }, () => randomBytes(32).toString('hex'));

  it('is true of facts that stand in the log in that order, with others between them', () => {
    expect(compared(facts, facts)).toBeUndefined();
    expect(compared(facts, [facts[0]!, facts[2]!, facts[5]!])).toBeUndefined();
    expect(compared([facts[0]!, facts[0]!], [facts[0]!, facts[0]!])).toBeUndefined();
  });

  it('may be said by two, who were sent the same command', () => {
    const check = new WitnessCheck();
    for (const fact of facts) check.take(fact);
    const word = facts.map((fact) => fact.slice(0, witnessedDigits)).join('');
    expect([check.compare({ facts: word }), check.compare({ facts: word })]).toEqual([undefined, undefined]);
  });

  it('shows a fact that is missing, doubled away or moved', () => {
    const word = facts.map((fact) => fact.slice(0, witnessedDigits));
    for (let n = 0; n < facts.length; n++)
      expect(compared(facts.toSpliced(n, 1), facts)).toEqual({ kind: 'missing', fact: word[n], behind: word[n - 1] });
    expect(compared(facts.with(1, facts[3]!).with(3, facts[1]!), facts)).toEqual({ kind: 'moved', fact: word[2], behind: word[1] });
  });

  it('shows a fact of a later word that stands before those of an earlier one', () => {
    const [first, second, third] = facts.map((fact) => fact.slice(0, witnessedDigits)) as [string, string, string];
    const check = new WitnessCheck();
    for (const fact of [third, first, second]) check.take(fact);
    expect(check.compare({ facts: first + second })).toBeUndefined();
    expect(check.compare({ facts: third, behind: second })).toEqual({ kind: 'moved', fact: third, behind: second });
  });

  it('makes no sense when it is no row of beginnings of hashes', () => {
    for (const nonsense of ['abc', 'x'.repeat(witnessedDigits), undefined, 12])
      expect(() => new WitnessCheck().compare({ facts: nonsense as string })).toThrow('it names no facts');
  });
});
