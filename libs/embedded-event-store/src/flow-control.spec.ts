import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { encodeMessage } from './protocol/protobuf.js';
import { startEventStore, type EventStore } from './server.js';
import { rawConnection, readRequest, type RawCall } from './testing/raw-client.js';
import { append, newEvent, openEventLog, temporaryFolder } from './testing/stores.js';

// The long forms: FLOW_EVENTS=10000000 FLOW_SUBSCRIPTIONS=10000 npm run jest -- libs/embedded-event-store/src/flow-control
const EVENTS = Number(process.env['FLOW_EVENTS'] ?? 200_000);
const SUBSCRIPTIONS = Number(process.env['FLOW_SUBSCRIPTIONS'] ?? 1000);
// Few enough calls a connection: Node 20 ends one on which more than a thousand are cancelled.
const CONNECTIONS = Math.max(5, SUBSCRIPTIONS / 200);
const EVENTS_AN_APPEND = 1000;
const UNSENT_BYTES_MAX = 1024 * 1024;
const patience = 120_000 + EVENTS / 5;

let folder: ReturnType<typeof temporaryFolder>;
let store: EventStore | undefined;
const connections: ReturnType<typeof rawConnection>[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const { session } of connections.splice(0)) session.destroy();
  await store?.close();
  store = undefined;
  folder.remove();
});

async function start(): Promise<EventStore> {
  return (store = await startEventStore({ dataDir: folder.path }));
}

function connect(): ReturnType<typeof rawConnection> {
  const connection = rawConnection(store!.port);
  connections.push(connection);
  return connection;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

const ended = (call: RawCall): Promise<void> => new Promise((resolve) => call.stream.on('close', () => resolve()));
const figure = (name: string): number => Number(store!.statistics()[name]);
const READ = 'streams.Streams/Read';

async function fill(streams: number): Promise<void> {
  const log = await openEventLog(folder.path);
  const data = Buffer.from(JSON.stringify({ text: 'x'.repeat(100) }));
  for (let written = 0; written < EVENTS; written += EVENTS_AN_APPEND) {
    const events = Array.from({ length: EVENTS_AN_APPEND }, () => newEvent('LicenseAssigned', data));
    await append(log, `pool-${(written / EVENTS_AN_APPEND) % streams}`, events);
  }
  await log.close();
}

describe('a reader that stalls', () => {
  it(
    'costs a bounded amount of memory, whatever is behind; others are served, and when it goes on it misses nothing',
    async () => {
      await fill(10);
      await start();
      const slow = connect().open(READ).send(readRequest({})).end();
      await until(() => slow.events > 0);
      slow.stream.pause();
      const quick = connect();
      let most = 0;
      for (let others = 0; others < 100; others++) {
        const other = quick
          .open(READ)
          .send(readRequest({ stream: 'pool-3', count: 200 }))
          .end();
        await ended(other);
        expect(other.events).toBe(200);
        most = Math.max(most, figure('es-calls-unsentBytes'));
      }
      expect(slow.events).toBeLessThan(EVENTS / 10);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(UNSENT_BYTES_MAX);
      slow.stream.resume();
      await until(() => slow.events === EVENTS);
      slow.cancel();
      await until(() => figure('es-calls-open') === 0 && figure('es-followers') === 0);
    },
    patience,
  );
});

describe('many open subscriptions', () => {
  it(
    'each get what is appended, and leave nothing when they are gone',
    async () => {
      const { port } = await start();
      expect(port).toBeGreaterThan(0);
      const sessions = Array.from({ length: CONNECTIONS }, connect);
      const calls = Array.from({ length: SUBSCRIPTIONS }, (_, n) => {
        const request = n % 2 === 0 ? readRequest({ stream: 'pool-1' }) : readRequest({ prefix: 'pool-' });
        return sessions[n % CONNECTIONS]!.open(READ).send(request).end();
      });
      await until(() => figure('es-followers') === SUBSCRIPTIONS && calls.every(({ messages }) => messages >= 2));
      const batch = connect().open('streams.Streams/BatchAppend').send(appendRequest());
      await until(() => batch.messages === 1 && calls.every(({ events }) => events === 1));
      for (const call of calls.slice(0, SUBSCRIPTIONS / 2)) call.cancel();
      await until(() => figure('es-followers') === SUBSCRIPTIONS / 2);
      for (const { session } of sessions) session.destroy();
      await until(() => figure('es-calls-open') === 1 && figure('es-followers') === 0 && figure('es-connections') === 1);
    },
    patience,
  );
});

describe('a call that is over', () => {
  const kinds: [string, string, Buffer[]][] = [
    ['a read', READ, [readRequest({ count: 1_000_000 })]],
    ['a subscription to a stream', READ, [readRequest({ stream: 'pool-1' })]],
    ['a subscription to $all with a filter', READ, [readRequest({ prefix: 'user-' })]],
    ['a batch of appends', 'streams.Streams/BatchAppend', []],
    ['a consumer of a group', 'persistent_subscriptions.PersistentSubscriptions/Read', [consumerRequest()]],
    ['figures that come again and again', 'monitoring.Monitoring/Stats', [Buffer.alloc(0)]],
  ];
  const isStreaming = (method: string): boolean => method.includes('BatchAppend') || method.includes('Persistent');

  const ends: [string, (calls: RawCall[], connection: ReturnType<typeof rawConnection>) => void, object][] = [
    ['because it was cancelled', (calls) => calls.forEach((call) => call.cancel()), {}],
    ['because its connection is gone', (_calls, { session }) => session.destroy(), {}],
    ['because its time is over', () => undefined, { 'grpc-timeout': '300m' }],
  ];

  it.each(ends)('%s has let go of everything it held, whatever it was', async (_why, end, headers) => {
    const log = await openEventLog(folder.path);
    for (let n = 0; n < 20; n++)
      await append(
        log,
        'pool-1',
        Array.from({ length: EVENTS_AN_APPEND }, () => newEvent('x')),
      );
    await log.close();
    await start();
    await ended(connect().open('persistent_subscriptions.PersistentSubscriptions/Create').send(createRequest()).end());
    const connection = connect();
    const calls = kinds.map(([, method, requests]) => {
      const call = connection.open(method, headers);
      // It stalls, so that everything on its way is held.
      call.stream.pause();
      for (const request of requests) call.send(request);
      return isStreaming(method) ? call : call.end();
    });
    await until(() => figure('es-calls-begun') === kinds.length + 1);
    if (!('grpc-timeout' in headers)) {
      await until(() => figure('es-calls-open') === kinds.length && figure('es-persistentSubscriptions-consumers') === 1);
      await until(() => figure('es-followers') >= 3);
    }
    end(calls, connection);
    const held = ['es-calls-open', 'es-calls-unsentBytes', 'es-persistentSubscriptions-consumers'];
    await until(() => held.every((name) => figure(name) === 0));
    // What is left follows for the group itself.
    await until(() => figure('es-followers') === 1);
  });
});

function appendRequest(): Buffer {
  return encodeMessage((request) => {
    const id = '0b0e8a4c-6f0f-4d7e-8a55-2f7d4a9c1e01';
    request.messageField(1, (uuid) => uuid.textField(2, id));
    request.messageField(2, (options) => {
      options.messageField(1, (identifier) => identifier.textField(3, 'pool-1'));
      options.messageField(4);
    });
    request.messageField(3, (event) => {
      event.messageField(1, (uuid) => uuid.textField(2, id));
      for (const [key, value] of [
        ['type', 'LicenseAssigned'],
        ['content-type', 'application/json'],
      ] as const) {
        event.messageField(2, (entry) => {
          entry.textField(1, key);
          entry.textField(2, value);
        });
      }
      event.textField(4, '{}');
    });
    request.varintField(4, 1);
  });
}

function createRequest(): Buffer {
  return encodeMessage((request) =>
    request.messageField(1, (options) => {
      options.textField(2, 'group');
      options.messageField(3, (settings) => {
        settings.varintField(10, 500);
        settings.varintField(11, 20);
        settings.varintField(12, 500);
        settings.textField(16, 'RoundRobin');
      });
      options.messageField(4, (from) => {
        from.messageField(1, (identifier) => identifier.textField(3, 'pool-1'));
        from.messageField(3);
      });
    }),
  );
}

function consumerRequest(): Buffer {
  return encodeMessage((request) =>
    request.messageField(1, (options) => {
      options.messageField(1, (identifier) => identifier.textField(3, 'pool-1'));
      options.textField(2, 'group');
      options.varintField(3, 100);
      options.messageField(4, (uuid) => uuid.messageField(2));
    }),
  );
}
