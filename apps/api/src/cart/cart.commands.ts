import { Currency, Free, Optional, Part, Quantity, Sku } from '../fields.js';
import { LedgerCommand, Question } from '../http/input.js';
import { OrderPayment, OrderTenant } from '../orders/order.commands.js';
import { BillingOption } from '../product/product.commands.js';

/** Puts a product into the cart, or changes how many and with which options. */
export class SetCartLine extends LedgerCommand {
  @Sku({ example: 'M365-BUSINESS' })
  readonly sku: string;

  @Quantity({ example: 5 })
  readonly quantity: number;

  @Optional()
  @Part(() => BillingOption, { description: "One of the product's billing options; for a product without them, absent" })
  readonly billing?: BillingOption;

  @Optional()
  @Free({ description: "Answers to the product's order form; they may be given up to the checkout" })
  readonly form?: object;
}

export class RemoveCartLine extends LedgerCommand {
  @Sku({ example: 'M365-BUSINESS' })
  readonly sku: string;
}

/** Makes an order of the cart. */
export class CheckOutCart extends LedgerCommand {
  @Part(() => OrderPayment)
  readonly payment: OrderPayment;

  @Optional()
  @Part(() => OrderTenant, { description: 'Needed when a product asks for one' })
  readonly tenant?: OrderTenant;

  @Optional()
  @Currency({ description: 'Absent: each product in the currency of its first price' })
  readonly currency?: string;
}

export class ReadCart extends Question {}
