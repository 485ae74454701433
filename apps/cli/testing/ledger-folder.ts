import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStore } from '#embedded-event-store';
import { connectEventLog, Ledger, type EventLog } from '#event-store';

/** A data folder as the ledger leaves it, for the command line to find. */
export interface LedgerFolder {
  readonly dataDir: string;
  /** Runs the built command line on the folder, or with the environment given; its output may go to an open file. */
  run(words: readonly string[], environment?: Readonly<Record<string, string>>, output?: number): Promise<Ended>;
  /** Opens the folder's event store in this process while the work lasts. */
  open<Result>(work: (parts: { log: EventLog; ledger: Ledger; url: string }) => Promise<Result>): Promise<Result>;
  remove(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = join(import.meta.dirname, '../../../dist/apps/cli/main.js');

export async function makeLedgerFolder(): Promise<LedgerFolder> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ledger-cli-'));
  let minute = 0;
  return {
    dataDir,
    run: (words, environment = { DATA_DIR: dataDir }, output) => run(words, environment, output),
    open: async (work) => {
      const store = await startEventStore({ dataDir: join(dataDir, 'events') });
      const log = connectEventLog(store.url);
      const now = () => new Date(Date.parse('2026-04-01T09:00:00Z') + minute++ * 60_000).toISOString();
      try {
        return await work({ log, ledger: new Ledger({ log, now }), url: store.url });
      } finally {
        await log.close();
        await store.close();
      }
    },
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}

function run(words: readonly string[], environment: Readonly<Record<string, string>>, output: number | 'pipe' = 'pipe'): Promise<Ended> {
  const { NODE_OPTIONS: _, DATA_DIR: __, EVENTSTORE_URL: ___, REDIS_URL: ____, ...inherited } = process.env;
  const child = spawn(process.execPath, [main, ...words], {
    env: { ...inherited, ...environment, NO_COLOR: '1' },
    stdio: ['ignore', output, 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
