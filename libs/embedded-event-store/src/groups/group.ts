import type { EventLog } from '../event-log.js';
import { isLink, resolveLink } from '../links.js';
import { latestNote } from '../own-notes.js';
import { Consumer, type Delivery } from './consumer.js';
import type { Message } from './message.js';
import { ParkedMessages, appendTo, systemEvent } from './parked.js';
import { Progress } from './progress.js';
import { checkpointStreamOf, parkedStreamOf, parsePlace, placeText, type GroupSettings } from './settings.js';
import { sourceFor, type Source } from './source.js';
import { strategyOf, type Strategy } from './strategy.js';

const TIMER_MAX_MS = 2 ** 31 - 1;
/** How often a message that was given may be looked at for its time, at most. */
const TIMEOUT_CHECK_MS = 50;
/** So many are read before they are handed out, if there are so many. */
const READ_AT_ONCE = 64;

/** What a consumer can ask for when it does not acknowledge a message. */
export type NackAction = 'retry' | 'park' | 'skip';

/**
 * A persistent subscription: reads its source from its checkpoint on, hands each event to one consumer, and again until one of
 * them is done with it, or parks it. What it is done with, without a gap, it writes to its checkpoint stream.
 */
export class Group {
  totalItems = 0;
  lastCheckpoint: number | undefined;
  lastKnown: number | undefined;
  hasCaughtUp = false;
  readonly startedAtMs = Date.now();
  readonly consumers: Consumer[] = [];
  readonly parked: ParkedMessages;
  private readonly source: Source;
  private readonly strategy: Strategy;
  private readonly progress = new Progress();
  // Read and not handed out; never more than the history buffer holds.
  private buffer: Message[] = [];
  private retries: Message[] = [];
  private isReading = false;
  private hasGrown = true;
  private isDispatchDue = false;
  private isReplaying = false;
  private isStopped = false;
  private isWriting = false;
  private readonly unfollow: () => void;
  private checkpointTimer: NodeJS.Timeout | undefined;
  private timeoutTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: EventLog,
    readonly settings: GroupSettings,
    checkpoint: number | undefined,
  ) {
    this.lastCheckpoint = checkpoint;
    this.parked = new ParkedMessages(log, parkedStreamOf(settings));
    this.source = sourceFor(log, settings, checkpoint);
    this.strategy = strategyOf(settings.strategy);
    this.unfollow = this.source.follow(() => {
      this.hasGrown = true;
      this.read();
    });
    const { checkpointAfterMs } = settings;
    if (checkpointAfterMs > 0) {
      this.checkpointTimer = setInterval(() => this.considerCheckpoint(true), Math.min(checkpointAfterMs, TIMER_MAX_MS)).unref();
    }
    this.read();
  }

  /** Starts a group from the checkpoint that is in its stream, if there is one. */
  static async start(log: EventLog, settings: GroupSettings): Promise<Group> {
    const name = checkpointStreamOf(settings);
    const place = (json: unknown): number | undefined => (typeof json === 'string' ? parsePlace(json) : undefined);
    return new Group(log, settings, await latestNote(log, name, place, log.find(name)?.metadata?.truncateBefore));
  }

  get retryCount(): number {
    return this.retries.length;
  }

  get bufferCount(): number {
    return this.buffer.length;
  }

  get inFlightMessages(): number {
    return this.consumers.reduce((sum, { inFlightMessages }) => sum + inFlightMessages, 0);
  }

  connect(delivery: Delivery, slots: number): Consumer {
    const consumer = new Consumer(delivery, slots);
    this.consumers.push(consumer);
    this.dispatch();
    return consumer;
  }

  /** What a consumer had in flight when it left goes to the others, as a retry that is not held against the message. */
  disconnect(consumer: Consumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index === -1) return;
    this.consumers.splice(index, 1);
    const left = consumer.takeBackAll().map((message) => ({ ...message, retries: message.retries + 1 }));
    this.retries.push(...left);
    this.retries.sort((a, b) => (a.number ?? Infinity) - (b.number ?? Infinity));
    this.dispatch();
  }

  acknowledge(consumer: Consumer, ids: Buffer[]): void {
    for (const id of ids) this.finish(consumer.takeBack(id.toString('latin1')));
    this.considerCheckpoint(false);
    this.dispatchSoon();
  }

  refuse(consumer: Consumer, ids: Buffer[], action: NackAction, reason: string): void {
    for (const id of ids) {
      const message = consumer.takeBack(id.toString('latin1'));
      if (message === undefined) continue;
      if (action === 'skip') this.finish(message);
      else if (action === 'park') this.park(message, `Client explicitly NAK'ed message.\n${reason}`);
      else this.retry(message);
    }
    this.considerCheckpoint(false);
    this.dispatchSoon();
  }

  /** Gives the parked messages out again, the oldest first: all, or so many. One replay at a time. */
  async replay(count: number | undefined): Promise<void> {
    if (this.isReplaying) return;
    this.isReplaying = true;
    try {
      await this.parked.replay(count, (message) => this.retries.push(message));
    } finally {
      this.isReplaying = false;
    }
    this.dispatch();
  }

  /** Ends the group's work; its consumers are told to connect again. */
  stop(): void {
    this.isStopped = true;
    this.unfollow();
    clearInterval(this.checkpointTimer);
    clearTimeout(this.timeoutTimer);
    for (const { delivery } of this.consumers.splice(0)) delivery.drop();
  }

  // Reads on while there is room. One reader at a time; whoever asks meanwhile makes it look once more.
  private read(): void {
    if (this.isReading || this.isStopped) return;
    this.isReading = true;
    this.readOn().then(
      () => {
        this.isReading = false;
        if (this.hasGrown && this.hasRoom) this.read();
      },
      (error: unknown) => {
        this.isReading = false;
        process.emitWarning(error instanceof Error ? error : String(error));
      },
    );
  }

  private async readOn(): Promise<void> {
    let read = 0;
    while (this.hasRoom && !this.isStopped) {
      this.hasGrown = false;
      let record = this.source.next();
      if (record instanceof Promise) record = await record;
      if (record === undefined) {
        this.hasCaughtUp = true;
        break;
      }
      this.hasGrown = true;
      const place = this.source.placeOf(record);
      const isResolved = this.settings.resolveLinks && !record.isJson && isLink(record);
      const { event, link } = isResolved ? await resolveLink(this.log, record) : { event: record, link: undefined };
      this.lastKnown = place;
      this.buffer.push({ original: record, event, link, number: this.progress.begin(place), retries: 0 });
      if (++read % READ_AT_ONCE === 0) this.dispatch();
    }
    this.dispatch();
  }

  private get hasRoom(): boolean {
    return this.buffer.length < Math.max(1, this.settings.historyBufferSize);
  }

  // Acknowledgements come one by one, but many in one turn of the event loop: what they make room for leaves together.
  private dispatchSoon(): void {
    if (this.isDispatchDue) return;
    this.isDispatchDue = true;
    setImmediate(() => {
      this.isDispatchDue = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    if (this.isStopped || this.consumers.length === 0) return;
    if (this.handOut(this.retries)) this.handOut(this.buffer);
    if (this.hasGrown && this.hasRoom) this.read();
  }

  // Hands out what can be, in order; false when no consumer has room for more.
  private handOut(waiting: Message[]): boolean {
    let kept = 0;
    let taken = 0;
    for (; taken < waiting.length; taken++) {
      const message = waiting[taken]!;
      const choice = this.strategy(message, this.consumers);
      if (choice === 'nobody') break;
      if (choice === 'wait') {
        waiting[kept++] = message;
        continue;
      }
      this.totalItems += 1;
      choice.give(message);
      this.watchTime();
    }
    const isBlocked = taken < waiting.length;
    waiting.splice(kept, taken - kept);
    return !isBlocked;
  }

  private finish(message: Message | undefined): void {
    if (message?.number !== undefined) this.progress.done(message.number);
  }

  private retry(message: Message): void {
    const { retriesMax } = this.settings;
    if (message.retries >= retriesMax) this.park(message, `Reached retry count of ${retriesMax}`);
    else this.retries.push({ ...message, retries: message.retries + 1 });
  }

  // A message is done with when it is safely parked; until then the checkpoint stays before it.
  private park(message: Message, reason: string): void {
    this.parked.park(message, reason).then(
      () => {
        this.finish(message);
        this.considerCheckpoint(false);
      },
      () => {
        this.retries.push(message);
        this.dispatch();
      },
    );
  }

  private watchTime(): void {
    const { messageTimeoutMs } = this.settings;
    if (messageTimeoutMs <= 0 || this.timeoutTimer !== undefined) return;
    this.timeoutTimer = setTimeout(
      () => {
        this.timeoutTimer = undefined;
        const due = Date.now() - messageTimeoutMs;
        for (const consumer of this.consumers) for (const message of consumer.takeBackAll(due)) this.retry(message);
        this.dispatch();
        if (this.inFlightMessages > 0) this.watchTime();
      },
      Math.min(Math.max(messageTimeoutMs / 4, TIMEOUT_CHECK_MS), TIMER_MAX_MS),
    ).unref();
  }

  // By time a checkpoint is written when the lower bound is reached, at once when the upper is.
  private considerCheckpoint(isByTime: boolean): void {
    const { checkpointCountMin, checkpointCountMax } = this.settings;
    const { sinceCheckpoint } = this.progress;
    if (this.isStopped || this.isWriting || sinceCheckpoint <= 0) return;
    if (sinceCheckpoint < (isByTime ? checkpointCountMin : checkpointCountMax)) return;
    const place = this.progress.take()!;
    this.isWriting = true;
    const event = systemEvent('SubscriptionCheckpoint', JSON.stringify(placeText(this.settings, place)), true);
    appendTo(this.log, checkpointStreamOf(this.settings), event).then(
      () => {
        this.isWriting = false;
        this.lastCheckpoint = place;
        this.considerCheckpoint(false);
      },
      () => {
        // The next one says as much, and more.
        this.isWriting = false;
      },
    );
  }
}
