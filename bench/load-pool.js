// One process that loads one pool for the first time: started by pool.js with the event store's address, the account and its customer, and the folder
// that has its snapshot, or will have.
import { connectEventLog, Ledger } from '#event-store';
import { assignLicenses, balanceOf, customer, pool } from '#licensing';
import { openSnapshots } from '#platform';
import { sku } from './contestants/scene.js';
import { command } from './contestants/seeding.js';
import { quantile } from './lib/figures.js';
import { residentOf } from './lib/processes.js';

const [url, accountId, customerId, dataDir] = process.argv.slice(2);
const now = () => new Date().toISOString();
const log = connectEventLog(url);
const snapshots = openSnapshots({ dataDir }, { warn: (_, message) => console.error(message) });
// However few facts a short run has, one is kept.
const ledger = new Ledger({ log, now, snapshots, snapshotEvery: 100 });
// The connection stands before the clock runs.
const receiver = { ...(await ledger.load(customer, customerId)).state };

const timed = async (work) => {
  const startedAt = performance.now();
  const result = await work();
  return { result, milliseconds: performance.now() - startedAt };
};

const memoryBefore = residentOf(process.pid);
const cpuBefore = process.cpuUsage();
const cold = await timed(() => ledger.load(pool, accountId));
const { user, system } = process.cpuUsage(cpuBefore);
const { assigned } = balanceOf(cold.result.state, sku, now());
const memoryAfter = residentOf(process.pid);

const warm = [];
for (let turn = 0; turn < 1_000; turn++) warm.push((await timed(() => ledger.load(pool, accountId))).milliseconds);
const decide = () =>
  ledger.record(pool, accountId, command({ accountId, customerId, lines: [{ sku, quantity: 1 }], customer: receiver }), assignLicenses);
const commands = [];
for (let turn = 0; turn < 20; turn++) commands.push((await timed(decide)).milliseconds);

process.send({
  assigned,
  commands: commands.length,
  figures: {
    'cold load ms': cold.milliseconds,
    'of it own CPU ms': (user + system) / 1_000,
    'warm load µs, p50': quantile(warm, 0.5) * 1_000,
    'warm load µs, p99': quantile(warm, 0.99) * 1_000,
    'a command, warm, ms, p50': quantile(commands, 0.5),
    'RSS more, MiB': (memoryAfter - memoryBefore) / 2 ** 20,
  },
});
await snapshots.idle();
await log.close();
process.disconnect();
