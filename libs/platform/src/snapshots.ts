import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { Snapshots } from '#event-store';
import type { Settings } from './settings.js';

/** Snapshots in the data folder, of this very code: whatever changes how facts are folded, no state of before is used. */
export function openSnapshots({ dataDir }: Pick<Settings, 'dataDir'>, log: Pick<Logger, 'warn'>): Snapshots {
  return new Snapshots({
    folder: join(dataDir, 'snapshots'),
    code: digestOf(['#licensing', '#event-store'].map((library) => dirname(fileURLToPath(import.meta.resolve(library))))),
    report: (error) => log.warn({ reason: error.message }, 'a snapshot could not be written: a large pool will take longer to load'),
  });
}

/** Of the names and the contents of all files in the folders. */
function digestOf(folders: readonly string[]): string {
  const digest = createHash('sha256');
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      if (/\.[jt]s$/.test(name)) digest.update(`${name}\n`).update(readFileSync(join(folder, name)));
    }
  }
  return digest.digest('hex');
}
