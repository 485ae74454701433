import { Controller, Inject } from '@nestjs/common';
import { Ledger } from '#event-store';
import { drawdownQueue } from '#projections';
import type { ReadStore } from '#read-store';
import { Input } from '../http/input.js';
import { Reads, Section } from '../http/route.js';
import { READ_STORE } from '../parts.js';
import { DrawdownListAnswer } from './drawdown.answers.js';
import { ListDrawdownQueue } from './drawdown.questions.js';
import { withAccountNames } from './drawdown.views.js';

@Section('Drawdowns')
@Controller('v1/drawdowns')
export class DrawdownQueueController {
  constructor(
    private readonly ledger: Ledger,
    @Inject(READ_STORE) private readonly store: ReadStore,
  ) {}

  @Reads('', {
    may: 'readDrawdownQueue',
    summary: 'What waits for an approval, the longest first',
    description: 'Of all partners; approvers that belong to a partner see their own.',
    models: ['drawdown-list', 'catalogue', 'user-list'],
    answer: DrawdownListAnswer,
  })
  async queue(@Input() { principal, state = ['submitted'], limit, cursor }: ListDrawdownQueue) {
    const { items, total, next } = await drawdownQueue(this.store, { accountId: principal.accountId, states: state, limit, cursor });
    return { items: await withAccountNames(this.ledger, items), total, next };
  }
}
