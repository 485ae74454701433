import { afterEach, describe, expect, it } from '@jest/globals';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connectEventLog } from './esdb-log.js';
import type { EventLogOptions } from './esdb-log.js';
import { AppendUnknown, LogUnavailable } from './event-log.js';
import type { EventLog, RecordedEvent } from './event-log.js';

type Batch = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;
type Reading = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

/** A server that does with appends and reads what a test says: the faults that a real one shows only now and then. */
async function startScripted(script: { batchAppend?: (call: Batch) => void; read?: (call: Reading) => void }): Promise<string> {
  const server = new Server();
  server.addService(featuresService.ServerFeaturesService as never, {
    getSupportedMethods: (_: unknown, answer: (error: null, supported: features.SupportedMethods) => void) => {
      const supported = new features.SupportedMethods();
      supported.setEventStoreServerVersion('24.2.0');
      for (const name of ['batchappend', 'read']) {
        const method = new features.SupportedMethod();
        method.setServiceName('event_store.client.streams.streams');
        method.setMethodName(name);
        supported.addMethods(method);
      }
      answer(null, supported);
    },
  });
  const refuse = () => {
    throw new Error('not in the script');
  };
  server.addService(streamsService.StreamsService as never, {
    read: script.read ?? refuse,
    append: refuse,
    delete: refuse,
    tombstone: refuse,
    batchAppend: script.batchAppend ?? refuse,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  cleanups.push(() => server.forceShutdown());
  return `esdb://127.0.0.1:${port}?tls=false`;
}

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function open(url: string, options: EventLogOptions = {}): EventLog {
  const log = connectEventLog(url, { appendTimeoutMs: 5_000, ...options });
  cleanups.push(() => log.close());
  return log;
}

function success(request: streams.BatchAppendReq, revision = 0): streams.BatchAppendResp {
  const answer = new streams.BatchAppendResp();
  answer.setCorrelationId(request.getCorrelationId());
  answer.setStreamIdentifier(request.getOptions()?.getStreamIdentifier());
  const done = new streams.BatchAppendResp.Success();
  done.setCurrentRevision(String(revision));
  const position = new shared.AllStreamPosition();
  position.setCommitPosition('1234');
  position.setPreparePosition('1234');
  done.setPosition(position);
  answer.setSuccess(done);
  return answer;
}

const fact = () => ({ id: randomUUID(), type: 'ThingHappened', data: { count: 1 }, metadata: {} });
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
async function collect(events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent[]> {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('an append', () => {
  it('leaves no rejection behind when much was still to be sent as its connection was given up', async () => {
    // After the first append the server takes nothing in, so the others pile up in the client; then their time is over.
    const answerFirst = (call: Batch) => call.once('data', (request) => call.pause().write(success(request)));
    const log = open(await startScripted({ batchAppend: answerFirst }), { appendTimeoutMs: 300 });
    while ((await failure(log.append('log', [fact()], -1))) !== undefined);
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    cleanups.push(() => void process.off('unhandledRejection', note));
    const large = { id: randomUUID(), type: 'A', data: { text: 'x'.repeat(100_000) }, metadata: {} };
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => log.append(`log-${n}`, [large], -1)));
    expect(new Set(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.constructor))).toEqual(
      new Set([AppendUnknown]),
    );
    await log.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });

  it('answers where it was written', async () => {
    const log = open(await startScripted({ batchAppend: (call) => call.on('data', (request) => call.write(success(request, 7))) }));
    expect(await log.append('thing-1', [fact()], 6)).toEqual({ revision: 7, position: 1234n });
  });

  it('is unknown when the server never answers', async () => {
    const log = open(await startScripted({ batchAppend: (call) => call.on('data', () => undefined) }), { appendTimeoutMs: 1_000 });
    expect(await failure(log.append('thing-1', [fact()], -1))).toBeInstanceOf(AppendUnknown);
  });

  it('after a silent server gets a new connection', async () => {
    let calls = 0;
    const url = await startScripted({
      batchAppend: (call) => {
        const silent = ++calls === 1;
        call.on('data', (request) => silent || call.write(success(request)));
      },
    });
    const log = open(url, { appendTimeoutMs: 200 });
    while ((await failure(log.append('thing-1', [fact()], -1))) !== undefined);
    expect(calls).toBeGreaterThan(1);
  });

  it('is unknown at once when the server ends the stream of appends without an error, and the next one is on a new stream', async () => {
    let calls = 0;
    const url = await startScripted({
      batchAppend: (call) => {
        const ending = ++calls === 1;
        call.on('data', (request) => (ending ? call.end() : call.write(success(request))));
      },
    });
    const log = open(url, { appendTimeoutMs: 600_000 });
    expect(await failure(log.append('thing-1', [fact()], -1))).toBeInstanceOf(AppendUnknown);
    expect((await log.append('thing-1', [fact()], -1)).revision).toBe(0);
    expect(calls).toBe(2);
  });

  it('is unknown, and the process lives on, when an error on another client of the process rejects it before its answer comes', async () => {
    let answer: (() => void) | undefined;
    const url = await startScripted({
      batchAppend: (call) => {
        call.on('data', (request: streams.BatchAppendReq) => {
          const stream = Buffer.from(request.getOptions()!.getStreamIdentifier()!.getStreamName_asU8()).toString();
          if (stream === 'broken') call.emit('error', { code: 14, details: 'broken' });
          else if (answer === undefined) answer = () => call.write(success(request));
          else call.write(success(request));
        });
      },
    });
    const log = open(url);
    const outcome = failure(log.append('thing-1', [fact()], -1));
    await until(() => answer !== undefined);
    const other = EventStoreDBClient.connectionString(url);
    await failure(other.appendToStream('broken', jsonEvent({ type: 'ThingHappened', data: {} })));
    expect(await outcome).toBeInstanceOf(AppendUnknown);
    answer!();
    expect((await log.append('thing-1', [fact()], -1)).revision).toBe(0);
    await other.dispose();
  });

  it('is refused while another log of the process appends, until that one is closed', async () => {
    const url = await startScripted({ batchAppend: (call) => call.on('data', (request) => call.write(success(request))) });
    const [first, second] = [open(url), open(url)];
    await first.append('thing-1', [fact()], -1);
    await expect(second.append('thing-2', [fact()], -1)).rejects.toThrow('another log of this process is appending');
    await first.close();
    expect((await second.append('thing-2', [fact()], -1)).revision).toBe(0);
  });

  it('was certainly not sent when there is no server', async () => {
    const log = open(`esdb://127.0.0.1:${await unusedPort()}?tls=false`);
    expect(await failure(log.append('thing-1', [fact()], -1))).toBeInstanceOf(LogUnavailable);
  });

  it('was certainly not sent when the server takes the connection and says nothing', async () => {
    const silent = createServer((socket) => void cleanups.push(() => void socket.destroy())).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    cleanups.push(() => void silent.close());
    const log = open(`esdb://127.0.0.1:${(silent.address() as AddressInfo).port}?tls=false`, { appendTimeoutMs: 200 });
    expect(await failure(log.append('thing-1', [fact()], -1))).toBeInstanceOf(LogUnavailable);
  });
});

describe('a read', () => {
  it('is unavailable when there is no server', async () => {
    const log = open(`esdb://127.0.0.1:${await unusedPort()}?tls=false`);
    expect(await failure(collect(log.readStream('thing-1')))).toBeInstanceOf(LogUnavailable);
    expect(await failure(log.end())).toBeInstanceOf(LogUnavailable);
  });

  it('is unavailable when the server never answers', async () => {
    const log = open(await startScripted({ read: () => undefined }), { readTimeoutMs: 200 });
    expect(await failure(collect(log.readAll()))).toBeInstanceOf(LogUnavailable);
  });

  it('asks again when the connection fails before the first event', async () => {
    let calls = 0;
    const url = await startScripted({
      read: (call) => (++calls === 1 ? call.emit('error', { code: 14, details: 'not now' }) : call.end()),
    });
    expect(await collect(open(url).readStream('thing-1'))).toEqual([]);
    expect(calls).toBe(2);
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
