import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { connectEventLog } from './esdb-log.js';
import { LogUnavailable, PositionUnknown, RevisionConflict } from './event-log.js';
import type { EventLog, Followed, NewEvent } from './event-log.js';
import { startWire } from './testing/faults.js';
import { collect, failureOf, startTestStore, types, until } from './testing/store.js';
import type { TestStore } from './testing/store.js';
import { withUpcasts } from './upcasts.js';

let store: TestStore;
let log: EventLog;

beforeAll(async () => {
  store = await startTestStore();
  log = store.open();
});
afterAll(() => store.stop());

const event = (type: string, data: object = {}): NewEvent => ({ id: randomUUID(), type, data, metadata: { note: 'für Müller' } });
/** A name no other test uses, and types of its own: the store may be shared. */
const unique = (prefix: string) => `${prefix}-${randomUUID()}`;

describe('append', () => {
  it('writes all events behind the expected revision and answers the place of the last', async () => {
    const stream = unique('log');
    const first = await log.append(stream, [event('A'), event('B')], -1);
    const second = await log.append(stream, [event('C')], 1);
    expect([first.revision, second.revision]).toEqual([1, 2]);
    expect(second.position).toBeGreaterThan(first.position);
    const events = await collect(log.readStream(stream));
    expect(types(events)).toEqual(['A', 'B', 'C']);
    expect(events.at(-1)).toMatchObject({ stream, revision: 2, position: second.position, data: {}, metadata: { note: 'für Müller' } });
  });

  it('takes metadata as the bytes of its JSON', async () => {
    const stream = unique('log');
    const bytes = [new TextEncoder().encode('{"hash":"é"}'), Buffer.from('{"hash":"é"}')];
    await log.append(
      stream,
      bytes.map((metadata) => ({ ...event('A'), metadata })),
      -1,
    );
    expect((await collect(log.readStream(stream))).map(({ metadata }) => metadata)).toEqual([{ hash: 'é' }, { hash: 'é' }]);
  });

  it.each([
    ['a stream that should not exist', 1, -1, 0],
    ['a stream that does not exist', 0, 3, -1],
    ['a lower revision', 3, 0, 2],
  ])('is refused at another revision, with the real one: %s', async (_, written, expectedRevision, actualRevision) => {
    const stream = unique('log');
    if (written > 0)
      await log.append(
        stream,
        Array.from({ length: written }, () => event('A')),
        -1,
      );
    const error = await failureOf(log.append(stream, [event('B')], expectedRevision));
    expect(error).toBeInstanceOf(RevisionConflict);
    expect(error).toMatchObject({ stream, expectedRevision, actualRevision });
    expect(await collect(log.readStream(stream))).toHaveLength(written);
  });

  it('repeated with the same ids at the same revision writes nothing and gives the same answer', async () => {
    const stream = unique('log');
    await log.append(stream, [event('A')], -1);
    const events = [event('B'), event('C')];
    const first = await log.append(stream, events, 0);
    await log.append(stream, [event('D')], 2);
    expect(await log.append(stream, events, 0)).toEqual(first);
    expect(types(await collect(log.readStream(stream)))).toEqual(['A', 'B', 'C', 'D']);
  });
});

describe('readStream', () => {
  it('finds nothing in a stream that does not exist, or behind its end', async () => {
    const stream = unique('log');
    expect(await collect(log.readStream(stream))).toEqual([]);
    await log.append(stream, [event('A')], -1);
    expect(await collect(log.readStream(stream, { fromRevision: 1 }))).toEqual([]);
    expect(await collect(log.readStream(stream, { limit: 0 }))).toEqual([]);
  });

  it('begins at a revision, goes either way, and stops at the limit', async () => {
    const stream = unique('log');
    await log.append(
      stream,
      ['A', 'B', 'C', 'D'].map((type) => event(type)),
      -1,
    );
    expect(types(await collect(log.readStream(stream, { fromRevision: 1, limit: 2 })))).toEqual(['B', 'C']);
    expect(types(await collect(log.readStream(stream, { direction: 'backwards', limit: 2 })))).toEqual(['D', 'C']);
    expect(types(await collect(log.readStream(stream, { direction: 'backwards', fromRevision: 1 })))).toEqual(['B', 'A']);
  });

  it('can be left in the middle, and other reads go on', async () => {
    const stream = unique('log');
    for (let batch = 0; batch < 5; batch++)
      await log.append(
        stream,
        Array.from({ length: 100 }, () => event('A')),
        batch * 100 - 1,
      );
    const whole = collect(log.readStream(stream));
    for (let round = 0; round < 10; round++) expect(await collect(log.readStream(stream), 3)).toHaveLength(3);
    expect(await whole).toHaveLength(500);
  });
});

describe('a read', () => {
  it.each(['readStream', 'readAll', 'filtered'] as const)('goes on where it was when the connection breaks: %s', async (kind) => {
    const stream = unique('log');
    const start = await log.append(unique('log'), [event('A')], -1);
    const note = 'x'.repeat(2_000);
    for (let batch = 0; batch < 10; batch++) {
      await log.append(
        stream,
        Array.from({ length: 100 }, () => event('B', { note })),
        batch * 100 - 1,
      );
    }
    const wire = await startWire(store.url);
    const distant = connectEventLog(wire.url);
    const reads = {
      readStream: () => distant.readStream(stream),
      readAll: () => distant.readAll({ after: start.position }),
      filtered: () => distant.readAll({ filter: { streamPrefixes: [stream] } }),
    };
    const seen: number[] = [];
    for await (const found of reads[kind]()) {
      if (found.stream !== stream) continue;
      seen.push(found.revision);
      if (seen.length % 300 === 0) wire.cut();
    }
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    await distant.close();
    await wire.close();
  });

  const [missing, short] = [unique('missing'), unique('log')];
  it.each([
    ['of a stream that does not exist', 0, (reading: EventLog) => collect(reading.readStream(missing))],
    ['of a stream that is left with its last event', 1, (reading: EventLog) => collect(reading.readStream(short, { limit: 1 }), 1)],
    ['of the log that is left with its last event', 1, (reading: EventLog) => collect(reading.readAll({ limit: 1 }), 1)],
  ])('%s is not cancelled: servers end connections on which too many calls are', async (_, found, read) => {
    if ((await collect(log.readStream(short))).length === 0) await log.append(short, [event('A'), event('A')], -1);
    const broken: Error[] = [];
    const reading = connectEventLog(store.url, { onBroken: (error) => broken.push(error) });
    const stop = new AbortController();
    const following = collect(reading.follow({ after: 'end', signal: stop.signal }));
    const readMany = async () => {
      for (let count = 0; count < 150; count++) expect(await read(reading)).toHaveLength(found);
    };
    await Promise.all(Array.from({ length: 10 }, readMany));
    stop.abort();
    await following;
    expect(broken).toEqual([]);
    await reading.close();
  });
});

describe('readAll', () => {
  it('gives what stands after a position, without the event at it, in order', async () => {
    const streams = [unique('log'), unique('log')] as const;
    const start = await log.append(streams[0], [event('A')], -1);
    await log.append(streams[1], [event('B'), event('C')], -1);
    await log.append(streams[0], [event('D')], 0);
    const all = (await collect(log.readAll({ after: start.position }))).filter((found) => streams.includes(found.stream));
    expect(types(all)).toEqual(['B', 'C', 'D']);
    expect(all.map(({ position }) => position)).toEqual(all.map(({ position }) => position).toSorted((a, b) => (a < b ? -1 : 1)));
    const backwards = await collect(log.readAll({ direction: 'backwards', limit: 1 }));
    expect(backwards[0]!.position).toBe(await log.end());
    expect(types(await collect(log.readAll({ after: all[2]!.position, direction: 'backwards', limit: 2 })))).toEqual(['C', 'B']);
  });

  it('stops at the limit, and goes on from there', async () => {
    const stream = unique('log');
    const start = await log.append(stream, [event('A')], -1);
    await log.append(
      stream,
      ['B', 'C', 'D'].map((type) => event(type)),
      0,
    );
    const page = await collect(log.readAll({ after: start.position, limit: 2 }));
    expect(types(page)).toEqual(['B', 'C']);
    expect(types(await collect(log.readAll({ after: page[1]!.position, limit: 2 })))).toEqual(['D']);
  });

  it.each(['forwards', 'backwards'] as const)('gives only what passes the filter, %s', async (direction) => {
    const [prefix, type] = [unique('log'), unique('T')];
    const start = await log.append(`${prefix}-a`, [event(type), event('X')], -1);
    await log.append(`${prefix}-b`, [event('X'), event(type)], -1);
    const order = (found: string[]) => (direction === 'forwards' ? found : found.toReversed());
    const byType = await collect(log.readAll({ direction, filter: { types: [type, 'Unknown.'] } }));
    expect(byType.map(({ stream }) => stream)).toEqual(order([`${prefix}-a`, `${prefix}-b`]));
    const byStream = await collect(log.readAll({ direction, filter: { streamPrefixes: [`${prefix}-b`, 'none'] } }));
    expect(types(byStream)).toEqual(order(['X', type]));
    expect(await collect(log.readAll({ direction, limit: 1, filter: { types: [type] } }))).toHaveLength(1);
    if (direction === 'backwards') return;
    expect((await collect(log.readAll({ after: start.position, filter: { types: [type] } }))).map(({ stream }) => stream)).toEqual([
      `${prefix}-b`,
    ]);
  });

  it.each([
    ['between two events', (position: bigint) => position + 1n],
    ['beyond the end', (position: bigint) => position + 1_000_000_000n],
  ])('refuses a position that no event has: %s', async (_, other) => {
    const { position } = await log.append(unique('log'), [event('A')], -1);
    await log.append(unique('log'), [event('B')], -1);
    expect(await failureOf(collect(log.readAll({ after: other(position) })))).toBeInstanceOf(PositionUnknown);
    expect(await failureOf(collect(log.readAll({ after: other(position), filter: { types: ['A'] } })))).toBeInstanceOf(PositionUnknown);
    expect(await failureOf(collect(log.follow({ after: other(position), signal: new AbortController().signal })))).toBeInstanceOf(
      PositionUnknown,
    );
  });
});

describe('follow', () => {
  it('brings history after the position, says once that it has caught up, then brings what comes', async () => {
    const stream = unique('log');
    const stop = new AbortController();
    const start = await log.append(stream, [event('A')], -1);
    await log.append(stream, [event('B')], 0);
    const seen: string[] = [];
    for await (const item of log.follow({ after: start.position, filter: { streamPrefixes: [stream] }, signal: stop.signal })) {
      seen.push(item.kind === 'event' ? item.event.type : item.kind);
      if (item.kind === 'caughtUp') await log.append(stream, [event('C'), event('D')], 1);
      if (seen.at(-1) === 'D') stop.abort();
    }
    expect(seen.filter((item) => item !== 'checkpoint')).toEqual(['B', 'caughtUp', 'C', 'D']);
  });

  it('from the end brings only what comes', async () => {
    const stream = unique('log');
    const stop = new AbortController();
    await log.append(stream, [event('A')], -1);
    const items: Followed[] = [];
    for await (const item of log.follow({ after: 'end', signal: stop.signal })) {
      if (item.kind === 'caughtUp') await log.append(stream, [event('B')], 0);
      if (item.kind !== 'event' || item.event.stream !== stream) continue;
      items.push(item);
      stop.abort();
    }
    expect(items).toMatchObject([{ event: { type: 'B', revision: 1 } }]);
  });

  it('with a filter says how far it has looked, so that it can go on from there', async () => {
    const [stream, other] = [unique('log'), unique('log')];
    const { position: start } = await log.append(stream, [event('A')], -1);
    await log.append(
      other,
      Array.from({ length: 200 }, () => event('X')),
      -1,
    );
    const stop = new AbortController();
    let checkpoint: bigint | undefined;
    for await (const item of log.follow({ after: start, filter: { streamPrefixes: [stream] }, signal: stop.signal })) {
      if (item.kind === 'checkpoint') checkpoint = item.position;
      if (item.kind === 'caughtUp') stop.abort();
    }
    expect(checkpoint).toBeGreaterThan(start);
    const last = await log.append(stream, [event('B')], 0);
    expect(
      await collect(log.follow({ after: checkpoint!, filter: { streamPrefixes: [stream] }, signal: new AbortController().signal }), 1),
    ).toMatchObject([{ kind: 'event', event: { position: last.position } }]);
  });

  it.each(['all', 'filtered'])('goes on where it was when the connection breaks, without a gap or a double: %s', async (kind) => {
    const stream = unique('log');
    const start = await log.append(stream, [event('A')], -1);
    const wire = await startWire(store.url);
    const broken: Error[] = [];
    const distant = connectEventLog(wire.url, { onBroken: (error) => broken.push(error) });
    const stop = new AbortController();
    const filter = kind === 'filtered' ? { filter: { streamPrefixes: [stream] } } : {};
    const seen: number[] = [];
    let caughtUp = 0;
    const following = (async () => {
      for await (const item of distant.follow({ after: start.position, ...filter, signal: stop.signal })) {
        if (item.kind === 'caughtUp') caughtUp++;
        if (item.kind === 'event' && item.event.stream === stream) seen.push(item.event.revision);
      }
    })();
    for (let round = 0; round < 5; round++) {
      await log.append(
        stream,
        Array.from({ length: 20 }, () => event('B')),
        round * 20,
      );
      await until(() => seen.length > round * 20);
      wire.cut();
    }
    await until(() => seen.length >= 100);
    stop.abort();
    await following;
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(caughtUp).toBe(1);
    expect(broken.length).toBeGreaterThan(0);
    expect(broken.every((error) => error instanceof LogUnavailable)).toBe(true);
    await distant.close();
    await wire.close();
  });

  it('ends when it is told to, though nothing comes', async () => {
    const stop = new AbortController();
    let caughtUp = false;
    for await (const item of log.follow({ after: 'end', signal: stop.signal })) {
      caughtUp ||= item.kind === 'caughtUp';
      if (caughtUp) setImmediate(() => stop.abort());
    }
    expect(caughtUp).toBe(true);
  });
});

describe('upcasts', () => {
  it('show every reader the newest shape, and leave what is stored as it is', async () => {
    const [stream, type] = [unique('log'), unique('Renamed')];
    await log.append(stream, [event(type, { name: 'Sato Hanako' }), event('Other')], -1);
    const newest = withUpcasts(log, {
      [type]: (old) => ({ ...old, data: { familyName: (old.data as { name: string }).name.split(' ')[0] } }),
    });
    const expected = [{ data: { familyName: 'Sato' } }, { type: 'Other' }];
    expect(await collect(newest.readStream(stream))).toMatchObject(expected);
    expect(await collect(newest.readAll({ filter: { streamPrefixes: [stream] } }))).toMatchObject(expected);
    const followed = newest.follow({ filter: { streamPrefixes: [stream] }, signal: new AbortController().signal });
    const events: Followed[] = [];
    for await (const item of followed) {
      if (item.kind === 'event') events.push(item);
      if (item.kind === 'caughtUp') break;
    }
    expect(events).toMatchObject(expected.map((found) => ({ event: found })));
    expect((await collect(log.readStream(stream)))[0]!.data).toEqual({ name: 'Sato Hanako' });
  });
});
