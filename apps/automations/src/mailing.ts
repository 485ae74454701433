import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { v5 as uuidv5 } from 'uuid';
import type { EventLog, FactMetadata, Ledger, RecordedEvent } from '#event-store';
import { noteFailed, noteSent, notification, type NotificationQueued } from '#licensing';
import { Turns, type AlarmClock, type Log } from '#platform';
import type { Checkpoint } from './checkpoint.js';
import { MailRefused, type MailTransport } from './mails/transport.js';
import { metrics } from './metrics.js';
import { keepNoting } from './noting.js';
import type { QueueListener } from './notifications.js';
import { Progress } from './progress.js';

type Queued = RecordedEvent<'NotificationQueued', NotificationQueued['data'], FactMetadata>;

/** Never changes: ids made with it must stay the same for ever. */
const outcomeNamespace = '9e7a2b14-0f5d-5c83-b6d1-7a3e4f2c8d50';
/** So many mails are handed over at once. */
const atOnceMax = 4;
/** Mails that are not settled; then the log is read no further until some are. */
const unsettledMax = 4_096;
/** Another process queued it and is at it. When it has not come to an end by then, it is dead. */
const othersTurnDefaultMilliseconds = 3_000;
/** The pause before the next try is as long as the mail has waited already: it doubles, also over a restart. */
const pauseMilliseconds = { shortest: 2_000, longest: 30 * 60_000 };
/** As mail servers do. */
const giveUpAfterMilliseconds = 3 * 24 * 60 * 60_000;
const noteAgainMilliseconds = 1_000;

/**
 * Sends every mail that was queued, and says what became of it. A mail that was handed over just before a kill may be handed over again, under the
 * same Message-ID: SMTP has no transaction with us. Retries go by the product's clock.
 */
export class Mailing implements QueueListener {
  readonly progress: Progress;
  private readonly working = new Set<Promise<void>>();
  private readonly queuedByUs = new Set<string>();
  /** Of mails that another process is believed to be at. */
  private readonly itsOurs = new Map<string, () => void>();
  private readonly turns = new Turns(atOnceMax, 2 * unsettledMax);
  private roomMade: (() => void) | undefined;

  constructor(
    private readonly eventLog: EventLog,
    private readonly ledger: Ledger,
    private readonly checkpoint: Checkpoint,
    private readonly transport: MailTransport,
    private readonly clock: AlarmClock,
    private readonly log: Log,
    private readonly othersTurnMilliseconds = othersTurnDefaultMilliseconds,
  ) {
    this.progress = new Progress(checkpoint.position);
  }

  queuedHere(notificationId: string): void {
    const wake = this.itsOurs.get(notificationId);
    if (wake) wake();
    else this.queuedByUs.add(notificationId);
  }

  /** Follows the log until the signal, finishes what is being handed over, and notes its place. */
  async run(signal: AbortSignal): Promise<void> {
    const finished = () => Promise.all(this.working);
    const noting = keepNoting('mailing', this.progress, this.checkpoint, { signal, finished, log: this.log });
    signal.addEventListener('abort', () => this.roomMade?.(), { once: true });
    const options = { after: this.checkpoint.position, filter: { types: ['NotificationQueued'] }, signal };
    for await (const followed of this.eventLog.follow(options)) {
      if (followed.kind === 'caughtUp') continue;
      const done = this.progress.begin(followed.kind === 'event' ? followed.event.position : followed.position);
      if (followed.kind !== 'event') {
        done();
        continue;
      }
      this.take(followed.event as Queued, done, signal);
      if (this.working.size >= unsettledMax) await new Promise<void>((resolve) => (this.roomMade = resolve));
      if (signal.aborted) break;
    }
    await noting;
  }

  private take(queued: Queued, done: () => void, signal: AbortSignal): void {
    const work = this.settle(queued, signal)
      .then((isSettled) => {
        if (isSettled) done();
      })
      .finally(() => {
        this.working.delete(work);
        this.queuedByUs.delete(queued.data.notificationId);
        metrics.mailsWaiting.set(this.working.size);
        if (this.working.size < unsettledMax / 2) this.roomMade?.();
      });
    this.working.add(work);
    metrics.mailsWaiting.set(this.working.size);
  }

  /** Answers whether the mail has come to its end; not when there was no more time. */
  private async settle(queued: Queued, signal: AbortSignal): Promise<boolean> {
    if (await this.surely(() => this.hasOutcome(queued), signal)) return true;
    await this.othersTurn(queued.data.notificationId, signal);
    while (!signal.aborted) {
      const outcome = await this.turns.run(() => this.attempt(queued, signal));
      if (outcome === 'settled') return true;
      if (outcome.pauseMilliseconds > 0) {
        const again = new Date(this.clock.now().getTime() + outcome.pauseMilliseconds).toISOString();
        await this.clock.reaches(again, signal).catch(() => {});
      }
    }
    return false;
  }

  private async attempt(queued: Queued, signal: AbortSignal): Promise<'settled' | { pauseMilliseconds: number }> {
    const { data, metadata } = queued;
    if (await this.surely(() => this.hasOutcome(queued), signal)) return 'settled';
    if (signal.aborted) return { pauseMilliseconds: 0 };
    try {
      await this.transport.send(data, metadata.recordedAt);
    } catch (error) {
      const { message } = error as Error;
      const waited = this.clock.now().getTime() - Date.parse(metadata.recordedAt);
      const isOver = waited >= giveUpAfterMilliseconds;
      if (!isOver && !(error instanceof MailRefused)) return this.tryLater(data.notificationId, message, waited);
      const reason = isOver ? `not taken for ${Math.round(waited / 86_400_000)} days; at last: ${message}` : message;
      this.log.warn({ notification: data.notificationId, reason }, 'mailing: a mail cannot be sent');
      metrics.mailsFailed.inc();
      return this.noted(queued, signal, reason);
    }
    metrics.mailsSent.inc();
    // It is gone: whatever happens now, it must not go again as long as this process lives.
    return this.noted(queued, signal);
  }

  private async noted(queued: Queued, signal: AbortSignal, reason?: string): Promise<'settled' | { pauseMilliseconds: number }> {
    const isNoted = await this.surely(() => this.note(queued, reason), signal, 'insist');
    return isNoted ? 'settled' : { pauseMilliseconds: 0 };
  }

  private tryLater(notificationId: string, reason: string, waited: number): { pauseMilliseconds: number } {
    const pause = Math.min(Math.max(waited, pauseMilliseconds.shortest), pauseMilliseconds.longest);
    this.log.warn({ notification: notificationId, reason }, `mailing: not taken yet, again in ${Math.round(pause / 1_000)} s`);
    return { pauseMilliseconds: pause };
  }

  private async hasOutcome({ data: { notificationId } }: Queued): Promise<boolean> {
    return (await this.ledger.load(notification, notificationId, true)).state.outcome !== undefined;
  }

  private async note({ data: { notificationId }, id, metadata }: Queued, reason?: string): Promise<boolean> {
    const context = {
      commandId: uuidv5(`${notificationId}\n${reason === undefined ? 'sent' : 'failed'}`, outcomeNamespace),
      inputHash: createHash('sha256').update(notificationId).digest('hex'),
      correlationId: metadata.correlationId,
      causationId: id,
      actor: { userId: 'mailing', role: 'system' as const },
    };
    if (reason === undefined) await this.ledger.record(notification, notificationId, { notificationId, context }, noteSent);
    else await this.ledger.record(notification, notificationId, { notificationId, reason, context }, noteFailed);
    return true;
  }

  /** Asks the event store until it answers, or until the signal: then false. `insist` asks once more even then. */
  private async surely(ask: () => Promise<boolean>, signal: AbortSignal, how?: 'insist'): Promise<boolean> {
    for (let attempt = 0; !signal.aborted || (how === 'insist' && attempt === 0); attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        this.log.debug({ reason: (error as Error).message }, 'mailing: the event store does not answer');
        await delay(noteAgainMilliseconds, undefined, { signal }).catch(() => {});
      }
    }
    return false;
  }

  /** Lets the process that queued a mail be first, unless that is this one: it may hear of that before the log tells it, or after. */
  private async othersTurn(notificationId: string, signal: AbortSignal): Promise<void> {
    if (this.queuedByUs.delete(notificationId)) return;
    const over = new AbortController();
    this.itsOurs.set(notificationId, () => over.abort());
    await delay(this.othersTurnMilliseconds, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => {});
    this.itsOurs.delete(notificationId);
  }
}
