import type { Followed } from '#event-store';
import type { FollowedLog } from '../src/pump.js';
import type { ProjectedEvent } from '../src/projection.js';

/** Facts on file, followed as a log is followed: the history, caught up, then what is recorded later. Positions are not consecutive, as in a real log. */
export class RecordedLog implements FollowedLog {
  readonly events: ProjectedEvent[] = [];
  readonly #recorded = new Set<() => void>();

  constructor(private readonly name = 'event') {}

  record(...facts: { stream: string; type: string; data: object }[]): bigint {
    for (const fact of facts) {
      const revision = this.events.filter(({ stream }) => stream === fact.stream).length;
      const position = (this.events.at(-1)?.position ?? 0n) + 37n;
      this.events.push({ ...fact, revision, position, id: `${this.name}-${position}`, metadata: {} });
    }
    for (const recorded of this.#recorded) recorded();
    return this.end;
  }

  get end(): bigint {
    return this.events.at(-1)?.position ?? 0n;
  }

  async *readAll({ limit = Infinity }: { limit?: number } = {}): AsyncIterable<never> {
    yield* this.events.slice(0, limit) as never[];
  }

  async *follow({ after, signal }: Parameters<FollowedLog['follow']>[0]): AsyncIterable<Followed> {
    const reached = typeof after === 'bigint' ? after : 0n;
    if (reached > 0n && !this.events.some(({ position }) => position === reached)) {
      throw Object.assign(new Error(`no event stands at position ${reached}`), { name: 'PositionUnknown' });
    }
    let next = this.events.findIndex(({ position }) => position > reached);
    if (next < 0) next = this.events.length;
    let caughtUp = false;
    while (!signal.aborted) {
      const event = this.events[next];
      if (event) {
        next += 1;
        yield { kind: 'event', event };
      } else if (!caughtUp) {
        caughtUp = true;
        yield { kind: 'caughtUp' };
      } else {
        await this.#news(signal);
      }
    }
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#recorded.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#recorded.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
