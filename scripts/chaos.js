#!/usr/bin/env node
// Breaks the product for real, for as long as you like: the scenarios of test/chaos in many rounds, with a progress bar and a summary.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import colors from 'picocolors';
import { bringBuildUpToDate } from './build.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCENARIOS = Object.fromEntries(
  readdirSync(join(ROOT, 'test/chaos'))
    .map((file) => [/^(.+?)\.(?:int|e2e)\.spec\.ts$/.exec(file)?.[1], file])
    .filter(([name]) => name !== undefined),
);
const ROUNDS = 200;

const USAGE = `npm run chaos                              every scenario, ${ROUNDS} rounds each
npm run chaos -- --rounds N                so many rounds
npm run chaos -- --only NAME[,NAME…]       only some: ${Object.keys(SCENARIOS).sort().join(', ')}
npm run chaos -- --help                    prints this

  kill        kill -9 of each process of a running ledger, in turn, under load
  outage      the event store is gone for a minute under load, and comes back
  store-kill  kill -9 of the event store under 256 concurrent appends
  disk        a sync that fails, a disk that lies, a disk that is full (mounting a small one takes root)
  machine     a folder that cannot be written, a clock that jumps backwards; once, whatever the rounds

After each blow everything that was acknowledged is looked for. ${ROUNDS} rounds of all take most of a night: an outage lasts a minute, and
the scenarios run one after the other so that they do not disturb each other. Ctrl+C ends the run.
Ends with 0 when nothing was lost, with 1 when something was, or when a scenario could not run.`;

const given = readArguments();
if ('exit' in given) {
  (given.exit === 0 ? console.log : console.error)(given.text);
  process.exitCode = given.exit;
} else {
  process.exitCode = await run(given.names, given.rounds);
}

/** What was asked for, or what to print instead. */
function readArguments() {
  const wrong = (text) => ({ exit: 2, text: `${text}\n\n${USAGE}` });
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: String(ROUNDS) },
        only: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { exit: 0, text: USAGE };
    if (!/^[1-9]\d{0,5}$/.test(values.rounds)) return wrong(`--rounds ${values.rounds}: a number from 1 to 999999.`);
    const names = values.only === undefined ? Object.keys(SCENARIOS).sort() : values.only.split(',');
    const unknown = names.find((name) => !(name in SCENARIOS));
    if (unknown !== undefined) return wrong(`There is no scenario '${unknown}'.`);
    return { names, rounds: Number(values.rounds) };
  } catch (error) {
    return wrong(error.message);
  }
}

async function run(names, rounds) {
  if (!bringBuildUpToDate()) return 1;
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  const results = [];
  let isInterrupted = false;
  process.on('SIGINT', () => (isInterrupted = true));
  for (const name of names) {
    if (!isInterrupted) results.push({ name, ...(await runScenario(name, rounds, folder)) });
  }
  rmSync(folder, { recursive: true });
  report(results);
  return !isInterrupted && results.every(({ isPassed }) => isPassed) ? 0 : 1;
}

async function runScenario(name, rounds, folder) {
  const progress = join(folder, `${name}.progress`);
  const output = join(folder, `${name}.json`);
  writeFileSync(progress, '');
  const startedAt = Date.now();
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const child = spawn(
    process.execPath,
    [...jest, '--runInBand', '--json', `--outputFile=${output}`, `test/chaos/${SCENARIOS[name].replaceAll('.', '\\.')}$`],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ROUNDS: String(rounds), CHAOS_PROGRESS: progress } },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const bar = progressBar(name);
  const drawing = setInterval(() => bar.draw(told(progress)), 200);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(drawing);
  const seen = told(progress);
  bar.draw(seen);
  bar.stop();
  const tests = readTests(output);
  const failed = tests.filter(({ status }) => status === 'failed');
  const isPassed = code === 0 && failed.length === 0;
  const figures = [...seen.values()].flatMap(({ scenario, done, seen: figures }) => [
    `${scenario}: ${count(done)} rounds`,
    ...Object.entries(figures).map(([what, number]) => `  ${count(number)} ${what}`),
  ]);
  return {
    isPassed,
    seconds: Math.round((Date.now() - startedAt) / 1000),
    figures,
    left: tests.filter(({ status }) => status === 'pending').map(({ title }) => title),
    failures: isPassed
      ? []
      : failed.length > 0
        ? failed.map(({ title, failureMessages }) => `${title}\n${failureMessages.join('\n')}`)
        : [said],
  };
}

/** The last word of each scenario of a file. */
function told(progress) {
  const lines = readFileSync(progress, 'utf8').split('\n').slice(0, -1);
  return new Map(lines.map((line) => JSON.parse(line)).map((words) => [words.scenario, words]));
}

function readTests(output) {
  try {
    return JSON.parse(readFileSync(output, 'utf8')).testResults.flatMap(({ assertionResults }) => assertionResults);
  } catch {
    return [];
  }
}

/** A bar at a terminal; a line for each scenario elsewhere. */
function progressBar(name) {
  if (!process.stdout.isTTY) {
    console.log(`${name} …`);
    return { draw: () => undefined, stop: () => undefined };
  }
  const bar = new SingleBar({
    format: `${name.padEnd(10)} ${colors.cyan('{bar}')} {value} of {total}  {what}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    stream: process.stdout,
  });
  bar.start(1, 0, { what: 'starting' });
  return {
    draw: (seen) => {
      const words = [...seen.values()].at(-1);
      if (words === undefined) return;
      bar.setTotal(words.total);
      bar.update(words.done, { what: words.scenario });
    },
    stop: () => bar.stop(),
  };
}

function report(results) {
  const table = new Table({
    head: ['Scenario', 'Outcome', 'Seconds', 'Seen'].map((text) => colors.bold(text)),
    style: { head: [], border: [] },
  });
  for (const { name, isPassed, seconds, figures } of results)
    table.push([name, isPassed ? colors.green('nothing lost') : colors.red('FAILED'), seconds, figures.join('\n')]);
  console.log(`\n${table.toString()}`);
  for (const { name, left } of results) for (const title of left) console.log(`Not tried here (${name}): ${title}`);
  for (const { name, failures } of results) for (const failure of failures) console.error(`\n${colors.red(name)}: ${failure}`);
}

function count(number) {
  return number.toLocaleString('en-US');
}
