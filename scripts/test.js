// `npm test`: brings the build up to date, runs every test, and says out loud what was not tested and why. Arguments go to Jest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { bringBuildUpToDate } from './build.js';

const runs = (command, ...words) => spawnSync(command, words, { stdio: 'ignore' }).status === 0;
const missing = [
  !runs('redis-server', '--version') && 'Redis: redis-server is not installed (apt-get install redis-server)',
  !process.env.TEST_EVENTSTORE_URL && 'an EventStoreDB or KurrentDB of yours: TEST_EVENTSTORE_URL is not set',
].filter(Boolean);

if (process.env.CI === 'true' && missing.some((what) => what.startsWith('Redis'))) {
  console.error('Tests on Redis must not be left out here (CI=true): redis-server is not installed.');
  process.exit(1);
}
if (!bringBuildUpToDate()) process.exit(1);

const { TEST_EVENTSTORE_URL: given, ...environment } = process.env;
const words = process.argv.slice(2);
const runsOfJest = [run('results.json', environment, words)];
// What holds on the embedded event store has to hold on a real one, line for line; one file after the other, for they share it. The witness
// speaks of the whole log: it wants a store of its own.
if (given && words.length === 0) {
  console.log(`\nThe same on the event store of TEST_EVENTSTORE_URL:`);
  runsOfJest.push(
    run('given.json', process.env, ['--runInBand', '--testPathIgnorePatterns=witness', 'libs/event-store', 'test/walkthroughs']),
  );
}
report(runsOfJest.map(({ outcome }) => outcome));
process.exit(runsOfJest.find(({ status }) => status !== 0)?.status ?? 0);

function run(name, env, wanted) {
  const folder = mkdtempSync(join(tmpdir(), 'tests-'));
  const results = (name === 'results.json' && process.env.TEST_RESULTS) || join(folder, name);
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const { status } = spawnSync(process.execPath, [...node, '--json', `--outputFile=${results}`, ...wanted], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
  let outcome;
  try {
    outcome = JSON.parse(readFileSync(results, 'utf8'));
  } catch {
    console.error('The tests did not get as far as a result.');
  }
  rmSync(folder, { recursive: true });
  return { status: status ?? 1, outcome };
}

function report(outcomes) {
  if (outcomes.includes(undefined)) return;
  const skipped = outcomes.flatMap(({ testResults }) =>
    testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'pending').map(({ fullName }) => `${relative(process.cwd(), name)}: ${fullName}`),
    ),
  );
  if (missing.length + skipped.length > 0) console.log('\nNot tested here:');
  for (const what of [...missing, ...skipped]) console.log(`  ${what}`);
  const sum = (count) => outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const failed = sum((outcome) => outcome.numFailedTests + outcome.numRuntimeErrorTestSuites);
  console.log(
    `\n${sum((outcome) => outcome.numPassedTests)} passed, ${failed} failed, ${sum((outcome) => outcome.numPendingTests)} skipped`,
  );
}
