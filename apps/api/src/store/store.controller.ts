import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type EventLog } from '#event-store';
import { Input } from '../http/input.js';
import { Section, Writes } from '../http/route.js';
import { EVENT_LOG } from '../parts.js';
import { PurchaseAnswer } from '../pool/pool.answers.js';
import { purchaseAnswer } from '../pool/purchases.js';
import { partnerOfStoreAccount } from './store-account.js';
import { RecordStorePurchase } from './store.commands.js';

@Section('Store')
@Controller('v1/store')
export class StoreController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
  ) {}

  @Writes('POST', 'purchases', {
    may: 'recordStorePurchase',
    summary: 'A purchase made in the shop',
    description:
      'Signed as Standard Webhooks with the secret of the store; `webhook-id` is the idempotency key. A repeated order is one purchase.',
    status: 201,
    answer: PurchaseAnswer,
    refuses: [404],
  })
  async purchase(@Input() command: RecordStorePurchase) {
    const receipt = await this.commands.execute(command);
    const accountId = await partnerOfStoreAccount(this.ledger, command.storeAccountId);
    return purchaseAnswer(this.log, this.ledger, { accountId, orderId: command.orderId }, receipt);
  }
}
