import { redisIsInstalled, spawnRedis, spawnRedisCluster } from '../testing/spawn-redis.js';
import { readStoreContract } from './read-store.contract.js';
import { connectRedisReadStore } from './redis-read-store.js';

if (redisIsInstalled()) {
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
