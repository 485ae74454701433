import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RecordedLog } from '../testing/recorded-log.js';
import { dumped, reached, runPump, Said } from '../testing/running-pump.js';
import { redisIsInstalled, spawnRedis, spawnRedisCluster, until } from '../testing/spawn-redis.js';
import type { SpawnedRedis } from '../testing/spawn-redis.js';
import { lastMoves, moved, tally } from '../testing/tally.js';
import type { ReadStore } from './read-store.js';
import { ReadStoreUnavailable } from './read-store.js';
import { viewOf } from './read-view.js';
import { connectRedisReadStore } from './redis-read-store.js';
import { ReadModelBehind, waitFor } from './wait.js';

const installed = redisIsInstalled();

(installed ? describe : describe.skip)('read models in Redis', () => {
  let redis: SpawnedRedis;
  let store: ReadStore;
  let log: RecordedLog;
  let pumps: ReturnType<typeof runPump>[];
  let said: Said;

  beforeEach(async () => {
    redis = await spawnRedis('--appendonly', 'no');
    store = await connectRedisReadStore(redis.url);
    log = new RecordedLog();
    said = new Said();
    pumps = [];
  });
  afterEach(async () => {
    redis.resumeAnswers();
    await Promise.all(pumps.map((pump) => pump.stop()));
    await store.close();
    await redis.stop();
  });
  const run = (): void => void pumps.push(runPump({ source: log, store, projections: [tally, lastMoves], logger: said.logger }));
  const history = (facts: number): void => {
    for (let n = 1; n <= facts; n += 1) log.record(moved(`a${n % 7}`, `b${n % 11}`, n, `s${n % 3}`));
  };

  it('are filled again by themselves after FLUSHALL, also when nothing happens in the log', async () => {
    history(100);
    run();
    await reached(store, tally, log.end);
    const before = await dumped(store, tally);
    await redis.command('FLUSHALL');
    await expect(waitFor(store, tally, log.end, 0)).rejects.toThrow(ReadModelBehind);
    await reached(store, tally, log.end);
    await reached(store, lastMoves, log.end);
    expect(await dumped(store, tally)).toEqual(before);
  });

  it('are not begun from nothing by the first fact after FLUSHALL', async () => {
    log.record(moved('a', 'b', 5));
    run();
    await reached(store, tally, log.end);
    await redis.command('FLUSHALL');
    log.record(moved('a', 'b', 2));
    await until(async () => (await store.servingVersion('tally')) === 1 && (await store.progress('tally', 1)).position === log.end);
    expect(await (await viewOf(store, tally)).document('b', 's1')).toMatchObject({ quantity: 7 });
  });

  it('are right after any number of FLUSHALLs while facts come and two projectors race', async () => {
    run();
    run();
    for (let round = 0; round < 12; round += 1) {
      history(30);
      if (round % 3 === 1) await redis.command('FLUSHALL');
      else await new Promise((resolve) => setImmediate(resolve));
    }
    await reached(store, tally, log.end);
    const after = await dumped(store, tally);
    for (const pump of pumps.splice(0)) await pump.stop();
    await redis.command('FLUSHALL');
    run();
    await reached(store, tally, log.end);
    expect(after).toEqual(await dumped(store, tally));
  });

  it('are caught up on when Redis was away, and readers are told at once meanwhile', async () => {
    history(10);
    run();
    await reached(store, tally, log.end);
    await redis.kill();
    history(10);
    await until(async () => {
      const begun = performance.now();
      await expect(viewOf(store, tally)).rejects.toThrow(ReadStoreUnavailable);
      return performance.now() - begun < 1_000;
    });
    await until(() => said.lines.includes('read models wait for the store or the log'));
    await redis.start();
    await reached(store, tally, log.end);
  });

  it('that hang are given up on within seconds, by readers and by writers, and taken up again', async () => {
    history(10);
    run();
    await reached(store, tally, log.end);
    redis.pauseAnswers();
    await expect(store.servingVersion('tally')).rejects.toThrow(ReadStoreUnavailable);
    history(10);
    await until(() => said.lines.includes('read models wait for the store or the log'));
    redis.resumeAnswers();
    await reached(store, tally, log.end);
  });

  it('are refused where Redis throws keys away when it is full, until it does not', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const evicting = await connectRedisReadStore(redis.url);
    try {
      await until(async () => {
        const outcome = await evicting.ping().catch((error: Error) => error.message);
        return outcome?.includes('maxmemory-policy is allkeys-lru') ?? false;
      });
      await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await until(async () => (await evicting.ping()) === undefined);
    } finally {
      await evicting.close();
    }
  });

  it('whose last writes were lost are brought to where they were', async () => {
    await redis.command('CONFIG', 'SET', 'save', '3600 1');
    history(20);
    run();
    await reached(store, tally, log.end);
    expect(await redis.command('SAVE')).toBe('+OK');
    history(20);
    await reached(store, tally, log.end);
    const before = await dumped(store, tally);
    // The snapshot on disk is of before the second twenty; the projector remembers the later position.
    await redis.kill();
    await redis.start();
    // In an account that has lost something, and once the projector's own connection stands again: no failed call warns it.
    await until(async () => (await store.ping()) === undefined);
    log.record(moved('a1', 'b1', 5, 's1'));
    await reached(store, tally, log.end);
    for (const pump of pumps.splice(0)) await pump.stop();
    const after = await dumped(store, tally);
    await redis.command('FLUSHALL');
    run();
    await reached(store, tally, log.end);
    expect(after).toEqual(await dumped(store, tally));
    expect(after).not.toEqual(before);
  });
});

(installed ? describe : describe.skip)('read models in a cluster', () => {
  it('are filled again when one of its nodes has lost everything', async () => {
    const cluster = await spawnRedisCluster();
    const store = await connectRedisReadStore(cluster.url);
    const log = new RecordedLog();
    const pump = runPump({ source: log, store, projections: [tally, lastMoves] });
    try {
      for (let n = 0; n < 200; n += 1) log.record(moved(`a${n % 17}`, `b${n % 13}`, n, `s${n % 3}`));
      await reached(store, tally, log.end);
      const before = await dumped(store, tally);
      for (const node of cluster.nodes) {
        await node.command('FLUSHALL');
        await until(async () => (await dumped(store, tally)).length === before.length);
        await reached(store, tally, log.end);
        expect(await dumped(store, tally)).toEqual(before);
      }
    } finally {
      await pump.stop();
      await store.close();
      await cluster.stop();
    }
  });
});
