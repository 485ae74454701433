import { setTimeout as delay } from 'node:timers/promises';
import { v5 as uuidv5 } from 'uuid';
import type { CommandContext, EventLog, FactMetadata, Ledger, Position, RecordedEvent } from '#event-store';
import { givenBy, givings, isGiving, pool, receiveLicenses, type Giving, type PoolState, type ReceiveLicenses } from '#licensing';
import type { Clock, Log } from '#platform';
import type { Checkpoint } from './checkpoint.js';
import { metrics } from './metrics.js';
import { keepNoting } from './noting.js';
import { Progress } from './progress.js';

type Given = RecordedEvent<Giving['type'], Giving['data'], FactMetadata>;

/** One LicenseAssigned or DrawdownAccepted on its way to the receiver. */
interface Transfer {
  readonly given: Given;
  readonly done: () => void;
}

/** What waits for one receiver, in the order in which it was given. */
interface Receiver {
  readonly id: string;
  readonly queue: Transfer[];
  failures: number;
}

/** Never changes: ids made with it must stay the same for ever. */
const transferNamespace = '0b4fb0a5-9c0e-5d0b-8d3e-6f1a5b6c7d81';
/** The receiver's lane takes so many commands into one append at the most. */
const batchMax = 128;
/** So many receivers are served at once; a state that is not cached is read from the log first, and a connection carries 100 calls. */
const servedMax = 64;
/** Transfers that have begun and not ended; then the log is read no further until some have. */
const unfinishedMax = 4_096;
const reportEveryMilliseconds = 10_000;
const retryDelayMilliseconds = { first: 200, longest: 10_000 };

/**
 * Credits the receiver of every LicenseAssigned and DrawdownAccepted, exactly once however often it is killed: facts are delivered again from the last checkpoint,
 * and the receiver's state knows each giver's highest revision received (ADR 004). That asks for order from each giver to each receiver;
 * between receivers there is none, so they are served side by side.
 */
export class Transfers {
  readonly progress: Progress;
  private readonly receivers = new Map<string, Receiver>();
  /** Those with something waiting and nobody at work for them. */
  private readonly ready: Receiver[] = [];
  private readonly working = new Set<Promise<void>>();
  private unfinished = 0;
  private credited = 0;
  /** Where the latest arrival was recorded. */
  latest: Position | undefined;
  private roomMade: (() => void) | undefined;

  constructor(
    private readonly eventLog: EventLog,
    private readonly ledger: Ledger,
    private readonly checkpoint: Checkpoint,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.progress = new Progress(checkpoint.position);
  }

  /** Follows the log until the signal, finishes what has begun, and notes its place. */
  async run(signal: AbortSignal): Promise<void> {
    const finished = () => Promise.all(this.working);
    const noting = keepNoting('transfers', this.progress, this.checkpoint, { signal, finished, log: this.log });
    const reporting = this.report(signal);
    signal.addEventListener('abort', () => this.roomMade?.(), { once: true });
    try {
      // ClockMoved is followed too, so that it is known when all that was given before a move has arrived.
      const options = { after: this.checkpoint.position, filter: { types: [...givings, 'ClockMoved'] }, signal };
      for await (const followed of this.eventLog.follow(options)) {
        if (followed.kind === 'caughtUp') continue;
        const { position } = followed.kind === 'event' ? followed.event : followed;
        const done = this.progress.begin(position);
        if (followed.kind === 'event' && isGiving(followed.event)) {
          this.take({ given: followed.event as Given, done }, signal);
          if (this.unfinished >= unfinishedMax) await new Promise<void>((resolve) => (this.roomMade = resolve));
        } else done();
        if (signal.aborted) break;
      }
    } finally {
      await finished();
      await Promise.all([noting, reporting]);
    }
  }

  private take(transfer: Transfer, signal: AbortSignal): void {
    metrics.inTransit.set((this.unfinished += 1));
    const id = transfer.given.data.customerId;
    const known = this.receivers.get(id);
    if (known !== undefined) return void known.queue.push(transfer);
    const receiver: Receiver = { id, queue: [transfer], failures: 0 };
    this.receivers.set(id, receiver);
    this.ready.push(receiver);
    this.serveReady(signal);
  }

  private serveReady(signal: AbortSignal): void {
    while (this.working.size < servedMax && this.ready.length > 0 && !signal.aborted) {
      const work = this.serve(this.ready.shift()!, signal).finally(() => {
        this.working.delete(work);
        this.serveReady(signal);
      });
      this.working.add(work);
    }
  }

  /** Hands over a batch of what waits for one receiver; what failed goes again, before anything later. */
  private async serve(receiver: Receiver, signal: AbortSignal): Promise<void> {
    const batch = receiver.queue.slice(0, batchMax);
    const outcomes = await Promise.allSettled(batch.map(({ given }, index) => this.credit(receiver.id, given, batch.slice(0, index))));
    const failed = batch.filter((_, index) => outcomes[index]!.status === 'rejected');
    receiver.queue.splice(0, batch.length, ...failed);
    for (const [index, transfer] of batch.entries()) if (outcomes[index]!.status === 'fulfilled') this.finish(transfer);
    if (failed.length > 0) {
      const pause = Math.min(retryDelayMilliseconds.first * 2 ** receiver.failures++, retryDelayMilliseconds.longest);
      const { message } = (outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult).reason as Error;
      this.log.warn(
        { receiver: receiver.id, waiting: receiver.queue.length, reason: message },
        `transfers: not credited yet, again in ${pause / 1_000} s`,
      );
      setTimeout(() => {
        this.ready.push(receiver);
        this.serveReady(signal);
      }, pause).unref();
    } else if (receiver.queue.length > 0) {
      receiver.failures = 0;
      this.ready.push(receiver);
    } else this.receivers.delete(receiver.id);
  }

  private async credit(receiver: string, given: Given, before: readonly Transfer[]): Promise<void> {
    const command: ReceiveLicenses & { context: CommandContext } = {
      from: given.data.accountId,
      giverRevision: given.revision,
      assignment: givenBy(given as Giving),
      context: {
        commandId: uuidv5(given.id, transferNamespace),
        inputHash: given.metadata.hash,
        correlationId: given.metadata.correlationId,
        causationId: given.id,
        actor: { userId: 'transfers', role: 'system' },
      },
    };
    const previous = before.findLast((transfer) => transfer.given.data.accountId === given.data.accountId)?.given.revision;
    const { position } = await this.ledger.record(pool, receiver, command, (state: PoolState, received: ReceiveLicenses) => {
      // All of a batch are under way at once. Should an earlier one have failed, this one has to fail too: credited first, it would
      // make the earlier one look like a repetition.
      if (previous !== undefined && (state.received.get(received.from) ?? -1) < previous)
        throw new Error(`revision ${previous} of pool-${received.from} has to arrive first`);
      return receiveLicenses(state, received);
    });
    if (position !== undefined && (this.latest === undefined || position > this.latest)) this.latest = position;
  }

  private finish({ given, done }: Transfer): void {
    metrics.inTransit.set((this.unfinished -= 1));
    metrics.credited.inc();
    metrics.lagSeconds.set((this.clock.now().getTime() - Date.parse(given.metadata.recordedAt)) / 1_000);
    this.credited += 1;
    done();
    if (this.unfinished < unfinishedMax / 2) this.roomMade?.();
  }

  /** Says now and then what was done. */
  private async report(signal: AbortSignal): Promise<void> {
    for (let reported = 0; !signal.aborted; reported = this.credited) {
      await delay(reportEveryMilliseconds, undefined, { signal }).catch(() => {});
      if (this.credited > reported)
        this.log.info({ credited: this.credited - reported, inTransit: this.unfinished }, 'transfers: licenses arrived');
    }
  }
}
