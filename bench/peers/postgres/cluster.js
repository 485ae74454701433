// A PostgreSQL of the bench's own, in a folder beside the ledger's data, on the same disk. The system's clusters are not touched.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { endWithUs } from '../../lib/children.js';

/** The folder of initdb and postgres; undefined when PostgreSQL is not installed. */
function findPostgres() {
  const told = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' }).stdout?.trim();
  const debian = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql')
        .sort((one, other) => Number(other) - Number(one))
        .map((version) => `/usr/lib/postgresql/${version}/bin`)
    : [];
  const onPath = (process.env.PATH ?? '').split(':');
  return [told, ...debian, ...onPath].find(
    (folder) => folder && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
}

const howToInstall = 'PostgreSQL is not installed: apt-get install postgresql (Debian, Ubuntu), brew install postgresql (macOS)';

/** It is not installed, or does not start here; the message says what to do. */
export class NoPostgres extends Error {}

/** Everything that makes a commit durable stays as it is by default; the rest is set for a machine that serves this alone. */
const settings = {
  listen_addresses: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '512MB',
  max_connections: '200',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
  wal_buffers: '64MB',
  wal_compression: 'lz4',
  jit: 'off',
  track_activities: 'off',
};

/** Starts a cluster in `folder`. Errors: NoPostgres. */
export async function startCluster(folder) {
  const binaries = findPostgres();
  if (binaries === undefined) throw new NoPostgres(howToInstall);
  const { version } = /(?<version>\d[\d.]*)/.exec(spawnSync(join(binaries, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout).groups;
  const owner = process.getuid?.() === 0 ? userOf('postgres', 'nobody') : undefined;
  mkdirSync(folder, { recursive: true });
  // The path of a Unix socket is short, that of a data folder need not be.
  const sockets = mkdtempSync(join(tmpdir(), 'bench-pg-'));
  process.on('exit', () => rmSync(sockets, { recursive: true, force: true }));
  if (owner) for (const path of [folder, sockets]) chownSync(path, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const as = { ...owner, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C', HOME: folder } };
  const made = spawnSync(join(binaries, 'initdb'), ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8'], { ...as, encoding: 'utf8' });
  if (made.status !== 0) {
    throw new NoPostgres(
      `initdb failed in ${folder}${owner ? ` as user ${owner.name}, who must be able to reach it` : ''}: ${made.stderr ?? made.error}`,
    );
  }
  const words = Object.entries({ ...settings, unix_socket_directories: sockets }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = endWithUs(spawn(join(binaries, 'postgres'), ['-D', data, ...words], { ...as, stdio: ['ignore', 'ignore', 'pipe'] }));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-4_000)));
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const place = { host: sockets, user: 'bench' };
  for (let tries = 0; !(await answers(place)); tries++) {
    if (child.exitCode !== null || tries > 300) throw new NoPostgres(`PostgreSQL did not start: ${said}`);
    await pause(100);
  }
  return {
    pid: child.pid,
    place,
    version,
    async stop() {
      child.kill('SIGINT');
      await gone;
    },
  };
}

async function answers(place) {
  const client = new pg.Client({ ...place, database: 'postgres' });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function userOf(...names) {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of names) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields) return { name, uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new NoPostgres('PostgreSQL does not run as root, and there is no user postgres or nobody here');
}
