import type { Batch } from './feed.js';
import { applyChanges, changesByPartition, PoisonedEvent } from './projection-batch.js';
import type { ProjectedEvent, Projection } from './projection.js';
import type { PartitionWrite, Progress, ReadStore } from './read-store.js';
import { storedName } from './stored-version.js';

/** The store is not as this run left it: everything is read from it again. */
export class StartOver extends Error {}

/** One version of one projection: how far it has come, as this process knows it, and how it is brought over a batch. */
export class Track {
  /** How many events it was given. */
  events = 0;
  /** An event of this run stops it. */
  halted = false;
  readonly #types: ReadonlySet<string>;

  private constructor(
    private readonly store: ReadStore,
    readonly projection: Projection,
    readonly version: number,
    /** Queries are answered from it. */
    public serving: boolean,
    /** As last read from the store, or written there. */
    public known: Progress,
  ) {
    this.#types = new Set(Object.keys(projection.on));
  }

  /** Begins the version in the store if it is new there. Errors: StartOver, ReadStoreUnavailable. */
  static async open(store: ReadStore, projection: Projection, version: number): Promise<Track> {
    const serving = await store.servingVersion(projection.name);
    const known = await store.begin(projection.name, version);
    if (known.life === undefined) throw new StartOver(`${storedName(projection.name, version)} vanished while it was begun`);
    return new Track(store, projection, version, serving === version, known);
  }

  get name(): string {
    return storedName(this.projection.name, this.version);
  }

  /** Looks whether the store still holds what this process knows it held, and whether another version serves. Errors: StartOver. */
  async check(): Promise<void> {
    const { name } = this.projection;
    this.#confirm(await this.store.progress(name, this.version));
    const serving = await this.store.servingVersion(name);
    if (this.serving ? serving !== this.version : (serving ?? 0) > this.version) {
      throw new StartOver(`${serving === undefined ? 'no version' : storedName(name, serving)} serves, not ${this.name}`);
    }
  }

  /**
   * Brings the projection over a batch; what it has already is skipped. At an event it cannot take it stops, with everything before that stored,
   * and answers the event. Errors: StartOver, ReadStoreUnavailable.
   */
  async advance(batch: Batch): Promise<PoisonedEvent | undefined> {
    const reached = this.known.position ?? -1n;
    if (this.halted || batch.position === undefined || batch.position <= reached) return undefined;
    const events = batch.events.filter((event) => event.position > reached && this.#types.has(event.type));
    const [taken, poison] = await this.#takeGood(events);
    this.events += taken;
    if (!poison) {
      await this.#setProgress({ position: batch.position });
      return undefined;
    }
    this.halted = true;
    const { event } = poison;
    const before = batch.events.filter(({ position }) => position < event.position && position > reached).at(-1)?.position;
    const stopped = { position: event.position.toString(), eventId: event.id, reason: poison.message };
    await this.#setProgress({ position: before ?? this.known.position, stopped });
    return poison;
  }

  /** Stores what can be taken, up to the first event that cannot. Answers how many events that were. */
  async #takeGood(events: readonly ProjectedEvent[]): Promise<[taken: number, poison: PoisonedEvent | undefined]> {
    let poison: PoisonedEvent | undefined;
    for (let good = events; ;) {
      try {
        if (good.length > 0) await this.#project(good);
        return [good.length, poison];
      } catch (error) {
        if (!(error instanceof PoisonedEvent)) throw error;
        poison = error;
        good = good.slice(0, good.indexOf(error.event));
      }
    }
  }

  /** All partitions at once: load, apply, commit. Nothing is stored before everything was applied. Errors: PoisonedEvent. */
  async #project(events: readonly ProjectedEvent[]): Promise<void> {
    let wanted = changesByPartition(this.projection, events);
    while (wanted.length > 0) {
      const loaded = await this.store.load(this.projection.name, this.version, wanted);
      this.#confirm(loaded.progress);
      const writes: PartitionWrite[] = [];
      const written: typeof wanted = [];
      let poison: PoisonedEvent | undefined;
      wanted.forEach((changes, at) => {
        const address = { projection: this.projection.name, version: this.version, partition: changes.partition };
        try {
          const write = applyChanges(this.projection, address, loaded.partitions[at] ?? { checkpoint: undefined, documents: [] }, changes);
          if (!write) return;
          writes.push(write);
          written.push(changes);
        } catch (error) {
          if (!(error instanceof PoisonedEvent)) throw error;
          if (!poison || error.event.position < poison.event.position) poison = error;
        }
      });
      if (poison) throw poison;
      const committed = await settleAll(writes.map((write) => this.store.commit(write)));
      // Another projector was first in these partitions: what it stored is loaded, and what is left of the batch applied to that.
      wanted = written.filter((_changes, at) => !committed[at]);
    }
  }

  async #setProgress(next: Omit<Progress, 'life'>): Promise<void> {
    const { name } = this.projection;
    const moved = await this.store.setProgress(name, this.version, next, this.known);
    if (!moved) {
      this.#confirm(await this.store.progress(name, this.version));
      throw new StartOver(`the progress of ${this.name} could not be moved`);
    }
    this.known = { ...next, life: this.known.life };
  }

  /** Errors: StartOver when the store has lost what this process knows it held. */
  #confirm(stored: Progress): void {
    const behind = (stored.position ?? -1n) < (this.known.position ?? -1n);
    if (stored.life === this.known.life && !behind) return;
    const [was, is] = [this.known.position ?? 'the start', stored.life ? (stored.position ?? 'the start') : 'nothing'];
    throw new StartOver(`${this.name} was at ${was} and is at ${is}`);
  }
}

/** Waits for all, so that nothing is still at work when the first failure is told. */
export async function settleAll<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const outcomes = await Promise.allSettled(work);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
