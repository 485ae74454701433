import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventLog } from './event-log.js';
import { Ledger } from './ledger.js';
import { Snapshots } from './snapshots.js';
import type { Snapshot } from './snapshots.js';
import { withoutAnswers } from './testing/faults.js';
import { startTestStore } from './testing/store.js';
import type { TestStore } from './testing/store.js';
import { add, commandOf, take, tally } from './testing/tally.js';

const every = 5;
let store: TestStore;
let log: EventLog;
let folder: string;

beforeAll(async () => {
  store = await startTestStore();
  log = store.open();
});
afterAll(() => store.stop());
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'snapshots-'))));
afterEach(() => rm(folder, { recursive: true }));

/** A process that has just started: its ledger, and the revisions that it reads. */
function started(code = 'this code') {
  const snapshots = new Snapshots({ folder, code });
  const read: number[] = [];
  const watched: EventLog = {
    ...withoutAnswers(log, () => 'answered'),
    async *readStream(...given) {
      for await (const event of log.readStream(...given)) {
        read.push(event.revision);
        yield event;
      }
    },
  };
  const ledger = new Ledger({ log: watched, now: () => new Date().toISOString(), snapshots, snapshotEvery: every });
  return { ledger, snapshots, read };
}

/** A stream of seven facts, kept after the fifth: 100 less 1 to 6. */
async function seven() {
  const id = randomUUID();
  const { ledger, snapshots } = started();
  const commands = [100, 1, 2, 3, 4, 5, 6].map((amount) => commandOf(amount));
  for (const command of commands) await ledger.record(tally, id, command, command === commands[0] ? add : take);
  await snapshots.idle();
  return { id, commands };
}

const all = [0, 1, 2, 3, 4, 5, 6];
const loaded = { state: { available: 79 }, revision: 6 };
const onlyFile = async () => join(folder, (await readdir(folder))[0]!);

describe('a snapshot', () => {
  it('spares the facts before it, and is one file, whole from the start', async () => {
    const { id } = await seven();
    const { ledger, read } = started();
    expect(await ledger.load(tally, id)).toMatchObject(loaded);
    expect(read).toEqual([4, 5, 6]);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('remembers the commands: one from before it is found again, one that is new is decided', async () => {
    const { id, commands } = await seven();
    const { ledger } = started();
    expect(await ledger.record(tally, id, commands[1]!, take)).toMatchObject({ replayed: true, revision: 1 });
    expect(await ledger.record(tally, id, commandOf(79), take)).toMatchObject({ replayed: false, revision: 7 });
  });

  it('is written again when the state has come as many facts further', async () => {
    const { id } = await seven();
    const { ledger, snapshots } = started();
    for (const amount of [1, 1, 1]) await ledger.record(tally, id, commandOf(amount), take);
    await snapshots.idle();
    const { ledger: later, read } = started();
    expect(await later.load(tally, id)).toMatchObject({ state: { available: 76 }, revision: 9 });
    expect(read).toEqual([9]);
  });

  it('is written also of a state that was folded from its facts', async () => {
    const { id } = await seven();
    await rm(await onlyFile());
    const { ledger, snapshots } = started();
    await ledger.load(tally, id);
    await snapshots.idle();
    const { ledger: later, read } = started();
    expect(await later.load(tally, id)).toMatchObject(loaded);
    expect(read).toEqual([6]);
  });

  it('of other code is not used', async () => {
    const { id } = await seven();
    const { ledger, read } = started('other code');
    expect(await ledger.load(tally, id)).toMatchObject(loaded);
    expect(read).toEqual(all);
  });

  it('with any byte changed is not used', async () => {
    const { id } = await seven();
    const bytes = await readFile(await onlyFile());
    for (let offset = 0; offset < bytes.length; offset += 97) {
      const changed = Buffer.from(bytes);
      changed[offset]! ^= 1;
      await writeFile(await onlyFile(), changed);
      const { ledger, snapshots, read } = started();
      expect(await ledger.load(tally, id)).toMatchObject(loaded);
      expect(read).toEqual(all);
      // What was folded anew is kept anew.
      await snapshots.idle();
    }
  });

  it('that the log does not agree with is not used: another history, or a shorter one', async () => {
    const { id } = await seven();
    for (const change of [{ hash: 'f'.repeat(64) }, { revision: 3 }, { revision: 40 }]) {
      const { snapshots } = started();
      const kept = (await snapshots.read<Snapshot>(`tally-${id}`))!;
      snapshots.write(`tally-${id}`, { ...kept, ...change });
      await snapshots.idle();
      const later = started();
      expect(await later.ledger.load(tally, id)).toMatchObject(loaded);
      expect(later.read.slice(-7)).toEqual(all);
      await later.snapshots.idle();
    }
  });

  it('of what cannot be copied is reported, and nothing else happens', async () => {
    const reported: string[] = [];
    const snapshots = new Snapshots({ folder, code: 'any', report: ({ name }) => reported.push(name) });
    snapshots.write('tally-1', { revision: 0, hash: '', state: () => 'code' } as Snapshot);
    await snapshots.idle();
    expect([reported, await readdir(folder)]).toEqual([['Error'], []]);
  });

  it('that cannot be written is reported, and everything goes on', async () => {
    const id = randomUUID();
    await writeFile(join(folder, 'a file'), '');
    const reported: Error[] = [];
    const snapshots = new Snapshots({ folder: join(folder, 'a file'), code: 'any', report: (error) => reported.push(error) });
    const ledger = new Ledger({ log, now: () => new Date().toISOString(), snapshots, snapshotEvery: 1 });
    await ledger.record(tally, id, commandOf(1), add);
    await snapshots.idle();
    expect(await ledger.record(tally, id, commandOf(1), take)).toMatchObject({ revision: 1 });
    expect(reported.map((error) => (error as NodeJS.ErrnoException).code)).toContain('ENOTDIR');
  });
});
