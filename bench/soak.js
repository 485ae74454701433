// The whole ledger at half load for a while: does memory grow, do event loops stall, do the read models keep up? Plotted into soak.svg.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expectGiven } from './contestants/books.js';
import { call } from './contestants/call.js';
import { startLedger } from './contestants/ledger.js';
import { assignment } from './contestants/scene.js';
import { median, shown } from './lib/figures.js';
import { plot } from './lib/plot.js';
import { cpuSeconds, ownMemoryOf, residentOf, tree } from './lib/processes.js';
import { progress, say } from './lib/progress.js';
import { Load } from './load/load.js';

export const title = 'a soak at half load: memory, event loop, lag';

const accountsCount = 100;

export async function run({ folder, out, figures, sizes }) {
  const { minutes, everyMilliseconds } = sizes.soak;
  const load = new Load();
  const ledger = await startLedger(join(folder, 'ledger'), sizes);
  try {
    const accounts = await ledger.prepare(accountsCount);
    const requests = accounts.map(assignment);
    const most = await load.run({ url: ledger.url, connections: 64, milliseconds: Math.max(sizes.warmMilliseconds, 1_000) * 2, requests });
    await ledger.settled();
    const perSecond = Math.max(Math.floor(most.perSecond / 2), 1);
    say(`half load is ${shown(perSecond)} assignments/s, for ${minutes} minutes`);
    const cpuBefore = cpuSeconds(ledger.pids);
    const loading = load.run({ url: ledger.url, connections: 64, milliseconds: minutes * 60_000, requests, perSecond });
    const tell = progress('soaking, seconds', Math.round(minutes * 60), (seconds) => `soaked for ${seconds} s`);
    const samples = await watch(ledger, loading, everyMilliseconds, tell);
    tell(Math.round(minutes * 60));
    const result = await loading;
    await ledger.settled();
    const cpu = cpuSeconds(ledger.pids) - cpuBefore;
    await check(ledger, accounts, [most, result]);
    report({ figures, out, samples, result, cpu, minutes, perSecond });
    return { samples };
  } finally {
    await ledger.stop();
    load.stop();
  }
}

/** A sample now and then until the load is over. The delay of the API's event loop is the worst since the sample before, as it says itself. */
async function watch(ledger, loading, everyMilliseconds, tell) {
  const samples = [];
  const startedAt = performance.now();
  let isOver = false;
  loading.finally(() => (isOver = true)).catch(() => {});
  while (!isOver) {
    await Promise.race([pause(everyMilliseconds), loading.catch(() => {})]);
    tell(Math.floor((performance.now() - startedAt) / 1_000) - 1);
    const metrics = await (await fetch(`${ledger.url}/metrics`)).text();
    const seconds = Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(metrics)?.[1] ?? 0);
    const { readModels } = await call(ledger.url, 'GET', '/v1/health');
    samples.push({
      seconds: (performance.now() - startedAt) / 1_000,
      eventLoopMilliseconds: seconds * 1_000,
      // In the log's positions; about 1,000 an event.
      lag: Math.max(...readModels.map(({ lag }) => Number(lag ?? 0))),
      memory: memoryBy(ledger, ownMemoryOf),
      resident: memoryBy(ledger, residentOf),
    });
  }
  return samples;
}

const memoryBy = (ledger, measured) => Object.fromEntries(tree(ledger.pids).map(({ pid, name }) => [name, measured(pid) / 2 ** 20]));

async function check(ledger, accounts, results) {
  const refused = results.flatMap((result) => Object.keys(result.refused));
  if (refused.length > 0) throw new Error(`refused with ${refused.join(', ')}: ${results.find(({ refusal }) => refusal).refusal}`);
  const acknowledged = accounts.map((_, index) => results.reduce((sum, { answered }) => sum + answered[index], 0));
  await expectGiven(ledger, accounts, acknowledged, results.at(-1).position);
}

function report({ figures, out, samples, result, cpu, minutes, perSecond }) {
  figures.add(`${minutes} minutes at ${shown(perSecond)} a second`, 'ledger', {
    'answered per second': result.perSecond,
    'p50 ms': result.p50,
    'p99 ms': result.p99,
    'CPU ms each': (cpu * 1_000) / result.acknowledged,
    'worst event loop delay of the API, ms': Math.max(...samples.map(({ eventLoopMilliseconds }) => eventLoopMilliseconds)),
  });
  const third = Math.max(Math.floor(samples.length / 3), 1);
  for (const name of Object.keys(samples[0].memory)) {
    const of = (some) => median(some.map(({ memory }) => memory[name] ?? 0));
    figures.add(`memory of ${name}`, 'ledger', {
      'own MiB, first third': of(samples.slice(0, third)),
      'last third': of(samples.slice(-third)),
      most: Math.max(...samples.map(({ memory }) => memory[name] ?? 0)),
      'most RSS MiB': Math.max(...samples.map(({ resident }) => resident[name] ?? 0)),
    });
  }
  const names = Object.keys(samples[0].memory);
  const line = (name, value) => ({ name, points: samples.map((sample) => [sample.seconds, value(sample)]) });
  const file = join(out, 'soak.svg');
  writeFileSync(
    file,
    plot(`License Ledger at ${shown(perSecond)} assignments/s`, 'seconds', [
      { title: 'own memory, MiB', lines: names.map((name) => line(name, ({ memory }) => memory[name] ?? 0)) },
      {
        title: 'resident memory, mapped files included, MiB',
        lines: names.map((name) => line(name, ({ resident }) => resident[name] ?? 0)),
      },
      {
        title: 'longest event loop delay of the API since the sample before, ms',
        lines: [line('api', (sample) => sample.eventLoopMilliseconds)],
      },
      { title: 'furthest read model behind the log, in positions', lines: [line('lag', ({ lag }) => lag)] },
    ]),
  );
  say(`plotted into ${file}`);
}
