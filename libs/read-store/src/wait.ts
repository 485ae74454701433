import { setTimeout as pause } from 'node:timers/promises';
import type { Projection } from './projection.js';
import type { Progress, ReadStore } from './read-store.js';
import { owe, servingNow } from './serving.js';
import type { Serving } from './serving.js';

/** The read model did not come as far as asked for within the time. */
export class ReadModelBehind extends Error {
  constructor(
    readonly projection: string,
    readonly position: bigint,
    /** undefined when no version of it serves yet, or it has read nothing. */
    readonly reached: bigint | undefined,
  ) {
    super(`${projection} has come to ${reached ?? 'nothing'}, not to ${position}`);
    this.name = 'ReadModelBehind';
  }
}

/** An event before the position asked for stopped the read model; waiting is of no use. */
export class ReadModelStopped extends Error {
  constructor(
    readonly projection: string,
    readonly position: bigint,
    readonly stopped: NonNullable<Progress['stopped']>,
  ) {
    super(`${projection} stopped at ${stopped.position}: ${stopped.reason}`);
    this.name = 'ReadModelStopped';
  }
}

/**
 * Resolves when the version of the projection that serves holds everything up to the position. Errors: ReadModelBehind after `timeoutMs`,
 * ReadModelStopped, ReadStoreUnavailable.
 */
export function waitFor(store: ReadStore, projection: Pick<Projection, 'name'>, position: bigint, timeoutMs: number): Promise<void> {
  let waits = waitsOfStores.get(store);
  if (!waits) waitsOfStores.set(store, (waits = new Map()));
  let waiting = waits.get(projection.name);
  if (!waiting) waits.set(projection.name, (waiting = new Waiting(store, projection.name)));
  return waiting.until(position, timeoutMs);
}

const waitsOfStores = new WeakMap<ReadStore, Map<string, Waiting>>();

/** Between two looks, in milliseconds: short at first, for those who read what they just wrote, longer when the projection really is behind. */
const shortPauseMs = 2;
const longPauseMs = 20;
const patientAfterMs = 200;

interface Waiter {
  readonly position: bigint;
  readonly since: number;
  readonly until: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Everybody in this process who waits for one projection: one look at the store serves them all. */
class Waiting {
  readonly #waiters = new Set<Waiter>();
  #looking = false;

  constructor(
    private readonly store: ReadStore,
    private readonly projection: string,
  ) {}

  until(position: bigint, timeoutMs: number): Promise<void> {
    const since = performance.now();
    return new Promise((resolve, reject) => {
      this.#waiters.add({ position, since, until: since + timeoutMs, resolve, reject });
      if (!this.#looking) void this.#look();
    });
  }

  async #look(): Promise<void> {
    this.#looking = true;
    while (this.#waiters.size > 0) {
      // Who comes while this look is under way may be owed a later one: only those who were here before are answered by it.
      const asked = [...this.#waiters];
      let progress: Progress | undefined;
      let failure: Error | undefined;
      try {
        progress = (await servingNow(this.store, this.projection)) ?? { position: undefined };
      } catch (error) {
        failure = error as Error;
      }
      const now = performance.now();
      let newest = 0;
      for (const waiter of asked) {
        const outcome = failure ?? this.#outcome(waiter, progress as Progress, now);
        if (outcome === undefined) {
          newest = Math.max(newest, waiter.since);
          continue;
        }
        this.#waiters.delete(waiter);
        if (outcome === 'reached') {
          owe(this.store, this.projection, waiter.position, progress as Serving);
          waiter.resolve();
        } else waiter.reject(outcome);
      }
      if (this.#waiters.size > 0) await pause(now - newest < patientAfterMs ? shortPauseMs : longPauseMs);
    }
    this.#looking = false;
  }

  #outcome(waiter: Waiter, { position, stopped }: Progress, now: number): 'reached' | Error | undefined {
    if (position !== undefined && position >= waiter.position) return 'reached';
    if (stopped && BigInt(stopped.position) <= waiter.position) return new ReadModelStopped(this.projection, waiter.position, stopped);
    return now >= waiter.until ? new ReadModelBehind(this.projection, waiter.position, position) : undefined;
  }
}
