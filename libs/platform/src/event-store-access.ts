import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SettingsInvalid } from './settings.js';

/** How the embedded event store of a data folder is reached: who may call it, and the certificate by which it is known. */
export interface EventStoreAccess {
  readonly user: string;
  readonly password: string;
  /** Files, as PEM. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The address for an EventStoreDB client on this machine; holds the password. */
  url(port: number): string;
}

const user = 'ledger';

/**
 * The access to the embedded event store of a data folder; made at the first start, with a random password and a certificate of its
 * own, in a folder that only its owner can enter. Whoever can read it may write into the log: that is the owner, and root.
 */
export async function makeEventStoreAccess(dataDir: string): Promise<EventStoreAccess> {
  const known = readEventStoreAccess(dataDir);
  if (known !== undefined) return known;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // Loaded when it is needed, once for a folder: every process would start later by a tenth of a second.
  const { makeLoopbackCertificate } = await import('./certificate.js');
  const { certificate, key } = await makeLoopbackCertificate('License Ledger event store');
  // A folder that mkdtemp makes is its owner's alone. It comes to its name as a whole, or not at all.
  const draft = mkdtempSync(join(dataDir, 'event-store-access.'));
  const write = (name: string, text: string): void => writeFileSync(join(draft, name), text, { mode: 0o600 });
  try {
    write('certificate.pem', certificate);
    write('key.pem', key);
    write('password', randomBytes(32).toString('base64url'));
    renameSync(draft, folderOf(dataDir));
  } catch (error) {
    rmSync(draft, { recursive: true });
    // Another process was quicker: its access counts.
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  return readEventStoreAccess(dataDir)!;
}

/** The same if it was made; undefined when there never was an embedded event store of `npm start` in the folder. */
export function readEventStoreAccess(dataDir: string): EventStoreAccess | undefined {
  const folder = folderOf(dataDir);
  let password: string;
  try {
    password = readFileSync(join(folder, 'password'), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SettingsInvalid([`DATA_DIR: the access to the event store in ${folder} cannot be read: ${(error as Error).message}`]);
  }
  const certificateFile = join(folder, 'certificate.pem');
  return {
    user,
    password,
    certificateFile,
    keyFile: join(folder, 'key.pem'),
    url: (port) => `esdb://${user}:${password}@localhost:${port}?tls=true&tlsCAFile=${encodeURIComponent(certificateFile)}`,
  };
}

const folderOf = (dataDir: string): string => join(resolve(dataDir), 'event-store-access');
