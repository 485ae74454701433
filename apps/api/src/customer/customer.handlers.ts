import { CommandHandler } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import { changeCustomerProfile, customer, linkDealer, registerCustomer, unlinkDealer } from '#licensing';
import { dealerMeant, partnerByCode } from '../partner/partner-code.js';
import { ChangeCustomerProfile, LinkDealer, RegisterCustomer, UnlinkDealer } from './customer.commands.js';

@CommandHandler(RegisterCustomer)
export class RegisterCustomerHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: RegisterCustomer) {
    const customerId = command.context.commandId;
    return this.ledger.record(customer, customerId, { ...command, customerId }, registerCustomer);
  }
}

@CommandHandler(ChangeCustomerProfile)
export class ChangeCustomerProfileHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: ChangeCustomerProfile) {
    const website = command.website?.trim() ?? command.website;
    return this.ledger.record(customer, command.customerId, { ...command, website }, changeCustomerProfile);
  }
}

@CommandHandler(LinkDealer)
export class LinkDealerHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: LinkDealer) {
    const { partnerId, partnerCode } = await partnerByCode(this.ledger, command.partnerCode);
    return this.ledger.record(customer, command.customerId, { ...command, partnerId, partnerCode }, linkDealer);
  }
}

@CommandHandler(UnlinkDealer)
export class UnlinkDealerHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: UnlinkDealer) {
    const meant = await dealerMeant(this.ledger, command.partnerCode);
    return this.ledger.record(customer, command.customerId, { ...command, ...meant }, unlinkDealer);
  }
}

export const customerHandlers = [RegisterCustomerHandler, ChangeCustomerProfileHandler, LinkDealerHandler, UnlinkDealerHandler];
