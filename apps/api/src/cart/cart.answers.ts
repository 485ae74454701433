import { IntersectionType } from '@nestjs/swagger';
import { Flag, Free, ListOf, Optional, Part, Quantity, Sku, Text } from '../fields.js';
import { MoneyAnswer } from '../orders/order.answers.js';
import { BillingOption } from '../product/product.commands.js';
import { ReceiptAnswer } from '../receipt.answers.js';

export class CartLineAnswer {
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
  @Free({ description: 'Answers to the order form' })
  readonly form?: object;

  @Optional()
  @Part(() => MoneyAnswer, { description: 'Of one license and one billing period, as it is now; absent when the product has none' })
  readonly unitPrice?: MoneyAnswer;

  @Optional()
  @Part(() => MoneyAnswer, { description: 'What the line would bill at once' })
  readonly amount?: MoneyAnswer;

  @ListOf(() => BillingOption, { min: 0, max: 12, description: 'What there is to choose from' })
  readonly billingOptions: readonly BillingOption[];

  @Optional()
  @Free({ description: 'A JSON Schema of what is still to be answered, or was' })
  readonly orderForm?: object;

  @Flag({ example: false, description: 'The product was withdrawn since: it cannot be bought' })
  readonly withdrawn: boolean;

  @Flag({ example: true, description: 'The checkout will ask for a tenant' })
  readonly needsTenant: boolean;
}

/** What a user means to buy, at the prices in force now. */
export class CartAnswer {
  @ListOf(() => CartLineAnswer, { min: 0, max: 100 })
  readonly lines: readonly CartLineAnswer[];

  @ListOf(() => MoneyAnswer, { min: 0, max: 100, description: 'What would be billed at once, a currency each' })
  readonly totals: readonly MoneyAnswer[];
}

export class CartChangedAnswer extends IntersectionType(CartAnswer, ReceiptAnswer) {}
