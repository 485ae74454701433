// The read side: how fast read models are filled from the log, how far they are behind at half load, and how long it takes to read one's own write.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectEventLog } from '#event-store';
import { balanceOf, catalogue, customerList, historySearch, poolBalance, projections, searchHistory, userList } from '#projections';
import { connectRedisReadStore, openLmdbReadStore, Pump } from '#read-store';
import { startEventStore } from './contestants/event-store.js';
import { startLedger } from './contestants/ledger.js';
import { howToInstall, startRedis } from './contestants/redis.js';
import { assignment } from './contestants/scene.js';
import { seedTransfers } from './contestants/seeding.js';
import { quantile, shown } from './lib/figures.js';
import { cpuSeconds } from './lib/processes.js';
import { progress, say } from './lib/progress.js';
import { Load } from './load/load.js';

export const title = 'read models: filled from the log, lag at half load, reading what one has just written';

export async function run({ folder, figures, sizes, rounds }) {
  const ledger = await startLedger(join(folder, 'ledger'), sizes);
  let accounts;
  try {
    accounts = await ledger.prepare(100);
    const given = sizes.reading.assignments;
    await seedTransfers(ledger.eventStoreUrl, accounts, given, progress('recording assignments', given));
    await ledger.settled();
    await lagAtHalfLoad({ ledger, accounts, figures, sizes, rounds });
  } finally {
    await ledger.stop();
  }
  await filling({ folder, figures, accounts, sizes, rounds });
}

/** Commands come at half the rate the ledger can take; every now and then one is followed by a read of what it wrote. */
async function lagAtHalfLoad({ ledger, accounts, figures, sizes, rounds }) {
  const load = new Load();
  const { lagSeconds, commands } = sizes.reading;
  const requests = accounts.map(assignment);
  try {
    for (let round = 1; round <= rounds; round++) {
      await readOwnWrites(ledger, accounts, figures, 'nothing else to do', async (ask) => {
        for (let command = 0; command < commands; command++) await ask();
      });
      const most = await load.run({ url: ledger.url, connections: 64, milliseconds: sizes.warmMilliseconds, requests });
      await ledger.settled();
      const perSecond = Math.max(Math.floor(most.perSecond / 2), 1);
      const loading = load.run({ url: ledger.url, connections: 64, milliseconds: lagSeconds * 1_000, requests, perSecond });
      let isOver = false;
      loading.finally(() => (isOver = true)).catch(() => {});
      await readOwnWrites(ledger, accounts, figures, 'half load', async (ask) => {
        while (!isOver) {
          await ask();
          await pause(10);
        }
      });
      const { refused, perSecond: reached } = await loading;
      if (Object.keys(refused).length > 0) throw new Error(`refused at half load: ${JSON.stringify(refused)}`);
      say(`round ${round}: half load is ${shown(reached)} assignments/s`);
      await ledger.settled();
    }
  } finally {
    load.stop();
  }
}

/** From the answer to a command until a read with `atLeast` its position is answered, with the command counted in. */
async function readOwnWrites(ledger, accounts, figures, when, drive) {
  const times = { write: [], pool: [], history: [] };
  const askAs = async (token, method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    const response = await fetch(`${ledger.url}${path}`, { method, headers, body });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  let number = 0;
  await drive(async () => {
    const account = accounts[number++ % accounts.length];
    const { method, path, body, token } = assignment(account);
    const startedAt = performance.now();
    const { assignmentId, position } = await askAs(token, method, path, body);
    const writtenAt = performance.now();
    const [read, question] = number % 2 ? ['pool', `/v1/pools/${account.accountId}?`] : ['history', `${path}?limit=10&`];
    const answer = await askAs(token, 'GET', `${question}atLeast=${position}`);
    times.write.push(writtenAt - startedAt);
    times[read].push(performance.now() - writtenAt);
    if (read === 'history' && !answer.items.some((item) => item.assignmentId === assignmentId) && when !== 'half load')
      throw new Error('the history does not know what it was asked to know at least');
    if (read === 'pool' && BigInt(answer.position) < BigInt(position)) throw new Error('the balance is older than it was asked to be');
  });
  const names = { write: 'command', pool: 'then the pool, atLeast', history: 'then the history, atLeast' };
  for (const [kind, name] of Object.entries(names)) {
    figures.add(`${name}, ${when}`, 'ledger', { 'p50 ms': quantile(times[kind], 0.5), 'p99 ms': quantile(times[kind], 0.99) });
  }
}

/** The whole log through the pump into an empty store, by one process. */
async function filling({ folder, figures, accounts, sizes, rounds }) {
  const eventStore = await startEventStore(join(folder, 'ledger', 'events'));
  const log = connectEventLog(eventStore.url);
  try {
    const truth = await countLog(log);
    const sets = [
      ['pool-balance and history-search', [poolBalance, historySearch]],
      ['all read models', projections],
      ...(sizes.reading.eachAlone ? projections.map((projection) => [projection.name, [projection]]) : []),
    ];
    for (const [name, chosen] of sets) {
      for (let round = 1; round <= rounds; round++) {
        const redis = await startRedis(folder);
        if (redis === undefined && round === 1) say(`${howToInstall}. Filling is measured on LMDB alone.`);
        if (redis) {
          const store = await connectRedisReadStore(redis.url);
          figures.add(`filling ${name}`, 'Redis', await fill({ log, truth, store, chosen, accounts, pids: [process.pid, redis.pid] }));
          await store.close();
          await redis.stop();
        }
        const store = await openLmdbReadStore(join(folder, `lmdb-${name}-${round}`));
        figures.add(`filling ${name}`, 'LMDB', await fill({ log, truth, store, chosen, accounts, pids: [process.pid] }));
        await store.close();
      }
    }
    say(`${truth.events.toLocaleString('en')} events in the log, ${truth.assignments.toLocaleString('en')} assignments`);
  } finally {
    await log.close();
    await eventStore.stop();
  }
}

async function countLog(log) {
  const truth = { events: 0, assignments: 0, end: await log.end() };
  for await (const { type } of log.readAll()) {
    truth.events++;
    if (type === 'LicenseAssigned') truth.assignments++;
  }
  return truth;
}

async function fill({ log, truth, store, chosen, accounts, pids }) {
  const cpuBefore = cpuSeconds(pids);
  const startedAt = performance.now();
  await pumpUntil(log, store, chosen, truth.end);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = cpuSeconds(pids) - cpuBefore;
  // The queries look names up in small read models.
  await pumpUntil(log, store, [catalogue, userList, customerList], truth.end);
  await checkFilled(store, truth, chosen, accounts);
  return { 'events/s': truth.events / seconds, 'CPU µs each': (cpu * 1e6) / truth.events };
}

async function pumpUntil(log, store, chosen, end) {
  const logger = { info() {}, warn: console.error, error: console.error };
  const pump = new Pump({ source: log, store, projections: chosen, logger });
  const done = new AbortController();
  const running = pump.run(done.signal);
  for (;;) {
    const status = pump.status();
    if (status.some(({ stopped }) => stopped)) throw new Error(`a read model stopped: ${JSON.stringify(status)}`);
    const isFilled = ({ position, serving }) => position !== undefined && position >= end && serving;
    // What is filled and serves not yet cannot be asked.
    if (status.length > 0 && status.every(isFilled)) break;
    await pause(2);
  }
  done.abort();
  await running;
}

/** Every assignment of the log is counted, once, by those read models that count them. */
async function checkFilled(store, { assignments }, chosen, accounts) {
  const sumOf = async (count) => (await Promise.all(accounts.map(count))).reduce((sum, value) => sum + value, 0);
  const expect = (what, found) => {
    if (found !== assignments) throw new Error(`${what}: ${found} assignments found, ${assignments} in the log`);
  };
  if (chosen.includes(poolBalance)) {
    const given = async ({ accountId }) =>
      (await balanceOf(store, { accountId })).products.reduce((sum, { assigned }) => sum + assigned, 0);
    expect('pool-balance', await sumOf(given));
  }
  if (chosen.includes(historySearch))
    expect('history-search', await sumOf(async ({ accountId }) => (await searchHistory(store, { accountId })).total));
}
