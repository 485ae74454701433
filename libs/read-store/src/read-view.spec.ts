import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tally, type Tally } from '../testing/tally.js';
import { document } from '../testing/written.js';
import { openLmdbReadStore } from './lmdb-read-store.js';
import { ReadStoreUnavailable } from './read-store.js';
import type { ReadStore } from './read-store.js';
import { viewOf, type ReadView } from './read-view.js';

describe('a view', () => {
  let folder: string;
  let store: ReadStore;
  let view: ReadView<Tally>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'view-'));
    store = await openLmdbReadStore(folder);
    await fill(3);
    view = await viewOf(store, tally);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function fill(documents: number): Promise<void> {
    const known = await store.begin('tally', 1);
    const written = Array.from({ length: documents }, (_, n) => document(`s${n}`, { n }, [{ index: 'all', sort: String(n) }]));
    const address = { projection: 'tally', version: 1, partition: 'a' };
    await store.commit({ address, readCheckpoint: undefined, checkpoint: BigInt(documents), documents: written });
    await store.setProgress({ projection: 'tally', version: 1, next: { position: BigInt(documents) }, known });
    await store.setServingVersion('tally', 1);
  }
  const range = { index: 'all', direction: 'ascending', limit: 10 } as const;
  const questions: Record<string, (of: ReadView<Tally>) => Promise<unknown>> = {
    document: (of) => of.document('a', 's0'),
    'all documents': (of) => of.allDocuments('a'),
    range: (of) => of.range('a', range),
    ranges: (of) => of.ranges('a', [range]),
    count: (of) => of.count('a', { index: 'all' }),
    counts: (of) => of.counts('a', [{ index: 'all' }]),
  };

  it.each(Object.entries(questions))('answers no %s of a store that was emptied meanwhile and is being filled again', async (_, ask) => {
    const before = await ask(view);
    await store.drop('tally', 1);
    await fill(1);
    await expect(ask(view)).rejects.toThrow(ReadStoreUnavailable);
    await store.drop('tally', 1);
    await expect(ask(view)).rejects.toThrow(ReadStoreUnavailable);
    await fill(3);
    expect(await ask(await viewOf(store, tally))).toEqual(before);
  });
});
