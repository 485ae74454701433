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

const folder = mkdtempSync(join(tmpdir(), 'tests-'));
const results = process.env.TEST_RESULTS ?? join(folder, 'results.json');
const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(process.execPath, [...node, '--json', `--outputFile=${results}`, ...process.argv.slice(2)], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
report();
rmSync(folder, { recursive: true });
process.exit(status ?? 1);

function report() {
  let outcome;
  try {
    outcome = JSON.parse(readFileSync(results, 'utf8'));
  } catch {
    console.error('The tests did not get as far as a result.');
    return;
  }
  const skipped = outcome.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'pending').map(({ fullName }) => `${relative(process.cwd(), name)}: ${fullName}`),
  );
  if (missing.length + skipped.length > 0) console.log('\nNot tested here:');
  for (const what of [...missing, ...skipped]) console.log(`  ${what}`);
  console.log(
    `\n${outcome.numPassedTests} passed, ${outcome.numFailedTests + outcome.numRuntimeErrorTestSuites} failed, ${outcome.numPendingTests} skipped`,
  );
}
