import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Starts a ledger on free ports with a data folder of its own; `stop` ends it and removes the folder. Errors: what it said, when it does not start. */
export async function startTemporaryLedger() {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-demo-'));
  const login = 'operator';
  const password = randomBytes(12).toString('base64url');
  const storeSecret = `whsec_${randomBytes(32).toString('base64')}`;
  console.log('Starting a temporary ledger …');
  const child = fork(fileURLToPath(new URL('../../dist/apps/ledger/main.js', import.meta.url)), {
    env: {
      ...process.env,
      DATA_DIR: folder,
      PORT: '0',
      EVENTSTORE_PORT: '0',
      EVENTSTORE_URL: '',
      REDIS_URL: '',
      // Its time can be moved: a story that takes a week is told in a second.
      SANDBOX: 'true',
      SMTP_URL: '',
      OPERATOR_LOGIN: login,
      OPERATOR_PASSWORD: password,
      STORE_SECRET: storeSecret,
      LOG_LEVEL: 'warn',
    },
    silent: true,
    // A Ctrl-C is for the story, which stops the ledger; and when the story is killed, the channel closes and the ledger stops by itself.
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
  const isReady = await Promise.race([once(child, 'message').then(([message]) => message.ready === true), gone.then(() => false)]);
  if (!isReady) {
    await stop();
    throw new Error(`the temporary ledger did not start:\n${output}`);
  }
  return { url: JSON.parse(readFileSync(join(folder, 'ledger.json'), 'utf8')).apiUrl, login, password, storeSecret, stop };
}
