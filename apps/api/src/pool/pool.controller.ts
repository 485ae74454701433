import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type EventLog, type Receipt } from '#event-store';
import type { Clock } from '#platform';
import { searchHistory } from '#projections';
import type { ReadStore } from '#read-store';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { CLOCK, EVENT_LOG, READ_STORE } from '../parts.js';
import { ActivationAnswer, AssignmentAnswer, AssignmentListAnswer, PoolAnswer, PurchaseAnswer, ReversalAnswer } from './pool.answers.js';
import { ActivateLicenses, AssignLicenses, PurchaseLicenses, ReversePurchase } from './pool.commands.js';
import { ListAssignments, ReadPool } from './pool.questions.js';
import { story } from '../story.js';
import { accountKind } from './pool.references.js';
import { previewedPool, readPool, type PoolSources } from './pool.views.js';
import { purchaseAnswer, reversed } from './purchases.js';

@Section('Pools')
@Controller('v1/pools/:accountId')
export class PoolController {
  private readonly sources: PoolSources;

  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.sources = { ledger, log, store, now: () => clock.nowText() };
  }

  @Reads('', {
    may: 'readPool',
    summary: 'What an account holds, in total and by product',
    description: 'With `asOf`, as it stood at a moment or position, replayed from the facts.',
    models: ['pool-balance', 'catalogue'],
    answer: PoolAnswer,
    refuses: [422],
  })
  read(@Input() question: ReadPool) {
    return readPool(this.sources, question);
  }

  @Writes('POST', 'purchases', {
    may: 'recordPurchase',
    summary: 'Credit an order to the pool',
    description: 'The same order with the same lines again answers 200 with the first purchase, with other lines 409 ORDER_CONFLICT.',
    status: 201,
    answer: PurchaseAnswer,
    example: { orderId: 'PO-2026-0412', lines: [{ sku: 'REMO-EDGE-1Y', quantity: 10 }] },
  })
  async purchase(@Input() command: PurchaseLicenses) {
    return this.answer(command, await this.commands.execute(command), (receipt) => purchaseAnswer(this.log, this.ledger, command, receipt));
  }

  @Writes('POST', 'purchases/:orderId/reversal', {
    may: 'reversePurchase',
    summary: 'Take an order back, or part of it',
    description: 'Only what is still available.',
    status: 201,
    answer: ReversalAnswer,
    example: { lines: [{ sku: 'REMO-EDGE-1Y', quantity: 2 }], reason: 'Ordered too many' },
  })
  async reverse(@Input() command: ReversePurchase) {
    return this.answer(command, await this.commands.execute(command), (receipt) => written(receipt, reversed(command, receipt)));
  }

  @Writes('POST', 'assignments', {
    may: 'assignLicenses',
    summary: 'Give licenses to a customer that made this partner its dealer',
    description:
      'All lines or none. `dryRun=true` answers 200 with what would be recorded and the pool as it would stand. There is no way back for irreversible products.',
    status: 201,
    answer: AssignmentAnswer,
    example: { customerId: story.customerId, lines: [{ sku: 'REMO-EDGE-1Y', quantity: 3 }] },
  })
  async assign(@Input() command: AssignLicenses) {
    const { customerId, context } = command;
    return this.answer(command, await this.commands.execute(command), (receipt) =>
      written(receipt, { assignmentId: context.commandId, customerId }),
    );
  }

  @Reads('assignments', {
    may: 'readAssignments',
    summary: 'The history of assignments, newest first',
    description: 'All filters together. `from` is in, `to` is out.',
    models: ['history-search', 'catalogue', 'user-list'],
    answer: AssignmentListAnswer,
  })
  async history(@Input() { sku, ...question }: ListAssignments) {
    const page = await searchHistory(this.store, { ...question, skus: sku });
    if (page.total === 0) await accountKind(this.ledger, question.accountId);
    return page;
  }

  @Writes('POST', 'activations', {
    may: 'activateLicenses',
    summary: 'Begin the term of licenses that count from their first use',
    status: 201,
    answer: ActivationAnswer,
  })
  async activate(@Input() command: ActivateLicenses) {
    const activationId = command.context.commandId;
    return this.answer(command, await this.commands.execute(command), (receipt) => written(receipt, { activationId }));
  }

  /** A dry run answers the same for every command: the facts, and the pool after them. */
  private async answer({ accountId }: { readonly accountId: string }, receipt: Receipt, recorded: (receipt: Receipt) => object) {
    if (!receipt.dryRun) return recorded(receipt);
    const preview = await previewedPool(this.sources, accountId, receipt);
    return written(receipt, {}, () => ({ pool: preview }));
  }
}
