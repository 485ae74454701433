const eventsMin = 50;
/** A batch should not keep live facts, or a stop, waiting for longer than about this. */
const longMs = 400;
const shortMs = 150;

/**
 * How many events to work on together while catching up: as many as are done in a fraction of a second, found by trying. A store that is slow, or
 * a kind of event that changes hundreds of documents, gets smaller batches instead of calls that run out their time.
 */
export class BatchSize {
  #events: number;

  constructor(private readonly eventsMax: number) {
    this.#events = Math.min(500, eventsMax);
  }

  get events(): number {
    return this.#events;
  }

  /** After a batch: how many events it had, and how long it took. */
  took(events: number, milliseconds: number): void {
    if (milliseconds > longMs) this.#set(this.#events / 2);
    else if (milliseconds < shortMs && events >= this.#events) this.#set(this.#events * 2);
  }

  /** After a batch that the store did not take in time. */
  failed(): void {
    this.#set(this.#events / 4);
  }

  #set(events: number): void {
    this.#events = Math.min(this.eventsMax, Math.max(eventsMin, Math.round(events)));
  }
}
