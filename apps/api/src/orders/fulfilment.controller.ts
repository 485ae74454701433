import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type Receipt } from '#event-store';
import { listFulfilments } from '#projections';
import type { ReadStore } from '#read-store';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { READ_STORE } from '../parts.js';
import { story } from '../story.js';
import { FulfilmentChangedAnswer, FulfilmentListAnswer, OrderChangedAnswer } from './order.answers.js';
import { CompleteFulfilment, ConfirmPayment, FailFulfilment } from './order.commands.js';
import { ListFulfilments } from './order.questions.js';
import { shownOrders, stateAfter } from './order.views.js';

/** The vendor's side of orders: payments are confirmed, and what does not deliver itself is delivered. */
@Section('Marketplace')
@Controller('v1')
export class FulfilmentController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(READ_STORE) private readonly store: ReadStore,
  ) {}

  @Writes('POST', 'payments/confirmations', {
    may: 'confirmPayment',
    summary: 'A payment came, or failed',
    description:
      'Signed as Standard Webhooks with the secret of the payment provider; `webhook-id` is the idempotency key. Said again it is the same ' +
      'payment; the reference must be that of the order, if it has one.',
    answer: OrderChangedAnswer,
    refuses: [404],
    example: { orderId: story.orderId, reference: 'pay-77', outcome: 'paid' },
  })
  async confirm(@Input() command: ConfirmPayment) {
    return this.changed(command.orderId, await this.commands.execute(command));
  }

  @Reads('fulfilments', {
    may: 'readFulfilments',
    summary: 'Orders that wait for somebody to deliver them, the longest waiting first',
    models: ['order-list', 'catalogue', 'user-list'],
    answer: FulfilmentListAnswer,
  })
  async list(@Input() question: ListFulfilments): Promise<FulfilmentListAnswer> {
    const { items, next } = await listFulfilments(this.store, question);
    const shown = await shownOrders(this.store, items);
    return { items: shown.map((order) => ({ fulfilmentId: order.orderId, ...order })), next };
  }

  @Writes('POST', 'fulfilments/:fulfilmentId/complete', {
    may: 'fulfil',
    summary: 'An order was delivered',
    description: "Its licenses come into the customer's pool at once. Also signed, with the secret of the provisioning service.",
    answer: FulfilmentChangedAnswer,
    example: { reference: 'SR-4711' },
  })
  async complete(@Input() command: CompleteFulfilment) {
    const { fulfilmentId } = command;
    return this.changed(fulfilmentId, await this.commands.execute(command), { fulfilmentId });
  }

  @Writes('POST', 'fulfilments/:fulfilmentId/fail', {
    may: 'fulfil',
    summary: 'An order cannot be delivered',
    description: 'The buyer is told the reason. Also signed, with the secret of the provisioning service.',
    answer: FulfilmentChangedAnswer,
  })
  async fail(@Input() command: FailFulfilment) {
    const { fulfilmentId } = command;
    return this.changed(fulfilmentId, await this.commands.execute(command), { fulfilmentId });
  }

  private async changed(orderId: string, receipt: Receipt, fields: object = {}) {
    return receipt.dryRun
      ? written(receipt)
      : written(receipt, { ...fields, orderId, state: await stateAfter(this.ledger, orderId, receipt) });
  }
}
