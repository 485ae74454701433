import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { PositionUnknown } from './event-log.js';
import type { EventLog, Position } from './event-log.js';
import { Feed, SlowReader } from './feed.js';
import type { ListenOptions } from './feed.js';
import { failureOf, startTestStore } from './testing/store.js';
import type { TestStore } from './testing/store.js';

let store: TestStore;
let log: EventLog;
let feed: Feed;

beforeAll(async () => {
  store = await startTestStore();
  log = store.open();
  feed = new Feed(log);
});
afterAll(async () => {
  await feed.close();
  await store.stop();
});

/** Appends `count` events to a stream of its own, `size` at a time, and answers their place. */
function writer(stream = `feed-${randomUUID()}`) {
  let revision = -1;
  return {
    stream,
    write: async (count: number, size = 1): Promise<Position> => {
      let position = 0n;
      for (let written = 0; written < count; written += size) {
        const events = Array.from({ length: size }, (_, index) => ({
          id: randomUUID(),
          type: 'Counted',
          data: { number: revision + 1 + index },
          metadata: {},
        }));
        ({ revision, position } = await log.append(stream, events, revision));
      }
      return position;
    },
  };
}

/** The revisions of one stream that a listener sees, up to a count. */
async function revisions(stream: string, count: number, options: ListenOptions = {}): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of feed.listen({ filter: (found) => found.stream === stream, ...options })) {
    seen.push(event.revision);
    if (seen.length >= count) break;
  }
  return seen;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a listener', () => {
  it('without a position hears what comes from now on', async () => {
    const { stream, write } = writer();
    await write(2);
    const heard = revisions(stream, 2);
    await feed.start();
    await new Promise((resolve) => setImmediate(resolve));
    await write(2);
    expect(await heard).toEqual([2, 3]);
  });

  it('hears history after its position and then what comes, each event once and in order, while others write all the time', async () => {
    const start = await writer().write(1);
    const { stream, write } = writer();
    await write(500, 50);
    let done = false;
    const writing = (async () => {
      for (let count = 0; count < 1_000; count += 5) await write(5, 5);
      done = true;
    })();
    const listeners = await Promise.all(Array.from({ length: 5 }, () => revisions(stream, 1_500, { after: start, queueMax: 5_000 })));
    await writing;
    expect(done).toBe(true);
    for (const heard of listeners) expect(heard).toEqual(upTo(1_500));
  });

  it('at a position that no event has is told so', async () => {
    const position = await writer().write(1);
    expect(await failureOf(revisions('none', 1, { after: position + 1n }))).toBeInstanceOf(PositionUnknown);
  });

  it('that does not keep pace is let go, and others hear everything', async () => {
    const { stream, write } = writer();
    const start = await write(1);
    const slow = feed.listen({ after: start, queueMax: 10 });
    const first = slow.next();
    const heard = revisions(stream, 200, { after: start, queueMax: 1_000 });
    await write(1);
    await first;
    await write(199);
    expect(await heard).toEqual(upTo(201).slice(1));
    const error = await failureOf(
      (async () => {
        for await (const event of slow) expect(event.stream).toBeDefined();
      })(),
    );
    expect(error).toBeInstanceOf(SlowReader);
    expect(error).toMatchObject({ queueMax: 10 });
  });

  it('leaves when its signal says so, and when the feed is closed', async () => {
    const own = new Feed(log);
    const leaving = new AbortController();
    const ended = [own.listen({ signal: leaving.signal }), own.listen()].map(async (events) => {
      for await (const event of events) expect(event).toBeDefined();
      return 'ended';
    });
    await own.start();
    leaving.abort();
    expect(await ended[0]).toBe('ended');
    await own.close();
    expect(await ended[1]).toBe('ended');
  });
});
