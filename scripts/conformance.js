#!/usr/bin/env node
// Holds the embedded event store against what a real EventStoreDB 24.2 answered (test/conformance), or any other server with --url.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bringBuildUpToDate } from './build.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const KIT = join(ROOT, 'test/conformance');
const SERVER = join(ROOT, 'dist/apps/event-store/main.js');

/** What the embedded store is held to. */
const GROUPS = [
  'append',
  'append-raw',
  'append-revisions',
  'delete',
  'idempotency',
  'links',
  'load',
  'metadata',
  'persistent-consume',
  'persistent-manage',
  'persistent-strategies',
  'read-all',
  'read-raw',
  'read-stream',
  'restart',
  'service',
  'subscribe-all',
  'subscribe-stream',
];

/** What it is not held to, and why. */
const GROUPS_LEFT_OUT = {
  'system-projections': 'there are no projections',
  maintenance: 'there is no scavenge',
  defects: 'what the real server does wrong, for knowing and not for imitating',
};

const USAGE = `npm run conformance                       the embedded store, twice: on an empty folder, and started again on what that left
npm run conformance -- --once             only on an empty folder
npm run conformance -- --group read-all   only what is chosen; --only TEXT, --list, --json FILE, --timeout MS: see test/conformance/README.md
npm run conformance -- --url esdb://HOST:PORT?tls=false   any other server, with every group that is not optional`;

const given = process.argv.slice(2);
if (given.includes('--help')) {
  console.log(USAGE);
} else if (given.some((argument) => argument === '--url' || argument.startsWith('--url=') || argument === '--list')) {
  process.exitCode = await runKit(given);
} else {
  process.exitCode = await runOnEmbedded(given);
}

// Runs the kit against a server of our own, which it may restart. Resolves with its exit code.
async function runOnEmbedded(options) {
  if (!bringBuildUpToDate()) return 1;
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  let server = await startServer(folder, 0);
  const control = createServer(async (socket) => {
    await stopServer(server);
    server = await startServer(folder, server.port);
    socket.end();
  });
  await new Promise((resolve) => control.listen(0, '127.0.0.1', resolve));
  const passes = options.filter((option) => option !== '--once');
  try {
    const chosen = passes.some((option) => option.startsWith('--group') || option.startsWith('--only'))
      ? passes
      : [...passes, ...requiredGroups()];
    const kit = () => [
      ...chosen,
      '--url',
      `esdb://127.0.0.1:${server.port}?tls=false`,
      '--restart-cmd',
      restartCommand(control.address().port),
    ];
    console.log('on an empty store');
    const onEmpty = await runKit(kit());
    if (onEmpty !== 0 || options.includes('--once')) return onEmpty;
    await stopServer(server);
    server = await startServer(folder, 0);
    console.log('\non the store that this left, started again');
    return await runKit(kit());
  } finally {
    control.close();
    await stopServer(server);
    rmSync(folder, { recursive: true, force: true });
  }
}

// The options that choose what the store is held to; says what is left out.
function requiredGroups() {
  console.log('left out:');
  for (const [name, why] of Object.entries(GROUPS_LEFT_OUT)) console.log(`  ${name}: ${why}`);
  return GROUPS.flatMap((group) => ['--group', group]);
}

function runKit(options) {
  const child = spawn(process.execPath, [join(KIT, 'run.mjs'), ...options], { cwd: ROOT, stdio: 'inherit' });
  return new Promise((resolve, reject) => child.on('error', reject).on('exit', (code, signal) => resolve(signal === null ? code : 1)));
}

function startServer(folder, port) {
  const child = spawn(process.execPath, [SERVER, '--port', String(port), '--data', folder], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the event store ended with ${code}`)));
    child.on('message', (message) => (message.ready ? resolve({ child, port: message.port }) : reject(new Error(message.failed))));
  });
}

function stopServer({ child }) {
  if (child.exitCode !== null) return undefined;
  child.kill('SIGTERM');
  return new Promise((resolve) => child.on('exit', resolve));
}

// A shell command that makes this process restart the server and returns when that is done.
function restartCommand(controlPort) {
  const program = `require('net').connect(${controlPort}, '127.0.0.1').on('end', () => process.exit()).resume()`;
  return `"${process.execPath}" -e "${program}"`;
}
