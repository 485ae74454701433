// The embedded event store under the workloads of bench/store, beside what a real EventStoreDB did with them (results-eventstoredb-24.2.md).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { built } from './contestants/ledger.js';
import { nodeFlags } from './contestants/scene.js';
import { endWithUs } from './lib/children.js';
import { median, shown, spread } from './lib/figures.js';
import { say } from './lib/progress.js';

export const title = 'the embedded event store beside EventStoreDB 24.2 (its figures: bench/store/results-eventstoredb-24.2.md)';

/**
 * What is aimed at, as a ratio to the real one's median. `disk`: the figure hangs on how fast the disk makes things durable, so it is also
 * compared scaled by the disk probes of both machines.
 */
const aims = [
  { name: 'append-seq', metric: 'p50 ms', atMost: 0.8, disk: true },
  ...[32, 128, 256].map((many) => ({ name: `append-conc path=batch concurrency=${many}`, metric: 'appends/s', atLeast: 1.5, disk: true })),
  { name: 'append-hot-pipelined window=128', metric: 'appends/s', atLeast: 1.5, disk: true },
  ...[100, 1_000].map((events) => ({ name: `append-batch events=${events} concurrency=8`, metric: 'events/s', atLeast: 1.2, disk: true })),
  { name: 'read-stream-forwards', metric: 'events/s', atLeast: 1.2 },
  { name: 'read-all', metric: 'events/s', atLeast: 1.2 },
  { name: 'catch-up-all', metric: 'events/s', atLeast: 1.2 },
  { name: 'read-stream-backwards concurrency=32', metric: 'reads/s', atLeast: 1.5 },
  { name: 'live-latency rate=200', metric: 'p50 ms', atMost: 1, disk: true },
  { name: 'live-latency rate=200', metric: 'p99 ms', atMost: 1, disk: true },
  { name: 'persistent-sub bufferSize=500 acksPerMessage=1', metric: 'events/s', atLeast: 1 },
  { name: 'persistent-sub bufferSize=500 acksPerMessage=50', metric: 'events/s', atLeast: 1 },
  { name: 'start-up events=1000000', metric: 'after filling: RSS MiB', atMost: 1 / 3 },
  { name: 'start-up events=1000000', metric: 'after a clean stop: first append ms', atMost: 1 / 3 },
  { name: 'start-up events=1000000', metric: 'after kill -9: first append ms', atMost: 1 / 3 },
  { name: 'start-up events=1000000', metric: 'disk bytes/event', atMost: 1 },
];

export async function run({ folder, figures, sizes, rounds }) {
  const json = join(folder, 'store.json');
  const { scale, only } = sizes.store;
  const words = ['--scale', scale, '--rounds', String(rounds), '--work-dir', folder, '--json', json, ...(only ? ['--only', only] : [])];
  say(`bench/store at ${scale} scale${scale === 'full' ? ': about ten minutes, start-up included' : ''}`);
  const command = `exec ${process.execPath} ${nodeFlags.join(' ')} ${built('event-store')} --port {port} --data {dir}`;
  const script = fileURLToPath(new URL('store/bench.mjs', import.meta.url));
  // What it prints goes by as progress; its figures come back in the file.
  const child = spawn(process.execPath, [script, ...words, '--start-cmd', `ours=${command}`], { stdio: ['ignore', 2, 2] });
  endWithUs(child, 'SIGTERM');
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('bench/store failed, see above');
  const { results, disk } = JSON.parse(readFileSync(json, 'utf8'));
  const real = realOnes();
  const measured = new Map(results.map(({ name, runs }) => [name, runs.ours]));
  for (const [name, runs] of measured) for (const run of runs) figures.add(name, 'embedded', run);
  const ourProbe = median(disk.map((probe) => probe['fdatasync/s']));
  const rows = aims.filter(({ name }) => measured.has(name)).map((aim) => compared(aim, measured.get(aim.name), real, ourProbe));
  return { disk: { ours: ourProbe, eventStoreDb: real.probe }, aims: rows, table: tableOf(rows, ourProbe, real.probe) };
}

/** One aim and how it stands. A scaled ratio is what the ratio would be if both disks were equally fast and the disk were all that counts. */
function compared({ name, metric, atMost, atLeast, disk }, runs, real, ourProbe) {
  const ours = runs.map((run) => run[metric]).filter((value) => value !== undefined);
  const theirs = real.figures.get(`${name}\n${metric}`);
  const ratio = median(ours) / theirs;
  const perProbe = ourProbe / real.probe;
  const scaled = disk ? (atMost === undefined ? ratio / perProbe : ratio * perProbe) : undefined;
  const holds = (value) => (atMost === undefined ? value >= atLeast : value <= atMost);
  const cpu = median(runs.map((run) => run['server µs/op'] ?? NaN)) / (real.figures.get(`${name}\nserver µs/op`) ?? NaN);
  const aim = atMost === undefined ? `≥ ${shown(atLeast)}` : `≤ ${shown(atMost)}`;
  const met = holds(ratio) ? 'yes' : scaled !== undefined && holds(scaled) ? 'only scaled by disk' : 'no';
  return { name, metric, ours, theirs, aim, ratio, scaled, cpu: Number.isNaN(cpu) ? undefined : cpu, met };
}

function tableOf(rows, ourProbe, theirProbe) {
  const head = [
    'workload',
    'metric',
    'embedded',
    'EventStoreDB',
    'aim',
    'ratio',
    'scaled by disk',
    'server CPU an operation, ratio',
    'met',
  ];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  const right = (content) => ({ content, hAlign: 'right' });
  for (const { name, metric, ours, theirs, aim, ratio, scaled, cpu, met } of rows) {
    const numbers = [
      spread(ours),
      shown(theirs),
      aim,
      shown(ratio),
      scaled === undefined ? '' : shown(scaled),
      cpu === undefined ? '' : shown(cpu),
    ];
    table.push([name, metric, ...numbers.map(right), met]);
  }
  return `${table.toString()}\ndisk probe: here ${shown(ourProbe)} fdatasync/s of 4 KiB, there ${shown(theirProbe)}; ratios are embedded ÷ EventStoreDB`;
}

/** The medians of the durable server in the results file, and its disk probe. */
function realOnes() {
  const text = readFileSync(new URL('store/results-eventstoredb-24.2.md', import.meta.url), 'utf8');
  const figures = new Map();
  let last = '';
  for (const line of text.split('\n').filter((one) => one.startsWith('|'))) {
    const [name, metric, durable] = line
      .split('|')
      .slice(1, 4)
      .map((cell) => cell.trim());
    last = name || last;
    const value = Number(/^[\d,.]+/.exec(durable)?.[0].replaceAll(',', ''));
    if (!Number.isNaN(value)) figures.set(`${last}\n${metric}`, value);
  }
  const probe = Number(/([\d,]+) fdatasync\/s/.exec(text)[1].replaceAll(',', ''));
  return { figures, probe };
}
