// Loading a pool with many facts through the Ledger: in a process that has never seen it, folded from its facts and taken from its snapshot, and warm,
// when it is cached.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEventStore } from './contestants/event-store.js';
import { listProduct, seedAccounts, seedTransfers } from './contestants/seeding.js';
import { endWithUs, firstWord } from './lib/children.js';
import { progress, say } from './lib/progress.js';

export const title = 'loading a pool with many facts';

export async function run({ folder, figures, sizes, rounds }) {
  const { facts } = sizes.pool;
  const store = await startEventStore(join(folder, 'events'));
  try {
    await listProduct(store.url);
    const accounts = await seedAccounts(store.url, 1);
    await seedTransfers(store.url, accounts, facts - 1, progress('recording facts of one pool', facts - 1));
    let given = facts - 1;
    const name = `a pool with ${facts.toLocaleString('en')} facts`;
    for (let round = 1; round <= rounds; round++) {
      const snapshots = join(folder, `round-${round}`);
      for (const from of ['folded from its facts', 'from its snapshot']) {
        const child = fork(fileURLToPath(new URL('load-pool.js', import.meta.url)), [
          store.url,
          accounts[0].accountId,
          accounts[0].customerId,
          snapshots,
        ]);
        endWithUs(child);
        const gone = once(child, 'exit');
        const loaded = await firstWord(child, 'the process that loads the pool');
        if (loaded.assigned !== given) throw new Error(`the pool has ${loaded.assigned} assigned, not ${given}`);
        given += loaded.commands;
        figures.add(`${name}, ${from}`, 'ledger', loaded.figures);
        say(`round ${round}: ${from}, ${Math.round(loaded.figures['cold load ms'])} ms`);
        await gone;
        if (readdirSync(join(snapshots, 'snapshots')).length === 0) throw new Error('no snapshot was written');
      }
    }
  } finally {
    await store.stop();
  }
}
