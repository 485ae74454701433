// Loaded into a server before anything else (node --import): makes its disk misbehave. FAIL_SYNC=n fails the n-th fdatasync;
// HOLD_SYNC=FILE writes FILE.asked when an fdatasync is asked for, and lets none happen before FILE exists.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { FAIL_SYNC, HOLD_SYNC } = process.env;
const realSync = fs.fdatasync;
let syncs = 0;

fs.fdatasync = (fd, callback) => {
  syncs += 1;
  if (String(syncs) === FAIL_SYNC) {
    process.nextTick(callback, Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
    return;
  }
  if (HOLD_SYNC === undefined) {
    realSync(fd, callback);
    return;
  }
  fs.writeFileSync(`${HOLD_SYNC}.asked`, '');
  const waiting = setInterval(() => {
    if (!fs.existsSync(HOLD_SYNC)) return;
    clearInterval(waiting);
    realSync(fd, callback);
  }, 5);
};
syncBuiltinESMExports();
