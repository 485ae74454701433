import type { Progress, ReadStore } from './read-store.js';

/** The version of a read model that serves, and how far it had come when it was asked. */
export interface Serving extends Progress {
  readonly version: number;
  readonly life: string;
}

/** For how long an answer is taken as true. Short against the time a replaced version stays (`dropAfterMs` of the pump). */
const trueForMs = 20;

interface Asked {
  readonly at: number;
  readonly serving: Promise<Serving | undefined>;
}
const askedOfStores = new WeakMap<ReadStore, Map<string, Asked>>();

function askedOf(store: ReadStore): Map<string, Asked> {
  let asked = askedOfStores.get(store);
  if (!asked) askedOfStores.set(store, (asked = new Map()));
  return asked;
}

/**
 * Asks the store, and lets `servingLately` answer from it: who has waited until a read model had come far enough must not be answered by what was known before.
 * Answers undefined while nothing serves. Errors: ReadStoreUnavailable.
 */
export function servingNow(store: ReadStore, projection: string): Promise<Serving | undefined> {
  const all = askedOf(store);
  const asked: Asked = { at: performance.now(), serving: ask(store, projection) };
  all.set(projection, asked);
  asked.serving.catch(() => all.get(projection) === asked && all.delete(projection));
  return asked.serving;
}

/** The same, from the last answer if it is fresh: a process that answers thousands of queries a second asks fifty times. */
export function servingLately(store: ReadStore, projection: string): Promise<Serving | undefined> {
  const asked = askedOf(store).get(projection);
  return asked && performance.now() - asked.at <= trueForMs ? asked.serving : servingNow(store, projection);
}

/** What was told turned out to be over: the next one asks the store. */
export function forgetServing(store: ReadStore, projection: string): void {
  askedOf(store).delete(projection);
}

/** For how long a reader that was told how far a read model has come may take to ask it. */
const owedForMs = 10_000;

interface Owed extends Pick<Serving, 'version' | 'life'> {
  readonly position: bigint;
  readonly until: number;
}
const owedByStores = new WeakMap<ReadStore, Map<string, Owed>>();

/** Somebody was told that the version that serves holds everything up to here, and asks it next. */
export function owe(store: ReadStore, projection: string, position: bigint, { version, life }: Serving): void {
  let owed = owedByStores.get(store);
  if (!owed) owedByStores.set(store, (owed = new Map()));
  const before = owedBy(store, projection, { version, life });
  owed.set(projection, {
    version,
    life,
    position: before !== undefined && before > position ? before : position,
    until: performance.now() + owedForMs,
  });
}

/**
 * How far a version has to have come before it answers in this process: it may serve since a moment ago, and be behind the one it replaced. The same version
 * in another life owes nothing: it was emptied, and serves again only when it has been filled to the end of the log.
 */
export function owedBy(store: ReadStore, projection: string, { version, life }: Pick<Serving, 'version' | 'life'>): bigint | undefined {
  const owed = owedByStores.get(store)?.get(projection);
  if (owed === undefined || owed.until < performance.now() || (owed.version === version && owed.life !== life)) return undefined;
  return owed.position;
}

async function ask(store: ReadStore, projection: string): Promise<Serving | undefined> {
  const version = await store.servingVersion(projection);
  if (version === undefined) return undefined;
  const { life, ...progress } = await store.progress(projection, version);
  return life === undefined ? undefined : { version, life, ...progress };
}
