// The history search, filter by filter, on one partner with many entries: history-search.mjs does it, in processes of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithUs } from './lib/children.js';
import { say } from './lib/progress.js';

export const title = 'history search of one partner, each filter alone and combined';

export async function run({ folder, figures, sizes }) {
  const { entries, customers, searches } = sizes.searching;
  for (const store of ['redis', 'lmdb']) {
    const results = join(folder, `${store}.json`);
    const words = { entries, customers, searches, stores: store, folder, results };
    const options = Object.entries(words).flatMap(([name, value]) => [`--${name}`, String(value)]);
    say(`${entries.toLocaleString('en')} entries of one partner with ${customers.toLocaleString('en')} customers, ${store}`);
    const child = spawn(process.execPath, [fileURLToPath(new URL('history-search.mjs', import.meta.url)), ...options], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    endWithUs(child);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the history search on ${store} failed`);
    for (const { kind, rows, ...measured } of JSON.parse(readFileSync(results, 'utf8'))) figures.add(kind, store, { ...measured, rows });
  }
}
