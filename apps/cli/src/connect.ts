import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEventStore } from '#embedded-event-store';
import { connectEventLog, type EventLog } from '#event-store';
import { makeEventStoreAccess, settingsTable } from '#platform';
import { eventsFolder, sumsFile } from './backup.js';
import { Failure } from './failure.js';

/** The log a command works on, and what it needs to find the read models beside it. */
export interface Connection {
  readonly log: EventLog;
  /** For people; without credentials. */
  readonly where: string;
  readonly dataDir: string;
  readonly redisUrl: string | undefined;
  /** Whether other processes of the ledger may be at work on the same stores. */
  readonly isShared: boolean;
  /** Whether time is the sandbox's. */
  readonly isSandbox: boolean;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the event store: EVENTSTORE_URL; else the one of the ledger that runs on DATA_DIR; else the embedded store of that folder, started here
 * for as long as the command takes. Only these few settings are read: a check of the log must not ask for the secrets of the API.
 */
export async function connect(environment: Environment = process.env): Promise<Connection> {
  const dataDir = read(environment, 'dataDir')!;
  const redisUrl = read(environment, 'redisUrl');
  const isSandbox = readText(join(dataDir, 'ledger.mode'))?.trim() === 'sandbox';
  const url = read(environment, 'eventStoreUrl') ?? urlOfRunningLedger(dataDir);
  if (url !== undefined) {
    const log = connectEventLog(url);
    const where = `the event store at ${url.replace(/\/\/[^@/]*@/, '//')}`;
    return { log, where, dataDir, redisUrl, isShared: true, isSandbox, close: () => log.close() };
  }
  const events = join(dataDir, eventsFolder);
  if (!existsSync(events))
    throw new Failure(`There is no ledger in ${dataDir}. Set DATA_DIR to its data folder, or EVENTSTORE_URL to its event store.`);
  if (existsSync(join(dataDir, sumsFile)))
    throw new Failure(
      `${dataDir} is a backup: a store that is started in it would change it. Put it into a folder of its own first, by 'ledger restore ${dataDir}' with DATA_DIR set to that folder.`,
    );
  const access = await makeEventStoreAccess(dataDir);
  const store = await startEventStore({
    dataDir: events,
    // A command should learn of damage, and say where it is, before it works on a part of the log.
    readsAllAtStart: true,
    tls: { certificate: readFileSync(access.certificateFile), key: readFileSync(access.keyFile) },
    credentials: access,
    report: (line) => process.stderr.write(`${line}\n`),
  });
  const log = connectEventLog(access.url(store.port));
  const close = async (): Promise<void> => {
    await log.close();
    await store.close();
  };
  return { log, where: `the embedded event store in ${events}`, dataDir, redisUrl, isShared: false, isSandbox, close };
}

/** The folder that a command works on whose business is the embedded store's files. Errors: Failure, when an event store of its own is used. */
export function embeddedDataDir(command: string, environment: Environment = process.env): string {
  if (read(environment, 'eventStoreUrl') === undefined) return read(environment, 'dataDir')!;
  throw new Failure(
    `'ledger ${command}' is for the embedded event store, and EVENTSTORE_URL names another one. EventStoreDB and KurrentDB are backed up with their own means: ` +
      'a copy of the database folder as their manual says ("Backup and restore"), or a disk snapshot. Read models need no backup.',
  );
}

function read(environment: Environment, key: 'dataDir' | 'redisUrl' | 'eventStoreUrl'): string | undefined {
  const setting = settingsTable[key];
  const text = environment[setting.name] || setting.default;
  try {
    return text === undefined ? undefined : setting.parse(text);
  } catch (error) {
    throw new Failure(`${setting.name}: ${(error as Error).message}`);
  }
}

/** `npm start` notes its address in the data folder; a note left behind by a killed process counts for nothing. */
function urlOfRunningLedger(dataDir: string): string | undefined {
  const text = readText(join(dataDir, 'ledger.json'));
  if (text === undefined) return undefined;
  try {
    const { pid, eventStoreUrl } = JSON.parse(text) as { pid: number; eventStoreUrl: string };
    process.kill(pid, 0);
    return eventStoreUrl;
  } catch (error) {
    // A process of another user is alive, too.
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return (JSON.parse(text) as { eventStoreUrl: string }).eventStoreUrl;
    return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
