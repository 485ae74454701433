import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { Ledger, Position } from '#event-store';
import { expireLicenses, pool } from '#licensing';
import type { AlarmClock, Log } from '#platform';
import type { Deadline } from '#projections';
import type { DeadlineView } from './deadline-view.js';
import { metrics } from './metrics.js';

/** So many deadlines are asked for at once. */
const dueMax = 500;
/** New deadlines may come before the one that is waited for; a lot can even be over when it comes in. */
const lookAgainMilliseconds = 1_000;
/** A read store that starts beside this process is not there at once: that is no news. */
const quietFailures = 10;
const afterAllTime = '9999-12-31T23:59:59.999Z';

/**
 * Records that licenses ended, at the time they do (000-22/25). The read model only says where to look; whether there is anything to expire
 * is decided by the pool's own state, so a lost or late read model can delay an expiry, never double it.
 */
export class Expiry {
  private failures = 0;

  constructor(
    private readonly view: DeadlineView,
    private readonly ledger: Ledger,
    private readonly log: Log,
  ) {}

  /** Fires what is due, then waits for the next deadline, until the signal. What came due while nobody ran is fired first, in its order. */
  async run(clock: AlarmClock, lastPoolFact: Position | undefined, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.fireAll(clock.nowText(), lastPoolFact, signal);
        await this.nextDeadline(clock, signal);
      } catch (error) {
        if (!signal.aborted) await this.tryLater(error, signal);
      }
    }
  }

  /** Fires all that is due at a time once the view has reached a position, and what falls due by that. Answers how many facts came of it. */
  async fireAll(now: string, from: Position | undefined, signal: AbortSignal): Promise<number> {
    let fired = 0;
    for (let reached = from; ;) {
      if (reached !== undefined) await this.view.reaches(reached, signal);
      const round = await this.fireDue(now, signal);
      if (round.fired === 0) break;
      fired += round.fired;
      reached = round.position;
    }
    this.failures = 0;
    if (fired > 0) this.log.info({ fired, now }, 'expiry: licenses ended');
    return fired;
  }

  async tryLater(error: unknown, signal: AbortSignal): Promise<void> {
    const level = ++this.failures > quietFailures ? 'warn' : 'debug';
    this.log[level](
      { reason: (error as Error).message },
      `expiry: could not fire what is due, again in ${lookAgainMilliseconds / 1_000} s`,
    );
    await pause(signal);
  }

  /** What the view says is due, the longest overdue first; pools that are due at the same moment together. */
  private async fireDue(now: string, signal: AbortSignal): Promise<{ fired: number; position: Position | undefined }> {
    let fired = 0;
    let position: Position | undefined;
    for (const [at, accounts] of byMoment(await this.view.due(now, dueMax))) {
      signal.throwIfAborted();
      const receipts = await Promise.all([...accounts].map((accountId) => this.expire(accountId, at)));
      for (const receipt of receipts) {
        fired += receipt.facts.length;
        metrics.expired.inc(receipt.facts.length);
        if (receipt.position !== undefined && (position === undefined || receipt.position > position)) position = receipt.position;
      }
    }
    return { fired, position };
  }

  private expire(accountId: string, at: string) {
    // A fresh id each time: whether it was done already is for the pool's state to say, and after it was, more may fall due at the same moment.
    const context = {
      commandId: uuidv7(),
      inputHash: createHash('sha256').update(`expireLicenses ${accountId} ${at}`).digest('hex'),
      correlationId: uuidv7(),
      actor: { userId: 'expiry', role: 'system' as const },
    };
    return this.ledger.record(pool, accountId, { accountId, context }, (state, command) => expireLicenses(state, command, at));
  }

  private async nextDeadline(clock: AlarmClock, signal: AbortSignal): Promise<void> {
    const [next] = await this.view.due(afterAllTime, 1);
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    // One that is due already and did not fire is one the pool knows nothing of: waiting for it would not wait.
    const reached = next !== undefined && next.at > clock.nowText() ? [clock.reaches(next.at, either).catch(() => {})] : [];
    await Promise.race([pause(either), ...reached]);
    over.abort();
  }
}

/** About as long as it takes until looking again makes sense. */
export function pause(signal: AbortSignal): Promise<void> {
  return delay(lookAgainMilliseconds, undefined, { signal }).catch(() => {});
}

/** Accounts by the moment they are due at, in the order of time; an account once a moment. */
function byMoment(due: readonly Deadline[]): Map<string, Set<string>> {
  const moments = new Map<string, Set<string>>();
  for (const { at, accountId } of due) moments.set(at, (moments.get(at) ?? new Set()).add(accountId));
  return moments;
}
