// What the embedded event store costs as the log grows: start-up, memory, room on the disk. Events carry 300 bytes of JSON, 1,000 streams.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { connectEventLog } from '#event-store';
import { startEventStore } from './contestants/event-store.js';
import { allocatedBytes } from './lib/disk.js';
import { cpuSeconds, residentOf } from './lib/processes.js';
import { progress } from './lib/progress.js';

export const title = 'the embedded event store as its log grows';

const mebibyte = 2 ** 20;
const data = { text: 'x'.repeat(300 - JSON.stringify({ text: '' }).length) };

export async function run({ folder, figures, sizes, rounds }) {
  for (const count of sizes.growing.events) {
    // Filling takes minutes beyond a million; its start-ups are measured as often as the others'.
    const fillings = count > 1_000_000 ? 1 : rounds;
    for (let round = 1; round <= fillings; round++) {
      const place = join(folder, `${count}-${round}`);
      await grow({ place, count, figures, atOnce: sizes.growing.atOnce, restarts: Math.ceil(rounds / fillings) });
      rmSync(place, { recursive: true });
    }
  }
}

async function grow({ place, count, figures, atOnce, restarts }) {
  const name = `${count.toLocaleString('en')} events`;
  let store = await startEventStore(place);
  const emptyBytes = allocatedBytes(place);
  const startedAt = performance.now();
  const cpuBefore = cpuSeconds([store.pid]);
  const { lasts, appendOne } = await fill(store.url, count, atOnce);
  figures.add(`filling, ${name}`, 'event store', {
    'events/s': count / ((performance.now() - startedAt) / 1_000),
    'CPU µs each': ((cpuSeconds([store.pid]) - cpuBefore) * 1e6) / count,
    'RSS MiB': residentOf(store.pid) / mebibyte,
    'disk bytes each': (allocatedBytes(place) - emptyBytes) / count,
  });
  for (const [how, signal] of Array.from({ length: restarts }, () => [
    ['after kill -9', 'SIGKILL'],
    ['after a clean stop', 'SIGTERM'],
  ]).flat()) {
    const stopMilliseconds = await store.stop(signal);
    store = await startEventStore(place);
    const ready = performance.now();
    await appendOne(store.url);
    figures.add(`start ${how}, ${name}`, 'event store', {
      'ready ms': store.startMilliseconds,
      'first append ms': store.startMilliseconds + performance.now() - ready,
      'RSS MiB': residentOf(store.pid) / mebibyte,
      'stop ms': stopMilliseconds,
    });
    await check(store.url, lasts);
  }
  await store.stop();
}

/** Appends of up to 1,000 events, some at once, each to a stream of its own turn. Answers where every stream ends by what was acknowledged. */
async function fill(url, count, atOnce) {
  const log = connectEventLog(url);
  const streams = Math.min(1_000, Math.ceil(count / 100));
  const perAppend = Math.min(1_000, count / streams);
  const lasts = new Map(Array.from({ length: streams }, (_, number) => [`bench-${number}`, -1]));
  const names = [...lasts.keys()];
  const tell = progress(`appending ${count.toLocaleString('en')} events`, count);
  let next = 0;
  let done = 0;
  // One lane for some streams each: appends to one stream wait for each other, as exact revisions ask for.
  const lane = async (own) => {
    for (let turn = 0; next < count; turn++) {
      const stream = own[turn % own.length];
      const many = Math.min(perAppend, count - next);
      next += many;
      const events = Array.from({ length: many }, () => ({ id: randomUUID(), type: 'BenchHappened', data, metadata: {} }));
      lasts.set(stream, (await log.append(stream, events, lasts.get(stream))).revision);
      tell((done += many));
    }
  };
  const lanes = Math.min(atOnce, 8, streams);
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(names.filter((_name, index) => index % lanes === number))));
  await log.close();
  const appendOne = async (place) => {
    const client = connectEventLog(place);
    const one = { id: randomUUID(), type: 'BenchHappened', data, metadata: {} };
    const { revision } = await client.append(names[0], [one], lasts.get(names[0]));
    lasts.set(names[0], revision);
    await client.close();
  };
  return { lasts, appendOne };
}

/** What was acknowledged is there: every stream ends where it has to, and ten of them are read whole. */
async function check(url, lasts) {
  const log = connectEventLog(url);
  const last = async (stream) => {
    for await (const { revision } of log.readStream(stream, { direction: 'backwards', limit: 1 })) return revision;
    return -1;
  };
  const all = [...lasts];
  for (let start = 0; start < all.length; start += 50) {
    await Promise.all(
      all.slice(start, start + 50).map(async ([stream, revision]) => {
        const found = await last(stream);
        if (found !== revision) throw new Error(`${stream} ends at ${found}, but ${revision} was acknowledged`);
      }),
    );
  }
  for (const [stream, revision] of all.slice(0, 10)) {
    let expected = 0;
    for await (const event of log.readStream(stream)) {
      if (event.revision !== expected++ || event.data.text !== data.text)
        throw new Error(`${stream} is wrong at revision ${event.revision}`);
    }
    if (expected !== revision + 1) throw new Error(`${stream} has ${expected} events, not ${revision + 1}`);
  }
  await log.close();
}
