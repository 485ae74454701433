import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { EventLog, Feed, ListenOptions, RecordedEvent } from '#event-store';
import { Rejected } from '#licensing';
import { Tokens, type Log } from '#platform';
import { toPosition } from '../field-rules.js';
import { bearerToken } from '../http/entrance.js';
import { invalid } from '../http/invalid.js';
import type { ApiReply, ApiRequest } from '../http/request.js';
import { EVENT_LOG, FEED, LOG } from '../parts.js';
import { writeEventStream, type EventStreamOptions } from './event-stream.js';

/** Streams that may be open at once in one process. */
const streamsMax = 1_000;

/** Answers requests with event streams, and ends them when the server stops: they never end by themselves, and a server that closes waits for what is open. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly closing = new AbortController();
  private open = 0;

  constructor(
    @Inject(EVENT_LOG) private readonly eventLog: EventLog,
    @Inject(FEED) private readonly feed: Feed,
    private readonly tokens: Tokens,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleDestroy(): void {
    this.closing.abort();
  }

  /** Settles when the reader has left, or the stream has ended. Errors, before anything was answered: TOO_MANY_REQUESTS. */
  async answer(request: ApiRequest, reply: ApiReply, wanted: Omit<EventStreamOptions, 'feed' | 'signal'>): Promise<void> {
    // Whoever only asks for the head is not kept waiting for a stream that has none to show.
    if (request.method === 'HEAD') return void reply.type('text/event-stream; charset=utf-8').send('');
    if (this.open >= streamsMax) throw new Rejected('TOO_MANY_REQUESTS', `${streamsMax} streams are open already`);
    // Who is told that the stream begins misses nothing from then on.
    await this.feed.start();
    this.open++;
    reply.hijack();
    const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
    reply.raw.writeHead(200, headers as Record<string, string>);
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(this.tokens.livesMs(bearerToken(request)!))]);
    try {
      await writeEventStream(reply.raw, { ...wanted, feed: this.feed, signal });
    } catch (error) {
      this.log.warn({ err: error, correlationId: request.correlationId }, 'an event stream broke off');
      reply.raw.destroy();
    } finally {
      this.open--;
    }
  }

  /**
   * The facts of one stream from its first on, then those that come. Unlike the feed after a position, it reads nothing of other streams, however
   * long ago the stream began.
   */
  async *ofStream(stream: string, { after, filter, ...listening }: ListenOptions): AsyncGenerator<RecordedEvent, void, void> {
    const isWanted = (event: RecordedEvent) => event.stream === stream && event.position > (after ?? -1n) && (filter?.(event) ?? true);
    const coming = this.feed.listen({ ...listening, filter: isWanted });
    // Listens before the stream is read: what is recorded in between comes on one of the two ways, and what comes on both is told once.
    const first = coming.next();
    let revision = -1;
    for await (const event of this.eventLog.readStream(stream)) {
      revision = event.revision;
      if (isWanted(event)) yield event;
    }
    for (let next = await first; next.done !== true; next = await coming.next()) if (next.value.revision > revision) yield next.value;
  }

  /** What a reader that comes back has already seen. Errors: INVALID_REQUEST; PositionUnknown, while an answer can still say so. */
  async placeToGoOn(request: ApiRequest, asked: string | undefined): Promise<bigint | undefined> {
    const after = lastSeen(request) ?? (asked === undefined ? undefined : BigInt(asked));
    if (after === undefined) return undefined;
    for await (const _ of this.eventLog.readAll({ after, limit: 1 })) break;
    return after;
  }
}

/** The position that a reader that comes back says it has seen. Errors: INVALID_REQUEST. */
export function lastSeen({ headers }: ApiRequest): bigint | undefined {
  const text = headers['last-event-id'];
  if (text === undefined) return undefined;
  const position = toPosition(text);
  if (position === undefined) throw invalid([{ path: 'Last-Event-ID', message: 'must be a log position: a whole number as text' }]);
  return position;
}
