// One account that everybody wants something of: callers that each load, decide and append by themselves, trying again when somebody was
// faster, against the ledger, which decides waiting commands in order and appends them together. Same store, same decision, same callers.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { connectEventLog, Ledger, RevisionConflict } from '#event-store';
import { assignLicenses, customer, pool } from '#licensing';
import { startEventStore } from './contestants/event-store.js';
import { sku } from './contestants/scene.js';
import { command, listProduct, seedAccounts } from './contestants/seeding.js';
import { quantile } from './lib/figures.js';
import { cpuSeconds } from './lib/processes.js';

export const title = 'one hot account: optimistic retries against the lanes of the ledger';

export async function run({ folder, figures, sizes, rounds }) {
  const { callers, seconds } = sizes.hotAccount;
  const store = await startEventStore(join(folder, 'events'));
  const log = connectEventLog(store.url);
  try {
    await listProduct(store.url);
    const accounts = await seedAccounts(store.url, 2);
    const name = `${callers} callers, one account`;
    for (let round = 1; round <= rounds; round++) {
      for (const [who, open, account] of [
        ['ledger', laneCaller, accounts[0]],
        ['optimistic retries', optimisticCaller, accounts[1]],
      ]) {
        figures.add(name, who, await race({ log, store, open, account, callers, seconds }));
      }
    }
  } finally {
    await log.close();
    await store.stop();
  }
}

/** All callers at once until the time is up; the stream is then longer by what was won, and by nothing else. */
async function race({ log, store, open, account, callers, seconds }) {
  const before = await lengthOf(log, `pool-${account.accountId}`);
  const ledger = new Ledger({ log, now });
  const customerState = { ...(await ledger.load(customer, account.customerId)).state };
  await ledger.load(pool, account.accountId);
  const cpuBefore = cpuSeconds([process.pid, store.pid]);
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const seen = { wins: 0, attempts: 0, times: [] };
  await Promise.all(
    Array.from({ length: callers }, async () => {
      const assign = await open({ log, ledger, account, customerState });
      while (performance.now() < endsAt) {
        const askedAt = performance.now();
        const attempts = await assign();
        seen.attempts += attempts;
        seen.wins++;
        seen.times.push(performance.now() - askedAt);
      }
    }),
  );
  const took = (performance.now() - startedAt) / 1_000;
  const cpu = cpuSeconds([process.pid, store.pid]) - cpuBefore;
  const longer = (await lengthOf(log, `pool-${account.accountId}`)) - before;
  if (longer !== seen.wins) throw new Error(`${seen.wins} were acknowledged, ${longer} are in the stream`);
  return {
    'won per second': seen.wins / took,
    'attempts each': seen.attempts / seen.wins,
    'p50 ms': quantile(seen.times, 0.5),
    'p99 ms': quantile(seen.times, 0.99),
    'CPU ms each': (cpu * 1_000) / seen.wins,
  };
}

const now = () => new Date().toISOString();
const assignmentOf = ({ accountId, customerId }, customerState) =>
  command({ accountId, customerId, lines: [{ sku, quantity: 1 }], customer: customerState });

function laneCaller({ ledger, account, customerState }) {
  return async () => {
    await ledger.record(pool, account.accountId, assignmentOf(account, customerState), assignLicenses);
    return 1;
  };
}

/** A handler as it is usually written: it keeps its state, reads what is new after a conflict, decides again. */
async function optimisticCaller({ log, account, customerState }) {
  const stream = `pool-${account.accountId}`;
  let state = pool.initial();
  let revision = -1;
  const catchUp = async () => {
    for await (const event of log.readStream(stream, { fromRevision: revision + 1 })) {
      state = pool.evolve(state, event);
      revision = event.revision;
    }
  };
  await catchUp();
  return async () => {
    const wanted = assignmentOf(account, customerState);
    for (let attempts = 1; ; attempts++) {
      const facts = assignLicenses(state, wanted, now()).map((fact) => ({ ...fact, id: randomUUID(), metadata: {} }));
      try {
        ({ revision } = await log.append(stream, facts, revision));
        for (const fact of facts) state = pool.evolve(state, fact);
        return attempts;
      } catch (error) {
        if (!(error instanceof RevisionConflict)) throw error;
        await catchUp();
      }
    }
  };
}

async function lengthOf(log, stream) {
  for await (const { revision } of log.readStream(stream, { direction: 'backwards', limit: 1 })) return revision + 1;
  return 0;
}
