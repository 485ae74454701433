import { randomBytes } from 'node:crypto';
import type { EventLog, NewEvent } from '../event-log.js';
import { resolveLink } from '../links.js';
import { AppendFailedError } from '../storage/errors.js';
import { metadataStreamOf } from '../stream-metadata.js';
import type { Message } from './message.js';

const NOTHING = Buffer.alloc(0);
const ADMINS = '$admins';

/** A new event as the store itself writes it. */
export function systemEvent(type: string, data: string, isJson: boolean, metadata: Uint8Array = NOTHING): NewEvent {
  return { id: randomBytes(16), type: Buffer.from(type), isJson, metadata, data: Buffer.from(data) };
}

/** Appends, and resolves when it is durable. */
export function appendTo(log: EventLog, stream: string, event: NewEvent): Promise<void> {
  return new Promise((resolve, reject) => {
    log.append(stream, 'any', [event], (error, outcome) =>
      outcome?.kind === 'written' ? resolve() : reject(error ?? new AppendFailedError(new Error(`${stream} is deleted`))),
    );
  });
}

/** Messages that a group could not get done: links to them in a stream of their own, cut off as they are replayed. */
export class ParkedMessages {
  constructor(
    private readonly log: EventLog,
    private readonly stream: string,
  ) {}

  /** How many wait for a replay. */
  get count(): number {
    const found = this.log.find(this.stream);
    return found === undefined ? 0 : Math.max(0, found.last - this.first + 1);
  }

  async park(message: Message, reason: string): Promise<void> {
    const { event, original, number } = message;
    const target = event === undefined ? original.data.toString('utf8') : `${event.revision}@${event.streamName}`;
    const why = { added: new Date().toISOString(), reason, ...(number ? { subscriptionEventNumber: number } : {}) };
    await appendTo(this.log, this.stream, systemEvent('$>', target, false, Buffer.from(JSON.stringify(why))));
  }

  /** Hands out the oldest `count` messages, or all, and cuts them off. What a link leads to may be gone: then there is no message. */
  async replay(count: number | undefined, take: (message: Message) => void): Promise<void> {
    const found = this.log.find(this.stream);
    if (found === undefined || this.count === 0) return;
    const { first } = this;
    const last = Math.min(found.last, first + (count ?? Infinity) - 1);
    for (let revision = first; revision <= last; revision++) {
      const original = await this.log.event(found, revision);
      const { event, link } = await resolveLink(this.log, original);
      if (event !== undefined) take({ original, event, link, number: undefined, retries: 0 });
    }
    if (last < first) return;
    const metadata = { $tb: last + 1, $acl: { $r: ADMINS, $w: ADMINS, $d: ADMINS, $mr: ADMINS, $mw: ADMINS } };
    await appendTo(this.log, metadataStreamOf(this.stream), systemEvent('$metadata', JSON.stringify(metadata), true));
  }

  private get first(): number {
    return this.log.find(this.stream)?.metadata?.truncateBefore ?? 0;
  }
}
