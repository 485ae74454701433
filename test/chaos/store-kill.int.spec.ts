import { expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startServer } from '../../apps/event-store/src/testing/server-process.js';
import { roundsOf, tell } from '../support/chaos.js';
import { temporaryFolder } from '../support/launched-ledger.js';
import { until } from '../support/until.js';
import { Load } from './load.js';

const rounds = roundsOf(4);
const callers = 256;
/** So many appends are acknowledged before each blow, or the rounds would prove nothing. */
const acknowledgedBefore = 300;

it(
  `a store under ${callers} concurrent appends loses, doubles, halves and moves nothing in ${rounds} rounds of kill -9`,
  async () => {
    const folder = temporaryFolder();
    const load = new Load(64);
    try {
      for (let round = 1; round <= rounds; round++) {
        const server = await startServer(folder.path);
        expect(await load.check(server.client)).toEqual([]);
        const goal = load.acknowledged + acknowledgedBefore;
        const running = load.run(server.client, callers, () => false);
        await until(() => load.acknowledged >= goal);
        await pause(randomInt(100));
        server.child.kill('SIGKILL');
        await running;
        await server.stop();
        tell('kill -9 of the store', round, rounds, { 'appends acknowledged': load.acknowledged, 'events checked': load.events });
      }
      const server = await startServer(folder.path);
      expect(await load.check(server.client)).toEqual([]);
      expect(await load.checkAll(server.client)).toEqual([]);
      expect(await server.stop()).toBe(0);
    } finally {
      folder.remove();
    }
  },
  60_000 + rounds * 30_000,
);
