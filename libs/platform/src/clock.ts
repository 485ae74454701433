import { setTimeout as delay } from 'node:timers/promises';

/** All time in the product comes from a clock; nothing else reads the wall. `nowText` is RFC 3339, UTC, milliseconds. */
export interface Clock {
  now(): Date;
  nowText(): string;
}

/** A clock that wakes who waits for a time. */
export interface AlarmClock extends Clock {
  /** Settles when it is this time (an RFC 3339 text); rejects when the signal is aborted. */
  reaches(time: string, signal: AbortSignal): Promise<void>;
}

/** The wall may be set anew while somebody waits, and a timer holds 24 days at most: so it is looked at again at least once a minute. */
const lookAgainMilliseconds = 60_000;

export const wallClock: AlarmClock = {
  now: () => new Date(),
  nowText: () => new Date().toISOString(),
  async reaches(time, signal) {
    const at = Date.parse(time);
    for (let left = at - Date.now(); left > 0; left = at - Date.now())
      await delay(Math.min(left, lookAgainMilliseconds), undefined, { signal });
  },
};
