import { EventStoreDBClient, jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client';
import gossip from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import groups from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import monitoring from '@eventstore/db-client/generated/monitoring_grpc_pb.js';
import operations from '@eventstore/db-client/generated/operations_grpc_pb.js';
import projections from '@eventstore/db-client/generated/projections_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';
import users from '@eventstore/db-client/generated/users_grpc_pb.js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';
import { startEventStore, type EventStore } from '../server.js';
import { rawConnection } from '../testing/raw-client.js';
import { temporaryFolder } from '../testing/stores.js';
import { GrpcServer } from './grpc-server.js';
import { encodeMessage, type ProtobufWriter } from './protobuf.js';

let folder: ReturnType<typeof temporaryFolder>;
let store: EventStore;
let session: ClientHttp2Session;
beforeEach(async () => {
  folder = temporaryFolder();
  store = await startEventStore({ dataDir: folder.path, hasProjections: true });
  session = connect(`http://127.0.0.1:${store.port}`);
});
afterEach(async () => {
  session.destroy();
  await store.close();
  folder.remove();
});

// The status of a call that sends one empty message.
function statusOf(path: string, headers: Record<string, string> = {}, on: ClientHttp2Session = session): Promise<string> {
  const call = on.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers });
  call.end(Buffer.alloc(5));
  call.resume();
  return new Promise((resolve) => {
    const tell = (block: Record<string, unknown>): void => {
      const status = block['grpc-status'];
      if (status !== undefined) resolve(`${String(status)} ${decodeURIComponent(String(block['grpc-message'] ?? ''))}`.trim());
      else if (block[':status'] !== 200 && block[':status'] !== undefined) resolve(`HTTP ${String(block[':status'])}`);
    };
    call.on('response', tell);
    call.on('trailers', tell);
  });
}

describe('the methods of the store', () => {
  it('are at the paths that the client calls', async () => {
    const definitions = [
      ...Object.values(streams.StreamsService),
      ...Object.values(features.ServerFeaturesService),
      ...Object.values(gossip.GossipService),
      ...Object.values(groups.PersistentSubscriptionsService),
      ...Object.values(monitoring.MonitoringService),
      ...Object.values(operations.OperationsService),
      ...Object.values(projections.ProjectionsService),
      ...Object.values(users.UsersService),
    ];
    // Some would go on for ever.
    const statuses = await Promise.all(
      (definitions as { path: string }[]).map(async ({ path }) => `${path} ${await statusOf(path, { 'grpc-timeout': '500m' })}`),
    );
    expect(statuses.filter((status) => status.includes('is unimplemented'))).toEqual([]);
  });

  it('that are not there are UNIMPLEMENTED, and so is an unknown service', async () => {
    expect(await statusOf('/event_store.client.streams.Streams/Nothing')).toBe('12 Method is unimplemented.');
    expect(await statusOf('/event_store.client.nothing.Nothing/Stats')).toBe('12 Service is unimplemented.');
  });

  it('end with DEADLINE_EXCEEDED when their time is over, and the connection goes on', async () => {
    const path = streams.StreamsService.batchAppend.path;
    const call = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': '20m',
    });
    const status = await new Promise((resolve) => call.on('response', (headers) => resolve(headers['grpc-status'])));
    expect(status).toBe('4');
    expect(await statusOf(gossip.GossipService.read.path)).toBe('0');
  });
});

describe('a service that a real node lists and this one has no use for', () => {
  it.each([
    ['users.Users/Create', 'users are not managed here'],
    ['users.Users/Details', 'users are not managed here'],
    ['redaction.Redaction/SwitchChunks', 'never changes what was written'],
    ['operations.Operations/Shutdown', 'SIGTERM'],
    ['operations.Operations/ResignNode', 'one node'],
  ])('refuses %s with a reason, and at once', async (method, reason) => {
    const status = await statusOf(`/event_store.client.${method}`);
    expect(status).toMatch(/^12 /);
    expect(status).toContain(reason);
  });
});

describe('an error about a stream', () => {
  it.each(['ライセンス台帳', 'åäö', 'a\nb', 'a '])(
    'named %j has its status, with the name percent-encoded in the trailer',
    async (name) => {
      const client = EventStoreDBClient.connectionString(store.url);
      await client.appendToStream(name, jsonEvent({ type: 'x', data: {} }));
      await client.tombstoneStream(name);
      const reading = client.readStream(name)[Symbol.asyncIterator]().next();
      await expect(reading).rejects.toMatchObject({ type: 'stream-deleted', streamName: encodeURIComponent(name) });
      await client.dispose();
    },
  );
});

describe('a persistent subscription to a stream without a name', () => {
  it('is refused with a reason; the real server never answers', async () => {
    const client = EventStoreDBClient.connectionString(store.url);
    const created = client.createPersistentSubscriptionToStream('', 'group', persistentSubscriptionToStreamSettingsFromDefaults());
    await expect(created).rejects.toThrow('needs the name of a stream');
    await client.dispose();
  });
});

describe('a request that no client library would send', () => {
  const stream = (options: ProtobufWriter): void => options.messageField(1, (identifier) => identifier.textField(3, 'pool-1'));

  async function call(method: string, ...messages: Buffer[]): Promise<void> {
    const { session, open } = rawConnection(store.port);
    const raw = open(method);
    for (const message of messages) raw.send(message);
    await once(raw.end().stream, 'end');
    session.destroy();
  }

  it('with a type that is no text leaves an event that every client can read', async () => {
    const client = EventStoreDBClient.connectionString(store.url);
    const options = encodeMessage((request) =>
      request.messageField(1, (inner) => {
        stream(inner);
        inner.messageField(4);
      }),
    );
    const event = encodeMessage((request) =>
      request.messageField(2, (proposed) => {
        proposed.messageField(1, (id) => id.textField(2, randomUUID()));
        for (const [key, value] of [
          ['type', Buffer.from([0x41, 0xff])],
          ['content-type', Buffer.from('application/octet-stream')],
        ] as const) {
          proposed.messageField(2, (entry) => {
            entry.textField(1, key);
            entry.bytesField(2, value);
          });
        }
      }),
    );
    await call('streams.Streams/Append', options, event);
    const types: string[] = [];
    for await (const { event: found } of client.readStream('pool-1')) types.push(found!.type);
    expect(types).toEqual(['A\ufffd']);
    await client.dispose();
  });

  it('for a group with a time of less than a millisecond leaves a group that can be asked for', async () => {
    const client = EventStoreDBClient.connectionString(store.url);
    const create = encodeMessage((request) =>
      request.messageField(1, (options) => {
        options.messageField(4, (from) => {
          stream(from);
          from.messageField(3);
        });
        options.textField(2, 'group');
        options.messageField(3, (settings) => {
          settings.bigVarintField(4, -1n);
          settings.varintField(12, 1);
        });
      }),
    );
    await call('persistent_subscriptions.PersistentSubscriptions/Create', create);
    const groups = await client.listAllPersistentSubscriptions();
    expect(groups.map(({ settings: { messageTimeout } }) => messageTimeout)).toEqual([0]);
    await client.dispose();
  });
});

describe('a server whose store is still starting', () => {
  it('tells every call so at once, and over HTTP that it is not alive yet; then it takes them', async () => {
    const server = new GrpcServer({ onHttp: (_request, response) => response.writeHead(204).end() });
    server.handle('/a.B/C', (call) => {
      call.onEnd = () => call.finish();
    });
    const port = await server.listen(0, '127.0.0.1');
    const early = connect(`http://127.0.0.1:${port}`);
    const live = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/health/live`)).status;
    expect([await statusOf('/a.B/C', {}, early), await live()]).toEqual(['14 The event store is starting: it reads its log.', 503]);
    server.startTaking();
    expect([await statusOf('/a.B/C', {}, early), await live()]).toEqual(['0', 204]);
    early.destroy();
    await server.close();
  });
});

describe('a call whose time is over when it arrives', () => {
  it('is not begun', async () => {
    const { path } = gossip.GossipService.read;
    const statuses = await Promise.all(Array.from({ length: 50 }, () => statusOf(path, { 'grpc-timeout': '0m' })));
    expect(new Set(statuses)).toEqual(new Set(['4 Deadline Exceeded']));
  });
});

describe('the port', () => {
  it('also answers HTTP/1.1: whether it is alive, and what it is', async () => {
    const base = `http://127.0.0.1:${store.port}`;
    expect((await fetch(`${base}/health/live`)).status).toBe(204);
    expect(await (await fetch(`${base}/info`)).json()).toMatchObject({ state: 'leader' });
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
  });
});
