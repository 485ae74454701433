import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordedLog } from '../testing/recorded-log.js';
import { dumped, reached, runPump, Said } from '../testing/running-pump.js';
import { until } from '../testing/spawn-redis.js';
import { lastMoves, moved, noted, poisonedBy, tally } from '../testing/tally.js';
import { openLmdbReadStore } from './lmdb-read-store.js';
import { readModelsOf } from './log-guard.js';
import type { Projection } from './projection.js';
import { Pump } from './pump.js';
import type { PumpOptions } from './pump.js';
import { ReadModelsOfAnotherLog, ReadStoreUnavailable } from './read-store.js';
import type { ReadStore } from './read-store.js';
import { viewOf } from './read-view.js';
import { ReadModelBehind, ReadModelStopped, waitFor } from './wait.js';

describe('the pump', () => {
  let folder: string;
  let store: ReadStore;
  let log: RecordedLog;
  let said: Said;
  const ends: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pump-'));
    store = await openLmdbReadStore(folder);
    log = new RecordedLog();
    said = new Said();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const run = (projections: readonly Projection<any>[], options: Partial<PumpOptions> = {}): ReturnType<typeof runPump> => {
    const running = runPump({ source: log, store, projections, logger: said.logger, ...options });
    ends.push(() => running.stop());
    return running;
  };
  const history = (facts: number): void => {
    for (let n = 0; n < facts; n += 1) log.record(moved(`a${n % 7}`, `b${n % 11}`, n, `s${n % 3}`));
  };

  it('fills the views from the log, then serves them', async () => {
    log.record(moved('a', 'b', 5), moved('b', 'c', 2));
    await expect(viewOf(store, tally)).rejects.toThrow(ReadModelBehind);
    run([tally, lastMoves]);
    await reached(store, tally, log.end);
    const view = await viewOf(store, tally);
    expect(await view.document('b', 's1')).toEqual({ account: 'b', quantity: 3, moves: ['event-37', 'event-74'] });
    expect(await view.count('a', { index: 'owing' })).toBe(1);
    expect(view.position).toBe(74n);
  });

  it('serves an empty log as empty views', async () => {
    run([tally]);
    await until(async () => (await store.servingVersion('tally')) === 1);
    expect(await (await viewOf(store, tally)).allDocuments('a')).toEqual([]);
  });

  it('follows what is recorded later, also facts that concern no projection', async () => {
    run([tally, lastMoves]);
    await until(async () => (await store.servingVersion('tally')) === 1);
    await reached(store, tally, log.record(moved('a', 'b', 1)));
    await reached(store, lastMoves, log.record({ stream: 'x-1', type: 'Unknown', data: {} }));
    await reached(store, tally, log.end);
  });

  it('removes documents and their index entries', async () => {
    run([tally]);
    log.record(moved('a', 'b', 5), moved('b', 'a', 5));
    await reached(store, tally, log.end);
    expect(await dumped(store, tally)).toEqual([]);
  });

  it('gives each projection only what it has not had, wherever each of them stands', async () => {
    log.record(moved('a', 'b', 5));
    const first = run([tally]);
    await reached(store, tally, log.end);
    await first.stop();
    log.record(moved('a', 'b', 1));
    run([tally, lastMoves]);
    await reached(store, tally, log.end);
    await reached(store, lastMoves, log.end);
    expect(await (await viewOf(store, tally)).document('b', 's1')).toMatchObject({ quantity: 6 });
  });

  describe('at an event that a projection cannot take', () => {
    const bad = poisonedBy('Noted');

    it('stops that projection there, with everything before it stored, and lets the others go on', async () => {
      run([tally, bad]);
      log.record(moved('a', 'b', 1));
      await reached(store, bad, log.end);
      const good = log.end;
      const poison = log.record(noted('x'));
      await reached(store, tally, log.record(moved('b', 'c', 1)));
      await expect(waitFor(store, bad, log.end, 20_000)).rejects.toThrow(ReadModelStopped);
      expect(await store.progress('last-moves', 1)).toMatchObject({
        position: good,
        stopped: { position: String(poison), eventId: `event-${poison}`, reason: expect.stringContaining('cannot read this') },
      });
      await expect(waitFor(store, bad, good, 0)).resolves.toBeUndefined();
    });

    it('stores what came before it in the same batch, and nothing that came after', async () => {
      const poison = log.record(moved('a', 'b', 1), moved('c', 'd', 1, 's2'), noted('x'));
      log.record(moved('e', 'f', 1, 's3'));
      run([bad]);
      await until(async () => (await store.progress('last-moves', 1)).stopped !== undefined);
      const { position, stopped } = await store.progress('last-moves', 1);
      expect([position, stopped?.position]).toEqual([74n, String(poison)]);
      expect((await store.allDocuments({ projection: 'last-moves', version: 1, partition: 'all' })).map(({ key }) => key)).toEqual([
        's1',
        's2',
      ]);
    });

    it('does not serve a version that was stopped before it had caught up', async () => {
      log.record(noted('x'), moved('a', 'b', 1));
      run([tally, bad]);
      await reached(store, tally, log.end);
      expect(await store.servingVersion('last-moves')).toBeUndefined();
      await reached(store, tally, log.record(moved('a', 'b', 1)));
    });

    it('goes on from there when the code is mended, without having lost anything', async () => {
      log.record(moved('a', 'b', 1), noted('x'), moved('b', 'c', 1));
      const first = run([bad]);
      await until(async () => (await store.progress('last-moves', 1)).stopped !== undefined);
      await first.stop();
      run([lastMoves]);
      await reached(store, lastMoves, log.end);
      expect((await store.progress('last-moves', 1)).stopped).toBeUndefined();
      expect(await dumped(store, lastMoves)).toEqual([
        '["document","all","s1",{"id":"event-111","to":"c"}]',
        '["document","notes","event-74",{"text":"x"}]',
      ]);
    });

    it('says which text does not fit into an index', async () => {
      const tooLong: Projection = { ...lastMoves, indexes: () => [{ index: 'i', sort: 'x'.repeat(1_001) }] };
      log.record(moved('a', 'b', 1));
      run([tooLong]);
      await until(async () => (await store.progress('last-moves', 1)).stopped !== undefined);
      expect((await store.progress('last-moves', 1)).stopped?.reason).toContain('has 1001 bytes; 1000 fit');
    });
  });

  describe('versions', () => {
    it('are filled beside the one that serves, then change over, and the old one goes', async () => {
      history(50);
      const old = run([tally]);
      await reached(store, tally, log.end);
      await old.stop();
      const before = await viewOf(store, tally);
      const next: Projection<any> = { ...tally, version: 2, indexes: () => [] };
      run([next], { dropAfterMs: 0 });
      await until(async () => (await store.servingVersion('tally')) === 2);
      await until(async () => (await store.versions('tally')).length === 1);
      expect((await dumped(store, next)).every((line) => line.startsWith('["document"'))).toBe(true);
      await expect(before.document('b1', 's1')).rejects.toThrow('was replaced while it was read');
    });

    it('go on being served and fed while the next one is filled', async () => {
      history(50);
      run([tally]);
      await reached(store, tally, log.end);
      // The next version cannot be filled to the end, because an event stops it half way.
      const half: Projection<any> = { ...tally, version: 2, on: { ...tally.on, Noted: poisonedBy('Noted').on['Noted'] as never } };
      log.record(noted('stops version 2'));
      run([half]);
      await until(async () => (await store.progress('tally', 2)).stopped !== undefined);
      await reached(store, tally, log.record(moved('a', 'b', 1)));
      expect((await viewOf(store, tally)).version).toBe(1);
    });

    it('of older code leave a newer one alone', async () => {
      history(5);
      run([{ ...tally, version: 2 }]);
      await until(async () => (await store.servingVersion('tally')) === 2);
      run([tally, lastMoves]);
      await reached(store, lastMoves, log.end);
      expect(await store.versions('tally')).toEqual([2]);
      expect(said.lines).toContain('a newer version of this read model serves; this process leaves it alone');
    });
  });

  describe('a rebuild', () => {
    const rebuild = (projection: Projection<any>): Promise<{ version: number; position: bigint | undefined; events: number }> =>
      new Pump({ source: log, store, projections: [projection], logger: said.logger, dropAfterMs: 0 }).rebuild(
        projection.name,
        new AbortController().signal,
      );

    it('from nothing gives the same bytes, beside a pump that goes on with it', async () => {
      history(300);
      run([tally, lastMoves]);
      await reached(store, tally, log.end);
      const before = await dumped(store, tally);
      expect(await rebuild(tally)).toEqual({ version: 1_000_001, position: log.end, events: 300 });
      expect(await dumped(store, tally)).toEqual(before);
      expect(before.length).toBeGreaterThan(100);
      expect(await store.versions('tally')).toEqual([1_000_001]);
      await reached(store, tally, log.record(moved('a1', 'b1', 1)));
      expect((await viewOf(store, tally)).version).toBe(1_000_001);
      expect(await rebuild(tally)).toMatchObject({ version: 2_000_001, events: 301 });
    });

    it('mends what was wrong in the store', async () => {
      log.record(moved('a', 'b', 5));
      const first = run([tally]);
      await reached(store, tally, log.end);
      await first.stop();
      const before = await dumped(store, tally);
      const address = { projection: 'tally', version: 1, partition: 'b' };
      const wrong = { key: 's1', document: { wrong: true }, indexAdd: [], indexRemove: [] };
      await store.commit({ address, readCheckpoint: 37n, checkpoint: 37n, documents: [wrong] });
      await rebuild(tally);
      expect(await dumped(store, tally)).toEqual(before);
    });

    it('that meets an event it cannot take fails, and leaves what serves', async () => {
      log.record(moved('a', 'b', 5));
      run([lastMoves]);
      await reached(store, lastMoves, log.record(noted('x')));
      await expect(rebuild(poisonedBy('Noted'))).rejects.toThrow('cannot read this');
      expect(await store.servingVersion('last-moves')).toBe(1);
    });

    it('of an unknown name says so', async () => {
      const pump = new Pump({ source: log, store, projections: [tally], logger: said.logger });
      await expect(pump.rebuild('tallies', new AbortController().signal)).rejects.toThrow('there is no read model named tallies');
    });
  });

  describe('with another log', () => {
    const otherLog = (): RecordedLog => {
      const other = new RecordedLog('other');
      other.record(moved('x', 'y', 1));
      return other;
    };

    it('refuses the read models of the first, changing nothing', async () => {
      log.record(moved('a', 'b', 5));
      const first = run([tally]);
      await reached(store, tally, log.end);
      await first.stop();
      const before = await dumped(store, tally);
      const second = run([tally], { source: otherLog() });
      await expect(second.ended).rejects.toThrow(ReadModelsOfAnotherLog);
      await expect(run([tally], { source: new RecordedLog() }).ended).rejects.toThrow('the log followed here is empty');
      expect(await dumped(store, tally)).toEqual(before);
    });

    it('readers are refused too, and those of the right log are not', async () => {
      log.record(moved('a', 'b', 5));
      const pump = run([tally]);
      await reached(store, tally, log.end);
      await pump.stop();
      const document = async (of: RecordedLog): Promise<object | undefined> =>
        (await viewOf(readModelsOf(of, store), tally)).document('b', 's1');
      expect(await document(log)).toMatchObject({ quantity: 5 });
      await expect(document(otherLog())).rejects.toThrow(ReadModelsOfAnotherLog);
      await expect(document(new RecordedLog())).rejects.toThrow(ReadStoreUnavailable);
    });

    it('replaces them when it may', async () => {
      log.record(moved('a', 'b', 5), moved('a', 'b', 5));
      const first = run([tally]);
      await reached(store, tally, log.end);
      await first.stop();
      run([tally], { source: otherLog(), otherLog: 'replace' });
      await until(async () => (await store.log()) === 'other-37' && (await store.servingVersion('tally')) !== undefined);
      // A view of what was replaced is refused for as long as its version is taken as known.
      const document = async (): Promise<object | undefined> => (await viewOf(store, tally)).document('y', 's1');
      await until(() => document().then(Boolean, (error: unknown) => !(error instanceof ReadStoreUnavailable)));
      expect(await document()).toMatchObject({ quantity: 1 });
      expect(await (await viewOf(store, tally)).document('b', 's1')).toBeUndefined();
    });

    it('fills anew when the log is an older copy that does not know how far the views had come', async () => {
      log.record(moved('a', 'b', 5), moved('a', 'b', 2));
      const first = run([tally]);
      await reached(store, tally, log.end);
      await first.stop();
      log.events.pop();
      run([tally]);
      await until(async () => (await store.progress('tally', 1)).position === log.end && (await store.servingVersion('tally')) === 1);
      // A view of what was dropped is refused, once.
      const document = async () => (await viewOf(store, tally)).document('b', 's1');
      expect(await document().catch(document)).toMatchObject({ quantity: 5 });
    });
  });
});
