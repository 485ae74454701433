import { CommandHandler } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import { recordPurchase } from '../pool/purchases.js';
import { partnerOfStoreAccount } from './store-account.js';
import { RecordStorePurchase } from './store.commands.js';

@CommandHandler(RecordStorePurchase)
export class RecordStorePurchaseHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute({ storeAccountId, ...order }: RecordStorePurchase) {
    const accountId = await partnerOfStoreAccount(this.ledger, storeAccountId);
    return recordPurchase(this.ledger, { ...order, accountId });
  }
}

export const storeHandlers = [RecordStorePurchaseHandler];
