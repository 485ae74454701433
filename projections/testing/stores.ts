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

/** The same store, in which something happens between the moment a question has found what it asks for and the moment it reads that: before its n-th reading. */
export function changedMidway(store: ReadStore, change: () => Promise<unknown>, beforeRead = 1): ReadStore {
  let reads = 0;
  const documents: ReadStore['documents'] = async (address, keys) => {
    if (keys.length > 0 && ++reads === beforeRead) await change();
    return store.documents(address, keys);
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'documents') return documents;
      const member = Reflect.get(target, name, target) as unknown;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
