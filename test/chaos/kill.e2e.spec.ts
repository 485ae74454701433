import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { roundsOf, tell } from '../support/chaos.js';
import { LaunchedLedger, temporaryFolder } from '../support/launched-ledger.js';
import { until } from '../support/until.js';
import { Assignments, operatorPassword } from './assignments.js';
import { Drawdowns } from './drawdowns.js';
import { Subscriptions } from './subscriptions.js';

const rounds = roundsOf(20);
const victims = ['event-store', 'api', 'projector', 'automations'];

const data = temporaryFolder();
let ledger: LaunchedLedger;
let assignments: Assignments;
let drawdowns: Drawdowns;
let subscriptions: Subscriptions;

beforeAll(async () => {
  ledger = await LaunchedLedger.start(data.path, { OPERATOR_PASSWORD: operatorPassword, LIMIT_REQUESTS_PER_MINUTE: '100000000' });
  assignments = await Assignments.prepare(ledger);
  drawdowns = await Drawdowns.prepare(ledger);
  subscriptions = await Subscriptions.prepare(ledger);
});

afterAll(async () => {
  await ledger?.stop();
  data.remove();
  // A process that is not there is a thing to expect; whatever else went wrong stands in the log with its cause.
  expect(ledger?.printed.match(/^.*an unforeseen error(\n .*)*/gm) ?? []).toEqual([]);
});

it(
  `loses and doubles no acknowledged fact in ${rounds} rounds of kill -9 under load`,
  async () => {
    const { acknowledged } = assignments;
    assignments.start(16);
    drawdowns.start(4);
    subscriptions.start(16);
    for (let round = 0; round < rounds; round += 1) {
      const before = acknowledged.size;
      await pause(randomInt(300));
      ledger.kill(victims[round % victims.length]!);
      // The load must have got through again before the next blow, or the rounds would prove nothing.
      await until(() => acknowledged.size >= before + 50 && ledger.processes.size === victims.length);
      tell('kill -9 of each process', round + 1, rounds, {
        'commands acknowledged': acknowledged.size,
        'drawdowns accepted': drawdowns.size,
        'orders delivered': subscriptions.size,
      });
    }
    await Promise.all([assignments, drawdowns, subscriptions].map((load) => load.stop()));
    await assignments.check(ledger);
    await drawdowns.check();
    await subscriptions.check();
    const { stdout } = await promisify(execFile)(process.execPath, ['dist/apps/cli/main.js', 'verify'], {
      env: { ...process.env, DATA_DIR: data.path, EVENTSTORE_URL: '' },
    });
    expect(stdout).toContain('The log is sound.');
  },
  120_000 + rounds * 20_000,
);
