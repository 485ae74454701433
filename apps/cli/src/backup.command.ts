import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import colors from 'picocolors';
import { copyFile, copyLog, type CopiedFile } from '#embedded-event-store';
import { wallClock } from '#platform';
import { bytesOfLog, checkBackup, describeBackup, eventsFolder, explainedFailure, refuseUnlessEmpty, settingsFiles } from './backup.js';
import { embeddedDataDir } from './connect.js';
import { counted, print, progress, sizeInWords } from './console.js';
import { Failure } from './failure.js';

/** Copies the ledger of DATA_DIR as it is at this moment, while it runs or not, and reads the copy back. What was begun and not finished is removed. */
export async function backUp(target: string, signal: AbortSignal): Promise<void> {
  const dataDir = embeddedDataDir('backup');
  const to = resolve(target);
  const source = join(dataDir, eventsFolder);
  if (!existsSync(source)) throw new Failure(`There is no ledger in ${dataDir}. Set DATA_DIR to its data folder.`);
  refuseUnlessEmpty(to, 'a backup goes into a new or empty folder');
  const wasThere = existsSync(to);
  // Each byte is read four times: checked, copied, hashed, and checked again in the copy.
  const bar = progress('Backing up', 4 * bytesOfLog(source));
  let done = 0;
  const options = { signal, onBytes: (bytes: number) => bar.update((done += bytes)) };
  try {
    const copy = await copyLog(source, join(to, eventsFolder), options);
    if (copy === undefined) throw new Failure(`There is no ledger in ${dataDir}: it was never started. Set DATA_DIR to its data folder.`);
    const files: CopiedFile[] = copy.files.map((file) => ({ ...file, name: `${eventsFolder}/${file.name}` }));
    for (const name of settingsFiles) {
      const path = join(dataDir, name);
      if (!existsSync(path)) continue;
      await mkdir(dirname(join(to, name)), { recursive: true, mode: 0o700 });
      files.push(await copyFile(path, join(to, name), name, (await stat(path)).size, { signal }));
    }
    await describeBackup(to, { format: 1, madeAt: wallClock.nowText(), logId: copy.logId, end: String(copy.end) }, files);
    const { events, end } = await checkBackup(to, options);
    bar.stop();
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    await print(
      `${colors.green('Backed up and checked.')} ${counted(events, 'event')}, up to position ${end}, ${sizeInWords(bytes)} in ${to}.`,
    );
    if (files.some(({ name }) => name === 'secrets.json'))
      await print(`It holds the secrets of this installation and personal data: keep it as safe as ${dataDir} itself.`);
  } catch (error) {
    if (!wasThere) await rm(to, { recursive: true, force: true });
    else for (const name of readdirSync(to)) await rm(join(to, name), { recursive: true });
    throw explainedFailure(error, signal, 'There is no backup: what had been copied was removed.');
  } finally {
    bar.stop();
  }
}
