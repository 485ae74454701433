import { CommandHandler } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import { listProduct, product, withdrawProduct } from '#licensing';
import { ListProduct, WithdrawProduct } from './product.commands.js';

@CommandHandler(ListProduct)
export class ListProductHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: ListProduct) {
    return this.ledger.record(product, command.sku, command, listProduct);
  }
}

@CommandHandler(WithdrawProduct)
export class WithdrawProductHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: WithdrawProduct) {
    return this.ledger.record(product, command.sku, command, withdrawProduct);
  }
}

export const productHandlers = [ListProductHandler, WithdrawProductHandler];
