// How fast read models are filled from the log: all events of a log through the pump into an empty store, by one process.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connectEventLog } from '#event-store';
import { historySearch, poolBalance, projections } from '#projections';
import { connectRedisReadStore, openLmdbReadStore, Pump } from '#read-store';

export async function rebuildSpeed({ folder, eventStore }) {
  const log = connectEventLog(eventStore.url);
  const end = await log.end();
  const results = [];
  const sets = { 'pool-balance and history-search': [poolBalance, historySearch], 'all read models': projections };
  for (const [name, chosen] of Object.entries(sets)) {
    const store = await openLmdbReadStore(`${folder}/rebuild-${chosen.length}`);
    results.push(await fill(log, end, store, chosen, `rebuild, ${name}, LMDB`));
    await store.close();
    const redis = await startRedis(folder);
    if (redis === undefined) {
      console.log('  no redis-server on this machine: the rebuild on Redis is not measured');
      continue;
    }
    const onRedis = await connectRedisReadStore(redis.url);
    results.push(await fill(log, end, onRedis, chosen, `rebuild, ${name}, Redis`));
    await onRedis.close();
    redis.stop();
  }
  await log.close();
  return results;
}

async function fill(log, end, store, chosen, workload) {
  const logger = { info() {}, warn: console.error, error: console.error };
  const pump = new Pump({ source: log, store, projections: chosen, logger });
  const done = new AbortController();
  const startedAt = performance.now();
  const running = pump.run(done.signal);
  for (;;) {
    const status = pump.status();
    if (status.length > 0 && status.every(({ position }) => position !== undefined && position >= end)) break;
    await pause(5);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  let events = 0;
  for await (const _ of log.readAll()) events++;
  done.abort();
  await running;
  console.log(`  ${workload}: ${events} events in ${seconds.toFixed(1)} s`);
  return { workload, figure: 'events per second', values: [events / seconds] };
}

async function startRedis(folder) {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn('redis-server', words, { stdio: 'ignore' });
  return { url: `redis://127.0.0.1:${port}`, stop: () => child.kill() };
}
