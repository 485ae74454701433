import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbReadStore } from './lmdb-read-store.js';
import { readStoreContract } from './read-store.contract.js';

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
