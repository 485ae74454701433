import { Controller, Get, Module, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { EventLog } from '#event-store';
import { Metrics } from '#platform';
import { projections } from '#projections';
import type { ReadStore } from '#read-store';
import type { ApiReply } from '../http/request.js';
import { Reads, Section } from '../http/route.js';
import { EVENT_LOG, READ_STORE } from '../parts.js';
import { HealthAnswer, LiveAnswer } from './health.answers.js';
import { Health } from './health.js';

@Section('Operations')
@Controller('v1/health')
export class HealthController {
  constructor(private readonly health: Health) {}

  @Reads('live', { may: 'anyone', summary: 'The process answers', answer: LiveAnswer })
  live(): LiveAnswer {
    return { status: 'live' };
  }

  @Reads('', { may: 'anyone', summary: 'The stores, and how far each read model has come', answer: HealthAnswer })
  overview(): Promise<HealthAnswer> {
    return this.health.look();
  }

  @Reads('ready', {
    may: 'anyone',
    summary: 'Everything works: 503 when a store cannot be reached or a read model has stopped',
    answer: HealthAnswer,
    also: { 503: 'Something does not work' },
  })
  async ready(@Res({ passthrough: true }) reply: ApiReply): Promise<HealthAnswer> {
    const answer = await this.health.look();
    if (answer.status !== 'ready') reply.code(503).header('retry-after', '2');
    return answer;
  }
}

@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    health: Health,
  ) {
    metrics.gauge('read_model_lag', 'How far a read model is behind the log, in positions', ['read_model'], async (gauge) => {
      for (const { name, lag } of (await health.look()).readModels) if (lag !== null) gauge.set({ read_model: name }, Number(lag));
    });
    metrics.gauge('read_model_stopped', '1 when an event stopped the read model', ['read_model'], async (gauge) => {
      for (const { name, stopped } of (await health.look()).readModels) gauge.set({ read_model: name }, stopped ? 1 : 0);
    });
  }

  @Get()
  async read(@Res({ passthrough: true }) reply: ApiReply): Promise<string> {
    reply.type(this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}

@Module({
  controllers: [HealthController, MetricsController],
  providers: [
    {
      provide: Health,
      inject: [EVENT_LOG, READ_STORE],
      useFactory: (eventLog: EventLog, readStore: ReadStore) => new Health(eventLog, readStore, projections),
    },
  ],
})
export class HealthModule {}
