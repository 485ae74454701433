import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Starts a ledger on free ports with a data folder of its own; `stop` ends it and removes the folder. Errors: what it said, when it does not start. */
export async function startTemporaryLedger() {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-demo-'));
  const login = 'operator';
  const password = randomBytes(12).toString('base64url');
  const storeSecret = `whsec_${randomBytes(32).toString('base64')}`;
  console.log('Starting a temporary ledger …');
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../dist/apps/ledger/main.js', import.meta.url))], {
    env: {
      ...process.env,
      DATA_DIR: folder,
      PORT: '0',
      EVENTSTORE_PORT: '0',
      EVENTSTORE_URL: '',
      REDIS_URL: '',
      SANDBOX: '',
      OPERATOR_LOGIN: login,
      OPERATOR_PASSWORD: password,
      STORE_SECRET: storeSecret,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A Ctrl-C is for the story; the ledger is stopped by it.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const gone = once(child, 'close');
  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('SIGINT', () => stop().finally(() => process.exit(130)));
  process.once('SIGTERM', () => stop().finally(() => process.exit(143)));
  const address = join(folder, 'ledger.json');
  while (!existsSync(address)) {
    if (child.exitCode !== null) {
      await stop();
      throw new Error(`the temporary ledger did not start:\n${output}`);
    }
    await pause(50);
  }
  return { url: JSON.parse(readFileSync(address, 'utf8')).apiUrl, login, password, storeSecret, stop };
}
