/** Of fewer appends the event loop gathers a group well enough by itself. */
const EXPECTED_MIN = 3;
/** With more, a client is busy for longer than a sync takes: what it has sent so far is better synced meanwhile. */
const EXPECTED_MAX = 64;
/** So many appends are worth a sync of their own, and so large a part of those that are expected. */
const ENOUGH = 16;
const ENOUGH_PART = 0.9;
const ENOUGH_BYTES = 32 * 1024;
/** What the expectation keeps from one group to the next. */
const KEPT = 0.8;
const SLEEP_MS = 0.05;
const WAIT_MS_MAX = 2;

const nothing = new Int32Array(new SharedArrayBuffer(4));

/**
 * Decides how long a group of appends gathers before it is synced. Whoever was just answered sends the next append soon, but not
 * all in the same moment: a group that begins with the first of them makes the others wait for a sync of one append, and then for
 * their own. So a group waits for about as many appends as the last ones had: while they go on arriving, and for at most half as
 * long as a sync takes when they don't. A single caller never waits.
 */
export class Gathering {
  private expected = 1;
  private syncMs = 0;
  private sinceMs: number | undefined;
  private seen = 0;

  /** Notes a group that was synced: how many appends it had and how long the disk took for it. */
  synced(appends: number, ms: number): void {
    this.expected = Math.max(appends, this.expected * KEPT);
    this.syncMs = Math.min(this.syncMs * KEPT + ms * (1 - KEPT), WAIT_MS_MAX);
  }

  /** Whether a group that has so many appends and bytes is to be synced now. If not: `sleep`, turn the event loop, and ask again. */
  isOver(appends: number, bytes: number): boolean {
    if (bytes < ENOUGH_BYTES && this.isWorthWaiting(appends)) {
      const now = performance.now();
      this.sinceMs ??= now;
      const waitedMs = now - this.sinceMs;
      const isGrowing = appends > this.seen;
      this.seen = appends;
      if (waitedMs < (isGrowing ? WAIT_MS_MAX : this.syncMs / 2)) return false;
    }
    this.sinceMs = undefined;
    this.seen = 0;
    return true;
  }

  /**
   * Lets a moment pass. To turn the event loop all the time instead would take the processor from a client on the same machine, and
   * its appends would be read one by one; after a sleep they come as one read.
   */
  sleep(): void {
    Atomics.wait(nothing, 0, 0, SLEEP_MS);
  }

  private isWorthWaiting(appends: number): boolean {
    const { expected } = this;
    return expected >= EXPECTED_MIN && expected <= EXPECTED_MAX && appends < Math.min(ENOUGH, expected * ENOUGH_PART);
  }
}
