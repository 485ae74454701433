import { Choice, Currency, Free, Id, ListOf, LongText, Optional, Part, Quantity, Sku, Text } from '../fields.js';
import { LedgerCommand } from '../http/input.js';
import { BillingOption } from '../product/product.commands.js';
import { story } from '../story.js';

/** How an order is paid. */
export class OrderPayment {
  @Choice(['invoice', 'external'], { example: 'invoice', description: '`external` waits for the payment provider to confirm it' })
  readonly method: 'invoice' | 'external';

  @Optional()
  @Text({
    max: 128,
    example: 'PO-2026-0031',
    description: 'Your own number, or that of the payment: a confirmation must then have the same',
  })
  readonly reference?: string;
}

/** The tenant that products of Microsoft are for. */
export class OrderTenant {
  @Choice(['new', 'existing'], { example: 'existing' })
  readonly type: 'new' | 'existing';

  @Text({
    max: 64,
    example: 'colibri.onmicrosoft.com',
    description: '`name.onmicrosoft.com`; for a new one the name alone is enough. The name has 1 to 27 letters and digits',
  })
  readonly domain: string;

  @Optional()
  @Text({ max: 64, description: "Of a new tenant: what entitles it to special terms, in the provider's words, such as `education`" })
  readonly qualification?: string;
}

/** A product, how many of it, and the options chosen. */
export class MarketplaceLine {
  @Sku({ example: 'M365-BUSINESS' })
  readonly sku: string;

  @Quantity({ example: 5 })
  readonly quantity: number;

  @Optional()
  @Part(() => BillingOption, { description: "One of the product's billing options; for a product without them, absent" })
  readonly billing?: BillingOption;

  @Optional()
  @Free({ description: "Answers to the product's order form" })
  readonly form?: object;
}

/** Buys in the marketplace, at the prices in force. */
export class PlaceOrder extends LedgerCommand {
  @Id({ example: story.customerId, description: 'The customer that buys' })
  readonly accountId: string;

  @ListOf(() => MarketplaceLine, { max: 100 })
  readonly lines: MarketplaceLine[];

  @Part(() => OrderPayment)
  readonly payment: OrderPayment;

  @Optional()
  @Part(() => OrderTenant, { description: 'Needed when a product asks for one' })
  readonly tenant?: OrderTenant;

  @Optional()
  @Currency({ description: 'Absent: each product in the currency of its first price' })
  readonly currency?: string;
}

/** Takes an order back, as long as its delivery has not begun. */
export class CancelOrder extends LedgerCommand {
  @Id({ example: story.orderId })
  readonly orderId: string;

  @Optional()
  @LongText({ max: 500, example: 'Ordered twice by mistake' })
  readonly reason?: string;
}

/** What the payment provider says of a payment. */
export class ConfirmPayment extends LedgerCommand {
  @Id({ example: story.orderId })
  readonly orderId: string;

  @Text({ max: 128, example: 'pay-77' })
  readonly reference: string;

  @Choice(['paid', 'failed'])
  readonly outcome: 'paid' | 'failed';

  @Optional()
  @LongText({ max: 500, example: 'The card has expired', description: 'Why it failed' })
  readonly reason?: string;
}

/** Says that an order was delivered. */
export class CompleteFulfilment extends LedgerCommand {
  @Id({ example: story.orderId, description: 'The order to be delivered' })
  readonly fulfilmentId: string;

  @Optional()
  @Text({ max: 128, example: 'SR-4711', description: "The provider's own number for it" })
  readonly reference?: string;
}

/** Says that an order cannot be delivered. */
export class FailFulfilment extends LedgerCommand {
  @Id({ example: story.orderId, description: 'The order to be delivered' })
  readonly fulfilmentId: string;

  @LongText({ max: 500, example: 'There is no such tenant' })
  readonly reason: string;
}
