import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startEventStore } from '../server.js';
import { append, everything, newEvent, openEventLog, temporaryFolder } from '../testing/stores.js';
import { acknowledgedFile } from './acknowledged-end.js';
import { DamagedLogError } from './errors.js';
import { FolderLock } from './folder-lock.js';
import { copyLog, readLog } from './log-copy.js';

let folder: ReturnType<typeof temporaryFolder>;
let target: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  target = temporaryFolder();
});
afterEach(() => {
  folder.remove();
  target.remove();
});

const log = (dataDir: string): string => join(dataDir, 'log');
const emptyTarget = (): void => rmSync(log(target.path), { recursive: true, force: true });

async function contentsOf(dataDir: string): Promise<string[]> {
  const opened = await openEventLog(dataDir, 300);
  const found = await everything(opened);
  await opened.close();
  return found;
}

describe('a copy of a log', () => {
  it('of several segments is the same bytes, and counts them', async () => {
    const store = await openEventLog(folder.path, 300);
    for (const label of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await append(store, 'pool-1', [newEvent(label), newEvent(`${label}2`)]);
    await store.close();
    const { files, end } = (await copyLog(folder.path, target.path))!;
    const names = readdirSync(log(folder.path)).filter((name) => name.endsWith('.segment'));
    expect(names.length).toBeGreaterThan(2);
    expect(files.map(({ name }) => name)).toEqual(names.sort().map((name) => `log/${name}`));
    for (const { name, bytes } of files) {
      expect(readFileSync(join(target.path, name)).equals(readFileSync(join(folder.path, name)))).toBe(true);
      expect(bytes).toBe(statSync(join(folder.path, name)).size);
    }
    expect(await readLog(target.path, end)).toMatchObject({ end, events: 16 });
  });

  it('of a store that was killed is what the store would start with, wherever its end is torn', async () => {
    const store = await openEventLog(folder.path);
    await append(store, 'pool-1', [newEvent('a')]);
    const acknowledgedEnd = store.log.durableEnd;
    const acknowledged = readFileSync(acknowledgedFile(log(folder.path)));
    await append(store, 'pool-1', [newEvent('b'), newEvent('c')]);
    await store.close();
    const path = join(log(folder.path), '00000000000000000000.segment');
    const whole = readFileSync(path);
    for (let length = whole.length; length >= acknowledgedEnd; length -= 7) {
      writeFileSync(path, whole.subarray(0, length));
      writeFileSync(acknowledgedFile(log(folder.path)), acknowledged);
      emptyTarget();
      const { end } = (await copyLog(folder.path, target.path))!;
      await readLog(target.path, end);
      const copied = await contentsOf(target.path);
      rmSync(join(target.path, 'index'), { recursive: true });
      rmSync(join(folder.path, 'index'), { recursive: true, force: true });
      expect(copied).toEqual(await contentsOf(folder.path));
    }
  });

  it('of a store that runs ends where it was acknowledged, though more was written', async () => {
    const store = await startEventStore({ dataDir: folder.path });
    await store.close();
    const lock = await FolderLock.acquire(folder.path);
    const empty = await openEventLog(folder.path);
    await append(empty, 'pool-1', [newEvent('a')]);
    const acknowledged = readFileSync(acknowledgedFile(log(folder.path)));
    await append(empty, 'pool-1', [newEvent('not synced yet')]);
    writeFileSync(acknowledgedFile(log(folder.path)), acknowledged);
    await copyLog(folder.path, target.path);
    expect(await contentsOf(target.path)).toEqual(['pool-1/a@0']);
    rmSync(acknowledgedFile(log(folder.path)));
    emptyTarget();
    await expect(copyLog(folder.path, target.path)).rejects.toThrow('Stop it, then copy.');
    await empty.close();
    await lock.release();
  });

  it('keeps a store from starting on the folder meanwhile, and is none of a folder without a log', async () => {
    const store = await openEventLog(folder.path);
    await append(store, 'pool-1', [newEvent('a')]);
    await store.close();
    const outcomes: unknown[] = [];
    const onBytes = (): void => void outcomes.push(startEventStore({ dataDir: folder.path }).catch((error: Error) => error.name));
    await copyLog(folder.path, target.path, { onBytes });
    expect(await outcomes[0]).toBe('FolderInUseError');
    expect(await copyLog(join(folder.path, 'index'), target.path)).toBeUndefined();
  });

  it('is refused when any byte of the log is wrong, and stops when it is told to', async () => {
    const store = await openEventLog(folder.path);
    await append(store, 'pool-1', [newEvent('a')]);
    await store.close();
    const path = join(log(folder.path), '00000000000000000000.segment');
    const whole = readFileSync(path);
    for (let offset = 0; offset < whole.length - 20; offset += 5) {
      const flipped = Buffer.from(whole);
      flipped[offset]! ^= 1;
      writeFileSync(path, flipped);
      await expect(copyLog(folder.path, target.path)).rejects.toThrow(DamagedLogError);
    }
    writeFileSync(path, whole);
    await expect(copyLog(folder.path, target.path, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
  });
});

describe('a log that is read to its expected end', () => {
  it('is refused when it ends earlier or later, also by a whole record', async () => {
    const store = await openEventLog(folder.path);
    await append(store, 'pool-1', [newEvent('a')]);
    const first = store.log.durableEnd;
    await append(store, 'pool-1', [newEvent('b')]);
    const end = store.log.durableEnd;
    await store.close();
    const path = join(log(folder.path), '00000000000000000000.segment');
    writeFileSync(path, readFileSync(path).subarray(0, end));
    expect(await readLog(folder.path, end)).toMatchObject({ events: 2 });
    for (const other of [first, end - 1, end + 1, end + 20, 64]) await expect(readLog(folder.path, other)).rejects.toThrow(DamagedLogError);
    await expect(readLog(target.path, end)).rejects.toThrow('there is no log in this folder');
  });
});
