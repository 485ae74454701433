import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type Receipt } from '#event-store';
import { listServices, productNames, quantityOf, type ListedService } from '#projections';
import type { ReadStore } from '#read-store';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { READ_STORE } from '../parts.js';
import { accountKind } from '../pool/pool.references.js';
import { ServiceChangedAnswer, ServiceListAnswer } from './deliveries.answers.js';
import { CompleteProvisioning, ConfirmProvisioning, FailProvisioning, ListServices, RequestProvisioning } from './deliveries.commands.js';

const completion = 'Said twice, it is one completion. The signed call is `POST /v1/services/confirmations`.';

@Section('Deliveries')
@Controller('v1')
export class ServicesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(READ_STORE) private readonly store: ReadStore,
  ) {}

  @Reads('pools/:accountId/services', {
    may: 'readPool',
    summary: 'The cloud services of an account: their GUIDs and states',
    description:
      'Every lot of a product with the delivery `cloud` is a service: `ready`, then `provisioning`, then `provisioned` or `failed`.',
    models: ['service-list', 'catalogue'],
    answer: ServiceListAnswer,
  })
  async list(@Input() question: ListServices): Promise<ServiceListAnswer> {
    const { items, next } = await listServices(this.store, question);
    if (items.length === 0) await accountKind(this.ledger, question.accountId);
    const names = await productNames(
      this.store,
      items.map(({ sku }) => sku),
    );
    const shown = items.map((service) => {
      const { serviceId, sku, state, orderId, expiresAt, details, changedAt } = service;
      return { serviceId, sku, name: names.get(sku) ?? sku, quantity: quantityOf(service), state, orderId, expiresAt, details, changedAt };
    });
    return { items: shown, next };
  }

  @Writes('POST', 'pools/:accountId/services/:serviceId/provision', {
    may: 'useLicenses',
    summary: 'Ask for a cloud service to be provisioned',
    description: 'Everything its lot has available is in use from now on. One that failed can be asked for again.',
    answer: ServiceChangedAnswer,
    status: 202,
  })
  async provision(@Input() command: RequestProvisioning) {
    return changed(command.serviceId, 'provisioning', await this.commands.execute(command));
  }

  @Writes('POST', 'pools/:accountId/services/:serviceId/complete', {
    may: 'completeProvisioning',
    summary: 'Say that a cloud service runs',
    description: completion,
    answer: ServiceChangedAnswer,
  })
  async complete(@Input() command: CompleteProvisioning) {
    return changed(command.serviceId, 'provisioned', await this.commands.execute(command));
  }

  @Writes('POST', 'pools/:accountId/services/:serviceId/fail', {
    may: 'completeProvisioning',
    summary: 'Say that a cloud service could not be provisioned',
    description: `Its licenses are available again, and it can be asked for again. ${completion}`,
    answer: ServiceChangedAnswer,
  })
  async fail(@Input() command: FailProvisioning) {
    return changed(command.serviceId, 'failed', await this.commands.execute(command));
  }

  @Writes('POST', 'services/confirmations', {
    may: 'confirmProvisioning',
    summary: 'How provisioning went, by the provisioning service',
    description: 'Signed as Standard Webhooks with `PROVISIONING_SECRET`; `webhook-id` is the idempotency key.',
    answer: ServiceChangedAnswer,
    refuses: [404],
  })
  async confirm(@Input() command: ConfirmProvisioning) {
    return changed(command.serviceId, command.outcome, await this.commands.execute(command));
  }
}

function changed(serviceId: string, state: ListedService['state'], receipt: Receipt) {
  return written(receipt, { serviceId, state });
}
