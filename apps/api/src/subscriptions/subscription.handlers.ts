import { Inject } from '@nestjs/common';
import { CommandHandler } from '@nestjs/cqrs';
import { Ledger, type EventLog } from '#event-store';
import { pool, scheduleRenewal, setAutoRenewal, unscheduleRenewal } from '#licensing';
import { EVENT_LOG } from '../parts.js';
import { cancel } from './cancelling.js';
import { resize } from './resizing.js';
import { productOf } from './subscribed-product.js';
import { CancelSubscription, ResizeSubscription, ScheduleRenewal, SetAutoRenewal, UnscheduleRenewal } from './subscription.commands.js';

@CommandHandler(ResizeSubscription)
export class ResizeSubscriptionHandler {
  constructor(
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
  ) {}

  execute(command: ResizeSubscription) {
    return resize(this.ledger, this.log, command);
  }
}

@CommandHandler(CancelSubscription)
export class CancelSubscriptionHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: CancelSubscription) {
    return cancel(this.ledger, command);
  }
}

@CommandHandler(SetAutoRenewal)
export class SetAutoRenewalHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: SetAutoRenewal) {
    const products = await productOf(this.ledger, command);
    return this.ledger.record(pool, command.accountId, { ...command, products }, setAutoRenewal);
  }
}

@CommandHandler(ScheduleRenewal)
export class ScheduleRenewalHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: ScheduleRenewal) {
    const products = await productOf(this.ledger, command);
    return this.ledger.record(pool, command.accountId, { ...command, products }, scheduleRenewal);
  }
}

@CommandHandler(UnscheduleRenewal)
export class UnscheduleRenewalHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: UnscheduleRenewal) {
    const products = await productOf(this.ledger, command);
    return this.ledger.record(pool, command.accountId, { ...command, products }, unscheduleRenewal);
  }
}

export const subscriptionHandlers = [
  ResizeSubscriptionHandler,
  CancelSubscriptionHandler,
  SetAutoRenewalHandler,
  ScheduleRenewalHandler,
  UnscheduleRenewalHandler,
];
