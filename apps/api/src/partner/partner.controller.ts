import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type EventLog, type Receipt } from '#event-store';
import { listCustomers } from '#projections';
import type { ReadStore } from '#read-store';
import { LinkedCustomersAnswer } from '../customer/customer.answers.js';
import { answered } from '../answered.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { logReached } from '../log-reached.js';
import { EVENT_LOG, READ_STORE } from '../parts.js';
import { PartnerAnswer, PartnerChangedAnswer } from './partner.answers.js';
import { ChangePartnerProfile, LinkStore, RegisterPartner } from './partner.commands.js';
import { FindPartner, ListLinkedCustomers } from './partner.questions.js';
import { partnerNow, partnerThen } from './partner.views.js';

@Section('Partners')
@Controller('v1/partners')
export class PartnerController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(READ_STORE) private readonly store: ReadStore,
  ) {}

  @Writes('POST', '', { may: 'registerPartner', summary: 'Register a partner', status: 201, answer: PartnerChangedAnswer })
  async register(@Input() command: RegisterPartner) {
    return this.changed(command.context.commandId, await this.commands.execute(command));
  }

  @Reads(':partnerId', { may: 'readPartner', summary: 'A partner, and whether to ask it for its link to the shop', answer: PartnerAnswer })
  async findOne(@Input() { partnerId, atLeast }: FindPartner) {
    return partnerNow(this.ledger, partnerId, await logReached(this.log, atLeast));
  }

  @Writes('PATCH', ':partnerId', {
    may: 'changePartner',
    summary: 'Change the profile',
    description: 'JSON merge patch: what is given is changed, the rest stays.',
    answer: PartnerChangedAnswer,
  })
  async change(@Input() command: ChangePartnerProfile) {
    return this.changed(command.partnerId, await this.commands.execute(command));
  }

  @Writes('PUT', ':partnerId/store-link', {
    may: 'linkStore',
    summary: 'Link the partner to its account in the shop, once and for good',
    description: 'From then on what it buys there lands in its pool. Again for the same store account changes nothing.',
    answer: PartnerChangedAnswer,
  })
  async linkStore(@Input() command: LinkStore) {
    return this.changed(command.partnerId, await this.commands.execute(command));
  }

  @Reads(':partnerId/customers', {
    may: 'listLinkedCustomers',
    summary: 'The customers that made this partner their dealer',
    description: '20 a page, in the order of their names.',
    models: ['customer-list'],
    answer: LinkedCustomersAnswer,
  })
  async customers(@Input() question: ListLinkedCustomers) {
    await partnerNow(this.ledger, question.partnerId);
    return listCustomers(this.store, question);
  }

  private changed(partnerId: string, receipt: Receipt) {
    return answered(receipt, () => partnerThen({ ledger: this.ledger, log: this.log }, partnerId, receipt));
  }
}
