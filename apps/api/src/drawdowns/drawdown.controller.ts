import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type EventLog, type Receipt } from '#event-store';
import type { DrawdownState } from '#licensing';
import type { Clock } from '#platform';
import { listDrawdowns } from '#projections';
import type { ReadStore } from '#read-store';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { logReached } from '../log-reached.js';
import { CLOCK, EVENT_LOG, READ_STORE } from '../parts.js';
import { accountKind } from '../pool/pool.references.js';
import { previewedPool, type PoolSources } from '../pool/pool.views.js';
import { CloneAnswer, DrawdownAnswer, DrawdownChangedAnswer, DrawdownListAnswer, OrderListAnswer } from './drawdown.answers.js';
import { AcceptDrawdown, ApproveDrawdown, CancelDrawdown, CloneDrawdown, RejectDrawdown, SubmitDrawdown } from './drawdown.commands.js';
import { FindDrawdown, ListDrawdowns, ListOrders } from './drawdown.questions.js';
import { changedDrawdown, draftFrom, drawdownNow, ordersOf, withAccountNames } from './drawdown.views.js';

const models = ['drawdown-list', 'catalogue', 'user-list'];

@Section('Drawdowns')
@Controller('v1/pools/:accountId')
export class DrawdownController {
  private readonly sources: PoolSources;

  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.sources = { ledger, log, store, now: () => clock.nowText() };
  }

  @Reads('orders', {
    may: 'readDrawdowns',
    summary: 'The orders that still have something to draw from, the oldest first',
    description: 'Each with what is available of its products.',
    models: ['catalogue'],
    answer: OrderListAnswer,
  })
  async orders(@Input() question: ListOrders) {
    await logReached(this.log, question.atLeast);
    return ordersOf(this.ledger, this.store, this.clock.nowText(), question);
  }

  @Writes('POST', 'drawdowns', {
    may: 'submitDrawdown',
    summary: 'Ask to pass on licenses of one order to a customer',
    description:
      'The customer is found by its name and the host of its website, or registered. What is asked for is held until the drawdown is accepted, rejected or cancelled, ' +
      'or its hold lapses. `dryRun=true` answers 200 with what would be recorded and the pool as it would stand.',
    status: 201,
    answer: DrawdownChangedAnswer,
    example: {
      orderId: 'PO-2026-0412',
      customer: {
        accountName: 'Fjordline Logistics AS',
        website: 'https://www.fjordline-logistics.example',
        contactName: 'Ingrid Solberg',
        contactEmail: 'ingrid.solberg@fjordline-logistics.example',
      },
      lines: [{ sku: 'REMO-EDGE-1Y', quantity: 2 }],
      note: 'For the second warehouse',
    },
  })
  async submit(@Input() command: SubmitDrawdown) {
    return this.answer({ ...command, drawdownId: command.context.commandId }, 'submitted', await this.commands.execute(command));
  }

  @Reads('drawdowns', {
    may: 'readDrawdowns',
    summary: 'The drawdowns of a partner, the newest first',
    description: 'All filters together. `from` is in, `to` is out.',
    models,
    answer: DrawdownListAnswer,
  })
  async list(@Input() { state, ...question }: ListDrawdowns) {
    const { items, total, next } = await listDrawdowns(this.store, { ...question, states: state });
    if (total === 0) await accountKind(this.ledger, question.accountId);
    return { items: await withAccountNames(this.ledger, items), total, next };
  }

  @Reads('drawdowns/:drawdownId', {
    may: 'readDrawdowns',
    summary: 'A drawdown and everything that happened to it',
    models,
    answer: DrawdownAnswer,
  })
  findOne(@Input() question: FindDrawdown) {
    return drawdownNow(this.ledger, this.store, question);
  }

  @Writes('POST', 'drawdowns/:drawdownId/approve', {
    may: 'decideDrawdown',
    summary: 'Let a submitted drawdown pass',
    description:
      'By the role that DRAWDOWN_APPROVER_ROLE names, `accounting` unless told, and never by who asked for it. The partner then accepts it.',
    answer: DrawdownChangedAnswer,
  })
  async approve(@Input() command: ApproveDrawdown) {
    return this.answer(command, 'approved', await this.commands.execute(command));
  }

  @Writes('POST', 'drawdowns/:drawdownId/reject', {
    may: 'decideDrawdown',
    summary: 'Reject a submitted drawdown, and say why',
    description: 'By who may approve it. The partner sees the reason; what was held is available again.',
    answer: DrawdownChangedAnswer,
  })
  async reject(@Input() command: RejectDrawdown) {
    return this.answer(command, 'rejected', await this.commands.execute(command));
  }

  @Writes('POST', 'drawdowns/:drawdownId/accept', {
    may: 'settleDrawdown',
    summary: 'Take up an approved drawdown: the licenses go to the customer',
    description: 'By any user of the partner that asked. They keep the order and the term they came from.',
    answer: DrawdownChangedAnswer,
  })
  async accept(@Input() command: AcceptDrawdown) {
    return this.answer(command, 'accepted', await this.commands.execute(command));
  }

  @Writes('POST', 'drawdowns/:drawdownId/cancel', {
    may: 'settleDrawdown',
    summary: 'Cancel a drawdown that was not accepted yet',
    description: 'By any user of the partner that asked. What was held is available again.',
    answer: DrawdownChangedAnswer,
  })
  async cancel(@Input() command: CancelDrawdown) {
    return this.answer(command, 'cancelled', await this.commands.execute(command));
  }

  @Writes('POST', 'drawdowns/:drawdownId/clone', {
    may: 'settleDrawdown',
    summary: 'A draft of a new drawdown, with the words of this one',
    description: 'Nothing is recorded. The draft can be changed and sent to `POST …/drawdowns`.',
    answer: CloneAnswer,
  })
  async clone(@Input() { accountId, drawdownId }: CloneDrawdown) {
    return { draft: await draftFrom(this.ledger, this.log, { accountId, drawdownId }) };
  }

  private async answer(command: { readonly accountId: string; readonly drawdownId: string }, state: DrawdownState, receipt: Receipt) {
    const { accountId, drawdownId } = command;
    if (!receipt.dryRun) return written(receipt, await changedDrawdown(this.ledger, { accountId, drawdownId, state }, receipt));
    const preview = await previewedPool(this.sources, accountId, receipt);
    return written(receipt, {}, () => ({ pool: preview }));
  }
}
