import { randomBytes } from 'node:crypto';
import { accessSync, constants, linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, markOf, type ProcessMark } from './process-mark.js';

interface LockText extends ProcessMark {
  readonly children: readonly ProcessMark[];
}

/** The folder as one ledger holds it. */
export interface DataFolder {
  /** Noted in the lock, so that a later start knows whom to wait for should this process be killed. */
  noteChildren(pids: readonly number[]): void;
  release(): void;
}

const predecessorTimeoutMilliseconds = 30_000;
const predecessorPollMilliseconds = 50;

/**
 * Makes the folder, if it is not there, and claims it for this process. When the last holder was killed, waits for its children to end.
 * Errors: Error in one line with what to do, when it cannot be written, another ledger holds it, or it belongs to the other mode.
 */
export async function claimDataFolder(folder: string, sandbox: boolean): Promise<DataFolder> {
  try {
    // What is in it is for its owner only, to read as to write.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    writeFileSync(join(folder, '.writable'), '');
    rmSync(join(folder, '.writable'));
  } catch (error) {
    throw new Error(
      `the data folder ${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): give this user the right to, or set DATA_DIR to another folder`,
      { cause: error },
    );
  }
  const lock = join(folder, 'ledger.lock');
  const mine = { ...markOf(process.pid)!, children: [] };
  while (!tryLink(lock, mine)) {
    const holder = readLock(lock);
    if (holder === undefined) continue;
    if (isAlive(holder) && holder.pid !== process.pid)
      throw new Error(
        `another ledger (process ${holder.pid}) is running on the data folder ${folder}: stop it, or set DATA_DIR to another folder`,
      );
    await endOfAll(holder.children);
    // Only one of several takers can move the dead lock away, and only the very one that was read.
    moveAway(lock, holder);
  }
  try {
    claimMode(folder, sandbox);
  } catch (error) {
    unlinkSync(lock);
    throw error;
  }
  let held = true;
  return {
    noteChildren: (pids) => {
      if (held) replace(lock, { ...mine, children: pids.map(markOf).filter((mark): mark is ProcessMark => mark !== undefined) });
    },
    release: () => {
      if (held) rmSync(lock, { force: true });
      held = false;
    },
  };
}

/** Facts of a sandbox may be years ahead of the wall clock, so a folder stays what it was made as. */
function claimMode(folder: string, sandbox: boolean): void {
  const file = join(folder, 'ledger.mode');
  const mode = sandbox ? 'sandbox' : 'normal';
  const made = readText(file)?.trim();
  if (made === undefined) writeFileSync(file, `${mode}\n`);
  else if (made !== mode)
    throw new Error(
      sandbox
        ? `the data folder ${folder} was made without --sandbox, and its time must not be moved: set DATA_DIR to another folder`
        : `the data folder ${folder} was made with --sandbox, where time was moved: start it with --sandbox, or set DATA_DIR to another folder`,
    );
}

function tryLink(lock: string, text: LockText): boolean {
  const draft = `${lock}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, JSON.stringify(text), { mode: 0o600 });
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function moveAway(lock: string, expected: LockText): void {
  const aside = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readLock(aside);
  // Somebody else was faster and this is the new holder's lock: it goes back.
  if (moved !== undefined && (moved.pid !== expected.pid || moved.startTime !== expected.startTime)) renameSync(aside, lock);
  else unlinkSync(aside);
}

function replace(lock: string, text: LockText): void {
  const draft = `${lock}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, JSON.stringify(text), { mode: 0o600 });
  renameSync(draft, lock);
}

async function endOfAll(children: readonly ProcessMark[]): Promise<void> {
  const giveUpAt = performance.now() + predecessorTimeoutMilliseconds;
  for (let alive = children.filter(isAlive); alive.length > 0; alive = alive.filter(isAlive)) {
    if (performance.now() > giveUpAt)
      throw new Error(
        `processes of a ledger that was killed still run (${alive.map(({ pid }) => pid).join(', ')}): end them, then start again`,
      );
    await delay(predecessorPollMilliseconds);
  }
}

function readLock(file: string): LockText | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  try {
    const { pid, startTime, children } = JSON.parse(text) as LockText;
    return { pid, startTime, children: children ?? [] };
  } catch {
    // Cut off by a full disk or a crash of the machine: nobody alive wrote it.
    return { pid: 0, startTime: null, children: [] };
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
