import { CommandHandler } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import { cancelOrder, completeFulfilment, confirmPayment, failFulfilment, order } from '#licensing';
import { CancelOrder, CompleteFulfilment, ConfirmPayment, FailFulfilment, PlaceOrder } from './order.commands.js';
import { ownAccount, ownOrder } from './order.views.js';
import { placeOrder } from './place-order.js';

@CommandHandler(PlaceOrder)
export class PlaceOrderHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: PlaceOrder) {
    ownAccount(command.context.actor, command.accountId);
    return placeOrder(this.ledger, command);
  }
}

@CommandHandler(CancelOrder)
export class CancelOrderHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: CancelOrder) {
    await ownOrder(this.ledger, command);
    return this.ledger.record(order, command.orderId, command, cancelOrder);
  }
}

@CommandHandler(ConfirmPayment)
export class ConfirmPaymentHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: ConfirmPayment) {
    return this.ledger.record(order, command.orderId, command, confirmPayment);
  }
}

@CommandHandler(CompleteFulfilment)
export class CompleteFulfilmentHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: CompleteFulfilment) {
    return this.ledger.record(order, command.fulfilmentId, { ...command, orderId: command.fulfilmentId }, completeFulfilment);
  }
}

@CommandHandler(FailFulfilment)
export class FailFulfilmentHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: FailFulfilment) {
    return this.ledger.record(order, command.fulfilmentId, { ...command, orderId: command.fulfilmentId }, failFulfilment);
  }
}

export const orderHandlers = [
  PlaceOrderHandler,
  CancelOrderHandler,
  ConfirmPaymentHandler,
  CompleteFulfilmentHandler,
  FailFulfilmentHandler,
];
