import { Controller, Inject, Module } from '@nestjs/common';
import { Ledger, type EventLog } from '#event-store';
import { Turns, type Clock } from '#platform';
import type { ReadStore } from '#read-store';
import { Input } from '../http/input.js';
import { Reads, Section } from '../http/route.js';
import { CLOCK, EVENT_LOG, READ_STORE } from '../parts.js';
import type { PoolSources } from '../pool/pool.views.js';
import { AuditedAssignmentsAnswer, StreamAnswer } from './audit.answers.js';
import { AuditAssignments, AuditStream } from './audit.questions.js';
import { auditAssignments } from './assignment-audit.js';
import { auditStream } from './stream-audit.js';

@Section('Audit')
@Controller('v1/audit')
export class AuditController {
  private readonly sources: PoolSources;
  /** A replay may read the whole log: two at once leave room for everybody else. */
  private readonly replays = new Turns(2, 50);

  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(READ_STORE) store: ReadStore,
    @Inject(CLOCK) clock: Clock,
    ledger: Ledger,
  ) {
    this.sources = { ledger, log, store, now: () => clock.nowText() };
  }

  @Reads('streams/:stream', {
    may: 'audit',
    summary: 'The facts of one stream, with their hash chain checked',
    description: 'Each page is checked against the fact before it; over all pages that is the whole chain.',
    answer: StreamAnswer,
  })
  stream(@Input() { stream, cursor, limit }: AuditStream): Promise<StreamAnswer> {
    return auditStream(this.log, stream, cursor === undefined ? 0 : Number(cursor), limit);
  }

  @Reads('assignments', {
    may: 'audit',
    summary: 'Balances and assignments as they stood',
    description:
      'Replayed from the log by the time, or position, at which facts were recorded; oldest first. ' +
      'Without `account` over all pools, with the balances of the first 200.',
    models: ['catalogue'],
    answer: AuditedAssignmentsAnswer,
    refuses: [404, 422],
  })
  assignments(@Input() question: AuditAssignments): Promise<AuditedAssignmentsAnswer> {
    return this.replays.run(() => auditAssignments(this.sources, question));
  }
}

@Module({ controllers: [AuditController] })
export class AuditModule {}
