import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.js';

/** The whole process tree of `npm start`, on free ports and a data folder of its own. */
export interface RunningLedger {
  readonly url: string;
  readonly operatorLogin: string;
  readonly operatorPassword: string;
  readonly storeSecret: string;
  /** Everything it printed so far. */
  output(): string;
  /** Stops it in order and removes its folder. Errors: when it did not exit with 0. */
  stop(): Promise<void>;
}

const storeSecret = `whsec_${Buffer.alloc(32, 's').toString('base64')}`;

/** Starts it and waits until it says where its API is. `environment` adds EVENTSTORE_URL, REDIS_URL and the like. */
export async function startLedger(environment: Record<string, string> = {}, words: readonly string[] = []): Promise<RunningLedger> {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  const operatorLogin = `operator-${folder.slice(-6)}`;
  const operatorPassword = 'correct horse battery staple';
  const child = spawn(process.execPath, ['dist/apps/ledger/main.js', ...words], {
    env: {
      ...process.env,
      DATA_DIR: folder,
      PORT: '0',
      EVENTSTORE_PORT: '0',
      OPERATOR_LOGIN: operatorLogin,
      OPERATOR_PASSWORD: operatorPassword,
      STORE_SECRET: storeSecret,
      JWT_SECRET: 'a secret of this test that is long enough',
      LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const address = join(folder, 'ledger.json');
  await until(() => existsSync(address) || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`the ledger did not start:\n${output}`);
  const { apiUrl } = JSON.parse(readFileSync(address, 'utf8'));
  return {
    url: apiUrl,
    operatorLogin,
    operatorPassword,
    storeSecret,
    output: () => output,
    async stop() {
      const exitCode = await stopped(child);
      rmSync(folder, { recursive: true, force: true });
      if (exitCode !== 0) throw new Error(`the ledger ended with exit code ${exitCode}:\n${output}`);
    },
  };
}

async function stopped(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
  return child.exitCode;
}
