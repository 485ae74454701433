import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Which file the store's data is in at this moment; undefined when there is none. */
export function dataFileOf(folder: string): number | undefined {
  return statSync(join(folder, 'data.mdb'), { throwIfNoEntry: false })?.ino;
}

/** LMDB's mark near the beginning of its file. Opening a file without it ends the process instead of failing. */
const magic = Buffer.from('dec0efbe', 'hex');

export function isForeign(folder: string): boolean {
  if (dataFileOf(folder) === undefined) return false;
  const beginning = Buffer.alloc(64);
  const file = openSync(join(folder, 'data.mdb'), 'r');
  const length = readSync(file, beginning);
  closeSync(file);
  return length > 0 && !beginning.includes(magic);
}

/** Puts a damaged store where nobody opens it, beside the place where the next one is filled. Only the last one is kept. Answers where it is. */
export function moveAside(folder: string): string {
  const [parent, name] = [dirname(folder), basename(folder)];
  for (const other of readdirSync(parent))
    if (other.startsWith(`${name}.damaged-`)) rmSync(join(parent, other), { recursive: true, force: true });
  const place = `${folder}.damaged-${new Date().toISOString().replaceAll(':', '-')}`;
  renameSync(folder, place);
  return place;
}

/** The markers of this process, so that a process number used again (1, in a container) is not taken for a living owner. */
const ours = new Set<string>();
const soundAfterMs = 60_000;

/**
 * Notes in the folder that this process has the store open. LMDB has no checksums: touching a damaged page ends the process, and so would the next
 * start. When two processes of this kind have ended without letting go, the caller is told to look at the store from a process it can spare.
 */
export function noteOpening(folder: string): { suspicious: boolean; release: () => void } {
  mkdirSync(folder, { recursive: true });
  const kind = `open-${basename(dirname(process.argv[1] ?? 'x')).replace(/\W/g, '')}-`;
  const orphans = readdirSync(folder).filter((name) => name.startsWith(kind) && !isHeld(folder, name));
  const suspicious = orphans.length >= 2;
  const forget = (): void => {
    for (const name of orphans) rmSync(join(folder, name), { force: true });
  };
  if (suspicious) forget();
  const marker = `${kind}${randomUUID()}`;
  writeFileSync(join(folder, marker), String(process.pid));
  ours.add(marker);
  const sound = setTimeout(forget, soundAfterMs).unref();
  return {
    suspicious,
    release() {
      clearTimeout(sound);
      ours.delete(marker);
      rmSync(join(folder, marker), { force: true });
    },
  };
}

function isHeld(folder: string, marker: string): boolean {
  if (ours.has(marker)) return true;
  try {
    const pid = Number(readFileSync(join(folder, marker), 'utf8'));
    if (!pid || pid === process.pid) return false;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Reads all of the store, in a process of its own that may die of it. */
const lookAtEverything = `
import { open } from 'lmdb';
import { crc32 } from '@node-rs/crc32';
const bytes = { keyEncoding: 'binary', encoding: 'binary' };
const store = open({ path: process.argv[1], noSubdir: false, maxDbs: 8, ...bytes });
for (const name of ['documents', 'records', 'entries', 'blocks']) {
  for (const { value } of store.openDB({ name, ...bytes }).getRange()) {
    if ((name === 'documents' || name === 'records') && crc32(value.subarray(4)) !== value.readUInt32LE(0)) process.exit(1);
  }
}
process.exit(0);
`;

export function isReadable(folder: string): boolean {
  const here = dirname(fileURLToPath(import.meta.url));
  return spawnSync(process.execPath, ['--input-type=module', '-e', lookAtEverything, folder], { cwd: here, stdio: 'ignore' }).status === 0;
}
