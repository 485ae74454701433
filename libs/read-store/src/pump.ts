import { setTimeout as pause } from 'node:timers/promises';
import type { EventFilter, EventLog } from '#event-store';
import { BatchSize } from './batch-size.js';
import { Feed } from './feed.js';
import type { Batch } from './feed.js';
import { checkKeyPart } from './limits.js';
import type { Projection } from './projection.js';
import { ReadModelsOfAnotherLog, ReadStoreUnavailable } from './read-store.js';
import type { Progress, ReadStore } from './read-store.js';
import { settleAll } from './settle.js';
import { codeVersionOf, generationOf, storedName, storedVersion } from './stored-version.js';
import { StartOver, Track } from './track.js';

/** What the pump needs of the log. */
export type FollowedLog = Pick<EventLog, 'follow' | 'readAll'>;

/** Pino's shape, as far as it is used here. */
export interface PumpLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface PumpOptions {
  readonly source: FollowedLog;
  readonly store: ReadStore;
  readonly projections: readonly Projection<any>[];
  readonly logger: PumpLogger;
  /**
   * Which events are asked of the log: all of them, unless told. A filter saves transfer, but events outside it move the progress only
   * at the server's checkpoints, so a reader that waits for the position of such an event waits longer.
   */
  readonly filter?: EventFilter;
  /** What to do with read models made from another log: `refuse` ends the run with ReadModelsOfAnotherLog, `replace` drops them and fills anew. */
  readonly otherLog?: 'refuse' | 'replace';
  /** How many events are worked on together at most. */
  readonly batchEventsMax?: number;
  /** How long the version that was replaced stays, in milliseconds, for queries that had begun on it. */
  readonly dropAfterMs?: number;
}

/** Where one projection of a pump is. */
export interface PumpStatus {
  readonly projection: string;
  readonly version: number;
  readonly serving: boolean;
  readonly position: bigint | undefined;
  readonly stopped: Progress['stopped'];
  /** How many events it was given since the process began. */
  readonly events: number;
}

/** Live events under load are worked on together: a little later, and much cheaper. */
const gatherBelow = 100;
const gatherMs = 10;
const checkEveryMs = 1_000;
const backOffMsMax = 5_000;

/**
 * Brings read models up to the log and keeps them there. One subscription feeds all projections that serve; those that are still being filled
 * share another until they have caught up, so that what serves does not wait for them. Any number of pumps may run on one store at once.
 */
export class Pump {
  readonly #source: FollowedLog;
  readonly #store: ReadStore;
  readonly #projections: readonly Projection[];
  readonly #logger: PumpLogger;
  readonly #filter: EventFilter | undefined;
  readonly #otherLog: 'refuse' | 'replace';
  readonly #batchEventsMax: number;
  readonly #size: BatchSize;
  readonly #dropAfterMs: number;
  #tracks: Track[] = [];
  #hasStarted!: () => void;
  /** Resolves when the projections were found in the store and are being fed. */
  readonly started = new Promise<void>((resolve) => (this.#hasStarted = resolve));

  constructor(options: PumpOptions) {
    this.#source = options.source;
    this.#store = options.store;
    this.#projections = options.projections;
    this.#logger = options.logger;
    this.#filter = options.filter;
    this.#otherLog = options.otherLog ?? 'refuse';
    this.#batchEventsMax = options.batchEventsMax ?? 5_000;
    this.#size = new BatchSize(this.#batchEventsMax);
    this.#dropAfterMs = options.dropAfterMs ?? 10_000;
    const names = new Set<string>();
    for (const { name } of options.projections) {
      checkKeyPart('name', name);
      if (names.has(name)) throw new Error(`two projections have the name ${name}`);
      names.add(name);
    }
  }

  status(): PumpStatus[] {
    return this.#tracks.map(({ projection, version, serving, known, events }) => ({
      projection: projection.name,
      version,
      serving,
      position: known.position,
      stopped: known.stopped,
      events,
    }));
  }

  /**
   * Runs until the signal, and then ends at a batch's end. While the store or the log cannot be reached it waits and tries again, from what the
   * store says. Errors: ReadModelsOfAnotherLog.
   */
  async run(signal: AbortSignal): Promise<void> {
    await this.#persist(signal, () => this.#session(signal));
  }

  /**
   * Fills one projection from nothing, beside what serves and while that goes on serving, then lets queries change over and drops the old one.
   * Safe beside running pumps: they go on with the new one by themselves. Errors: PoisonedEvent, ReadModelsOfAnotherLog.
   */
  async rebuild(name: string, signal: AbortSignal): Promise<{ version: number; position: bigint | undefined; events: number }> {
    const projection = this.#projections.find((candidate) => candidate.name === name);
    if (!projection) throw new Error(`there is no read model named ${name}`);
    let rebuilt: Track | undefined;
    let version: number | undefined;
    await this.#persist(signal, async () => {
      await this.#checkLog();
      const versions = [...(await this.#store.versions(name)), (await this.#store.servingVersion(name)) ?? 0];
      version ??= storedVersion(Math.max(...versions.map(generationOf)) + 1, projection.version);
      const track = await Track.open(this.#store, projection, version);
      this.#tracks = [track];
      await this.#fill([track], signal, true);
      if (signal.aborted) return;
      if (track.halted) throw new Error(`${name} stopped at ${track.known.stopped?.reason ?? 'an event'}`);
      rebuilt = track;
      await this.#dropReplaced(signal);
    });
    if (!rebuilt) throw new Error(`the rebuild of ${name} was interrupted; what serves was not touched`);
    return { version: rebuilt.version, position: rebuilt.known.position, events: rebuilt.events };
  }

  /** Does the work again, after a pause that grows, whenever the store or the log lets it down. */
  async #persist(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      const begun = performance.now();
      try {
        await work();
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (performance.now() - begun > backOffMsMax) failures = 0;
        const pauseMs = Math.min(backOffMsMax, 50 * 2 ** failures);
        failures += 1;
        if (error instanceof StartOver)
          this.#logger.warn({ reason: error.message }, 'read models are taken up again from what the store says');
        else if (isPassing(error)) this.#logger.warn({ err: error, retryInMs: pauseMs }, 'read models wait for the store or the log');
        else throw error;
        if (failures > 1 || !(error instanceof StartOver)) await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #session(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#checkLog();
      const tracks: Track[] = [];
      for (const projection of this.#projections) {
        const version = await this.#versionToRun(projection);
        if (version !== undefined) tracks.push(await Track.open(this.#store, projection, version));
      }
      this.#carryCounts(tracks);
      this.#hasStarted();
      const serving = tracks.filter((track) => track.serving);
      const filling = tracks.filter((track) => !track.serving);
      // The lanes end together: when one fails, when one that was being filled now serves, or at the signal.
      const lanes = new AbortController();
      const stop = AbortSignal.any([signal, lanes.signal]);
      const all = [this.#follow(serving, stop), this.#fill(filling, stop), this.#dropReplaced(stop)].map((lane, at) =>
        // The lane that drops may end before the others; the others' end is everybody's.
        lane.finally(() => at < 2 && lanes.abort()),
      );
      const outcomes = await Promise.allSettled(all);
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
    }
  }

  /** Numbers in the log do not begin again when a session does. */
  #carryCounts(tracks: Track[]): void {
    for (const track of tracks) {
      const before = this.#tracks.find(({ projection, version }) => projection === track.projection && version === track.version);
      track.events = before?.events ?? 0;
    }
    this.#tracks = tracks;
  }

  /** The read models belong to one log, known by the id of its first event. */
  async #checkLog(): Promise<void> {
    let followed: string | undefined;
    for await (const event of this.#source.readAll({ limit: 1 })) followed = event.id;
    const stored = await this.#store.log();
    if (stored === undefined) {
      if (followed !== undefined) await this.#store.claim(followed);
      return;
    }
    if (stored === followed) return;
    if (this.#otherLog === 'refuse') throw new ReadModelsOfAnotherLog(stored, followed);
    this.#logger.warn(
      { storedLog: stored, followedLog: followed },
      'the read models were made from another log: they are dropped and filled anew',
    );
    await this.#dropEverything();
  }

  async #dropEverything(): Promise<void> {
    for (const { name } of this.#projections) {
      await this.#store.stopServing(name);
      for (const version of await this.#store.versions(name)) await this.#store.drop(name, version);
    }
    await this.#store.disclaim();
  }

  /** The stored version this code keeps up: the one that serves if it is of this code, else a new one of the same generation. */
  async #versionToRun(projection: Projection): Promise<number | undefined> {
    const serving = await this.#store.servingVersion(projection.name);
    if (serving === undefined) {
      const versions = await this.#store.versions(projection.name);
      return storedVersion(Math.max(0, ...versions.map(generationOf)), projection.version);
    }
    if (codeVersionOf(serving) <= projection.version) return storedVersion(generationOf(serving), projection.version);
    this.#logger.error(
      { projection: projection.name, serving: storedName(projection.name, serving), codeVersion: projection.version },
      'a newer version of this read model serves; this process leaves it alone',
    );
    return undefined;
  }

  /** Keeps the tracks up to the log until the signal. */
  async #follow(tracks: readonly Track[], signal: AbortSignal): Promise<void> {
    if (tracks.length === 0) await untilAborted(signal);
    else await this.#pump(tracks, signal, () => Promise.resolve(false));
  }

  /**
   * Fills the tracks until they have caught up, then lets queries be answered from them. Ends when at least one of them serves, or `once`:
   * a track that was stopped would only stop again.
   */
  async #fill(tracks: readonly Track[], signal: AbortSignal, once = false): Promise<void> {
    if (tracks.length === 0) {
      await untilAborted(signal);
      return;
    }
    await this.#pump(tracks, signal, async () => {
      for (const track of tracks.filter(({ halted }) => !halted)) {
        const { name } = track.projection;
        const serving = await this.#store.setServingVersion(name, track.version);
        track.serving = serving === track.version;
        this.#logger.info(
          { projection: name, version: storedName(name, serving), position: track.known.position?.toString(), events: track.events },
          'queries are answered from this version now',
        );
      }
      return once || tracks.some(({ serving }) => serving) || tracks.every(({ halted }) => !halted);
    });
  }

  /** Hands batches of the log to the tracks. `onCaughtUp` says whether that is all. */
  async #pump(tracks: readonly Track[], signal: AbortSignal, onCaughtUp: () => Promise<boolean>): Promise<void> {
    const positions = tracks.map(({ known }) => known.position);
    const after = positions.reduce((a, b) => (a === undefined || b === undefined ? undefined : a < b ? a : b));
    const reading = new AbortController();
    const followed = this.#source.follow({
      after,
      signal: AbortSignal.any([signal, reading.signal]),
      ...(this.#filter ? { filter: this.#filter } : {}),
    });
    const feed = new Feed(followed, 2 * this.#batchEventsMax);
    let checkedAt = performance.now();
    try {
      while (!signal.aborted && !feed.over) {
        const batch = await this.#take(feed, tracks);
        if (signal.aborted) break;
        const begun = performance.now();
        await settleAll(tracks.map((track) => this.#advance(track, batch)));
        this.#size.took(batch.events.length, performance.now() - begun);
        if (batch.caughtUp && (await onCaughtUp())) return;
        // A commit costs about the same for one event as for twenty: what follows right behind a small batch is gathered first.
        if (batch.events.length < gatherBelow && feed.waiting > 0) await pause(gatherMs);
        // Also when nothing happens in the log: the store may have been emptied, or another version may serve.
        if (performance.now() - checkedAt < checkEveryMs) continue;
        await settleAll(tracks.map((track) => track.check()));
        checkedAt = performance.now();
      }
    } catch (error) {
      if (error instanceof ReadStoreUnavailable) this.#size.failed();
      throw error;
    } finally {
      reading.abort();
      feed.release();
    }
  }

  async #take(feed: Feed, tracks: readonly Track[]): Promise<Batch> {
    try {
      return await feed.take(this.#size.events, checkEveryMs);
    } catch (error) {
      if ((error as Error).name !== 'PositionUnknown') throw error;
      // The log is not the one these read models were made from, or an older copy of it: what they say may never have happened.
      this.#logger.warn({ err: error }, 'the log does not know how far the read models have come: they are dropped and filled anew');
      for (const { projection, version } of tracks) {
        await this.#store.stopServing(projection.name);
        await this.#store.drop(projection.name, version);
      }
      throw new StartOver('the log was replaced');
    }
  }

  async #advance(track: Track, batch: Batch): Promise<void> {
    const poison = await track.advance(batch);
    if (!poison) return;
    const { position, id } = poison.event;
    const event = { projection: track.projection.name, position: position.toString(), eventId: id };
    this.#logger.error({ err: poison, ...event }, 'a read model stopped at an event it cannot take');
  }

  /** Versions below the one that serves are of no use once nobody reads them any more. */
  async #dropReplaced(signal: AbortSignal): Promise<void> {
    await pause(this.#dropAfterMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    for (const { name } of this.#tracks.map(({ projection }) => projection)) {
      const serving = (await this.#store.servingVersion(name)) ?? 0;
      for (const version of await this.#store.versions(name)) {
        if (version >= serving) continue;
        await this.#store.drop(name, version);
        this.#logger.info({ projection: name, version: storedName(name, version) }, 'a version that was replaced is gone');
      }
    }
  }
}

const isPassing = (error: unknown): boolean =>
  (error instanceof ReadStoreUnavailable && !(error instanceof ReadModelsOfAnotherLog)) || (error as Error).name === 'LogUnavailable';

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
