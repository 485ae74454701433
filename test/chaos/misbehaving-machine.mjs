// Loaded into a server before anything else (NODE_OPTIONS=--import=…): a machine that does not do what it says.
//   FAIL_SYNC=n       the n-th fdatasync fails, and the disk has dropped what was written since the one before, as disks do; later ones are well
//   LIE_FROM_SYNC=n   from the n-th on nothing is synced, and nobody is told
//   SYNCED_FILE=FILE  where the length of the log file that was really synced is written
//   CLOCK_FILE=FILE   the clock is ahead by as many milliseconds as the file says, or behind when the number is negative
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { FAIL_SYNC, LIE_FROM_SYNC, SYNCED_FILE, CLOCK_FILE } = process.env;

const realSync = fs.fdatasync;
let syncs = 0;
let syncedBytes = 0;
fs.fdatasync = (fd, callback) => {
  syncs += 1;
  if (String(syncs) === FAIL_SYNC) {
    fs.ftruncateSync(fd, syncedBytes);
    process.nextTick(callback, Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
    return;
  }
  if (LIE_FROM_SYNC !== undefined && syncs >= Number(LIE_FROM_SYNC)) {
    process.nextTick(callback, null);
    return;
  }
  const bytes = fs.fstatSync(fd).size;
  realSync(fd, (error) => {
    if (!error) syncedBytes = bytes;
    if (!error && SYNCED_FILE !== undefined) fs.writeFileSync(SYNCED_FILE, String(bytes));
    callback(error);
  });
};
syncBuiltinESMExports();

if (CLOCK_FILE !== undefined) {
  const realNow = Date.now;
  Date.now = () => realNow() + Number(fs.readFileSync(CLOCK_FILE, 'utf8'));
}
