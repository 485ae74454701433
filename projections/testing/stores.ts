import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadStoreUnavailable, type ReadStore } from '#read-store';
import { openLmdbReadStore } from '../../libs/read-store/src/lmdb-read-store.js';

/** A store of its own in a folder of its own, and how to be rid of both. */
export async function temporaryStore(): Promise<{ store: ReadStore; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'read-models-'));
  const store = await openLmdbReadStore(folder);
  const remove = async (): Promise<void> => {
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, remove };
}

/** Asks until the store answers: for a moment one that was emptied is not believed. */
export async function believed<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ReadStoreUnavailable)) throw error;
    }
    // Lets everything else go on, the test's own time limit too.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
