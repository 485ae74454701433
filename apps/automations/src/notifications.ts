import { setTimeout as delay } from 'node:timers/promises';
import { v5 as uuidv5 } from 'uuid';
import type { EventLog, Ledger, RecordedEvent } from '#event-store';
import { notification, queueNotification, type NotificationQueued } from '#licensing';
import type { Log } from '#platform';
import type { Checkpoint } from './checkpoint.js';
import { causes, type AskedFor, type CauseEvent, type Letters } from './mails/asked-for.js';
import type { Recipients } from './mails/recipients.js';
import { keepNoting } from './noting.js';
import { Progress } from './progress.js';

/** Never changes: ids made with it must stay the same for ever. */
const notificationNamespace = '3c1e5d70-7b42-5f0e-9a68-4d2f8c6b1e93';
const retryDelayMilliseconds = { first: 200, longest: 10_000 };

/** Told of every mail that this process queued, so that it sends it at once. */
export interface QueueListener {
  queuedHere(notificationId: string): void;
}

/**
 * Queues the mails that facts ask for, each once however often it is killed: a notification's id is made of the fact and the recipient, and its
 * stream must not exist before. Facts are taken one after the other; one whose mails cannot be queued yet holds back the later ones.
 */
export class Notifications {
  readonly progress: Progress;

  constructor(
    private readonly eventLog: EventLog,
    private readonly ledger: Ledger,
    private readonly checkpoint: Checkpoint,
    private readonly letters: Letters,
    private readonly recipients: Recipients,
    private readonly listener: QueueListener,
    private readonly log: Log,
  ) {
    this.progress = new Progress(checkpoint.position);
  }

  /** Follows the log until the signal, finishes what has begun, and notes its place. */
  async run(signal: AbortSignal): Promise<void> {
    let working: Promise<void> = Promise.resolve();
    const noting = keepNoting('notifications', this.progress, this.checkpoint, { signal, finished: () => working, log: this.log });
    const options = { after: this.checkpoint.position, filter: { types: causes }, signal };
    for await (const followed of this.eventLog.follow(options)) {
      if (followed.kind === 'caughtUp') continue;
      const done = this.progress.begin(followed.kind === 'event' ? followed.event.position : followed.position);
      if (followed.kind === 'event') {
        working = this.queueSurely(followed.event, signal);
        await working;
        if (signal.aborted) break;
      }
      done();
    }
    await noting;
  }

  /** Settles when all mails about a fact are queued, or when there is no more time. */
  private async queueSurely(event: RecordedEvent, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        return await this.queue(event as unknown as CauseEvent, signal);
      } catch (error) {
        if (signal.aborted) return;
        const pause = Math.min(retryDelayMilliseconds.first * 2 ** attempt, retryDelayMilliseconds.longest);
        const level = attempt > 3 ? 'warn' : 'debug';
        this.log[level](
          { fact: event.type, id: event.id, reason: (error as Error).message },
          `notifications: not queued yet, again in ${pause / 1_000} s`,
        );
        await delay(pause, undefined, { signal }).catch(() => {});
      }
    }
  }

  private async queue(event: CauseEvent, signal: AbortSignal): Promise<void> {
    const asked = await this.letters.askedFor(event, signal);
    const about = { [asked.about.type]: asked.about.id };
    if (asked.to.length === 0) this.log.warn(about, `notifications: nobody is there to be told (${event.type})`);
    for (const userId of asked.to) await this.queueOne(event, asked, userId);
  }

  private async queueOne(event: CauseEvent, { kind, about, content, names }: AskedFor, userId: string): Promise<void> {
    const to = await this.recipients.recipient(userId);
    if (to === undefined) {
      this.log.warn({ userId, [about.type]: about.id }, `notifications: ${userId} has no e-mail address (${event.type})`);
      return;
    }
    const notificationId = uuidv5(`${event.id}\n${userId}`, notificationNamespace);
    const queued: NotificationQueued['data'] = { notificationId, kind, ...to, about, content, person: { ...to.person, ...names } };
    const context = {
      commandId: notificationId,
      inputHash: event.metadata.hash,
      correlationId: event.metadata.correlationId,
      causationId: event.id,
      actor: { userId: 'notifications', role: 'system' as const },
    };
    const { replayed, facts } = await this.ledger.record(
      notification,
      notificationId,
      { notification: queued, context },
      queueNotification,
    );
    if (!replayed && facts.length > 0) this.listener.queuedHere(notificationId);
  }
}
