import { CommandHandler } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import { activateLicenses, assignLicenses, pool, reversePurchase } from '#licensing';
import { ActivateLicenses, AssignLicenses, PurchaseLicenses, ReversePurchase } from './pool.commands.js';
import { accountKind, customerFor } from './pool.references.js';
import { recordPurchase } from './purchases.js';

@CommandHandler(PurchaseLicenses)
export class PurchaseLicensesHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: PurchaseLicenses) {
    return recordPurchase(this.ledger, command);
  }
}

@CommandHandler(ReversePurchase)
export class ReversePurchaseHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: ReversePurchase) {
    await accountKind(this.ledger, command.accountId);
    return this.ledger.record(pool, command.accountId, command, reversePurchase);
  }
}

@CommandHandler(AssignLicenses)
export class AssignLicensesHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: AssignLicenses) {
    const customer = await customerFor(this.ledger, command.accountId, command.customerId);
    return this.ledger.record(pool, command.accountId, { ...command, customer }, assignLicenses);
  }
}

@CommandHandler(ActivateLicenses)
export class ActivateLicensesHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: ActivateLicenses) {
    await accountKind(this.ledger, command.accountId);
    return this.ledger.record(pool, command.accountId, command, activateLicenses);
  }
}

export const poolHandlers = [PurchaseLicensesHandler, ReversePurchaseHandler, AssignLicensesHandler, ActivateLicensesHandler];
