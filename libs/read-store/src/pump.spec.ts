import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordedLog } from '../testing/recorded-log.js';
import { lastMoves, moved, tally } from '../testing/tally.js';
import { until } from '../testing/spawn-redis.js';
import { openLmdbReadStore } from './lmdb-read-store.js';
import type { Projection } from './projection.js';
import { Pump } from './pump.js';
import type { PumpOptions } from './pump.js';
import type { ReadStore } from './read-store.js';
import { viewOf } from './read-view.js';
import { ReadModelBehind, ReadModelStopped, waitFor } from './wait.js';

describe('the pump', () => {
  let folder: string;
  let store: ReadStore;
  let log: RecordedLog;
  const ends: (() => Promise<void>)[] = [];
  const said: string[] = [];
  const say = (fields: object, message: string): void => void said.push(message);
  const logger = { info: say, warn: say, error: say };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pump-'));
    store = await openLmdbReadStore(folder);
    log = new RecordedLog();
    said.length = 0;
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const pumpOf = (projections: readonly Projection<any>[], options: Partial<PumpOptions> = {}): Pump =>
    new Pump({ source: log, store, projections, logger, ...options });
  const run = (pump: Pump): { stop: () => Promise<void> } => {
    const stopping = new AbortController();
    const running = pump.run(stopping.signal);
    running.catch(() => undefined);
    const stop = async (): Promise<void> => {
      stopping.abort();
      await running;
    };
    ends.push(() => stop().catch(() => undefined));
    return { stop };
  };
  const reached = (projection: Projection<any>, position = log.end): Promise<void> => waitFor(store, projection, position, 10_000);
  const lines = async (projection: Projection<any>, version = projection.version): Promise<string[]> => {
    const all: string[] = [];
    for await (const line of store.dump(projection.name, version)) all.push(line);
    return all;
  };

  it('fills the views from the log, then serves them', async () => {
    log.record(moved('a', 'b', 5), moved('b', 'c', 2));
    await expect(viewOf(store, tally)).rejects.toThrow(ReadModelBehind);
    run(pumpOf([tally, lastMoves]));
    await reached(tally);
    const view = await viewOf(store, tally);
    expect(await view.document('b', 's1')).toEqual({ account: 'b', quantity: 3, moves: ['event-37', 'event-74'] });
    expect(await view.count('a', { index: 'owing' })).toBe(1);
    expect(view.position).toBe(74n);
  });

  it('follows what is recorded later, also facts that concern no projection', async () => {
    run(pumpOf([tally, lastMoves]));
    await reached(tally, log.record(moved('a', 'b', 1)));
    await reached(lastMoves, log.record({ stream: 'x-1', type: 'Unknown', data: {} }));
    await reached(tally);
  });

  it('removes documents and their index entries', async () => {
    run(pumpOf([tally]));
    log.record(moved('a', 'b', 5), moved('b', 'a', 5));
    await reached(tally);
    expect(await lines(tally)).toEqual([]);
  });

  it('stops one projection at an event it cannot take, loses nothing, lets the others go on, and goes on after the fix', async () => {
    const poisoned: Projection = {
      ...lastMoves,
      on: {
        ...lastMoves.on,
        Noted: () => {
          throw new Error('cannot read this');
        },
      },
    };
    const first = run(pumpOf([tally, poisoned]));
    log.record(moved('a', 'b', 1));
    await reached(poisoned);
    const good = log.end;
    const bad = log.record({ stream: 'n-1', type: 'Noted', data: { text: 'x' } });
    await reached(tally, log.record(moved('b', 'c', 1)));
    await expect(waitFor(store, lastMoves, log.end, 10_000)).rejects.toThrow(ReadModelStopped);
    expect(await store.progress('last-moves', 1)).toMatchObject({
      position: good,
      stopped: { position: String(bad), eventId: `event-${bad}`, reason: expect.stringContaining('cannot read this') },
    });
    await first.stop();
    run(pumpOf([tally, lastMoves]));
    await until(async () => (await store.progress('last-moves', 1)).position === log.end);
    expect((await store.progress('last-moves', 1)).stopped).toBeUndefined();
    expect(await lines(lastMoves)).toHaveLength(2);
  });

  it('rebuilds from nothing beside what serves, to the same bytes', async () => {
    for (let n = 0; n < 300; n += 1) log.record(moved(`a${n % 7}`, `b${n % 11}`, n, `s${n % 3}`));
    run(pumpOf([tally, lastMoves], { dropAfterMs: 0 }));
    await reached(tally);
    const before = await lines(tally);
    const rebuilt = await pumpOf([tally], { dropAfterMs: 0 }).rebuild('tally', new AbortController().signal);
    expect(rebuilt).toEqual({ version: 1_000_001, position: log.end, events: 300 });
    expect(await lines(tally, 1_000_001)).toEqual(before);
    expect(await store.versions('tally')).toEqual([1_000_001]);
    await reached(tally, log.record(moved('a1', 'b1', 1)));
    expect((await viewOf(store, tally)).version).toBe(1_000_001);
  });
});
