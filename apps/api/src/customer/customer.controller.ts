import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type EventLog, type Receipt } from '#event-store';
import { answered } from '../answered.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { logReached } from '../log-reached.js';
import { EVENT_LOG } from '../parts.js';
import { CustomerAnswer, CustomerChangedAnswer } from './customer.answers.js';
import { ChangeCustomerProfile, LinkDealer, RegisterCustomer, UnlinkDealer } from './customer.commands.js';
import { FindCustomer } from './customer.questions.js';
import { customerNow, customerThen } from './customer.views.js';

@Section('Customers')
@Controller('v1/customers')
export class CustomerController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
  ) {}

  @Writes('POST', '', {
    may: 'registerCustomer',
    summary: 'Register a customer',
    description: 'It is linked to nobody: only the customer itself makes a partner its dealer.',
    status: 201,
    answer: CustomerChangedAnswer,
  })
  async register(@Input() command: RegisterCustomer) {
    return this.changed(command.context.commandId, await this.commands.execute(command));
  }

  @Reads(':customerId', { may: 'readCustomer', summary: 'A customer and its dealer', answer: CustomerAnswer })
  async findOne(@Input() { customerId, atLeast }: FindCustomer) {
    return customerNow(this.ledger, customerId, await logReached(this.log, atLeast));
  }

  @Writes('PATCH', ':customerId', {
    may: 'changeCustomer',
    summary: 'Change the profile',
    description: 'JSON merge patch: what is given is changed, null takes it away, but for a name and an e-mail address, the rest stays.',
    answer: CustomerChangedAnswer,
  })
  async change(@Input() command: ChangeCustomerProfile) {
    return this.changed(command.customerId, await this.commands.execute(command));
  }

  @Writes('PUT', ':customerId/dealer', {
    may: 'linkDealer',
    summary: 'Make a partner the dealer',
    description: 'Only the customer does this. Another dealer replaces the first. The dealer sees the customer from now on.',
    answer: CustomerChangedAnswer,
  })
  async linkDealer(@Input() command: LinkDealer) {
    return this.changed(command.customerId, await this.commands.execute(command));
  }

  @Writes('DELETE', ':customerId/dealer', {
    may: 'linkDealer',
    summary: 'End the link to the dealer',
    description: 'It sees the customer no longer. What it gave stays given.',
    answer: CustomerChangedAnswer,
  })
  async unlinkDealer(@Input() command: UnlinkDealer) {
    return this.changed(command.customerId, await this.commands.execute(command));
  }

  private changed(customerId: string, receipt: Receipt) {
    return answered(receipt, () => customerThen({ ledger: this.ledger, log: this.log }, customerId, receipt));
  }
}
