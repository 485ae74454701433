import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryEvent, jsonEvent, type EventStoreDBClient } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startServer, type ServerProcess } from './src/testing/server-process.js';

let folder: string;
const started: ServerProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'projections-'));
});
afterEach(async () => {
  for (const server of started.splice(0))
    if (server.child.exitCode === null && server.child.signalCode === null) await server.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<ServerProcess> {
  const server = await startServer(folder, { args });
  started.push(server);
  return server;
}

const assigned = (n = 0) => jsonEvent({ type: 'LicenseAssigned', data: { n } });

/** The targets of a stream's links, in order; none when there is no such stream. */
async function linksIn(client: EventStoreDBClient, stream: string): Promise<string[]> {
  const targets: string[] = [];
  try {
    for await (const { event } of client.readStream(stream)) targets.push(Buffer.from(event!.data as Uint8Array).toString());
  } catch (error) {
    if ((error as { type?: string }).type !== 'stream-not-found') throw error;
  }
  return targets;
}

async function untilDone(client: EventStoreDBClient, ...names: string[]): Promise<void> {
  for (;;) {
    const all = await client.listProjections();
    if (all.filter(({ name }) => names.includes(name)).every(({ progress }) => progress === 100)) return;
  }
}

const statusesOf = async (client: EventStoreDBClient): Promise<Record<string, string>> =>
  Object.fromEntries((await client.listProjections()).map(({ name, status }) => [name, status]));

const grpcCode = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 0,
    (error: { code?: number }) => error.code,
  );
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

describe('the standard projections', () => {
  it('are not there unless they are asked for; then each runs from its enable call until it is disabled, and after a restart', async () => {
    const without = await start();
    expect(await grpcCode(without.client.enableProjection('$by_category'))).toBe(UNIMPLEMENTED);
    await without.client.appendToStream('pool-1', [assigned(0), assigned(1)]);
    await without.stop();

    const { client, stop } = await start('--run-projections', 'system');
    expect(new Set(Object.values(await statusesOf(client)))).toEqual(new Set(['Stopped']));
    await client.enableProjection('$by_category');
    await untilDone(client, '$by_category');
    expect(await linksIn(client, '$ce-pool')).toEqual(['0@pool-1', '1@pool-1']);
    await client.disableProjection('$by_category');
    await client.appendToStream('pool-2', assigned(2));
    expect(await statusesOf(client)).toMatchObject({ $by_category: 'Stopped' });
    await client.enableProjection('$by_category');
    await client.enableProjection('$by_event_type');
    // Whatever somebody else writes there: the store starts, and knows what it noted itself.
    await client.appendToStream('$projections-$by_category', [binaryEvent({ type: 'Foreign', data: Buffer.from('not JSON') })]);
    await stop('SIGKILL');

    const again = await start('--run-projections', 'system');
    expect(await statusesOf(again.client)).toMatchObject({ $by_category: 'Running', $by_event_type: 'Running', $streams: 'Stopped' });
    await again.client.restartSubsystem();
    await untilDone(again.client, '$by_category', '$by_event_type');
    expect(await linksIn(again.client, '$ce-pool')).toEqual(['0@pool-1', '1@pool-1', '0@pool-2']);
    expect(await linksIn(again.client, '$et-LicenseAssigned')).toEqual(['0@pool-1', '1@pool-1', '0@pool-2']);
    expect(await linksIn(again.client, '$streams')).toEqual([]);
  });

  it('are the only ones: a JavaScript projection is refused as UNIMPLEMENTED, an unknown name as NOT_FOUND', async () => {
    const { client } = await start('--run-projections', 'all');
    const refused = [
      client.createProjection('mine', 'fromAll()'),
      client.updateProjection('mine', 'fromAll()'),
      client.deleteProjection('mine'),
      client.resetProjection('$by_category'),
      client.getProjectionState('$by_category'),
      client.getProjectionResult('$by_category'),
    ];
    expect(await Promise.all(refused.map(grpcCode))).toEqual(refused.map(() => UNIMPLEMENTED));
    const unknown = [client.enableProjection('mine'), client.disableProjection('mine'), client.getProjectionStatus('mine')];
    expect(await Promise.all(unknown.map(grpcCode))).toEqual(unknown.map(() => NOT_FOUND));
  });

  it('have linked every event once and in order, however often the store was killed meanwhile', async () => {
    for (let round = 1; round <= 3; round++) {
      const { client, child, ended } = await start('--start-standard-projections');
      let answers = 0;
      const writers = Array.from({ length: 16 }, async (_, n) => {
        for (;;) {
          await client.appendToStream(`pool-${n}`, [assigned(), assigned()]);
          answers += 1;
        }
      });
      while (answers < 150 * round) await new Promise(setImmediate);
      child.kill('SIGKILL');
      await Promise.allSettled(writers);
      await ended;
      await client.dispose();
    }
    const { client } = await start('--start-standard-projections');
    await untilDone(client, '$by_category', '$by_event_type', '$streams', '$stream_by_category');
    const events: string[] = [];
    for await (const { event } of client.readAll()) {
      if (event?.type === 'LicenseAssigned') events.push(`${event.revision}@${event.streamId}`);
    }
    expect(await linksIn(client, '$ce-pool')).toEqual(events);
    expect(await linksIn(client, '$et-LicenseAssigned')).toEqual(events);
    const firsts = events.filter((target) => target.startsWith('0@'));
    expect(await linksIn(client, '$streams')).toEqual(firsts);
    expect(await linksIn(client, '$category-pool')).toEqual(firsts.map((target) => target.slice(2)));
  });
});
