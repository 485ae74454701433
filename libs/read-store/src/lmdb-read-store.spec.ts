import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordedLog } from '../testing/recorded-log.js';
import { dumped, reached, runPump } from '../testing/running-pump.js';
import { until } from '../testing/spawn-redis.js';
import { moved, tally } from '../testing/tally.js';
import { openLmdbReadStore } from './lmdb-read-store.js';
import { readStoreContract } from './read-store.contract.js';
import type { ReadStore } from './read-store.js';
import { ReadStoreUnavailable } from './read-store.js';

readStoreContract('LMDB', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-models-'));
  const store = await openLmdbReadStore(folder);
  return {
    store,
    another: () => openLmdbReadStore(folder),
    async stop() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describe('read models in a folder', () => {
  let parent: string;
  let folder: string;
  let store: ReadStore;
  let log: RecordedLog;
  const reports: string[] = [];
  const open = (): Promise<ReadStore> => openLmdbReadStore(folder, (line) => reports.push(line));

  beforeEach(async () => {
    parent = mkdtempSync(join(tmpdir(), 'read-models-'));
    folder = join(parent, 'read-models');
    reports.length = 0;
    store = await open();
    log = new RecordedLog();
    for (let n = 0; n < 500; n += 1) log.record(moved(`a${n % 7}`, `b${n % 11}`, n, `s${n % 3}`));
  });
  afterEach(async () => {
    await store.close();
    rmSync(parent, { recursive: true });
  });
  const fill = async (): Promise<string[]> => {
    const pump = runPump({ source: log, store, projections: [tally] });
    try {
      await reached(store, tally, log.end);
      return await dumped(store, tally);
    } finally {
      await pump.stop();
    }
  };
  const asides = (): string[] => readdirSync(parent).filter((name) => name.includes('.damaged-'));

  it('begin from nothing when their drop was cut short', async () => {
    await fill();
    const address = { projection: 'tally', version: 1, partition: 'a1' };
    const dropped = store.drop('tally', 1).catch((error: unknown) => error);
    await store.close();
    expect(await dropped).toBeInstanceOf(ReadStoreUnavailable);
    store = await open();
    expect(await store.progress('tally', 1)).toEqual({ position: undefined });
    expect(await store.begin('tally', 1)).toEqual({ life: expect.any(String), position: undefined });
    expect([await store.partitionCheckpoint(address), await store.versions('tally')]).toEqual([undefined, [1]]);
    expect(await dumped(store, tally)).toEqual([]);
  });

  it('that somebody removed while they were open are filled again', async () => {
    const before = await fill();
    const pump = runPump({ source: log, store, projections: [tally] });
    try {
      await pump.pump.started;
      rmSync(folder, { recursive: true });
      log.record(moved('a1', 'b1', 0));
      // For a moment everybody still has the one that was removed open, and is answered from it.
      await until(async () => existsSync(join(folder, 'data.mdb')) && (await dumped(store, tally)).length === before.length);
    } finally {
      await pump.stop();
    }
  });

  it('that are no LMDB file are moved aside, said, and filled again', async () => {
    const before = await fill();
    await store.close();
    writeFileSync(join(folder, 'data.mdb'), 'this was something else'.repeat(1_000));
    store = await open();
    expect(reports).toEqual([expect.stringContaining('are damaged')]);
    expect(asides()).toHaveLength(1);
    expect(await fill()).toEqual(before);
  });

  it('with a flipped bit in a document are not answered, but moved aside and filled again', async () => {
    const before = await fill();
    await store.close();
    const file = join(folder, 'data.mdb');
    const bytes = readFileSync(file);
    for (let at = bytes.indexOf('"account":"b'); at >= 0; at = bytes.indexOf('"account":"b', at + 1)) bytes[at + 12]! ^= 1;
    writeFileSync(file, bytes);
    store = await open();
    await expect(store.allDocuments({ projection: 'tally', version: 1, partition: 'b1' })).rejects.toThrow(ReadStoreUnavailable);
    expect(reports).toEqual([expect.stringContaining('a checksum does not match')]);
    expect(await store.servingVersion('tally')).toBeUndefined();
    expect(await fill()).toEqual(before);
  });

  it('that two processes died of are looked at by one that can be spared, and moved aside if it dies too', async () => {
    const before = await fill();
    await store.close();
    const file = join(folder, 'data.mdb');
    truncateSync(file, Math.floor(statSync(file).size / 8192 / 2) * 4096);
    const kind = readdirSync(folder).find((name) => name.startsWith('open-'));
    expect(kind).toBeUndefined();
    const deadProcess = '4194305';
    const marker = `open-${(process.argv[1] ?? '').split('/').at(-2)}-`;
    for (const n of [1, 2]) writeFileSync(join(folder, `${marker}${n}`), deadProcess);
    store = await open();
    expect(reports).toEqual([expect.stringContaining('processes that had them open died')]);
    expect(await fill()).toEqual(before);
  });

  it('that are sound stay, however often processes were killed', async () => {
    const before = await fill();
    await store.close();
    const marker = `open-${(process.argv[1] ?? '').split('/').at(-2)}-`;
    for (const n of [1, 2, 3]) writeFileSync(join(folder, `${marker}${n}`), '4194305');
    store = await open();
    expect(reports).toEqual([]);
    expect(await dumped(store, tally)).toEqual(before);
    expect(readdirSync(folder).filter((name) => name.startsWith('open-'))).toHaveLength(1);
  });
});
