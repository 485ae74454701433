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
    let poison: PoisonedEvent | undefined;
    for (let good = events, next: Omit<Progress, 'life'> = { position: batch.position }; ;) {
      try {
        await this.#project(good, next);
        this.known = { ...next, life: this.known.life };
        this.events += good.length;
        this.halted = poison !== undefined;
        return poison;
      } catch (error) {
        if (!(error instanceof PoisonedEvent)) throw error;
        poison = error;
        const { event } = poison;
        good = good.slice(0, good.indexOf(event));
        const before = batch.events.filter(({ position }) => position < event.position && position > reached).at(-1)?.position;
        const stopped = { position: event.position.toString(), eventId: event.id, reason: poison.message };
        next = { position: before ?? this.known.position, stopped };
      }
    }
  }

  /**
   * All partitions at once: load, apply, commit, and the progress with the last of them. Nothing is stored before everything was applied.
   * Errors: PoisonedEvent, StartOver.
   */
  async #project(events: readonly ProjectedEvent[], next: Omit<Progress, 'life'>): Promise<void> {
    const { name } = this.projection;
    const move = { projection: name, version: this.version, next, known: this.known };
    let wanted = changesByPartition(this.projection, events);
    for (;;) {
      const writes: PartitionWrite[] = [];
      const written: typeof wanted = [];
      if (wanted.length > 0) {
        const loaded = await this.store.load(name, this.version, wanted);
        this.#confirm(loaded.progress);
        let poison: PoisonedEvent | undefined;
        wanted.forEach((changes, at) => {
          const address = { projection: name, version: this.version, partition: changes.partition };
          try {
            const write = applyChanges(
              this.projection,
              address,
              loaded.partitions[at] ?? { checkpoint: undefined, documents: [] },
              changes,
            );
            if (!write) return;
            writes.push(write);
            written.push(changes);
          } catch (error) {
            if (!(error instanceof PoisonedEvent)) throw error;
            if (!poison || error.event.position < poison.event.position) poison = error;
          }
        });
        if (poison) throw poison;
      }
      const { committed, moved } = await this.store.commitAll(writes, move);
      if (moved) return;
      // Another projector was first in these partitions: what it stored is loaded, and what is left of the batch applied to that.
      wanted = written.filter((_changes, at) => !committed[at]);
      if (wanted.length > 0) continue;
      this.#confirm(await this.store.progress(name, this.version));
      throw new StartOver(`the progress of ${this.name} could not be moved`);
    }
  }

  /** Errors: StartOver when the store has lost what this process knows it held. */
  #confirm(stored: Progress): void {
    const behind = (stored.position ?? -1n) < (this.known.position ?? -1n);
    if (stored.life === this.known.life && !behind) return;
    const [was, is] = [this.known.position ?? 'the start', stored.life ? (stored.position ?? 'the start') : 'nothing'];
    throw new StartOver(`${this.name} was at ${was} and is at ${is}`);
  }
}
