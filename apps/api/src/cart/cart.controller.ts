import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import type { Clock } from '#platform';
import { answered } from '../answered.js';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { OrderPlacedAnswer } from '../orders/order.answers.js';
import { placement } from '../orders/order.views.js';
import { CLOCK } from '../parts.js';
import { CartAnswer, CartChangedAnswer } from './cart.answers.js';
import { CheckOutCart, ReadCart, RemoveCartLine, SetCartLine } from './cart.commands.js';
import { cartOf } from './cart.views.js';
import { checkOut } from './check-out.js';

@Section('Marketplace')
@Controller('v1/cart')
export class CartController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Reads('', { may: 'useCart', summary: 'My cart, at the prices in force now', answer: CartAnswer })
  read(@Input() { principal }: ReadCart): Promise<CartAnswer> {
    return this.cartOf(principal.userId);
  }

  @Writes('PUT', 'lines/:sku', {
    may: 'useCart',
    summary: 'Put a product into my cart, or change how many',
    description: 'A product with billing options needs one of them. The cart is kept until it is checked out.',
    answer: CartChangedAnswer,
    example: { quantity: 5, billing: { period: 'P1M', commitment: 'P1Y' } },
  })
  async set(@Input() command: SetCartLine) {
    return answered(await this.commands.execute(command), () => this.cartOf(command.context.actor.userId));
  }

  @Writes('DELETE', 'lines/:sku', { may: 'useCart', summary: 'Take a product out of my cart', answer: CartChangedAnswer })
  async remove(@Input() command: RemoveCartLine) {
    return answered(await this.commands.execute(command), () => this.cartOf(command.context.actor.userId));
  }

  @Writes('POST', 'checkout', {
    may: 'useCart',
    summary: 'Buy what is in my cart',
    description: 'One order of all lines, or none. The cart is empty afterwards; follow the order.',
    status: 202,
    answer: OrderPlacedAnswer,
    example: { payment: { method: 'invoice' }, tenant: { type: 'existing', domain: 'colibri.onmicrosoft.com' } },
  })
  async checkOut(@Input() command: CheckOutCart) {
    const { orderId, receipt } = await checkOut(this.ledger, command);
    if (receipt.dryRun) return written(receipt);
    return written(receipt, { ...(await placement(this.ledger, orderId, receipt)), state: 'placed' });
  }

  private cartOf(userId: string): Promise<CartAnswer> {
    return cartOf(this.ledger, userId, this.clock.nowText());
  }
}
