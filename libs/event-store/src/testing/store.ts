import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStore } from '#embedded-event-store';
import { connectEventLog } from '../esdb-log.js';
import type { EventLogOptions } from '../esdb-log.js';
import type { EventLog, RecordedEvent } from '../event-log.js';

/** A store of a test's own, and logs on it. */
export interface TestStore {
  readonly url: string;
  open(options?: EventLogOptions): EventLog;
  stop(): Promise<void>;
}

/**
 * The embedded store in a new folder; with TEST_EVENTSTORE_URL that EventStoreDB instead, which may hold anything. `npm test` runs
 * everything on the embedded one, and then the same once more on that one.
 */
export async function startTestStore(): Promise<TestStore> {
  const given = process.env['TEST_EVENTSTORE_URL'];
  const logs: EventLog[] = [];
  const store = given === undefined ? await startEmbedded() : { url: given, stop: () => Promise.resolve() };
  return {
    url: store.url,
    open: (options) => {
      const log = connectEventLog(store.url, options);
      logs.push(log);
      return log;
    },
    stop: async () => {
      for (const log of logs) await log.close();
      await store.stop();
    },
  };
}

async function startEmbedded(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'event-store-'));
  const store = await startEventStore({ dataDir });
  return {
    url: store.url,
    stop: async () => {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function collect<Item>(items: AsyncIterable<Item>, max = Infinity): Promise<Item[]> {
  const all: Item[] = [];
  if (max <= 0) return all;
  for await (const item of items) {
    all.push(item);
    if (all.length >= max) break;
  }
  return all;
}

/** What a promise fails with; undefined when it does not. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

export const types = (events: readonly RecordedEvent[]): string[] => events.map((event) => event.type);

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}
