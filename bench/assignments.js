// Durable assignments over HTTP, on the whole product as `npm start` runs it: API, event store, projector, automations and the load share the machine.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';

const sku = 'BENCH-1Y';
const accountsCount = 100;
const password = 'a password of the bench';

/** Runs each workload `rounds` times, alternating. Leaves the event store running on its data, for what reads it. */
export async function assignments({ folder, seconds, rounds, connections }) {
  const ledger = await start(folder);
  const accounts = await prepare(ledger.url);
  const workloads = { '100 accounts': accounts, 'one account': accounts.slice(0, 1) };
  const measured = new Map();
  await load(ledger.url, accounts, connections, 2);
  for (let round = 0; round < rounds; round++) {
    for (const [name, chosen] of Object.entries(workloads)) {
      const before = await settled(ledger.url, chosen);
      const { result, position } = await load(ledger.url, chosen, connections, seconds);
      const done = (await assigned(ledger.url, chosen, position)) - before;
      // What was in flight when the time was up is recorded, but not counted by the load.
      if (result.non2xx > 0 || done < result['2xx'] || done > result['2xx'] + connections) {
        throw new Error(`${name}: ${result['2xx']} acknowledged, ${result.non2xx} refused, ${done} found in the pools`);
      }
      const seen = measured.get(name) ?? { rate: [], p50: [], p99: [] };
      seen.rate.push(result['2xx'] / result.duration);
      seen.p50.push(result.latency.p50);
      seen.p99.push(result.latency.p99);
      measured.set(name, seen);
      console.log(`  round ${round + 1}, ${name}: ${Math.round(result['2xx'] / result.duration)} assignments/s`);
    }
  }
  await everythingArrived(ledger.url, accounts);
  const eventStore = await ledger.leaveEventStore(folder);
  const figures = [...measured].flatMap(([name, { rate, p50, p99 }]) => [
    { workload: `assignments over HTTP, ${name}, ${connections} connections`, figure: 'per second', values: rate },
    { workload: '', figure: 'p50 ms', values: p50 },
    { workload: '', figure: 'p99 ms', values: p99 },
  ]);
  return { figures, eventStore };
}

/** One run of the load; each request is another command. */
async function load(url, accounts, connections, seconds) {
  let last;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: accounts.map(({ partnerId, customerId, token }) => ({
      method: 'POST',
      path: `/v1/pools/${partnerId}/assignments`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ customerId, lines: [{ sku, quantity: 1 }] }),
      onResponse: (status, _body, _context, headers) => {
        const position = status === 201 ? BigInt(headers['ledger-position'] ?? headers['Ledger-Position'] ?? 0) : 0n;
        if (last === undefined || position > last) last = position;
      },
    })),
  });
  return { result, position: last };
}

/** What is assigned when nothing of the run before is under way any more. */
async function settled(url, accounts) {
  for (let last; ; await pause(500)) {
    const now = await assigned(url, accounts);
    if (now === last) return now;
    last = now;
  }
}

async function assigned(url, accounts, position) {
  const counts = await Promise.all(
    accounts.map(async ({ partnerId, token }) => {
      const { products } = await behind(() => call(url, 'GET', `/v1/pools/${partnerId}${position ? `?atLeast=${position}` : ''}`, token));
      return products.find((product) => product.sku === sku)?.assigned ?? 0;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A read model that is far behind answers 503; the bench has time. */
async function behind(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (error.status !== 503) throw error;
    }
  }
}

async function everythingArrived(url, accounts) {
  for (const { partnerId, token } of accounts) {
    for (;;) {
      const { products } = await call(url, 'GET', `/v1/pools/${partnerId}`, token);
      if (products.every(({ inTransit }) => inTransit === 0)) break;
      await pause(100);
    }
  }
}

/** 100 partners with a linked customer each, and more licences than any run can give away. */
async function prepare(url) {
  const { accessToken: operator } = await call(url, 'POST', '/v1/sessions', undefined, { login: 'operator', password });
  const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' };
  await call(url, 'PUT', `/v1/products/${sku}`, operator, { name: 'Bench, one year', policy });
  const signIn = async (login, role, accountId) => {
    await call(url, 'POST', '/v1/users', operator, { login, role, accountId, password });
    return (await call(url, 'POST', '/v1/sessions', undefined, { login, password })).accessToken;
  };
  const account = async (number) => {
    const email = `bench-${number}@example.com`;
    const partner = await call(url, 'POST', '/v1/partners', operator, { name: `Partner ${number}`, email, partnerCode: `BENCH-${number}` });
    const customer = await call(url, 'POST', '/v1/customers', operator, { name: `Customer ${number}`, email });
    const admin = await signIn(`customer-${number}`, 'customerAdmin', customer.customerId);
    await call(url, 'PUT', `/v1/customers/${customer.customerId}/dealer`, admin, { partnerCode: `BENCH-${number}` });
    const order = { orderId: 'PO-1', lines: [{ sku, quantity: 100_000_000 }] };
    await call(url, 'POST', `/v1/pools/${partner.partnerId}/purchases`, operator, order);
    const token = await signIn(`partner-${number}`, 'partner', partner.partnerId);
    return { partnerId: partner.partnerId, customerId: customer.customerId, token };
  };
  const accounts = [];
  for (let number = 0; number < accountsCount; number += 4)
    accounts.push(...(await Promise.all([0, 1, 2, 3].map((more) => account(number + more)))));
  return accounts;
}

async function call(url, method, path, token, body) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`), response);
  return answer;
}

async function start(folder) {
  const environment = {
    ...process.env,
    DATA_DIR: folder,
    PORT: '0',
    EVENTSTORE_PORT: '0',
    OPERATOR_PASSWORD: password,
    LOG_LEVEL: 'warn',
    LIMIT_REQUESTS_PER_MINUTE: '100000000',
    LIMIT_SIGN_IN_PER_MINUTE: '1000000',
    ACCESS_TOKEN_MINUTES: '1440',
  };
  const child = spawn(process.execPath, [built('ledger')], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  const address = `${folder}/ledger.json`;
  while (!existsSync(address)) {
    if (child.exitCode !== null) throw new Error('the ledger did not start');
    await pause(50);
  }
  const { apiUrl } = JSON.parse(readFileSync(address, 'utf8'));
  return {
    url: new URL(apiUrl).origin,
    async leaveEventStore() {
      await ended(child);
      const store = spawn(process.execPath, [built('event-store'), '--port', '0', '--data', `${folder}/events`], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const { port } = await new Promise((resolve) => store.once('message', resolve));
      return { url: `esdb://127.0.0.1:${port}?tls=false`, stop: () => ended(store) };
    },
  };
}

function ended(child) {
  child.kill('SIGTERM');
  return new Promise((resolve) => child.once('exit', resolve));
}

function built(app) {
  return fileURLToPath(new URL(`../dist/apps/${app}/main.js`, import.meta.url));
}
