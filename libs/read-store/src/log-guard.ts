import type { EventLog } from '#event-store';
import { ReadModelsOfAnotherLog, ReadStoreUnavailable } from './read-store.js';
import type { ReadStore } from './read-store.js';

type FirstEvent = Pick<EventLog, 'readAll'>;
const confirmedForMs = 1_000;

/**
 * The same store for those who only read: which version serves is told only while the read models are those of this log. A Redis that two
 * installations share by mistake must not answer one with the accounts of the other. Looks once a second; the log's side once and for all.
 */
export function readModelsOf(log: FirstEvent, store: ReadStore): ReadStore {
  let followed: string | undefined;
  let confirmedAt = -Infinity;
  const confirm = async (): Promise<void> => {
    const stored = await store.log();
    if (stored !== undefined) {
      followed ??= await firstEventOf(log);
      if (stored !== followed) throw new ReadModelsOfAnotherLog(stored, followed);
    }
    confirmedAt = performance.now();
  };
  const servingVersion: ReadStore['servingVersion'] = async (projection) => {
    if (performance.now() - confirmedAt > confirmedForMs) await confirm();
    return store.servingVersion(projection);
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'servingVersion') return servingVersion;
      const member = Reflect.get(target, name, target) as unknown;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Errors: ReadStoreUnavailable when the log cannot be asked: then nobody knows whose the read models are. */
async function firstEventOf(log: FirstEvent): Promise<string | undefined> {
  try {
    for await (const { id } of log.readAll({ limit: 1 })) return id;
    return undefined;
  } catch (error) {
    throw new ReadStoreUnavailable('whether the read models belong to the log is not known: the log cannot be read', { cause: error });
  }
}
