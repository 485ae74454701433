// npm run bench [-- --quick]: what the ledger does on this machine, load included. Prints a table and writes bench/out/bench.json.
// Every workload checks that its work was really done. Figures belong to the machine they were taken on; nothing asserts them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { rebuildSpeed } from './rebuild.js';
import { assignments } from './assignments.js';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  console.log(`npm run bench [-- --quick] [-- --rounds N]
  Durable assignments over HTTP (64 connections; 100 accounts and one account), the speed of a rebuild from the log, and the history search at
  100,000 entries. --quick: one short round of each. The store alone: node bench/store/bench.mjs --help`);
  process.exit(0);
}
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const seconds = values.quick ? 4 : 12;
const out = fileURLToPath(new URL('out/', import.meta.url));
mkdirSync(out, { recursive: true });
// On the project's own disk: many systems keep /tmp in memory, and then nothing would be durable.
const folder = mkdtempSync(`${out}run-`);
console.log(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, load ${loadavg()[0].toFixed(2)} before`);

const results = [];
try {
  const { figures, eventStore } = await assignments({ folder, seconds, rounds, connections: 64 });
  results.push(...figures, ...(await rebuildSpeed({ folder, eventStore })));
  await eventStore.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const table = new Table({ head: ['workload', 'figure', 'median', 'min', 'max'], style: { head: [], border: [] } });
for (const { workload, figure, values: measured } of results) {
  const sorted = [...measured].sort((one, other) => one - other);
  const shown = (value) => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
  table.push([workload, figure, ...[sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map(shown)]);
}
console.log(table.toString());
writeFileSync(`${out}bench.json`, `${JSON.stringify({ at: new Date().toISOString(), node: process.version, results }, null, 2)}\n`);
console.log(`written to ${out}bench.json\n`);

const entries = values.quick ? '20000' : '100000';
const search = spawn(process.execPath, [fileURLToPath(new URL('history-search.mjs', import.meta.url)), '--entries', entries], {
  stdio: 'inherit',
});
process.exitCode = await new Promise((resolve) => search.on('exit', resolve));
