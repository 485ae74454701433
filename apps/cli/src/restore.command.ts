import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import colors from 'picocolors';
import { copyFile, syncFolderOf } from '#embedded-event-store';
import { bytesOfLog, checkBackup, descriptionFile, eventsFolder, explainedFailure, refuseUnlessEmpty } from './backup.js';
import { embeddedDataDir } from './connect.js';
import { counted, print, progress } from './console.js';
import { Failure } from './failure.js';

/** What is copied is not a ledger until all of it is there. */
const unfinishedFolder = 'restoring';

/** Puts a backup into DATA_DIR, which must be empty, after every byte of it was checked. The events come last: without them there is no ledger to start. */
export async function restore(from: string, signal: AbortSignal): Promise<void> {
  const dataDir = resolve(embeddedDataDir('restore'));
  const source = resolve(from);
  if (!existsSync(source)) throw new Failure(`There is no folder ${source}.`);
  refuseUnlessEmpty(dataDir, 'a backup is restored into a new or empty folder. Set DATA_DIR to one', unfinishedFolder);
  const wasThere = existsSync(dataDir);
  const unfinished = join(dataDir, unfinishedFolder);
  const moved: string[] = [];
  const bar = progress('Restoring', 3 * bytesOfLog(join(source, eventsFolder)));
  let done = 0;
  const options = { signal, onBytes: (bytes: number) => bar.update((done += bytes)) };
  try {
    await rm(unfinished, { recursive: true, force: true });
    const { events, end, files, madeAt } = await checkBackup(source, options);
    const wanted = files.filter(({ name }) => name !== descriptionFile);
    for (const { name, bytes, sha256 } of wanted) {
      const target = join(unfinished, name);
      // Nobody but the owner may enter: that is how the access to the event store is kept.
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const copied = await copyFile(join(source, name), target, name, bytes, options);
      if (copied.sha256 !== sha256) throw new Failure(`${name} changed while it was read: check the disk it is on.`);
      await syncFolderOf(target);
    }
    const names = new Set(wanted.map(({ name }) => name.split('/')[0]!));
    for (const name of [...names].sort((left, right) => Number(left === eventsFolder) - Number(right === eventsFolder))) {
      await rename(join(unfinished, name), join(dataDir, name));
      moved.push(name);
    }
    await rm(unfinished, { recursive: true });
    await syncFolderOf(join(dataDir, eventsFolder));
    bar.stop();
    await print(`${colors.green('Restored.')} ${counted(events, 'event')}, up to position ${end}, as it was on ${madeAt}, in ${dataDir}.`);
    await print(`'ledger verify' checks every fact; 'npm start' goes on from there, and fills the read models anew.`);
  } catch (error) {
    for (const name of [unfinishedFolder, ...moved]) await rm(join(dataDir, name), { recursive: true, force: true });
    // Somebody else may have put something there meanwhile.
    if (!wasThere) await rmdir(dataDir).catch(() => undefined);
    throw explainedFailure(error, signal, 'Nothing was restored.');
  } finally {
    bar.stop();
  }
}
