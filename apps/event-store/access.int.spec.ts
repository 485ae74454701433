import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeEventStoreAccess, type EventStoreAccess } from '#platform';
import { startServer, type ServerProcess } from './src/testing/server-process.js';

let folder: string;
let access: EventStoreAccess;
const started: ServerProcess[] = [];
const clients: EventStoreDBClient[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-access-'));
  access = await makeEventStoreAccess(folder);
});
afterAll(async () => {
  for (const client of clients) await client.dispose();
  for (const server of started) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(name: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
  const server = await startServer(join(folder, name), { args, env });
  started.push(server);
  return server;
}

function connect(url: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url);
  clients.push(client);
  return client;
}

const event = () => jsonEvent({ type: 'LicenseAssigned', data: {} });
const kindOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { type?: string }) => error.type,
  );
const firstOf = (events: AsyncIterable<unknown>): Promise<unknown> => events[Symbol.asyncIterator]().next();

describe('a store with a certificate and credentials', () => {
  let port: number;
  let url: string;
  let bad: string;
  beforeAll(async () => {
    const args = ['--certificate', access.certificateFile, '--key', access.keyFile];
    ({ port } = await start('secure', args, { EVENTSTORE_USER: access.user, EVENTSTORE_PASSWORD: access.password }));
    url = access.url(port);
    bad = url.replace(access.password, 'guessed');
  });

  it('serves a client that brings them: appends, reads, subscriptions, groups', async () => {
    const client = connect(url);
    await client.appendToStream('pool-1', event(), { expectedRevision: 'no_stream' });
    await firstOf(client.readAll({ maxCount: 1 }));
    const live = client.subscribeToStream('pool-1');
    await firstOf(live);
    await live.unsubscribe();
    await client.createPersistentSubscriptionToStream('pool-1', 'group', persistentSubscriptionToStreamSettingsFromDefaults());
    expect(await client.getStreamMetadata('pool-1')).toMatchObject({ streamName: 'pool-1' });
  });

  it.each([
    ['append', (client: EventStoreDBClient) => client.appendToStream('pool-2', event())],
    ['read', (client: EventStoreDBClient) => firstOf(client.readAll({ maxCount: 1 }))],
    ['delete', (client: EventStoreDBClient) => client.deleteStream('pool-1')],
    ['subscribe', (client: EventStoreDBClient) => firstOf(client.subscribeToAll())],
    ['ask about a group', (client: EventStoreDBClient) => client.getPersistentSubscriptionToStreamInfo('pool-1', 'group')],
  ])('lets nobody %s with wrong ones or without: UNAUTHENTICATED', async (_what, act) => {
    expect(await kindOf(act(connect(bad)))).toBe('access-denied');
    expect(await kindOf(act(connect(url.replace(/\/\/[^@]*@/, '//'))))).toBe('access-denied');
  });

  it('takes nothing that is not encrypted, and is not believed by who does not trust its certificate', async () => {
    const plain = connect(`esdb://127.0.0.1:${port}?tls=false`);
    expect(await kindOf(firstOf(plain.readAll()))).toBe('unavailable');
    const distrustful = connect(`esdb://${access.user}:${access.password}@localhost:${port}?tls=true`);
    expect(await kindOf(firstOf(distrustful.readAll()))).toBe('unavailable');
  });

  it('tells everybody over HTTPS that it is alive, and only those who may call what it does', async () => {
    const statusOf = (path: string, auth?: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const ca = readFileSync(access.certificateFile);
        const asked = request({ host: 'localhost', port, path, ca, auth, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject).end();
      });
    const right = `${access.user}:${access.password}`;
    expect([await statusOf('/health/live'), await statusOf('/info'), await statusOf('/ping')]).toEqual([204, 200, 200]);
    expect([await statusOf('/stats'), await statusOf('/gossip', 'a:b'), await statusOf('/stats', right)]).toEqual([401, 401, 200]);
  });
});

describe('a store with credentials and without a certificate', () => {
  it('admits nobody who does not bring them; a client on an unencrypted connection never does', async () => {
    const { port, output } = await start('plain', ['--user', 'ledger', '--password', 'secret']);
    const client = connect(`esdb://ledger:secret@127.0.0.1:${port}?tls=false`);
    expect(await kindOf(client.appendToStream('pool-1', event()))).toBe('access-denied');
    expect(output()).toContain('credentials without a certificate');
  });
});
