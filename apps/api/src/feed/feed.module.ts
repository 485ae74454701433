import { Controller, Inject, Module, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import type { EventLog, Feed } from '#event-store';
import { Rejected } from '#licensing';
import type { Log, Settings } from '#platform';
import { Input } from '../http/input.js';
import { invalid } from '../http/invalid.js';
import type { ApiReply, ApiRequest } from '../http/request.js';
import { Reads, Section } from '../http/route.js';
import { EVENT_LOG, FEED, LOG, SETTINGS } from '../parts.js';
import { writeEventStream } from './event-stream.js';
import { isWanted, listEvents, wantedBy } from './events.js';
import { EventsAnswer, FollowEvents, ListEvents } from './feed.questions.js';

/** Streams that may be open at once in one process. */
const streamsMax = 1_000;

@Section('Events')
@Controller('v1/events')
export class FeedController implements OnModuleDestroy {
  private readonly closing = new AbortController();
  private open = 0;

  constructor(
    @Inject(EVENT_LOG) private readonly eventLog: EventLog,
    @Inject(FEED) private readonly feed: Feed,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Streams never end by themselves, and a server that closes waits for what is open. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  @Reads('', {
    may: 'followEvents',
    summary: 'The facts in their order, by pages',
    description: 'Go on `after` the `next` of the page before; `end` says that nothing more is there now.',
    answer: EventsAnswer,
  })
  list(@Input() question: ListEvents): Promise<EventsAnswer> {
    return listEvents(this.eventLog, wantedBy(question.principal, question), question);
  }

  @Reads('stream', {
    may: 'followEvents',
    summary: 'The facts in their order, as they come (server-sent events)',
    description:
      'Each event is a CloudEvent; its `id` is the position. Goes on after `Last-Event-ID` or `after`, else begins now. ' +
      'A reader that does not keep up is disconnected and may come back. A stream lasts as long as a sign-in at most.',
    media: 'text/event-stream',
  })
  async stream(@Input() question: FollowEvents, @Req() request: ApiRequest, @Res() reply: ApiReply): Promise<void> {
    const after = await this.placeToGoOn(request, question);
    const wanted = wantedBy(question.principal, question);
    if (this.open >= streamsMax) throw new Rejected('TOO_MANY_REQUESTS', `${streamsMax} streams are open already`);
    // Who is told that the stream begins misses nothing from then on.
    await this.feed.start();
    this.open++;
    reply.hijack();
    const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
    reply.raw.writeHead(200, headers as Record<string, string>);
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(this.settings.accessTokenMinutes * 60_000)]);
    try {
      await writeEventStream(reply.raw, { feed: this.feed, after, isWanted: (event) => isWanted(wanted, event), signal });
    } catch (error) {
      this.log.warn({ err: error, correlationId: request.correlationId }, 'an event stream broke off');
      reply.raw.destroy();
    } finally {
      this.open--;
    }
  }

  /** What a reader that comes back has already seen. Errors: INVALID_REQUEST; PositionUnknown, while an answer can still say so. */
  private async placeToGoOn({ headers }: ApiRequest, question: FollowEvents): Promise<bigint | undefined> {
    const text = headers['last-event-id'] ?? question.after;
    if (text === undefined) return undefined;
    if (typeof text !== 'string' || !/^\d{1,19}$/.test(text))
      throw invalid([{ path: 'Last-Event-ID', message: 'must be a log position: a whole number as text' }]);
    const after = BigInt(text);
    for await (const _ of this.eventLog.readAll({ after, limit: 1 })) break;
    return after;
  }
}

@Module({ controllers: [FeedController] })
export class FeedModule {}
