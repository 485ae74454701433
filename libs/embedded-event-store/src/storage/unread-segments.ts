import { setTimeout } from 'node:timers/promises';
import { readSealed } from './recovery.js';
import type { Segment } from './segment-files.js';

// After each mebibyte, which takes one or two milliseconds: so the store's other work hardly notices.
const PAUSE_MS = 10;

/** The segments that a start left out, because all that is needed of them was known. They are read when the store is at work. */
export class UnreadSegments {
  private readonly stopping = new AbortController();
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly segments: readonly Segment[],
    private readonly logId: Buffer,
  ) {}

  /**
   * Reads them beside other work. Resolves when they are sound, or when it was stopped.
   * @throws {DamagedLogError} or what the disk says
   */
  async read(): Promise<void> {
    const { signal } = this.stopping;
    this.reading = this.readAll(() => setTimeout(PAUSE_MS, undefined, { signal }));
    try {
      await this.reading;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Ends the reading, before the files are closed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.reading.catch(() => undefined);
  }

  private async readAll(pause: () => Promise<void>): Promise<void> {
    for (const segment of this.segments) await readSealed(segment, this.logId, () => undefined, pause);
  }
}
