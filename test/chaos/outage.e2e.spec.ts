import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { roundsOf, tell } from '../support/chaos.js';
import type { Answer } from '../support/caller.js';
import { LaunchedLedger, temporaryFolder } from '../support/launched-ledger.js';
import { startProcess, type RunningProcess } from '../support/processes.js';
import { until } from '../support/until.js';
import { Assignments, balance, operatorPassword, storeSecret } from './assignments.js';

const rounds = roundsOf(1);
/** In the long form the store is gone for a minute each time, in `npm test` until enough commands were turned away. */
const goneMilliseconds = process.env['ROUNDS'] === undefined ? 0 : 60_000;
const turnedAwayMin = 30;
/** More than what V8 keeps before it collects; a queue that grew through an outage would be more. */
const growthMebibytesMax = 150;

const data = temporaryFolder();
let store: RunningProcess;
let ledger: LaunchedLedger | undefined;

const startStore = (port: number): Promise<RunningProcess> =>
  startProcess('event-store', ['--port', String(port), '--data', join(data.path, 'store')], {});

beforeEach(async () => {
  store = await startStore(0);
});
afterEach(async () => {
  await ledger?.stop();
  await store.kill();
  data.remove();
});

it(
  'an event store that is gone and comes back under load: 503 with Retry-After meanwhile, nothing lost or done twice, everything goes on by itself, memory is flat',
  async () => {
    const port = Number(store.ready['port']);
    ledger = await LaunchedLedger.start(join(data.path, 'ledger'), {
      EVENTSTORE_URL: `esdb://127.0.0.1:${port}?tls=false`,
      JWT_SECRET: 'a secret of this test that is long enough',
      STORE_SECRET: storeSecret,
      OPERATOR_PASSWORD: operatorPassword,
      LIMIT_REQUESTS_PER_MINUTE: '100000000',
    });
    const assignments = await Assignments.prepare(ledger);
    const { acknowledged, unavailable } = assignments;
    assignments.start(32);
    await until(() => acknowledged.size >= 1_000);
    const before = memory(ledger);
    for (let round = 1; round <= rounds; round++) {
      const through = acknowledged.size;
      await store.kill();
      const turnedAway: Answer[] = [];
      while (turnedAway.length < turnedAwayMin) turnedAway.push(await assignments.newcomer(`newcomer-${round}`));
      expect(turnedAway.filter(({ status, headers }) => status !== 503 || !/^[1-9]\d*$/.test(headers.get('retry-after') ?? ''))).toEqual(
        [],
      );
      // What is read from the read models is answered all the time.
      expect((await balance(assignments.partner)).purchased).toBe(1_000_000);
      await pause(goneMilliseconds);
      store = await startStore(port);
      await until(() => acknowledged.size >= through + 500);
      await until(async () => (await assignments.newcomer(`newcomer-${round}`)).status === 201);
      tell('the store is gone for a minute', round, rounds, {
        'commands acknowledged': acknowledged.size,
        'turned away': unavailable.length,
      });
    }
    await assignments.stop();
    expect(unavailable.filter(({ code }) => code !== 'EVENT_STORE_UNAVAILABLE')).toEqual([]);
    expect(unavailable.filter(({ retryAfter }) => !/^[1-9]\d*$/.test(retryAfter ?? ''))).toEqual([]);
    await assignments.check(ledger);
    const grown = [...memory(ledger)].filter(([name, mebibytes]) => mebibytes - before.get(name)! > growthMebibytesMax);
    expect(grown).toEqual([]);
  },
  180_000 + rounds * 120_000,
);

/** What each process has in memory, in MiB. */
function memory({ processes }: LaunchedLedger): Map<string, number> {
  return new Map(
    [...processes].map(([name, pid]) => [name, Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024]),
  );
}
