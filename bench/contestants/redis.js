// A Redis of the bench's own, in memory only: read models are never the truth.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { endWithUs } from '../lib/children.js';

export const howToInstall = 'redis-server is not installed: apt-get install redis-server (Debian, Ubuntu), brew install redis (macOS)';

/** Undefined when there is no redis-server. */
export async function startRedis(folder) {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = endWithUs(spawn('redis-server', words, { stdio: 'ignore' }));
  const gone = once(child, 'exit');
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
