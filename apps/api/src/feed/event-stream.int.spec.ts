import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStore, type EventStore } from '#embedded-event-store';
import { connectEventLog, Feed, type EventLog } from '#event-store';
import { writeEventStream, type EventStreamOptions } from './event-stream.js';

let folder: string;
let eventStore: EventStore;
let log: EventLog;
let feed: Feed;
let server: Server;
let ended: Promise<void>;
let closing: AbortController;
let options: Partial<EventStreamOptions>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-stream-'));
  eventStore = await startEventStore({ dataDir: folder });
  log = connectEventLog(eventStore.url);
  feed = new Feed(log);
  closing = new AbortController();
  options = {};
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    ended = writeEventStream(response, { feed, after: undefined, isWanted: () => true, signal: closing.signal, ...options });
  }).listen(0);
});
afterEach(async () => {
  closing.abort();
  server.close();
  server.closeAllConnections();
  await feed.close();
  await log.close();
  await eventStore.close();
  await rm(folder, { recursive: true });
});

async function open(): Promise<IncomingMessage> {
  const asked = request({ port: (server.address() as AddressInfo).port });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

function largeFact() {
  const metadata = { recordedAt: '', actor: { userId: 'x' }, correlationId: 'x', hash: '', prevHash: '' };
  return { id: randomUUID(), type: 'Fact', data: { text: 'x'.repeat(10_000) }, metadata };
}

describe('an event stream', () => {
  it('lets a reader know that it is still there', async () => {
    options = { heartbeatMs: 5 };
    const answer = (await open()).setEncoding('utf8');
    let text = '';
    while (!text.includes(': still here\n\n: still here\n\n')) text += (await once(answer, 'data'))[0];
  });

  it('cuts off a reader that does not read: nothing piles up for it', async () => {
    options = { patienceMs: 20, queueMax: 10 };
    const answer = await open();
    answer.pause();
    answer.on('error', () => undefined);
    let isOver = false;
    void ended.then(() => (isOver = true));
    for (let revision = -1; !isOver; revision += 50) await log.append('pool-1', Array.from({ length: 50 }, largeFact), revision);
    expect(server.listening).toBe(true);
  });

  it('ends in order when the server stops', async () => {
    const answer = await open();
    answer.resume();
    closing.abort();
    await once(answer, 'end');
    await ended;
  });

  it('ends when the reader leaves', async () => {
    const answer = await open();
    answer.destroy();
    await ended;
  });
});
