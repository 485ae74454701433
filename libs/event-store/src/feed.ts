import type { EventLog, Position, RecordedEvent } from './event-log.js';

/** The listener fell behind by more than it may, and was let go; it may come again from the last position it has seen. */
export class SlowReader extends Error {
  constructor(readonly queueMax: number) {
    super(`more than ${queueMax} events wait for this reader`);
    this.name = 'SlowReader';
  }
}

export interface ListenOptions {
  /** The last position already seen; absent: only what comes from now on. */
  readonly after?: Position;
  readonly filter?: (event: RecordedEvent) => boolean;
  /** How many events may wait for the listener; 1,000 by default. */
  readonly queueMax?: number;
  readonly signal?: AbortSignal;
}

/** What waits for one listener. */
class Queue {
  private events: RecordedEvent[] = [];
  private failure: { error: unknown } | undefined;
  private closed = false;
  private wake: (() => void) | undefined;

  constructor(private readonly max: number) {}

  push(event: RecordedEvent): void {
    if (this.events.length >= this.max) this.fail(new SlowReader(this.max));
    else if (this.failure === undefined) this.events.push(event);
    this.wake?.();
  }

  fail(error: unknown): void {
    this.failure ??= { error };
    this.events = [];
    this.wake?.();
  }

  close(): void {
    this.closed = true;
    this.wake?.();
  }

  /** All that waits; undefined when nothing will come any more. */
  async take(): Promise<RecordedEvent[] | undefined> {
    while (this.events.length === 0 && this.failure === undefined && !this.closed) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.closed) return undefined;
    if (this.failure !== undefined) throw this.failure.error;
    const events = this.events;
    this.events = [];
    return events;
  }
}

/**
 * Follows the whole log once for a process, from the first listener on, and hands every event on to all who listen: one connection carries only
 * a hundred calls. Listeners never hold each other up: who does not keep pace is let go.
 */
export class Feed {
  private readonly queues = new Set<Queue>();
  private readonly stopped = new AbortController();
  private started: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private failure: { error: unknown } | undefined;

  constructor(private readonly log: EventLog) {}

  /** Begins to follow at the present end of the log. Errors: LogUnavailable. */
  start(): Promise<void> {
    this.started ??= this.log.end().then(
      (end) => {
        this.following = this.pump(end);
      },
      (error: unknown) => {
        this.started = undefined;
        throw error;
      },
    );
    return this.started;
  }

  /**
   * The events after a position, then what comes, each once and in order, until the signal or the end of the feed.
   * Errors: SlowReader, PositionUnknown, LogUnavailable.
   */
  async *listen({ after, filter = () => true, queueMax = 1_000, signal }: ListenOptions = {}): AsyncGenerator<RecordedEvent, void, void> {
    await this.start();
    const queue = new Queue(queueMax);
    const left = () => signal?.aborted === true;
    const leave = () => queue.close();
    signal?.addEventListener('abort', leave, { once: true });
    try {
      let seen = after;
      if (after !== undefined) {
        // The long way first, with nothing waiting. Only the last stretch, what came while this was read, is read with the queue attached.
        for (const attached of [false, true]) {
          if (attached) this.attach(queue);
          for await (const event of this.log.readAll({ after: seen })) {
            if (left()) return;
            seen = event.position;
            if (filter(event)) yield event;
          }
        }
      } else this.attach(queue);
      if (left()) return;
      for (let events = await queue.take(); events !== undefined; events = await queue.take()) {
        for (const event of events) {
          if (seen !== undefined && event.position <= seen) continue;
          if (filter(event)) yield event;
          if (left()) return;
        }
      }
    } finally {
      signal?.removeEventListener('abort', leave);
      this.queues.delete(queue);
    }
  }

  /** Ends all listeners. */
  async close(): Promise<void> {
    this.stopped.abort();
    for (const queue of this.queues) queue.close();
    await this.following;
  }

  private attach(queue: Queue): void {
    if (this.failure !== undefined) throw this.failure.error;
    if (this.stopped.signal.aborted) queue.close();
    this.queues.add(queue);
  }

  private async pump(after: Position | undefined): Promise<void> {
    try {
      for await (const item of this.log.follow({ after, signal: this.stopped.signal })) {
        if (item.kind !== 'event') continue;
        for (const queue of this.queues) queue.push(item.event);
      }
    } catch (error) {
      this.failure = { error };
      for (const queue of this.queues) queue.fail(error);
    }
  }
}
