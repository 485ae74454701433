import { Controller, Inject, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type EventLog } from '#event-store';
import { listOrders } from '#projections';
import type { ReadStore } from '#read-store';
import { EventStreams, lastSeen } from '../feed/open-stream.js';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { invalid } from '../http/invalid.js';
import type { ApiReply, ApiRequest } from '../http/request.js';
import { Reads, Section, Writes } from '../http/route.js';
import { logReached } from '../log-reached.js';
import { EVENT_LOG, READ_STORE } from '../parts.js';
import { story } from '../story.js';
import { OrderAnswer, OrderChangedAnswer, MarketplaceOrderListAnswer, OrderPlacedAnswer } from './order.answers.js';
import { CancelOrder, PlaceOrder } from './order.commands.js';
import { FindOrder, ListMarketplaceOrders } from './order.questions.js';
import { isLastStep, isStep, isToldBy, progressOf } from './order-stream.js';
import { orderOf, ownAccount, placement, shownOrders, stateAfter } from './order.views.js';

@Section('Marketplace')
@Controller('v1/orders')
export class OrderController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    private readonly streams: EventStreams,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(READ_STORE) private readonly store: ReadStore,
  ) {}

  @Writes('POST', '', {
    may: 'placeOrder',
    summary: 'Order in the marketplace',
    description:
      'At the prices in force. An invoice is taken as payment at once; `external` waits for the payment provider. What is ordered comes into the ' +
      "customer's pool when it has been delivered: follow `GET /v1/orders/{orderId}`, or its stream.",
    status: 202,
    answer: OrderPlacedAnswer,
    refuses: [404],
    example: {
      accountId: story.customerId,
      lines: [{ sku: 'M365-BUSINESS', quantity: 5, billing: { period: 'P1M', commitment: 'P1Y' } }],
      payment: { method: 'invoice', reference: 'PO-2026-0031' },
      tenant: { type: 'existing', domain: 'colibri.onmicrosoft.com' },
    },
  })
  async place(@Input() command: PlaceOrder) {
    const receipt = await this.commands.execute(command);
    if (receipt.dryRun) return written(receipt);
    return written(receipt, { ...(await placement(this.ledger, command.context.commandId, receipt)), state: 'placed' });
  }

  @Reads('', {
    may: 'readOrders',
    summary: "A customer's orders, newest first",
    models: ['order-list', 'catalogue', 'user-list'],
    answer: MarketplaceOrderListAnswer,
    refuses: [404],
  })
  async list(
    @Input() { principal, accountId = principal.accountId, state, limit, cursor }: ListMarketplaceOrders,
  ): Promise<MarketplaceOrderListAnswer> {
    if (accountId === undefined) throw invalid([{ path: 'accountId', message: 'is missing: say whose orders' }]);
    ownAccount(principal, accountId);
    const { items, next } = await listOrders(this.store, { accountId, states: state, limit, cursor });
    return { items: await shownOrders(this.store, items), next };
  }

  @Reads(':orderId', {
    may: 'readOrders',
    summary: 'An order and where it stands',
    models: ['catalogue', 'user-list'],
    answer: OrderAnswer,
  })
  async findOne(@Input() { principal, orderId, atLeast }: FindOrder): Promise<OrderAnswer> {
    await logReached(this.log, atLeast);
    const [answer] = await shownOrders(this.store, [await orderOf(this.log, orderId, principal)]);
    return answer!;
  }

  @Reads(':orderId/stream', {
    may: 'readOrders',
    summary: 'Where an order stands, as it goes on (server-sent events)',
    description:
      'Each event is `{orderId, state, at, reason?}`, from the first on, or after `Last-Event-ID`; after the last state the stream ends. ' +
      'Who comes back then is told 204, which an `EventSource` takes as the end. ' +
      'A stream lasts as long as a sign-in at most.',
    media: 'text/event-stream',
    also: { 204: 'All was told already' },
  })
  async stream(@Input() { principal, orderId }: FindOrder, @Req() request: ApiRequest, @Res() reply: ApiReply): Promise<void> {
    await orderOf(this.log, orderId, principal);
    const after = lastSeen(request);
    if (await isToldBy(this.log, orderId, after)) return void reply.code(204).send();
    await this.streams.answer(request, reply, {
      after,
      isWanted: isStep,
      events: (listening) => this.streams.ofStream(`order-${orderId}`, listening),
      tell: progressOf,
      isLast: isLastStep,
    });
  }

  @Writes('POST', ':orderId/cancel', {
    may: 'cancelOrder',
    summary: 'Take an order back before its delivery begins',
    answer: OrderChangedAnswer,
  })
  async cancel(@Input() command: CancelOrder) {
    const receipt = await this.commands.execute(command);
    if (receipt.dryRun) return written(receipt);
    const { orderId } = command;
    return written(receipt, { orderId, state: await stateAfter(this.ledger, orderId, receipt) });
  }
}
