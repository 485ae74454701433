import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type EventLog, type Receipt } from '#event-store';
import { cart } from '#licensing';
import type { Clock } from '#platform';
import { answered } from '../answered.js';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { OrderPlacedAnswer } from '../orders/order.answers.js';
import { placement } from '../orders/order.views.js';
import { CLOCK, EVENT_LOG } from '../parts.js';
import { stateThen } from '../state-then.js';
import { CartAnswer, CartChangedAnswer } from './cart.answers.js';
import { CheckOutCart, ReadCart, RemoveCartLine, SetCartLine } from './cart.commands.js';
import { shownCart } from './cart.views.js';
import { checkOut } from './check-out.js';

@Section('Marketplace')
@Controller('v1/cart')
export class CartController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Reads('', { may: 'useCart', summary: 'My cart, at the prices in force now', answer: CartAnswer })
  async read(@Input() { principal }: ReadCart): Promise<CartAnswer> {
    const { state } = await this.ledger.load(cart, principal.userId, true);
    return shownCart(this.ledger, state, this.clock.nowText());
  }

  @Writes('PUT', 'lines/:sku', {
    may: 'useCart',
    summary: 'Put a product into my cart, or change how many',
    description: 'A product with billing options needs one of them. The cart is kept until it is checked out.',
    answer: CartChangedAnswer,
    example: { quantity: 5, billing: { period: 'P1M', commitment: 'P1Y' } },
  })
  async set(@Input() command: SetCartLine) {
    return this.changed(command, await this.commands.execute(command));
  }

  @Writes('DELETE', 'lines/:sku', { may: 'useCart', summary: 'Take a product out of my cart', answer: CartChangedAnswer })
  async remove(@Input() command: RemoveCartLine) {
    return this.changed(command, await this.commands.execute(command));
  }

  @Writes('POST', 'checkout', {
    may: 'useCart',
    summary: 'Buy what is in my cart',
    description: 'One order of all lines, or none. The cart is empty afterwards; follow the order.',
    status: 202,
    answer: OrderPlacedAnswer,
    refuses: [404],
    example: { payment: { method: 'invoice' }, tenant: { type: 'existing', domain: 'colibri.onmicrosoft.com' } },
  })
  async checkOut(@Input() command: CheckOutCart) {
    const { orderId, receipt } = await checkOut(this.ledger, this.log, command);
    if (receipt.dryRun) return written(receipt);
    return written(receipt, { ...(await placement(this.ledger, orderId, receipt)), state: 'placed' });
  }

  /** The cart as the command left it; at the prices of then, when it is answered again. */
  private changed({ context }: SetCartLine | RemoveCartLine, receipt: Receipt) {
    return answered(receipt, async () => {
      const state = await stateThen({ ledger: this.ledger, log: this.log }, cart, context.actor.userId, receipt);
      const at = receipt.replayed ? receipt.facts.at(-1)!.metadata.recordedAt : this.clock.nowText();
      return shownCart(this.ledger, state, at);
    });
  }
}
