import { join } from 'node:path';
import { openLmdbReadStore } from './lmdb-read-store.js';
import type { ReadStore } from './read-store.js';
import { connectRedisReadStore } from './redis-read-store.js';

/** The store the settings name: Redis when there is a URL, else LMDB in the data folder. */
export function openReadStore(settings: { readonly redisUrl?: string | undefined; readonly dataDir: string }): Promise<ReadStore> {
  return settings.redisUrl ? connectRedisReadStore(settings.redisUrl) : openLmdbReadStore(join(settings.dataDir, 'read-models'));
}
