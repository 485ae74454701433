import { join } from 'node:path';
import type { EventLog } from '#event-store';
import { openLmdbReadStore } from './lmdb-read-store.js';
import { readModelsOf } from './log-guard.js';
import type { ReadStore } from './read-store.js';
import { connectRedisReadStore } from './redis-read-store.js';

/**
 * The store the settings name: Redis when there is a URL, else LMDB in the data folder. Given the log, reads are refused (ReadModelsOfAnotherLog,
 * a ReadStoreUnavailable) while what is in the store was made from another one: for everybody who answers from the read models.
 */
export async function openReadStore(
  settings: { readonly redisUrl?: string | undefined; readonly dataDir: string },
  log?: Pick<EventLog, 'readAll'>,
): Promise<ReadStore> {
  const store = settings.redisUrl
    ? await connectRedisReadStore(settings.redisUrl)
    : await openLmdbReadStore(join(settings.dataDir, 'read-models'));
  return log ? readModelsOf(log, store) : store;
}
