import { BehaviorSubject, filter, firstValueFrom, fromEvent, takeUntil } from 'rxjs';
import type { EventLog, Position, RecordedEvent } from '#event-store';
import { wallClock, type AlarmClock } from './clock.js';
import { sandboxClockStream, sandboxTime, type ClockFact, type SandboxTime } from './sandbox-time.js';

/** The time, and where in the log it was said; no position before the first fact. */
export type ToldTime = SandboxTime & { readonly position: Position | undefined };

/**
 * The sandbox's clock: stands still until a ClockMoved is recorded, then moves in every process, and keeps its time over a restart.
 * Before the first one it stands at the time of the wall when it was opened.
 */
export class SandboxClock implements AlarmClock {
  readonly told = new BehaviorSubject<ToldTime>({ ...sandboxTime.initial(), position: undefined });
  readonly #openedAt = wallClock.nowText();

  private constructor(
    private readonly log: EventLog,
    private readonly signal: AbortSignal,
  ) {}

  /** Reads the moves recorded so far and follows the ones to come, until the signal. `failed` is told when that is no longer possible. */
  static async open(log: EventLog, signal: AbortSignal, failed: (error: unknown) => void): Promise<SandboxClock> {
    const clock = new SandboxClock(log, signal);
    for await (const event of log.readStream(sandboxClockStream)) clock.take(event);
    clock.follow().catch((error: unknown) => (signal.aborted ? undefined : failed(error)));
    return clock;
  }

  now(): Date {
    return new Date(this.nowText());
  }

  nowText(): string {
    return this.told.value.now ?? this.#openedAt;
  }

  reaches(time: string, signal: AbortSignal): Promise<void> {
    return this.tells(() => this.nowText() >= time, signal).then(() => undefined);
  }

  /** Settles as soon as what was told fulfils the condition; rejects when the signal is aborted. */
  async tells(condition: (told: ToldTime) => boolean, signal: AbortSignal): Promise<ToldTime> {
    signal.throwIfAborted();
    const met = this.told.pipe(filter(condition), takeUntil(fromEvent(signal, 'abort')));
    const told = await firstValueFrom(met, { defaultValue: undefined });
    if (told === undefined) throw signal.reason;
    return told;
  }

  private async follow(): Promise<void> {
    const options = { after: this.told.value.position, filter: { streamPrefixes: [sandboxClockStream] }, signal: this.signal };
    for await (const followed of this.log.follow(options)) if (followed.kind === 'event') this.take(followed.event);
  }

  private take(event: RecordedEvent): void {
    const { position: _, ...time } = this.told.value;
    this.told.next({ ...sandboxTime.evolve(time, event as unknown as ClockFact), position: event.position });
  }
}
