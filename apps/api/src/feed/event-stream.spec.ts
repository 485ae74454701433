import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Feed, type EventLog, type Followed, type RecordedEvent } from '#event-store';
import { writeEventStream, type EventStreamOptions } from './event-stream.js';

/** The part of a log that a feed follows, with events told by the test: what is tested is how they are written to a socket. */
class ToldLog {
  private waiting: Followed[] = [];
  private wake: (() => void) | undefined;

  tell(position: number): void {
    const metadata = { recordedAt: '', actor: { userId: 'x' }, correlationId: 'x', hash: '', prevHash: '' };
    const event: RecordedEvent = {
      stream: 'pool-1',
      revision: position,
      position: BigInt(position),
      id: String(position),
      type: 'Fact',
      data: { text: 'x'.repeat(10_000) },
      metadata,
    };
    this.waiting.push({ kind: 'event', event });
    this.wake?.();
  }

  async end(): Promise<bigint | undefined> {
    return undefined;
  }

  async *follow({ signal }: { signal: AbortSignal }): AsyncIterable<Followed> {
    signal.addEventListener('abort', () => this.wake?.());
    while (!signal.aborted) {
      yield* this.waiting.splice(0);
      if (!signal.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

let log: ToldLog;
let feed: Feed;
let server: Server;
let ended: Promise<void>;
let closing: AbortController;
let options: Partial<EventStreamOptions>;

beforeEach(() => {
  log = new ToldLog();
  feed = new Feed(log as unknown as EventLog);
  closing = new AbortController();
  options = {};
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    ended = writeEventStream(response, { feed, after: undefined, isWanted: () => true, signal: closing.signal, ...options });
  }).listen(0);
});
afterEach(async () => {
  closing.abort();
  await feed.close();
  server.close();
  server.closeAllConnections();
});

async function open(): Promise<IncomingMessage> {
  const asked = request({ port: (server.address() as AddressInfo).port });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
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
    let position = 0;
    let isOver = false;
    void ended.then(() => (isOver = true));
    while (!isOver) {
      log.tell(++position);
      await new Promise((resolve) => setImmediate(resolve));
    }
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
