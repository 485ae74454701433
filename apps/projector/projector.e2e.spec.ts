import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStore, type EventStore } from '#embedded-event-store';
import { connectEventLog, type EventLog, type NewEvent } from '#event-store';
import { historySearch, poolBalance } from '#projections';
import { openLmdbReadStore, openReadStore, type ReadStore } from '#read-store';
import { dumped, reached, runPump } from '../../libs/read-store/testing/running-pump.js';
import { redisIsInstalled, spawnRedis, until, type SpawnedRedis } from '../../libs/read-store/testing/spawn-redis.js';
import { startProcess, type RunningProcess } from '../../test/support/processes.js';

const views = [poolBalance, historySearch];

describe('projector processes', () => {
  let folder: string;
  let eventStore: EventStore;
  let log: EventLog;
  let projectors: RunningProcess[];
  let redis: SpawnedRedis | undefined;
  let store: ReadStore | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'projector-'));
    eventStore = await startEventStore({ dataDir: join(folder, 'events') });
    log = connectEventLog(eventStore.url);
    projectors = [];
  });
  afterEach(async () => {
    for (const projector of projectors) await projector.kill();
    await store?.close();
    store = undefined;
    await log.close();
    await eventStore.close();
    await redis?.stop();
    redis = undefined;
    rmSync(folder, { recursive: true });
  });

  const start = async (): Promise<RunningProcess> => {
    const projector = await startProcess('projector', [], {
      DATA_DIR: folder,
      EVENTSTORE_PORT: String(eventStore.port),
      ...(redis ? { REDIS_URL: redis.url } : {}),
    });
    projectors.push(projector);
    return projector;
  };
  const openStore = async (): Promise<ReadStore> => (store = await openReadStore({ redisUrl: redis?.url, dataDir: folder }));

  let facts = 0;
  const revisions = new Map<string, number>();
  /** One purchase and some assignments in one of a few pools. Answers the last position. */
  const record = async (pools: number): Promise<bigint> => {
    const account = `00000000-0000-4000-8000-${String((facts += 1) % pools).padStart(12, '0')}`;
    const stream = `pool-${account}`;
    const at = new Date(1_700_000_000_000 + facts * 1_000).toISOString();
    const metadata = { recordedAt: at, actor: { userId: 'user-1', role: 'partner', accountId: account } };
    const fact = (type: string, data: object): NewEvent => ({ id: randomUUID(), type, data: { accountId: account, ...data }, metadata });
    const lines = [{ line: 1, sku: `S-${facts % 4}`, quantity: 1 + (facts % 3), lots: [] }];
    const events = [
      fact('LicensePurchased', { orderId: `o${facts}`, source: 'operator', lots: [{ sku: `S-${facts % 4}`, quantity: 10 }] }),
      ...[1, 2, 3].map((n) =>
        fact('LicenseAssigned', { assignmentId: `a${facts}-${n}`, customerId: `c${facts % 9}`, assignedAt: at, lines }),
      ),
    ];
    const appended = await log.append(stream, events, revisions.get(eventStore.url + stream) ?? -1);
    revisions.set(eventStore.url + stream, appended.revision);
    return appended.position;
  };

  const straightReplay = async (position: bigint): Promise<string[][]> => {
    const plain = await openLmdbReadStore(join(folder, 'plain'));
    const pump = runPump({ source: log, store: plain, projections: views });
    try {
      for (const view of views) await reached(plain, view, position);
      return await Promise.all(views.map((view) => dumped(plain, view)));
    } finally {
      await pump.stop();
      await plain.close();
    }
  };

  /** Two at work, one killed and begun again every now and then, while facts are recorded. */
  const racingAndKilled = async (): Promise<void> => {
    await Promise.all([start(), start()]);
    let position = 0n;
    for (let round = 0; round < 6; round += 1) {
      const appending = (async () => {
        for (let n = 0; n < 60; n += 1) position = await record(7);
      })();
      await until(() => facts % 60 > (round * 17) % 50);
      // The one that has been at work longest.
      await projectors.shift()?.kill();
      await appending;
      await start();
    }
    const tested = await openStore();
    for (const view of views) await reached(tested, view, position);
    const dumps = await Promise.all(views.map((view) => dumped(tested, view)));
    expect(dumps).toEqual(await straightReplay(position));
    expect(dumps[1]?.length).toBeGreaterThan(1_000);
  };

  it('that race and are killed at any moment leave in LMDB what a straight replay gives', racingAndKilled);

  (redisIsInstalled() ? it : it.skip)('that race and are killed at any moment leave in Redis what a straight replay gives', async () => {
    redis = await spawnRedis();
    await racingAndKilled();
  });

  it('stop at a batch’s end when asked to, and go on from there', async () => {
    const first = await start();
    const position = await record(3);
    const tested = await openStore();
    await reached(tested, poolBalance, position);
    expect(await first.stop()).toBe(0);
    const later = await record(3);
    await start();
    await reached(tested, poolBalance, later);
  });

  (redisIsInstalled() ? it : it.skip)('refuse a Redis that holds the read models of another log, with the reason, and end', async () => {
    redis = await spawnRedis();
    const tested = await openStore();
    await tested.claim('the-first-event-of-another-log');
    await record(1);
    await expect(start()).rejects.toThrow('belong to a log whose first event is the-first-event-of-another-log');
  });
});
