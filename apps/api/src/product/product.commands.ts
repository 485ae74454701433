import { LedgerCommand } from '../http/input.js';
import { reversibilities, termStarts } from '#licensing';
import { Choice, Currency, Decimal, Duration, Instant, Link, ListOf, ListOfSkus, Optional, OrNull, Part, Sku, Text } from '../fields.js';
import { OrderForm } from './order-form.js';

/** How often a product is paid, and for how long the buyer is bound: yearly for a year, monthly for a month, monthly for a year. */
export class BillingOption {
  @Duration({ example: 'P1M', description: 'Paid once a period' })
  readonly period: string;

  @Duration({ example: 'P1Y', description: 'Bound for this long' })
  readonly commitment: string;
}

/** What one licence costs from a moment on. */
export class ProductPrice {
  @Optional()
  @Part(() => BillingOption, { description: 'The billing option this price is for; absent: bought once' })
  readonly billing?: BillingOption;

  @Currency({ example: 'JPY' })
  readonly currency: string;

  @Decimal({ example: '12000' })
  readonly amount: string;

  @Instant({ example: '2026-04-01T00:00:00.000Z', description: 'The price holds from this moment, until one that begins later' })
  readonly validFrom: string;
}

/** The rules a product is sold under. Lots already bought keep the policy they were bought under. */
export class ProductPolicy {
  @OrNull()
  @Duration({ example: 'P1Y', description: 'How long a license lasts; null is perpetual' })
  readonly term: string | null;

  @Optional()
  @Choice(termStarts, { example: 'onAssignment', description: 'From when the term counts; `onAssignment` when absent' })
  readonly termStarts: (typeof termStarts)[number] = 'onAssignment';

  @Choice(reversibilities, { example: 'irreversible', description: 'Whether what was given to a customer can be taken back' })
  readonly reversibility: (typeof reversibilities)[number];

  @Optional()
  @Duration({ example: 'P7D', description: 'How long a cancellation is possible' })
  readonly cancellationWindow?: string;

  @Optional()
  @Choice(['full', 'proRata'], { description: 'What a cancellation within the window gives back; `full` by default' })
  readonly refund?: 'full' | 'proRata';

  @Optional()
  @ListOf(() => BillingOption, { min: 0, max: 12 })
  readonly billingOptions?: BillingOption[];

  @Optional()
  @ListOfSkus({ max: 20, example: [], description: 'What a buyer must hold already' })
  readonly requires?: string[];

  @Optional()
  @Text({ max: 64, example: 'recording', description: 'Of the products of one group a user has one at a time' })
  readonly seatGroup?: string;

  @Optional()
  @Choice(['none', 'file', 'cloud'], { description: 'How a license reaches its user' })
  readonly delivery?: 'none' | 'file' | 'cloud';

  @Optional()
  @Choice(['automatic', 'provider'], { description: 'Who fulfils an order' })
  readonly fulfilment?: 'automatic' | 'provider';

  @Optional()
  @OrderForm({ example: { type: 'object', properties: { site: { type: 'string' } } } })
  readonly orderForm?: object;

  @Optional()
  @Choice(['none', 'microsoft'], { description: 'The kind of tenant an order must name' })
  readonly tenant?: 'none' | 'microsoft';

  @Optional()
  @Duration({ example: 'P30D', description: 'How long an open drawdown holds its quantity back' })
  readonly drawdownHold?: string;
}

/** Offers a product, or changes how it is offered. */
export class ListProduct extends LedgerCommand {
  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Text({ example: 'i-PRO Remo. Service エッジストレージ録画1年' })
  readonly name: string;

  @Optional()
  @Text({ max: 64, example: 'エッジストレージ録画' })
  readonly category?: string;

  @Optional()
  @Link({ example: 'https://remo.i-pro.example', description: 'Where the product is used: what a customer has leads there' })
  readonly link?: string;

  @Optional()
  @ListOf(() => ProductPrice, { min: 0, max: 100 })
  readonly prices?: ProductPrice[];

  @Part(() => ProductPolicy)
  readonly policy: ProductPolicy;
}

/** Takes a product off the catalog: it cannot be bought any more, and all that is held goes on. */
export class WithdrawProduct extends LedgerCommand {
  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;
}
