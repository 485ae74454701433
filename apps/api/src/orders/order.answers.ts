import { orderStates, roles, type OrderStateName } from '#licensing';
import { Choice, Currency, Free, Id, Instant, ListOf, NextCursor, Optional, Part, Quantity, Sku, Text, WholeNumber } from '../fields.js';
import { BillingOption } from '../product/product.commands.js';
import { ReceiptAnswer } from '../receipt.answers.js';
import { story } from '../story.js';
import { OrderPayment, OrderTenant } from './order.commands.js';

/** An amount of money; the amount is a decimal text, so that no digit is lost. */
export class MoneyAnswer {
  @Currency({ example: 'EUR' })
  readonly currency: string;

  @Text({ max: 40, example: '99.00' })
  readonly amount: string;
}

/** One product of an order. */
export class OrderLineAnswer {
  @WholeNumber({ min: 1, max: 100, example: 1 })
  readonly line: number;

  @Sku({ example: 'M365-BUSINESS' })
  readonly sku: string;

  @Text({ example: 'Microsoft 365 Business Premium' })
  readonly name: string;

  @Quantity({ example: 5 })
  readonly quantity: number;

  @Optional()
  @Part(() => BillingOption)
  readonly billing?: BillingOption;

  @Optional()
  @Id({ description: 'The subscription that begins with this line, or gets larger' })
  readonly subscriptionId?: string;

  @Optional()
  @Part(() => MoneyAnswer, { description: 'Of one license and one billing period' })
  readonly unitPrice?: MoneyAnswer;

  @Optional()
  @Part(() => MoneyAnswer, { description: 'What the line bills at once' })
  readonly amount?: MoneyAnswer;

  @Optional()
  @Instant({ description: 'Of a subscription that gets larger: when the first period begins, which the order bills' })
  readonly billedFrom?: string;

  @Optional()
  @Free({ description: 'Answers to the order form' })
  readonly form?: object;
}

/** Who did something: a user, or the product itself (`system`). */
export class ActingUser {
  @Text({ example: story.userId })
  readonly userId: string;

  @Text({ max: 254, example: 'admin@colibri.example' })
  readonly login: string;

  @Choice([...roles, 'system'], { example: 'customerAdmin' })
  readonly role: string;
}

export class OrderStepAnswer {
  @Choice(orderStates)
  readonly state: OrderStateName;

  @Instant()
  readonly at: string;

  @Part(() => ActingUser)
  readonly by: ActingUser;

  @Optional()
  @Text({ max: 2000 })
  readonly reason?: string;

  @Optional()
  @Text({ max: 128 })
  readonly reference?: string;
}

/** An order and where it stands. */
export class OrderAnswer {
  @Id({ example: story.orderId })
  readonly orderId: string;

  @Id({ example: story.customerId })
  readonly accountId: string;

  @Choice(orderStates, { description: 'placed → paid or paymentFailed; paid → provisioning → provisioned or failed; cancelled' })
  readonly state: OrderStateName;

  @Instant()
  readonly placedAt: string;

  @Text({ example: story.userId, description: 'The user who placed it' })
  readonly placedBy: string;

  @ListOf(() => OrderLineAnswer, { max: 300 })
  readonly lines: readonly OrderLineAnswer[];

  @ListOf(() => MoneyAnswer, {
    min: 0,
    max: 300,
    description: 'What is billed at once, a currency each: of a subscription, its first billing period',
  })
  readonly totals: readonly MoneyAnswer[];

  @Part(() => OrderPayment)
  readonly payment: OrderPayment;

  @Optional()
  @Part(() => OrderTenant)
  readonly tenant?: OrderTenant;

  @Choice(['automatic', 'provider'], { description: 'Who delivers it' })
  readonly fulfilment: string;

  @ListOf(() => OrderStepAnswer, { max: 10, description: 'What happened, oldest first' })
  readonly history: readonly OrderStepAnswer[];
}

export class MarketplaceOrderListAnswer {
  @ListOf(() => OrderAnswer, { min: 0, max: 500 })
  readonly items: readonly OrderAnswer[];

  @NextCursor()
  readonly next: string | null;
}

/** The order as it was placed, and where that was recorded. */
export class OrderPlacedAnswer extends ReceiptAnswer {
  @Id({ example: story.orderId })
  readonly orderId: string;

  @Choice(orderStates)
  readonly state: OrderStateName;

  @ListOf(() => MoneyAnswer, { min: 0, max: 300, description: 'What is billed at once, a currency each' })
  readonly totals: readonly MoneyAnswer[];
}

export class OrderChangedAnswer extends ReceiptAnswer {
  @Id({ example: story.orderId })
  readonly orderId: string;

  @Choice(orderStates)
  readonly state: OrderStateName;
}

/** An order that waits for somebody to deliver it. */
export class FulfilmentAnswer extends OrderAnswer {
  @Id({ example: story.orderId, description: 'The same as the id of the order' })
  readonly fulfilmentId: string;
}

export class FulfilmentListAnswer {
  @ListOf(() => FulfilmentAnswer, { min: 0, max: 500 })
  readonly items: readonly FulfilmentAnswer[];

  @NextCursor()
  readonly next: string | null;
}

export class FulfilmentChangedAnswer extends OrderChangedAnswer {
  @Id({ example: story.orderId, description: 'The same as the id of the order' })
  readonly fulfilmentId: string;
}
