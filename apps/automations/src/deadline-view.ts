import type { Position } from '#event-store';
import { deadlineList, dueDeadlines, type Deadline } from '#projections';
import { ReadModelBehind, waitFor, type ReadStore } from '#read-store';

/** So long at most does it take until a stop is noticed while the view is far behind. */
const waitMilliseconds = 1_000;

/** The read model of deadlines as the automation asks it. Errors: ReadStoreUnavailable, ReadModelBehind before the first version is filled. */
export class DeadlineView {
  constructor(private readonly store: ReadStore) {}

  due(now: string, limit: number): Promise<Pick<Deadline, 'at' | 'accountId'>[]> {
    return dueDeadlines(this.store, now, limit);
  }

  /** Settles when the view holds everything up to a position, however long that takes. Errors: ReadModelStopped; the signal's reason. */
  async reaches(position: Position, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await waitFor(this.store, deadlineList, position, waitMilliseconds);
      } catch (error) {
        if (!(error instanceof ReadModelBehind)) throw error;
      }
    }
  }
}
