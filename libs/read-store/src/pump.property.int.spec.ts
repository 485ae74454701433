import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordedLog } from '../testing/recorded-log.js';
import { dumped, reached, runPump } from '../testing/running-pump.js';
import { redisIsInstalled, spawnRedis } from '../testing/spawn-redis.js';
import { lastMoves, moved, noted, tally } from '../testing/tally.js';
import { openLmdbReadStore } from './lmdb-read-store.js';
import type { Projection } from './projection.js';
import type { ReadStore } from './read-store.js';
import { connectRedisReadStore } from './redis-read-store.js';

const account = fc.constantFrom('a', 'b', 'c', 'd');
const fact = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(account, account, fc.integer({ min: 1, max: 3 }), fc.constantFrom('s1', 's2')).map((move) => moved(...move)),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 5 }).map(noted) },
  { weight: 1, arbitrary: fc.constant({ stream: 'x-1', type: 'Unknown', data: {} }) },
);
/** What happens to the projectors while the facts come: how many are at work, how much each takes at once, and when one is ended and begun again. */
const disorder = fc.record({
  batches: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  chunks: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
  restartAt: fc.array(fc.nat(5), { maxLength: 3 }),
});

const projections: readonly Projection<any>[] = [tally, lastMoves];

/** One projector, one fact at a time, from the start: the plainest replay there is. */
async function straightReplay(open: () => Promise<ReadStore>, log: RecordedLog): Promise<string[][]> {
  const store = await open();
  const pump = runPump({ source: log, store, projections, batchEventsMax: 1 });
  try {
    for (const projection of projections) await reached(store, projection, log.end);
    return await Promise.all(projections.map((projection) => dumped(store, projection)));
  } finally {
    await pump.stop();
    await store.close();
  }
}

function anyOrder(name: string, storeOf: () => Promise<ReadStore>, plain: () => Promise<ReadStore>, runs: number): void {
  it(`on ${name}, any batching, restarting and racing of projectors ends where a straight replay does`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fact, { minLength: 1, maxLength: 60 }), disorder, async (facts, { batches, chunks, restartAt }) => {
        const log = new RecordedLog();
        const store = await storeOf();
        const start = (batchEventsMax: number): ReturnType<typeof runPump> => runPump({ source: log, store, projections, batchEventsMax });
        const pumps = batches.map(start);
        try {
          for (let at = 0, chunk = 0; at < facts.length; chunk += 1) {
            const size = chunks[chunk % chunks.length] ?? 1;
            log.record(...facts.slice(at, at + size));
            at += size;
            if (restartAt.includes(chunk)) {
              const which = chunk % pumps.length;
              await pumps[which]?.stop();
              pumps[which] = start(batches[which] ?? 1);
            } else {
              await new Promise((resolve) => setImmediate(resolve));
            }
          }
          for (const projection of projections) await reached(store, projection, log.end);
          const dumps = await Promise.all(projections.map((projection) => dumped(store, projection)));
          expect(dumps).toEqual(await straightReplay(plain, log));
        } finally {
          await Promise.all(pumps.map((pump) => pump.stop()));
          await store.close();
        }
      }),
      { numRuns: runs },
    );
  });
}

describe('projectors', () => {
  let folder: string;
  let stores = 0;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'projectors-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const newLmdb = (): Promise<ReadStore> => openLmdbReadStore(join(folder, String((stores += 1))));

  anyOrder('LMDB', newLmdb, newLmdb, 60);

  if (redisIsInstalled()) {
    let redis: Awaited<ReturnType<typeof spawnRedis>>;
    beforeAll(async () => {
      redis = await spawnRedis();
    });
    afterAll(() => redis.stop());
    const emptyRedis = async (): Promise<ReadStore> => {
      await redis.command('FLUSHALL');
      return connectRedisReadStore(redis.url);
    };
    // The replay it is held against is on the other store: so the two are also held against each other.
    anyOrder('Redis', emptyRedis, newLmdb, 60);
  }
});
