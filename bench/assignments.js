// Durable assignments over HTTP: the ledger against the same API over PostgreSQL, in two forms. All run at once, but one at a time has work.
import { join } from 'node:path';
import { expectGiven } from './contestants/books.js';
import { startLedger } from './contestants/ledger.js';
import { startPostgresPeers } from './contestants/postgres.js';
import { assignment, sku } from './contestants/scene.js';
import { NoPostgres } from './peers/postgres/cluster.js';
import { shown } from './lib/figures.js';
import { cpuByProcess, cpuSeconds } from './lib/processes.js';
import { progress, say } from './lib/progress.js';
import { Load, zipfWeights } from './load/load.js';

export const title = 'assignments over HTTP, ledger and PostgreSQL';

/** What is asked of the contestants: on which accounts, and how often on each. */
function workloadsOf(accounts, hundred) {
  return [
    { name: `assignments, ${hundred} accounts`, accounts: accounts.slice(0, hundred) },
    { name: `assignments, ${accounts.length.toLocaleString('en')} accounts, zipf`, accounts, cumulative: zipfWeights(accounts.length) },
    { name: 'assignments, one account', accounts: accounts.slice(0, 1) },
  ];
}

export async function run({ folder, figures, sizes, rounds }) {
  const { connections, seconds, accountsCount, poolSizes } = sizes.assignments;
  const load = new Load();
  const ledger = await startLedger(join(folder, 'ledger'), sizes);
  const stops = [() => ledger.stop()];
  try {
    const accounts = await ledger.prepare(accountsCount, progress(`registering ${accountsCount} partners and customers`, accountsCount));
    const contestants = [ledger];
    const postgres = await startPostgresPeers(folder, accounts).catch((error) => {
      if (!(error instanceof NoPostgres)) throw error;
      say(`${error.message}\n  THE LEDGER IS MEASURED ALONE.`);
    });
    if (postgres) {
      stops.unshift(() => postgres.stop());
      contestants.push(...postgres.peers);
      say(`PostgreSQL ${postgres.version} runs on the same disk, fsync on`);
    }
    const books = new Map(contestants.map((contestant) => [contestant, new Map(accounts.map((account) => [account, 0]))]));
    const measure = (contestant, workload, many, ms) =>
      oneRun({ load, contestant, workload, connections: many, milliseconds: ms, book: books.get(contestant) });

    const workloads = workloadsOf(accounts, Math.min(100, accounts.length));
    for (const contestant of contestants) {
      await refuseWhatIsWrong(contestant, accounts[0], books.get(contestant));
      await warmUp(contestant, workloads[0], sizes, measure);
    }
    for (const contestant of contestants.slice(1)) contestant.poolSizes = await bestPoolSizes(contestant, workloads, poolSizes, measure);

    for (const workload of workloads) {
      for (const many of connections) {
        const name = `${workload.name}, ${many} connection${many === 1 ? '' : 's'}`;
        for (let round = 1; round <= rounds; round++) {
          const said = [];
          for (const contestant of contestants) {
            await contestant.setPoolSize?.(Math.min(contestant.poolSizes.get(workload), many));
            const { details, ...measured } = await measure(contestant, workload, many, seconds * 1_000);
            figures.add(name, contestant.name, measured);
            figures.addDetails(name, contestant.name, details);
            said.push(`${contestant.name} ${shown(measured['per second'])}/s at ${shown(measured['CPU ms each'])} ms CPU`);
          }
          say(`round ${round}, ${name}: ${said.join('; ')}`);
        }
      }
    }
    return { postgres: postgres?.version ?? null };
  } finally {
    for (const stop of stops) await stop();
    load.stop();
  }
}

/** V8 and the caches of a database start slow, and by requests, not by seconds: on a busy machine it takes longer until they are fast. */
async function warmUp(contestant, workload, { warmMilliseconds, warmRequests }, measure) {
  let done = 0;
  for (let turn = 0; turn < 10 && (turn === 0 || done < warmRequests); turn++) {
    done += (await measure(contestant, workload, 64, warmMilliseconds)).details.acknowledged;
  }
}

/** One run of the load on one contestant; what was acknowledged is found in the accounts afterwards, no more and no less. */
async function oneRun({ load, contestant, workload, connections, milliseconds, book }) {
  const { accounts, cumulative } = workload;
  const before = cpuSeconds(contestant.pids);
  const byProcess = cpuByProcess(contestant.pids);
  const requests = accounts.map(assignment);
  const result = await load.run({ url: contestant.url, connections, milliseconds, requests, cumulative });
  const workMilliseconds = await contestant.settled();
  const cpu = cpuSeconds(contestant.pids) - before;
  const parts = [...cpuByProcess(contestant.pids)].map(([name, seconds]) => [name, seconds - (byProcess.get(name) ?? 0)]);
  if (Object.keys(result.refused).length > 0)
    throw new Error(`${contestant.name}, ${workload.name}: refused ${JSON.stringify(result.refused)}, such as ${result.refusal}`);

  const touched = accounts.filter((_, index) => result.answered[index] > 0);
  for (const [index, account] of accounts.entries()) book.set(account, book.get(account) + result.answered[index]);
  const acknowledged = touched.map((account) => book.get(account));
  await expectGiven(contestant, touched, acknowledged, result.position);
  const each = (seconds) => (seconds * 1_000) / result.acknowledged;
  return {
    'per second': result.perSecond,
    'p50 ms': result.p50,
    'p99 ms': result.p99,
    'CPU ms each': each(cpu),
    'per second with all done': result.acknowledged / (result.seconds + workMilliseconds / 1_000),
    details: {
      acknowledged: result.acknowledged,
      'load CPU µs each': result.loadCpuMicroseconds,
      ...Object.fromEntries(parts.map(([name, seconds]) => [`CPU ms each, ${name}`, each(seconds)])),
    },
  };
}

/** The number of database connections that serves each workload best: a short run with each. */
async function bestPoolSizes(contestant, workloads, sizes, measure) {
  const chosen = new Map();
  for (const workload of workloads) {
    const tried = [];
    for (const size of sizes) {
      await contestant.setPoolSize(size);
      const result = sizes.length === 1 ? { 'per second': 0 } : await measure(contestant, workload, 64, 1_500);
      tried.push({ size, rate: result['per second'] });
    }
    const best = tried.reduce((one, other) => (other.rate > one.rate ? other : one));
    chosen.set(workload, best.size);
    if (sizes.length > 1)
      say(
        `${contestant.name}, ${workload.name}: ${tried.map(({ size, rate }) => `${size} connections ${shown(rate)}/s`).join(', ')}: ${best.size} taken`,
      );
  }
  return chosen;
}

/** The contestants do the same work: they refuse the same calls, and take a repeated one once. */
async function refuseWhatIsWrong(contestant, account, book) {
  const send = async (body, headers = {}) => {
    const { method, path, token } = assignment(account);
    const sent = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers };
    const response = await fetch(`${contestant.url}${path}`, { method, headers: sent, body: JSON.stringify(body) });
    return { status: response.status, replayed: response.headers.get('idempotent-replayed'), ...(await response.json()) };
  };
  const expect = (what, seen, ...wanted) => {
    if (JSON.stringify(seen) !== JSON.stringify(wanted))
      throw new Error(`${contestant.name}: ${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`);
  };
  const { customerId } = account;
  const one = { customerId, lines: [{ sku, quantity: 1 }] };
  const key = { 'idempotency-key': 'the-same' };
  const first = await send(one, key);
  const again = await send(one, key);
  expect('a first call', [first.status, first.replayed], 201, null);
  expect(
    'a repeated call',
    [again.status, again.replayed, again.assignmentId, again.position],
    201,
    'true',
    first.assignmentId,
    first.position,
  );
  book.set(account, book.get(account) + 1);
  const wrong = {
    'another body with the same key': [await send({ customerId, lines: [{ sku, quantity: 2 }] }, key), 422],
    'more than there is': [await send({ customerId, lines: [{ sku, quantity: 999_999_999 }] }), 409],
    "somebody else's customer": [await send({ customerId: account.accountId, lines: [{ sku, quantity: 1 }] }), 404],
    'an unknown field': [await send({ ...one, colour: 'green' }), 400],
    'no token': [await send(one, { authorization: '' }), 401],
  };
  for (const [what, [{ status }, wanted]] of Object.entries(wrong)) expect(what, [status], wanted);
}
