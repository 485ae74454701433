import { CommandHandler } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import { cart, removeCartLine, setCartLine } from '#licensing';
import { productsFor } from '../pool/pool.references.js';
import { orderFormFindings } from '../product/order-form.js';
import { RemoveCartLine, SetCartLine } from './cart.commands.js';

@CommandHandler(SetCartLine)
export class SetCartLineHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: SetCartLine) {
    const { userId, accountId } = command.context.actor;
    const product = (await productsFor(this.ledger, [command])).get(command.sku);
    return this.ledger.record(cart, userId, { ...command, accountId: accountId!, product, checkForm: orderFormFindings }, setCartLine);
  }
}

@CommandHandler(RemoveCartLine)
export class RemoveCartLineHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: RemoveCartLine) {
    return this.ledger.record(cart, command.context.actor.userId, command, removeCartLine);
  }
}

export const cartHandlers = [SetCartLineHandler, RemoveCartLineHandler];
