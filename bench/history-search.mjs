// How long a search of one partner's history takes, by filter, on both read stores. Run by hand after `npm run build`:
//   node bench/history-search.mjs [--entries 100000,1000000] [--stores lmdb,redis] [--customers 2000] [--searches 300] [--folder DIR] [--results FILE.json]
// The history is brought in by the same pump that runs in production. Times are of the query function alone, one search at a time, without HTTP.
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { catalogue, customerList, historySearch, listCustomers, searchHistory, userList } from '#projections';
import { connectRedisReadStore, openLmdbReadStore, Pump, waitFor } from '#read-store';
import { cursorOf } from '../dist/projections/pages.js';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '100000,1000000' },
    stores: { type: 'string', default: 'lmdb,redis' },
    customers: { type: 'string', default: '2000' },
    searches: { type: 'string', default: '300' },
    folder: { type: 'string', default: tmpdir() },
    results: { type: 'string' },
    // Set by this script for the process that searches: a folder of LMDB, or the URL and process of a Redis.
    search: { type: 'string' },
    'redis-process': { type: 'string' },
  },
});
const customers = Number(values.customers);
const searches = Number(values.searches);
/** One customer in twenty gets a new name some day. */
const renames = Math.ceil(customers / 20);
const partner = 'partner-1';
const skus = Array.from({ length: 8 }, (_, index) => `REMO-${index}`);
const start = Date.parse('2023-01-01T00:00:00.000Z');
const end = Date.parse('2026-01-01T00:00:00.000Z');

/** Numbers that are the same in every run. */
let seed = 1;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
const pick = (list) => list[Math.floor(random() * list.length)];

const family = [
  '山田',
  '田中',
  '佐藤',
  '鈴木',
  '高橋',
  '渡辺',
  '伊藤',
  '中村',
  '小林',
  '加藤',
  '吉田',
  '山本',
  '佐々木',
  '松本',
  '井上',
  '木村',
];
const readings = [
  'ヤマダ',
  'タナカ',
  'サトウ',
  'スズキ',
  'タカハシ',
  'ワタナベ',
  'イトウ',
  'ナカムラ',
  'コバヤシ',
  'カトウ',
  'ヨシダ',
  'ヤマモト',
  'ササキ',
  'マツモト',
  'イノウエ',
  'キムラ',
];
const trade = ['製作所', '商事', '電機', '運輸', '食品', '不動産', '警備', '建設'];
const tradeReadings = ['セイサクショ', 'ショウジ', 'デンキ', 'ウンユ', 'ショクヒン', 'フドウサン', 'ケイビ', 'ケンセツ'];
const syllables = [
  'hel',
  'sin',
  'ki',
  'tam',
  'pe',
  're',
  'lyon',
  'mar',
  'se',
  'il',
  'le',
  'oul',
  'tur',
  'ku',
  'nan',
  'tes',
  'bor',
  'deaux',
  'vaa',
  'sa',
];
const names = Array.from({ length: customers }, (_, index) => {
  if (index % 2 === 0) {
    const [who, what] = [Math.floor(random() * family.length), Math.floor(random() * trade.length)];
    const place = Math.floor(random() * 90) + 10;
    return {
      name: `株式会社${family[who]}${trade[what]} 第${place}支店`,
      nameReading: `カブシキガイシャ${readings[who]}${tradeReadings[what]}`,
    };
  }
  const word = pick(syllables) + pick(syllables) + pick(syllables) + pick(syllables);
  return { name: `${word[0].toUpperCase()}${word.slice(1)} ${pick(['Oy', 'SA', 'Ltd', 'GmbH', 'Société'])}` };
});
/** A third of the customers came and went: all they were given lies in one half-year. */
const seasonal = (customer) => customer % 3 === 0;
const customerAt = (share) => {
  for (;;) {
    const customer = Math.floor(random() ** 2 * customers);
    if (!seasonal(customer) || Math.abs(share - ((customer * 7919) % 1000) / 1000) < 1 / 12) return customer;
  }
};

function* facts(entries) {
  const by = { userId: 'user-1', role: 'partner', accountId: partner };
  let position = 0n;
  const fact = (type, at, data) => {
    position += 500n;
    return {
      stream: 'bench',
      revision: 0,
      position,
      id: String(position),
      type,
      data,
      metadata: { recordedAt: new Date(at).toISOString(), actor: by },
    };
  };
  const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' };
  for (const sku of skus) yield fact('ProductListed', start, { sku, name: `i-PRO Remo. Service ${sku}`, policy });
  yield fact('UserCreated', start, { userId: 'user-1', role: 'partner', accountId: partner, person: { login: 'tanaka@partner.example' } });
  for (const [index, person] of names.entries()) {
    const customerId = customerIds[index];
    yield fact('DealerLinked', start, {
      customerId,
      partnerId: partner,
      partnerCode: 'CODE',
      person: { ...person, email: `info${index}@example.jp` },
    });
  }
  const renamedEvery = Math.ceil(entries / renames);
  for (let entry = 0; entry < entries; entry++) {
    const share = entry / entries;
    const at = Math.floor(start + share * (end - start));
    const assignedAt = new Date(at).toISOString();
    const customer = customerAt(share);
    const [sku, quantity] = [pick(skus), 1 + Math.floor(random() * 20)];
    const lines = [{ line: 1, sku, quantity, expiresAt: '2027-01-01T00:00:00.000Z', lots: [] }];
    yield fact('LicenseAssigned', at, { accountId: partner, assignmentId: uuid(), customerId: customerIds[customer], assignedAt, lines });
    if (entry % renamedEvery === 0) {
      const customerId = customerIds[Math.floor(random() * customers)];
      yield fact('CustomerProfileChanged', at, { customerId, person: { name: `Renamed ${entry} Oy` }, partnerIds: [partner] });
    }
  }
}
function uuid() {
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const text = hex() + hex() + hex() + hex();
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}
const customerIds = Array.from({ length: customers }, uuid);

const between = () => start + random() * (end - start);
const period = (days) => {
  const from = between();
  return { from: new Date(from).toISOString(), to: new Date(from + days * 86_400_000).toISOString() };
};
const partOfName = (length) => {
  const { name } = names[Math.floor(random() * customers)];
  const at = Math.floor(random() * Math.max(name.length - length, 1));
  return name.slice(at, at + length);
};
/** What people search for, from the plainest to the worst there is. */
const kinds = {
  'no filter': () => ({}),
  'period of a day': () => period(1),
  'period of a year': () => period(365),
  'one product': () => ({ skus: [pick(skus)] }),
  'three products': () => ({ skus: [pick(skus), pick(skus), pick(skus)] }),
  'name, a few customers (6 letters, slip allowed)': () => ({ customerName: partOfName(6) }),
  'name, by reading in half width': () => ({ customerName: 'ﾔﾏﾀﾞｾｲｻｸ' }),
  'name, a sixteenth of the Japanese ones': () => ({ customerName: pick(family) }),
  'name, half of the customers (株式会社)': () => ({ customerName: '株式会社' }),
  'name, any that holds one common letter': () => ({ customerName: pick(['a', 'e', 'i', 's']) }),
  'name and period of a month': () => ({ customerName: pick(family), ...period(30) }),
  'name of half, and period of a month': () => ({ customerName: '株式会社', ...period(30) }),
  'name and product': () => ({ customerName: pick(family), skus: [pick(skus)] }),
  'name of half, and three products': () => ({ customerName: '株式会社', skus: [pick(skus), pick(skus), pick(skus)] }),
  'all filters': () => ({ customerName: pick(family), skus: [pick(skus), pick(skus)], ...period(90) }),
  'all filters, name of half': () => ({ customerName: '株式会社', skus: [pick(skus), pick(skus)], ...period(90) }),
  'a page from the middle': () => ({ cursor: cursorAt(between()) }),
  'a page from the middle, name of half': () => ({ cursor: cursorAt(between(), '株式会社'), customerName: '株式会社' }),
};
/** As searchHistory makes them, for no filter but perhaps a name. */
const cursorAt = (at, customerName) =>
  cursorOf({ sort: Math.floor(at).toString(36).padStart(9, '0'), key: '' }, [
    historySearch.name,
    partner,
    undefined,
    undefined,
    customerName,
    [],
  ]);

async function fill(store, entries) {
  const begun = performance.now();
  const source = {
    async *readAll() {
      yield* [...facts(0)].slice(0, 1);
    },
    async *follow({ signal }) {
      for (const event of facts(entries)) yield { kind: 'event', event };
      yield { kind: 'caughtUp' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const quiet = { info() {}, warn: console.error, error: console.error };
  const stopping = new AbortController();
  const pumped = [historySearch, catalogue, userList, customerList];
  const running = new Pump({ source, store, projections: pumped, logger: quiet }).run(stopping.signal);
  const last = BigInt(500 * (entries + Math.ceil(entries / Math.ceil(entries / renames)) + customers + skus.length + 1));
  for (const projection of pumped) await waitFor(store, projection, last, 3_600_000);
  stopping.abort();
  await running;
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `\n${entries} entries brought in within ${seconds.toFixed(1)} s (${Math.round(entries / seconds)} a second, all four read models)`,
  );
}

async function measure(store) {
  const before = [performance.now(), workedMs()];
  await searchHistory(store, { accountId: partner, customerName: 'x' });
  const between = [performance.now(), workedMs()];
  await listCustomers(store, { partnerId: partner });
  const after = [performance.now(), workedMs()];
  const took = (from, to) => `${(to[0] - from[0]).toFixed(1)} ms (${(to[1] - from[1]).toFixed(1)} ms of processor time)`;
  console.log(`first search of the process, names not yet in memory: ${took(before, between)}`);
  console.log(`first customer list of the process: ${took(between, after)}`);
  console.log(`${'filter'.padEnd(50)} ${['rows', 'p50 ms', 'p99 ms', 'p50 cpu', 'p99 cpu'].map((title) => title.padStart(9)).join('')}`);
  for (const [kind, question] of Object.entries(kinds)) {
    const [times, work] = [[], []];
    let rows = 0;
    for (let search = -20; search < searches; search++) {
      const asked = { accountId: partner, ...question() };
      const at = performance.now();
      const worked = workedMs();
      rows = Math.max(rows, (await searchHistory(store, asked)).total);
      if (search < 0) continue;
      times.push(performance.now() - at);
      work.push(workedMs() - worked);
    }
    print(kind, rows, times, work);
  }
  const [times, work] = [[], []];
  let rows = 0;
  for (let search = -20; search < searches; search++) {
    const [at, worked] = [performance.now(), workedMs()];
    rows = (await listCustomers(store, { partnerId: partner, email: `info${Math.floor(random() * 9)}`, page: 1 })).total;
    if (search < 0) continue;
    times.push(performance.now() - at);
    work.push(workedMs() - worked);
  }
  print('customer-list by a part of the e-mail', rows, times, work);
}

const results = [];
const redisPid = values['redis-process'];
/** Processor time of this process and of Redis: what a search costs, whatever else the machine does. */
function workedMs() {
  const { user, system } = process.cpuUsage();
  const redisNs = redisPid ? Number(readFileSync(`/proc/${redisPid}/schedstat`, 'utf8').split(' ')[0]) : 0;
  return (user + system) / 1_000 + redisNs / 1_000_000;
}

function print(kind, rows, times, work) {
  const at = (list, share) =>
    list.toSorted((one, other) => one - other)[Math.min(Math.floor(share * list.length), list.length - 1)].toFixed(2);
  const columns = [rows, at(times, 0.5), at(times, 0.99), at(work, 0.5), at(work, 0.99)];
  results.push({ kind, rows, 'p50 ms': +columns[1], 'p99 ms': +columns[2], 'p50 CPU ms': +columns[3], 'p99 CPU ms': +columns[4] });
  console.log(`${kind.padEnd(50)} ${columns.map((text) => String(text).padStart(9)).join('')}`);
}

function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

async function sizeOf(folder) {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const open = (place) => (place.startsWith('redis:') ? connectRedisReadStore(place) : openLmdbReadStore(place));

async function fillAndMeasure(name, entries) {
  console.log(`\n# ${name}, ${customers} customers, ${searches} searches a filter`);
  const folder = await mkdtemp(join(values.folder, 'history-search-'));
  const port = await freePort();
  const redis =
    name === 'redis' &&
    spawn('redis-server', ['--port', String(port), '--save', '', '--dir', folder, '--bind', '127.0.0.1'], { stdio: 'ignore' });
  try {
    const place = redis ? `redis://127.0.0.1:${port}` : folder;
    const store = await open(place);
    await fill(store, entries);
    await store.close();
    // A process of its own searches: one that has just brought a million rows in is busy tidying up.
    const words = [fileURLToPath(import.meta.url), '--search', place, '--customers', values.customers, '--searches', values.searches];
    if (redis) words.push('--redis-process', String(redis.pid));
    if (values.results) words.push('--results', values.results);
    const searching = spawn(process.execPath, words, { stdio: 'inherit' });
    const [code] = await once(searching, 'exit');
    if (code !== 0) process.exitCode = 1;
    console.log(`the store takes ${Math.round((redis ? memoryOf(redis.pid) : await sizeOf(folder)) / 2 ** 20)} MiB`);
  } finally {
    if (redis) redis.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

seed = 7;
if (values.search) {
  const store = await open(values.search);
  await measure(store);
  if (values.results) writeFileSync(values.results, JSON.stringify(results));
  await store.close();
} else {
  for (const name of values.stores.split(',')) {
    for (const entries of values.entries.split(',').map(Number)) {
      seed = 7;
      await fillAndMeasure(name, entries);
    }
  }
}
