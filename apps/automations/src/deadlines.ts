import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { Ledger, Position, Receipt } from '#event-store';
import { fireDeadlines, nextDeadline, pool, product, skusDue, type PoolState, type ProductState } from '#licensing';
import type { AlarmClock, Log } from '#platform';
import { DueQueue } from './due-queue.js';
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
 * Records what time brings, at its time: holds lapse, licenses and subscriptions end, subscriptions renew (000-22/25, 003-62…64, 004-36). The read model
 * only says where to look; whether there is anything to record is decided by the pool's own state, so a lost or late read model can delay it, never
 * double it.
 */
export class Deadlines {
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
    if (fired > 0) this.log.info({ fired, now }, 'deadlines: what was due is recorded');
    return fired;
  }

  async tryLater(error: unknown, signal: AbortSignal): Promise<void> {
    const level = ++this.failures > quietFailures ? 'warn' : 'debug';
    this.log[level](
      { reason: (error as Error).message },
      `deadlines: could not fire what is due, again in ${lookAgainMilliseconds / 1_000} s`,
    );
    await pause(signal);
  }

  /**
   * What the view says is due, the longest overdue first; pools that are due at the same moment together. What a pool is due for next, by its own
   * state, takes its place among what the others are due for, so that terms which were missed are made up for in the order of time over all pools.
   * A pool that fails holds up no other one. Errors: the first failure, once all others were asked.
   */
  private async fireDue(now: string, signal: AbortSignal): Promise<{ fired: number; position: Position | undefined }> {
    const due = await this.view.due(now, dueMax);
    // Behind the last one that was told there may be others.
    const queue = new DueQueue(due, due.length < dueMax ? now : due.at(-1)!.at);
    let fired = 0;
    let position: Position | undefined;
    const failures: unknown[] = [];
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      signal.throwIfAborted();
      const { at, accounts } = next;
      const outcomes = await Promise.allSettled(accounts.map((accountId) => this.fire(accountId, at)));
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === 'rejected') failures.push(outcome.reason);
        const receipt = outcome.status === 'fulfilled' ? outcome.value : undefined;
        if (receipt === undefined || receipt.facts.length === 0) continue;
        fired += receipt.facts.length;
        metrics.deadlines.inc(receipt.facts.length);
        if (receipt.position !== undefined && (position === undefined || receipt.position > position)) position = receipt.position;
        queue.add(accounts[index]!, await this.nextOf(accounts[index]!));
      }
    }
    if (failures.length > 0) throw failures[0];
    return { fired, position };
  }

  private async fire(accountId: string, at: string): Promise<Receipt> {
    const { state } = await this.ledger.load(pool, accountId, true);
    const products = await this.productsOf(skusDue(state, at));
    // A fresh id each time: whether it was done already is for the pool's state to say, and after it was, more may fall due at the same moment.
    const context = {
      commandId: uuidv7(),
      inputHash: createHash('sha256').update(`fireDeadlines ${accountId} ${at}`).digest('hex'),
      correlationId: uuidv7(),
      actor: { userId: 'deadlines', role: 'system' as const },
    };
    return this.ledger.record(pool, accountId, { accountId, products, context }, (pooled: PoolState, command) =>
      fireDeadlines(pooled, command, at),
    );
  }

  private async nextOf(accountId: string): Promise<string | undefined> {
    return nextDeadline((await this.ledger.load(pool, accountId)).state);
  }

  /** By what they cost and allow at the time it is recorded. */
  private async productsOf(skus: readonly string[]): Promise<ReadonlyMap<string, ProductState>> {
    return new Map(await Promise.all(skus.map(async (sku) => [sku, { ...(await this.ledger.load(product, sku, true)).state }] as const)));
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
