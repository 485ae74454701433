import { Controller, Inject, Module, Req, Res } from '@nestjs/common';
import type { EventLog } from '#event-store';
import { Input } from '../http/input.js';
import type { ApiReply, ApiRequest } from '../http/request.js';
import { Reads, Section } from '../http/route.js';
import { EVENT_LOG } from '../parts.js';
import { isWanted, listEvents, wantedBy } from './events.js';
import { EventsAnswer, FollowEvents, ListEvents } from './feed.questions.js';
import { EventStreams } from './open-stream.js';

@Section('Events')
@Controller('v1/events')
export class FeedController {
  constructor(
    @Inject(EVENT_LOG) private readonly eventLog: EventLog,
    private readonly streams: EventStreams,
  ) {}

  @Reads('', {
    may: 'followEvents',
    summary: 'The facts in their order, by pages',
    description: 'Go on `after` the `next` of the page before; `end` says that nothing more is there now.',
    answer: EventsAnswer,
    refuses: [404],
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
    refuses: [404],
  })
  async stream(@Input() question: FollowEvents, @Req() request: ApiRequest, @Res() reply: ApiReply): Promise<void> {
    const after = await this.streams.placeToGoOn(request, question.after);
    const wanted = wantedBy(question.principal, question);
    await this.streams.answer(request, reply, { after, isWanted: (event) => isWanted(wanted, event) });
  }
}

@Module({ controllers: [FeedController], providers: [EventStreams], exports: [EventStreams] })
export class FeedModule {}
