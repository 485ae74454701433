import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryEvent, jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startServer, type ServerProcess } from './src/testing/server-process.js';

let folder: string;
let server: ServerProcess;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-'));
  server = await startServer(folder);
});
afterEach(async () => {
  await server.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const EAGER = { startFrom: 'start' as const, checkPointLowerBound: 1, checkPointUpperBound: 1 };
const types = (count: number): string[] => Array.from({ length: count }, (_, n) => `e${n}`);

async function createGroup(events: string[], settings: object = {}): Promise<void> {
  if (events.length > 0)
    await server.client.appendToStream(
      'pool-1',
      events.map((type) => jsonEvent({ type, data: {} })),
    );
  await server.client.createPersistentSubscriptionToStream(
    'pool-1',
    'mailer',
    persistentSubscriptionToStreamSettingsFromDefaults({ ...EAGER, ...settings }),
  );
}

// Takes so many events as a consumer, doing with each what `settle` says; returns their types.
async function consume(count: number, settle: (type: string) => 'ack' | 'park' | 'leave'): Promise<string[]> {
  const seen: string[] = [];
  const settled: Promise<void>[] = [];
  const subscription = server.client.subscribeToPersistentSubscriptionToStream('pool-1', 'mailer', { bufferSize: 50 });
  await new Promise<void>((resolve, reject) => {
    subscription.on('error', reject);
    subscription.on('data', (resolved) => {
      const type = resolved.event!.type;
      seen.push(type);
      const what = settle(type);
      if (what === 'ack') settled.push(subscription.ack(resolved));
      if (what === 'park') settled.push(subscription.nack('park', 'later', resolved));
      if (seen.length === count) resolve();
    });
  });
  await Promise.all(settled);
  const expected = seen.filter((type) => settle(type) === 'leave').length;
  await infoWhen(({ stats }) => stats.totalInFlightMessages === expected);
  await subscription.unsubscribe();
  return seen;
}

const info = () => server.client.getPersistentSubscriptionToStreamInfo('pool-1', 'mailer');

async function infoWhen(holds: (current: Awaited<ReturnType<typeof info>>) => boolean): Promise<void> {
  while (!holds(await info())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a persistent subscription', () => {
  it('goes on after kill -9 where it was: nothing that was not acknowledged is missing, what was parked is still there', async () => {
    await createGroup(types(20));
    await consume(20, (type) => (type === 'e3' ? 'park' : Number(type.slice(1)) < 10 ? 'ack' : 'leave'));
    await infoWhen(({ stats }) => stats.lastCheckpointedEventRevision === 9n && stats.parkedMessageCount === 1n);
    await server.stop('SIGKILL');
    server = await startServer(folder);
    expect((await info()).stats.parkedMessageCount).toBe(1n);
    expect(await consume(10, () => 'ack')).toEqual(types(20).slice(10));
    await server.client.replayParkedMessagesToStream('pool-1', 'mailer');
    expect(await consume(1, () => 'ack')).toEqual(['e3']);
    await infoWhen(({ stats }) => stats.parkedMessageCount === 0n);
  });

  it('from the end begins where the end was when it was made, however often the store is started before it has a checkpoint', async () => {
    await createGroup(types(3), { startFrom: 'end' });
    const later = ['later', 'latest'].map((type) => jsonEvent({ type, data: {} }));
    await server.client.appendToStream('pool-1', later);
    await server.stop('SIGKILL');
    server = await startServer(folder);
    await server.client.updatePersistentSubscriptionToStream(
      'pool-1',
      'mailer',
      persistentSubscriptionToStreamSettingsFromDefaults({ ...EAGER, startFrom: 'end' }),
    );
    expect((await info()).settings.startFrom).toBe('end');
    expect(await consume(2, () => 'ack')).toEqual(['later', 'latest']);
  });

  it('goes on when somebody has written into the streams in which the store notes its settings and its place', async () => {
    await createGroup(types(5));
    await consume(5, (type) => (type === 'e4' ? 'leave' : 'ack'));
    await infoWhen(({ stats }) => stats.lastCheckpointedEventRevision === 3n);
    for (const stream of ['$persistentSubscriptionConfig', '$persistentsubscription-pool-1::mailer-checkpoint'])
      await server.client.appendToStream(stream, [
        jsonEvent({ type: 'Foreign', data: { entries: [{ filter: { regex: '(' } }] } }),
        binaryEvent({ type: 'Foreign', data: Buffer.from('not JSON') }),
      ]);
    await server.stop('SIGKILL');
    server = await startServer(folder);
    expect(await consume(1, () => 'ack')).toEqual(['e4']);
  });

  it('is neither made, changed nor removed when the store cannot note it, and the caller is told why', async () => {
    await createGroup(types(1));
    await server.client.tombstoneStream('$persistentSubscriptionConfig');
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({ maxSubscriberCount: 1 });
    for (const change of [
      () => server.client.createPersistentSubscriptionToStream('pool-1', 'other', settings),
      () => server.client.updatePersistentSubscriptionToStream('pool-1', 'mailer', settings),
      () => server.client.deletePersistentSubscriptionToStream('pool-1', 'mailer'),
    ])
      await expect(change()).rejects.toThrow('$persistentSubscriptionConfig is deleted');
    const groups = await server.client.listAllPersistentSubscriptions();
    expect(groups.map(({ groupName, settings: { maxSubscriberCount } }) => [groupName, maxSubscriberCount])).toEqual([
      ['mailer', 'unbounded'],
    ]);
  });

  it('hands every event to exactly one of its consumers, in a stream longer than its buffer', async () => {
    await createGroup([], { historyBufferSize: 30, readBatchSize: 10 });
    const seen: bigint[] = [];
    const subscriptions = [1, 2, 3].map(() =>
      server.client.subscribeToPersistentSubscriptionToStream('pool-1', 'mailer', { bufferSize: 7 }),
    );
    const all = new Promise<void>((resolve, reject) => {
      for (const subscription of subscriptions) {
        subscription.on('error', reject);
        subscription.on('data', (resolved) => {
          seen.push(resolved.event!.revision);
          subscription.ack(resolved).catch(reject);
          if (seen.length === 1000) resolve();
        });
      }
    });
    for (let n = 0; n < 10; n++)
      await server.client.appendToStream(
        'pool-1',
        types(100).map((type) => jsonEvent({ type, data: {} })),
      );
    await all;
    await infoWhen(({ stats }) => stats.totalInFlightMessages === 0);
    expect(seen.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()));
  });
});
