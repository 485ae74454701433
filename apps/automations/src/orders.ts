import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { v5 as uuidv5 } from 'uuid';
import type { CommandContext, EventLog, FactMetadata, Ledger, Position, Receipt, RecordedEvent } from '#event-store';
import {
  advanceOrder,
  finishOrder,
  giveOrderUp,
  order,
  placeIncrease,
  pool,
  product,
  provisionOrder,
  Rejected,
  type Actor,
  type PlacedOrder,
  type ProductState,
  type SubscriptionIncreaseOrdered,
} from '#licensing';
import type { Log } from '#platform';
import type { Checkpoint } from './checkpoint.js';
import { metrics } from './metrics.js';
import { keepNoting } from './noting.js';
import { Progress } from './progress.js';

/** Never changes: ids made with it must stay the same for ever. */
const orderNamespace = '6d1b7f0e-52a3-5c8e-9f14-0a7c3e9b2d65';
const actor = { userId: 'orders', role: 'system' } as const;
/** So many orders are served at once; then the log is read no further until one is done. */
const servedMax = 64;
const retryDelayMilliseconds = { first: 200, longest: 10_000 };
/** What can make an order go on. ClockMoved is followed too, so that it is known when all that was ordered before a move is through. */
const followed = ['SubscriptionIncreaseOrdered', 'OrderPlaced', 'OrderPaid', 'OrderFulfilled', 'ClockMoved'];

/**
 * Brings orders forward (003-55…57): places those that a pool has decided on, takes invoices as payment, begins the delivery, and credits the pool with what
 * is delivered. Exactly once however often it is killed: facts are delivered again from the last checkpoint, and every step is decided by the state of the
 * stream it is recorded in. The pool knows the orders it was credited for, so an order that was credited by a process that did not live to say so is only
 * said to be provisioned.
 */
export class Orders {
  readonly progress: Progress;
  /** Where the latest credit was recorded. */
  latest: Position | undefined;
  private readonly working = new Set<Promise<void>>();

  constructor(
    private readonly eventLog: EventLog,
    private readonly ledger: Ledger,
    private readonly checkpoint: Checkpoint,
    private readonly log: Log,
  ) {
    this.progress = new Progress(checkpoint.position);
  }

  /** Follows the log until the signal, finishes what has begun, and notes its place. */
  async run(signal: AbortSignal): Promise<void> {
    const finished = () => Promise.all(this.working);
    const noting = keepNoting('orders', this.progress, this.checkpoint, { signal, finished, log: this.log });
    try {
      const options = { after: this.checkpoint.position, filter: { types: followed }, signal };
      for await (const item of this.eventLog.follow(options)) {
        if (item.kind === 'caughtUp') continue;
        const { position } = item.kind === 'event' ? item.event : item;
        const done = this.progress.begin(position);
        if (item.kind === 'event' && isForUs(item.event)) {
          const work = this.serve(item.event, signal)
            .then((isThrough) => (isThrough ? done() : undefined))
            .finally(() => this.working.delete(work));
          this.working.add(work);
          if (this.working.size >= servedMax) await Promise.race(this.working);
        } else done();
        if (signal.aborted) break;
      }
    } finally {
      await Promise.all(this.working);
      await noting;
    }
  }

  /** Tries until the order stands where it can go no further by itself; false when the signal came first. */
  private async serve(event: RecordedEvent, signal: AbortSignal): Promise<boolean> {
    for (let failures = 0; ; failures += 1) {
      try {
        await this.bringForward(event);
        return true;
      } catch (error) {
        const pause = Math.min(retryDelayMilliseconds.first * 2 ** failures, retryDelayMilliseconds.longest);
        const { message } = error as Error;
        this.log.warn({ stream: event.stream, reason: message }, `orders: not brought forward yet, again in ${pause / 1_000} s`);
        await delay(pause, undefined, { signal }).catch(() => {});
        if (signal.aborted) return false;
      }
    }
  }

  private async bringForward(event: RecordedEvent): Promise<void> {
    const { orderId } = event.data as { readonly orderId: string };
    const step = (name: string) => ({ orderId, context: contextOf(event, name) });
    if (event.type === 'SubscriptionIncreaseOrdered') {
      const increase = event.data as SubscriptionIncreaseOrdered['data'];
      this.recorded(await this.ledger.record(order, orderId, { ...step('place'), increase }, placeIncrease));
    }
    this.recorded(await this.ledger.record(order, orderId, step('advance'), advanceOrder));
    const known = (await this.ledger.load(order, orderId, true)).state.order;
    if (known?.state !== 'provisioning' || !known.fulfilled) return;
    // A copy: what the ledger lends goes on changing.
    const refusal = await this.credit({ ...known }, event);
    if (refusal === undefined) {
      this.recorded(await this.ledger.record(order, orderId, step('finish'), finishOrder));
      metrics.provisioned.inc();
    } else {
      const reason = `${refusal.code}: ${refusal.detail}`;
      this.recorded(await this.ledger.record(order, orderId, { ...step('give up'), reason }, giveOrderUp));
      this.log.warn({ orderId, reason }, 'orders: the pool took nothing, the order has failed');
    }
  }

  /** Answers why the pool refused; a refusal will not change, anything else that goes wrong may be gone the next time. */
  private async credit({ orderId, accountId, lines }: PlacedOrder, event: RecordedEvent): Promise<Rejected | undefined> {
    // By the order, not by the fact that led here: whoever credits it gives the lots the same ids.
    const context = { ...contextOf(event, 'credit'), commandId: uuidv5(`${orderId} credit`, orderNamespace) };
    const products = await this.productsOf(lines.map(({ sku }) => sku));
    try {
      this.recorded(await this.ledger.record(pool, accountId, { accountId, orderId, lines, products, context }, provisionOrder));
      return undefined;
    } catch (error) {
      if (error instanceof Rejected) return error;
      throw error;
    }
  }

  private async productsOf(skus: readonly string[]): Promise<ReadonlyMap<string, ProductState>> {
    const known = [...new Set(skus)].map(async (sku) => [sku, { ...(await this.ledger.load(product, sku, true)).state }] as const);
    return new Map(await Promise.all(known));
  }

  private recorded({ position }: Receipt): void {
    if (position !== undefined && (this.latest === undefined || position > this.latest)) this.latest = position;
  }
}

/** Facts of its own come from serving an earlier one, which is not done before the order is: they need no serving again. */
function isForUs({ type, metadata }: RecordedEvent): boolean {
  return type !== 'ClockMoved' && (metadata as FactMetadata).actor.userId !== actor.userId;
}

function contextOf({ id, metadata }: RecordedEvent, step: string): CommandContext & { readonly actor: Actor } {
  const { correlationId } = metadata as FactMetadata;
  return {
    commandId: uuidv5(`${id} ${step}`, orderNamespace),
    inputHash: createHash('sha256').update(step).digest('hex'),
    correlationId,
    causationId: id,
    actor,
  };
}
