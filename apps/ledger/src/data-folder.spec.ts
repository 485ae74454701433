import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimDataFolder } from './data-folder.js';
import { markOf } from './process-mark.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'data-folder-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const lock = () => join(folder, 'ledger.lock');
const lockedBy = (holder: object) => writeFileSync(lock(), JSON.stringify(holder));
const holder = () => JSON.parse(readFileSync(lock(), 'utf8'));

describe('claiming a data folder', () => {
  it('makes it, however deep, for its owner only, and leaves no lock behind when it is released', async () => {
    const deep = join(folder, 'a', 'b');
    (await claimDataFolder(deep, false)).release();
    expect(statSync(deep).mode & 0o777).toBe(0o700);
    expect(readdirSync(deep)).toEqual(['ledger.mode']);
  });

  it('is refused while the holder lives, and the lock stays the holder’s', async () => {
    const living = spawn('sleep', ['60']);
    lockedBy({ ...markOf(living.pid!), children: [] });
    await expect(claimDataFolder(folder, false)).rejects.toThrow(
      `another ledger (process ${living.pid}) is running on the data folder ${folder}`,
    );
    expect(holder().pid).toBe(living.pid);
    living.kill();
    await once(living, 'exit');
    await claimDataFolder(folder, false);
    expect(holder().pid).toBe(process.pid);
  });

  it('takes over from a holder whose number another process has got since', async () => {
    lockedBy({ ...markOf(process.ppid), startTime: '1', children: [] });
    await claimDataFolder(folder, false);
    expect(holder().pid).toBe(process.pid);
  });

  it('waits for the children of a holder that was killed', async () => {
    const orphan = spawn('sleep', ['60']);
    lockedBy({ pid: 2 ** 22 + 1, startTime: '1', children: [markOf(orphan.pid!)] });
    let claimed = false;
    const claiming = claimDataFolder(folder, false).then(() => (claimed = true));
    // Without a wait the folder would be claimed by then: all else is done at once.
    await new Promise((resolve) => setImmediate(resolve));
    expect(claimed).toBe(false);
    orphan.kill();
    expect(await claiming).toBe(true);
  });

  it('is not stopped by a lock that was cut off', async () => {
    writeFileSync(lock(), '{"pid":');
    await claimDataFolder(folder, false);
    expect(holder().pid).toBe(process.pid);
  });

  it('notes the children in the lock, and nothing after it was released', async () => {
    const claimed = await claimDataFolder(folder, false);
    claimed.noteChildren([process.ppid]);
    expect(holder().children).toEqual([markOf(process.ppid)]);
    claimed.release();
    claimed.noteChildren([process.ppid]);
    expect(readdirSync(folder)).toEqual(['ledger.mode']);
  });

  it.each([
    [true, false, 'was made with --sandbox'],
    [false, true, 'was made without --sandbox'],
  ])('keeps its mode: sandbox %s, then %s, is refused and leaves no lock', async (first, second, words) => {
    (await claimDataFolder(folder, first)).release();
    await expect(claimDataFolder(folder, second)).rejects.toThrow(words);
    (await claimDataFolder(folder, first)).release();
  });
});
