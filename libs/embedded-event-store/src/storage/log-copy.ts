import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { acknowledgedFile, readAcknowledgedEnd } from './acknowledged-end.js';
import { DamagedLogError } from './errors.js';
import { copyFile, type CopiedFile, type CopyOptions } from './file-copy.js';
import { FolderInUseError, FolderLock } from './folder-lock.js';
import type { LogRecord } from './record.js';
import { recover } from './recovery.js';
import { SegmentFiles } from './segment-files.js';

/** What a log holds, as read from its files. */
export interface LogContents {
  /** Hex. */
  readonly logId: string;
  /** The position behind the last record. */
  readonly end: number;
  readonly events: number;
}

/** A copy of a log, with the files it is made of: paths from the data folder's root. */
export interface LogCopy {
  readonly logId: string;
  readonly end: number;
  readonly files: readonly CopiedFile[];
}

const LOG = 'log';

/** The store runs, but there is no note of what it acknowledged. */
export class NoNoteError extends Error {
  override name = 'NoNoteError';
}

/**
 * Copies the log of a data folder into another one, as it was at one moment: of a store that runs, up to what was acknowledged when this began; of one that does
 * not, up to where it would start again, and no store is started meanwhile. The store that runs is not asked and goes on. `onBytes` is told of each byte twice.
 * Undefined when the folder holds no log.
 * @throws {DamagedLogError} what should be copied is not sound
 * @throws {NoNoteError}
 */
export async function copyLog(dataDir: string, to: string, options: CopyOptions = {}): Promise<LogCopy | undefined> {
  const lock = await FolderLock.acquire(dataDir).catch((error: unknown) => {
    if (error instanceof FolderInUseError) return undefined;
    throw error;
  });
  let source: SegmentFiles | undefined;
  try {
    source = openAtOneMoment(join(dataDir, LOG), lock === undefined);
    if (source === undefined) return undefined;
    const { logId, segments, last } = source;
    const known = lock === undefined ? last.base + last.size : readAcknowledgedEnd(join(dataDir, LOG), logId);
    await recover(source, known, ({ bytes }) => options.onBytes?.(bytes.length), pauseFor(options));
    await mkdir(join(to, LOG), { recursive: true });
    const files: CopiedFile[] = [];
    for (const { path, size } of segments) {
      const name = `${LOG}/${basename(path)}`;
      files.push(await copyFile(path, join(to, name), name, size, options));
    }
    return { logId: logId.toString('hex'), end: last.base + last.size, files };
  } finally {
    source?.close();
    await lock?.release();
  }
}

/**
 * Reads all of a log that nobody writes to, changes nothing, and says what is in it.
 * @throws {DamagedLogError} also when its end is torn, or not where it is `expectedEnd` to be
 */
export async function readLog(dataDir: string, expectedEnd: number, options: CopyOptions = {}): Promise<LogContents> {
  const folder = join(dataDir, LOG);
  const files = existsSync(folder) ? SegmentFiles.openToRead(folder) : undefined;
  if (files === undefined) throw new DamagedLogError(folder, 0, 'there is no log in this folder');
  try {
    let events = 0;
    const count = ({ isEvent, bytes }: LogRecord): void => {
      if (isEvent) events += 1;
      options.onBytes?.(bytes.length);
    };
    const cut = await recover(files, expectedEnd, count, pauseFor(options));
    const { last, logId } = files;
    if (cut !== undefined || last.base + last.size !== expectedEnd)
      throw new DamagedLogError(last.path, cut?.offset ?? last.size, `the log should end at position ${expectedEnd}`);
    return { logId: logId.toString('hex'), end: expectedEnd, events };
  } finally {
    files.close();
  }
}

function openAtOneMoment(folder: string, isInUse: boolean): SegmentFiles | undefined {
  if (!existsSync(folder)) return undefined;
  for (;;) {
    const files = SegmentFiles.openToRead(folder);
    if (files === undefined || !isInUse) return files;
    const end = readAcknowledgedEnd(folder, files.logId);
    if (end === 0) {
      files.close();
      throw new NoNoteError(
        `${acknowledgedFile(folder)} is missing or damaged: how far the running store has come is not known. Stop it, then copy.`,
      );
    }
    // The store may have begun a segment between the two looks.
    if (end <= files.last.base + files.last.size) {
      files.endAt(end);
      return files;
    }
    files.close();
  }
}

const pauseFor =
  ({ signal }: CopyOptions) =>
  (): Promise<void> =>
    new Promise((resolve, reject) => setImmediate(() => (signal?.aborted ? reject(signal.reason as Error) : resolve())));
