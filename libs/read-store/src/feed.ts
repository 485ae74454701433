import type { Followed } from '#event-store';
import type { ProjectedEvent } from './projection.js';

/** What came from the log since the last look. */
export interface Batch {
  readonly events: readonly ProjectedEvent[];
  /** Everything of the log up to here is in this batch or was in one before; undefined when nothing came. */
  readonly position: bigint | undefined;
  /** The history that stood in the log when following began is over. */
  readonly caughtUp: boolean;
}

/**
 * Reads the log ahead of the projections and hands on what has gathered meanwhile: one event when it is live, thousands while catching up.
 */
export class Feed {
  #waiting: Followed[] = [];
  #error: unknown;
  #ended = false;
  #arrived: (() => void) | undefined;
  #taken: (() => void) | undefined;

  /** Reads on while fewer than `aheadMax` events wait to be taken. */
  constructor(
    private readonly source: AsyncIterable<Followed>,
    private readonly aheadMax: number,
  ) {
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      for await (const followed of this.source) {
        this.#waiting.push(followed);
        this.#arrived?.();
        if (this.#waiting.length >= this.aheadMax) await new Promise<void>((resolve) => (this.#taken = resolve));
      }
    } catch (error) {
      this.#error = error ?? new Error('the log broke off');
    }
    this.#ended = true;
    this.#arrived?.();
  }

  /** What waits, up to `max`; waits itself up to `waitMs` when nothing does. Errors: those of the log, once all before them was taken. */
  async take(max: number, waitMs: number): Promise<Batch> {
    if (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#arrived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#arrived = undefined;
    }
    if (this.#waiting.length === 0 && this.#error !== undefined) throw this.#error;
    const taken = this.#waiting.splice(0, max);
    this.#taken?.();
    this.#taken = undefined;
    const events: ProjectedEvent[] = [];
    let position: bigint | undefined;
    let caughtUp = false;
    for (const followed of taken) {
      if (followed.kind === 'caughtUp') {
        caughtUp = true;
      } else if (followed.kind === 'event') {
        events.push(followed.event);
        position = followed.event.position;
      } else if (position === undefined || followed.position > position) {
        position = followed.position;
      }
    }
    return { events, position, caughtUp };
  }

  /** How much has gathered since the last look. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** True when the log has ended what was asked of it and everything was taken. */
  get over(): boolean {
    return this.#ended && this.#waiting.length === 0 && this.#error === undefined;
  }

  /** Lets the reading end; the source's signal must have been given. */
  release(): void {
    this.#taken?.();
  }
}
