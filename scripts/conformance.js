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

/** The group that needs a server on which the standard projections run. */
const PROJECTIONS = 'system-projections';

/** What it is not held to, and why. */
const GROUPS_LEFT_OUT = {
  maintenance: 'there is no scavenge',
  defects: 'what the real server does wrong, for knowing and not for imitating',
};

const USAGE = `npm run conformance                       the embedded store: each group on an empty folder, and started again on what that left
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

// Runs the kit against servers of our own, which it may restart. Resolves with the exit code of the first run that fails, or 0.
async function runOnEmbedded(given) {
  if (!bringBuildUpToDate()) return 1;
  const isOnce = given.includes('--once');
  const options = given.filter((option) => option !== '--once');
  const runs = runsOf(options);
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    for (const { title, groups, settings } of runs) {
      // What the first of these leaves is the data of the second; then the other settings work on the same.
      for (const when of isOnce ? ['on an empty store'] : ['on an empty store', 'on the store that this left, started again']) {
        console.log(`${title}, ${when}`);
        const code = await runOnServer(join(folder, settings.join('') || 'plain'), settings, [...options, ...groups]);
        if (code !== 0) return code;
      }
    }
    if (isOnce || runs.length === 1) return 0;
    console.log('standard projections running, on the store that the groups without them left');
    const { settings, groups } = runs.at(-1);
    return await runOnServer(join(folder, 'plain'), settings, [...options, ...groups]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Which groups are run, with which settings of the server. Without a choice that is all the store is held to; says what is left out.
function runsOf(options) {
  const standard = { title: 'standard projections running', settings: ['--start-standard-projections'] };
  const plain = { title: 'no projections', settings: [] };
  const isChosen = options.some((option) => option.startsWith('--group') || option.startsWith('--only'));
  if (isChosen) return [{ ...(options.some((option) => option.includes(PROJECTIONS)) ? standard : plain), groups: [] }];
  console.log('left out:');
  for (const [name, why] of Object.entries(GROUPS_LEFT_OUT)) console.log(`  ${name}: ${why}`);
  const named = (groups) => groups.flatMap((group) => ['--group', group]);
  return [
    { ...plain, groups: named(GROUPS) },
    { ...standard, groups: named([PROJECTIONS]) },
  ];
}

async function runOnServer(folder, settings, options) {
  let server = await startServer(folder, 0, settings);
  const control = createServer(async (socket) => {
    await stopServer(server);
    server = await startServer(folder, server.port, settings);
    socket.end();
  });
  await new Promise((resolve) => control.listen(0, '127.0.0.1', resolve));
  try {
    const url = `esdb://127.0.0.1:${server.port}?tls=false`;
    return await runKit([...options, '--url', url, '--restart-cmd', restartCommand(control.address().port)]);
  } finally {
    control.close();
    await stopServer(server);
  }
}

function runKit(options) {
  const child = spawn(process.execPath, [join(KIT, 'run.mjs'), ...options], { cwd: ROOT, stdio: 'inherit' });
  return new Promise((resolve, reject) => child.on('error', reject).on('exit', (code, signal) => resolve(signal === null ? code : 1)));
}

function startServer(folder, port, settings) {
  const child = spawn(process.execPath, [SERVER, '--port', String(port), '--data', folder, ...settings], {
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
