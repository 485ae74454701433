import { setTimeout as pause } from 'node:timers/promises';
import type { EventFilter, EventLog } from '#event-store';
import { Feed } from './feed.js';
import type { Batch } from './feed.js';
import { checkKeyPart } from './limits.js';
import { applyChanges, changesByPartition, PoisonedEvent } from './projection-batch.js';
import type { ProjectedEvent, Projection } from './projection.js';
import { ReadModelsOfAnotherLog, ReadStoreUnavailable } from './read-store.js';
import type { PartitionWrite, Progress, ReadStore } from './read-store.js';
import { codeVersionOf, generationOf, storedName, storedVersion } from './stored-version.js';

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

/** A projection and how far it has come, as this process knows it. */
interface Track {
  readonly projection: Projection;
  readonly version: number;
  readonly types: ReadonlySet<string>;
  serving: boolean;
  /** As last read from the store, or written there. */
  known: Progress;
  /** Set while an event of this run stops it. */
  halted: boolean;
  events: number;
}

/** The store is not as this run left it: everything is read from it again. */
class StartOver extends Error {}

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
      const track = await this.#open(projection, version);
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
        if (version !== undefined) tracks.push(await this.#open(projection, version));
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

  async #open(projection: Projection, version: number): Promise<Track> {
    const serving = await this.#store.servingVersion(projection.name);
    const known = await this.#store.begin(projection.name, version);
    if (known.life === undefined) throw new StartOver(`${storedName(projection.name, version)} vanished while it was begun`);
    const types = new Set(Object.keys(projection.on));
    return { projection, version, types, serving: serving === version, known, halted: false, events: 0 };
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
        if (batch.position !== undefined) {
          await settleAll(tracks.filter(({ halted }) => !halted).map((track) => this.#advance(track, batch, batch.position as bigint)));
        }
        if (batch.caughtUp && (await onCaughtUp())) return;
        if (performance.now() - checkedAt >= checkEveryMs) {
          await this.#check(tracks);
          checkedAt = performance.now();
        }
      }
    } finally {
      reading.abort();
      feed.release();
    }
  }

  async #take(feed: Feed, tracks: readonly Track[]): Promise<Batch> {
    try {
      return await feed.take(this.#batchEventsMax, checkEveryMs);
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

  /** Notices, also when nothing happens in the log, that the store was emptied, or that another version serves. */
  async #check(tracks: readonly Track[]): Promise<void> {
    for (const track of tracks) {
      const { name } = track.projection;
      this.#confirm(track, await this.#store.progress(name, track.version));
      const serving = await this.#store.servingVersion(name);
      if (track.serving ? serving !== track.version : (serving ?? 0) > track.version) {
        throw new StartOver(
          `${serving === undefined ? 'no version' : storedName(name, serving)} serves, not ${storedName(name, track.version)}`,
        );
      }
    }
  }

  /** Errors: StartOver when the store has lost what this process knows it held. */
  #confirm(track: Track, stored: Progress): void {
    const behind = (stored.position ?? -1n) < (track.known.position ?? -1n);
    if (stored.life === track.known.life && !behind) return;
    const name = storedName(track.projection.name, track.version);
    throw new StartOver(
      `${name} was at ${track.known.position ?? 'the start'} and is at ${stored.life ? (stored.position ?? 'the start') : 'nothing'}`,
    );
  }

  /** Brings one projection over a batch; what it has already is skipped. */
  async #advance(track: Track, batch: Batch, position: bigint): Promise<void> {
    const reached = track.known.position ?? -1n;
    if (position <= reached) return;
    const events = batch.events.filter((event) => event.position > reached && track.types.has(event.type));
    try {
      if (events.length > 0) await this.#project(track, events);
      track.events += events.length;
      await this.#setProgress(track, { position });
    } catch (error) {
      if (!(error instanceof PoisonedEvent)) throw error;
      await this.#stop(track, batch, events, error);
    }
  }

  /** Stops one projection before an event it cannot take; what came before it is stored. */
  async #stop(track: Track, batch: Batch, events: readonly ProjectedEvent[], poison: PoisonedEvent): Promise<void> {
    const good = events.slice(0, events.indexOf(poison.event));
    try {
      if (good.length > 0) await this.#project(track, good);
    } catch (error) {
      if (!(error instanceof PoisonedEvent)) throw error;
      await this.#stop(track, batch, good, error);
      return;
    }
    const { event } = poison;
    const before = batch.events.filter(({ position }) => position < event.position).at(-1)?.position;
    const reached = track.known.position;
    const position = before !== undefined && before > (reached ?? -1n) ? before : reached;
    track.events += good.length;
    track.halted = true;
    const stopped = { position: event.position.toString(), eventId: event.id, reason: poison.message };
    this.#logger.error({ projection: track.projection.name, err: poison, ...stopped }, 'a read model stopped at an event it cannot take');
    await this.#setProgress(track, { position, stopped });
  }

  async #setProgress(track: Track, next: Omit<Progress, 'life'>): Promise<void> {
    const { name } = track.projection;
    const moved = await this.#store.setProgress(name, track.version, next, track.known);
    if (!moved) this.#confirm(track, await this.#store.progress(name, track.version));
    if (!moved) throw new StartOver(`the progress of ${storedName(name, track.version)} could not be moved`);
    track.known = { ...next, life: track.known.life };
  }

  /** All partitions at once: load, apply, commit. Nothing is stored before everything was applied. Errors: PoisonedEvent. */
  async #project(track: Track, events: readonly ProjectedEvent[]): Promise<void> {
    let wanted = changesByPartition(track.projection, events);
    while (wanted.length > 0) {
      const loaded = await this.#store.load(track.projection.name, track.version, wanted);
      this.#confirm(track, loaded.progress);
      const writes: PartitionWrite[] = [];
      const written: typeof wanted = [];
      let poison: PoisonedEvent | undefined;
      wanted.forEach((changes, at) => {
        const address = { projection: track.projection.name, version: track.version, partition: changes.partition };
        try {
          const write = applyChanges(track.projection, address, loaded.partitions[at] ?? { checkpoint: undefined, documents: [] }, changes);
          if (!write) return;
          writes.push(write);
          written.push(changes);
        } catch (error) {
          if (!(error instanceof PoisonedEvent)) throw error;
          if (!poison || error.event.position < poison.event.position) poison = error;
        }
      });
      if (poison) throw poison;
      const committed = await settleAll(writes.map((write) => this.#store.commit(write)));
      // Another projector was first in these partitions: what it stored is loaded, and what is left of the batch applied to that.
      wanted = written.filter((_changes, at) => !committed[at]);
    }
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

/** Waits for all, so that nothing is still at work when the first failure is told. */
async function settleAll<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const outcomes = await Promise.allSettled(work);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
