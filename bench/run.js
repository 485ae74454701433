// npm run bench: measures the ledger and what stands beside it on this machine. What each bench does and checks: README.md.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bringBuildUpToDate } from '../scripts/build.js';
import { endChildren } from './lib/children.js';
import { diskProbe } from './lib/disk.js';
import { Figures, shown } from './lib/figures.js';
import { sizesOf } from './sizes.js';

const benches = ['assignments', 'reading', 'searching', 'growing', 'pool', 'hot-account', 'store', 'soak'];
const USAGE = `npm run bench [-- options]

Measures on this machine, load included, prints tables and writes bench/out/bench.json. Every bench checks that its work was really done;
one that finds it was not ends the run with exit code 1. Nothing asserts a time. What the benches do and how to read them: bench/README.md.

  --only A,B       only these: ${benches.join(', ')}
  --quick          every bench in its shortest form, less than two minutes in all; its figures show that it works, no more
  --smoke          as little as shows that a bench still runs, for tests
  --full           the longest forms: 10 million events, a soak of 10 minutes
  --rounds N       how often each contestant has its turn (quick 1, otherwise 3)
  --minutes N      how long the soak lasts (quick 0.1, otherwise 2, full 10)
  --out DIR        where results and data go while it runs (bench/out); use the disk that is meant
  --help           print this

PostgreSQL and redis-server are used when they are installed; what is missing is said and left out.
`;

const options = readOptions();
if (!bringBuildUpToDate()) process.exit(1);
const out = resolve(options.out ?? fileURLToPath(new URL('out', import.meta.url)));
mkdirSync(out, { recursive: true });
// On the project's own disk: many systems keep /tmp in memory, and then nothing would be durable.
const folder = mkdtempSync(join(out, 'run-'));
// PostgreSQL runs as another user and has to find its way.
chmodSync(folder, 0o711);
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end(130));

const form = ['full', 'quick', 'smoke'].find((name) => options[name]) ?? 'usual';
const sizes = sizesOf(form, options.minutes);
const rounds = options.rounds ?? sizes.rounds;
const report = {
  at: new Date().toISOString(),
  form,
  rounds,
  machine: machine(),
  disk: [diskProbe(folder, sizes.probeMilliseconds)],
  benches: {},
};
const { cpu, cores, node, load } = report.machine;
console.log(`${cores} × ${cpu}, Node ${node}, load ${load.toFixed(2)} before, ${shown(report.disk[0].perSecond)} fdatasync/s`);

const startedAt = performance.now();
try {
  for (const name of options.only) {
    const bench = await import(`./${name}.js`);
    const figures = new Figures();
    const benchFolder = `${folder}/${name}`;
    mkdirSync(benchFolder);
    console.log(`\n${bench.title}`);
    const { table = figures.tables(), ...more } = (await bench.run({ folder: benchFolder, out, figures, sizes, rounds })) ?? {};
    rmSync(benchFolder, { recursive: true, force: true });
    report.benches[name] = { title: bench.title, rows: figures.rows(), ...more };
    console.log(table);
    writeFileSync(`${out}/bench.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  }
} catch (error) {
  // Who is interrupted need not hear what that broke.
  if (!isEnding) console.error(`The bench failed: ${error.stack}`);
  process.exitCode = isEnding ? 130 : 1;
}
report.disk.push(diskProbe(folder, sizes.probeMilliseconds));
report.seconds = Math.round((performance.now() - startedAt) / 1_000);
writeFileSync(`${out}/bench.json`, `${JSON.stringify(report, undefined, 2)}\n`);
console.log(`\n${report.seconds} s, load ${loadavg()[0].toFixed(2)} after; written to ${out}/bench.json`);
await end(process.exitCode);

async function end(code) {
  isEnding = true;
  await endChildren();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code);
}

function machine() {
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const governor = cpus()[0]?.model.trim();
  return {
    cpu: governor,
    cores: cpus().length,
    memoryGiB,
    kernel: release(),
    node: process.version,
    load: loadavg()[0],
    version: versionOf(),
  };
}

function versionOf() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

function readOptions() {
  const refuse = (why) => {
    console.error(`${why}\n\n${USAGE}`);
    process.exit(2);
  };
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        minutes: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    refuse(error.message);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const only = values.only?.split(',').map((name) => name.trim()) ?? benches;
  const unknown = only.filter((name) => !benches.includes(name));
  if (unknown.length > 0) refuse(`There is no bench ${unknown.join(', ')}.`);
  if (['quick', 'smoke', 'full'].filter((name) => values[name]).length > 1) refuse('Of --quick, --smoke and --full only one can be given.');
  if (values.rounds !== undefined && !/^[1-9]\d{0,2}$/.test(values.rounds))
    refuse(`--rounds ${values.rounds}: it takes a whole number from 1.`);
  if (values.minutes !== undefined && !(Number(values.minutes) > 0)) refuse(`--minutes ${values.minutes}: it takes a number above 0.`);
  return { ...values, only, rounds: values.rounds && Number(values.rounds), minutes: values.minutes && Number(values.minutes) };
}
