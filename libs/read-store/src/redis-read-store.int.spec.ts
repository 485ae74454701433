import { expect, it } from '@jest/globals';
import { redisIsInstalled, spawnRedis, spawnRedisCluster } from '../testing/spawn-redis.js';
import { document, dumpOf } from '../testing/written.js';
import { readStoreContract } from './read-store.contract.js';
import { ReadStoreUnavailable } from './read-store.js';
import { connectRedisReadStore } from './redis-read-store.js';

if (redisIsInstalled()) {
  it('stores nothing of a batch that meets a key of somebody else: the next attempt does not count it twice', async () => {
    const redis = await spawnRedis();
    const store = await connectRedisReadStore(redis.url);
    const address = { projection: 'view', version: 1, partition: 'a' };
    const entry = { index: 'by-time', sort: '1' };
    const write = { address, readCheckpoint: undefined, checkpoint: 5n, documents: [document('x', { n: 1 }, [entry])] };
    await redis.command('SET', '{view.v1:a}:index:by-time', 'not ours');
    await expect(store.commit(write)).rejects.toThrow(ReadStoreUnavailable);
    expect(await store.documents(address, ['x'])).toEqual([undefined]);
    await redis.command('DEL', '{view.v1:a}:index:by-time');
    expect(await store.commit(write)).toBe(true);
    expect(await dumpOf(store, 'view', 1)).toHaveLength(2);
    await store.close();
    await redis.stop();
  });

  it('begins a version from nothing when its drop was cut short', async () => {
    const redis = await spawnRedis();
    const store = await connectRedisReadStore(redis.url);
    const address = { projection: 'view', version: 1, partition: 'a' };
    await store.begin('view', 1);
    await store.commit({ address, readCheckpoint: undefined, checkpoint: 5n, documents: [document('x', { n: 1 })] });
    await redis.command('HSET', '{view}:versions', '1', 'dropping');
    await redis.command('DEL', '{view.v1}:progress');
    expect(await store.begin('view', 1)).toEqual({ life: expect.any(String), position: undefined });
    expect(await dumpOf(store, 'view', 1)).toEqual([]);
    expect(await store.partitionCheckpoint(address)).toBeUndefined();
    expect(await store.versions('view')).toEqual([1]);
    await store.close();
    await redis.stop();
  });

  readStoreContract('Redis', async () => {
    const redis = await spawnRedis();
    const store = await connectRedisReadStore(redis.url);
    return {
      store,
      another: () => connectRedisReadStore(redis.url),
      async stop() {
        await store.close();
        await redis.stop();
      },
    };
  });

  readStoreContract('a cluster of three Redis nodes', async () => {
    const cluster = await spawnRedisCluster();
    const store = await connectRedisReadStore(cluster.url);
    return {
      store,
      another: () => connectRedisReadStore(cluster.url),
      async stop() {
        await store.close();
        await cluster.stop();
      },
    };
  });
}
