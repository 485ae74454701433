import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashOfFile, readLog, syncFolderOf, type CopiedFile, type CopyOptions } from '#embedded-event-store';
import { Failure } from './failure.js';

/** Where the embedded store keeps its log, in a data folder and in a backup alike. */
export const eventsFolder = 'events';
/** What else of a data folder cannot be made again from the log: others know these secrets, and this password. */
export const settingsFiles = [
  'secrets.json',
  'license-file-keys.pem',
  'ledger.mode',
  ...['certificate.pem', 'key.pem', 'password'].map((name) => `event-store-access/${name}`),
];
/** In the form of sha256sum, so that a backup can also be checked without this program. Written last: without it there is no backup. */
export const sumsFile = 'SHA256SUMS';
export const descriptionFile = 'backup.json';

/** What a backup is of. */
export interface Description {
  readonly format: 1;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly logId: string;
  /** The position behind the last event. */
  readonly end: string;
}

/** A backup that was checked. */
export interface CheckedBackup extends Description {
  readonly events: number;
  readonly files: readonly CopiedFile[];
}

/** Completes a backup whose files are in place. */
export async function describeBackup(folder: string, description: Description, files: readonly CopiedFile[]): Promise<void> {
  const text = `${JSON.stringify(description, undefined, 2)}\n`;
  await writeFile(join(folder, descriptionFile), text, { flush: true });
  const described = { name: descriptionFile, sha256: await hashOfFile(join(folder, descriptionFile), Buffer.byteLength(text)) };
  const sums = [...files, described].map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
  await writeFile(join(folder, `${sumsFile}.new`), sums, { flush: true });
  await rename(join(folder, `${sumsFile}.new`), join(folder, sumsFile));
  await syncFolderOf(join(folder, sumsFile));
}

/**
 * Reads all of a backup: every file as its sum says, none missing, none too many, and a log that is sound to its end. `onBytes` is told of each byte of the log twice.
 * Errors: Failure, naming the first file that is not as it was written.
 */
export async function checkBackup(folder: string, options: CopyOptions = {}): Promise<CheckedBackup> {
  const damaged = (what: string, cause?: unknown) =>
    new Failure(`The backup in ${folder} is damaged: ${what}. It cannot be restored: take another one.`, { cause });
  if (!existsSync(join(folder, sumsFile)))
    throw new Failure(`${folder} holds no whole backup: there is no ${sumsFile}. Name the folder that 'ledger backup' made.`);
  const files = readSums(await readFile(join(folder, sumsFile), 'utf8'));
  if (files === undefined) throw damaged(`${sumsFile} cannot be read`);
  const [listed, present] = [files.map(({ name }) => name), filesUnder(folder).filter((name) => name !== sumsFile)];
  const missing = listed.find((name) => !present.includes(name));
  if (missing !== undefined) throw damaged(`${missing} is missing`);
  const unknown = present.find((name) => !listed.includes(name));
  if (unknown !== undefined) throw damaged(`${unknown} does not belong to it`);
  const checked: CopiedFile[] = [];
  for (const { name, sha256 } of files) {
    const { size } = statSync(join(folder, name));
    if ((await hashOfFile(join(folder, name), size, options)) !== sha256) throw damaged(`${name} is not what was written`);
    checked.push({ name, sha256, bytes: size });
  }
  const description = JSON.parse(await readFile(join(folder, descriptionFile), 'utf8')) as Description;
  if (description.format !== 1)
    throw new Failure(`The backup in ${folder} has the format ${String(description.format)}: a newer version of this program made it.`);
  const { events, logId } = await readLog(join(folder, eventsFolder), Number(description.end), options).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'DamagedLogError') throw damaged(error.message, error);
    throw error;
  });
  if (logId !== description.logId) throw damaged(`its log is not the one that ${descriptionFile} names`);
  return { ...description, events, files: checked };
}

/** Errors: Failure, when something but `leftover` is in a folder already, it is none, or cannot be made. */
export function refuseUnlessEmpty(folder: string, what: string, leftover?: string): void {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  if (!statSync(existing).isDirectory()) throw new Failure(`${existing} is a file: ${what}.`);
  if (existing === folder && readdirSync(folder).some((name) => name !== leftover)) throw new Failure(`${folder} is not empty: ${what}.`);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Failure(`${existing} cannot be written to (${(error as NodeJS.ErrnoException).code}): ${what}.`, { cause: error });
  }
}

/** How much a log takes on disk, for a progress bar. */
export function bytesOfLog(events: string): number {
  const log = join(events, 'log');
  return existsSync(log) ? readdirSync(log).reduce((sum, name) => sum + statSync(join(log, name)).size, 0) : 0;
}

/** What people can act on: a full disk, a missing right, an interruption. */
export function explainedFailure(error: unknown, signal: AbortSignal, doing: string): unknown {
  if (signal.aborted) return new Failure(`Interrupted. ${doing}`);
  const { code, message } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? new Failure(`${message}. ${doing}`, { cause: error }) : error;
}

function readSums(text: string): { name: string; sha256: string }[] | undefined {
  if (!text.endsWith('\n')) return undefined;
  const lines = text.slice(0, -1).split('\n');
  const read = lines.map((line) => /^([0-9a-f]{64}) {2}([A-Za-z0-9][A-Za-z0-9./-]*)$/.exec(line));
  const isWhole = read.every((match) => match !== null && !match[2]!.includes('..'));
  return isWhole ? read.map((match) => ({ sha256: match![1]!, name: match![2]! })) : undefined;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + (folder.endsWith('/') ? 0 : 1)));
}
