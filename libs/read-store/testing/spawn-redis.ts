import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A redis-server of a test's own, on a port of its own. */
export interface SpawnedRedis {
  readonly url: string;
  readonly port: number;
  /** Sends one command and answers the first line of the reply. */
  command(...words: string[]): Promise<string>;
  /** Ends the process with SIGKILL; its data is lost unless it was asked to keep it. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  pauseAnswers(): void;
  resumeAnswers(): void;
  /** Ends it and removes what it wrote. */
  stop(): Promise<void>;
}

/** True when there is a redis-server to test with. Where everything must run (CI=true) its absence is an error, elsewhere a warning. */
export function redisIsInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env['CI'] === 'true') throw new Error('redis-server is not installed, and CI=true: nothing may be skipped');
    process.stderr.write('\nSKIPPED: the tests on Redis need redis-server (Debian: apt-get install redis-server)\n');
    return false;
  }
}

/** None outlives the tests, however they end. */
const spawned = new Set<ChildProcess>();
process.once('exit', () => spawned.forEach((server) => server.kill('SIGKILL')));

export async function spawnRedis(...settings: string[]): Promise<SpawnedRedis> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  let child: ChildProcess | undefined;
  const redis: SpawnedRedis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    command: (...words) => sendCommand(port, words),
    async start() {
      const server = spawn('redis-server', ['--port', String(port), '--dir', folder, '--save', '', '--bind', '127.0.0.1', ...settings], {
        stdio: 'ignore',
      });
      child = server;
      spawned.add(server);
      server.once('exit', () => spawned.delete(server));
      await until(async () => (await sendCommand(port, ['PING'])) === '+PONG');
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    pauseAnswers: () => void child?.kill('SIGSTOP'),
    resumeAnswers: () => void child?.kill('SIGCONT'),
    async stop() {
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

/** Three masters that share the slots. */
export async function spawnRedisCluster(): Promise<{ url: string; nodes: SpawnedRedis[]; stop(): Promise<void> }> {
  const nodes = await Promise.all([0, 1, 2].map(() => spawnRedis('--cluster-enabled', 'yes', '--cluster-node-timeout', '2000')));
  const [first] = nodes as [SpawnedRedis];
  const bounds = [0, 5461, 10922, 16384];
  await Promise.all(
    nodes.map((node, at) => node.command('CLUSTER', 'ADDSLOTSRANGE', String(bounds[at]), String((bounds[at + 1] ?? 0) - 1))),
  );
  await Promise.all(nodes.slice(1).map((node) => node.command('CLUSTER', 'MEET', '127.0.0.1', String(first.port))));
  for (const node of nodes) {
    await until(async () => (await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    await until(async () => (await node.command('CLUSTER', 'INFO')).includes('cluster_known_nodes:3'));
  }
  return {
    url: nodes.map(({ url }) => url).join(','),
    nodes,
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

/** Waits for a condition; a test's own time limit ends it. A condition that throws does not hold yet. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (;;) {
    try {
      if (await holds()) return;
    } catch {
      // Not yet.
    }
    await pause(5);
  }
}

async function freePort(): Promise<number> {
  // A cluster node also takes the port 10,000 above its own.
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    if (port < 55_000) return port;
  }
}

async function sendCommand(port: number, words: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    const [reply] = (await once(socket, 'data')) as [Buffer];
    return reply.toString().trim();
  } finally {
    socket.destroy();
  }
}
