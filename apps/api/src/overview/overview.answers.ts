import { PickType } from '@nestjs/swagger';
import { Flag, Free, Id, Instant, ListOf, LogPosition, Optional, OrNull, Part, Sku, Text, WholeNumber } from '../fields.js';
import { Question } from '../http/input.js';
import { OrderAnswer, OrderLineAnswer } from '../orders/order.answers.js';
import { ProductBalanceAnswer } from '../pool/pool.answers.js';
import { BillingOption } from '../product/product.commands.js';
import { story } from '../story.js';

export class ReadOverview extends Question {
  @Id({ example: story.customerId })
  readonly accountId: string;
}

/** A product that the account has, and where it leads (003-57). */
export class OwnProductAnswer extends PickType(ProductBalanceAnswer, ['sku', 'name', 'available', 'held', 'assigned', 'inSeats'] as const) {
  @Optional()
  @Text({ max: 2000, example: 'https://portal.example.com', description: 'Where the product is used, when the vendor has said so' })
  readonly link?: string;

  @Text({ example: '/v1/products/REMO-EDGE-1Y', description: 'The product in this API' })
  readonly href: string;
}

export class OpenOrderLineAnswer extends PickType(OrderLineAnswer, ['sku', 'name', 'quantity'] as const) {}

export class OwnSubscriptionAnswer {
  @Id()
  readonly subscriptionId: string;

  @Sku({ example: 'M365-BUSINESS' })
  readonly sku: string;

  @Text({ example: 'Microsoft 365 Business Premium' })
  readonly name: string;

  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 5 })
  readonly quantity: number;

  @Part(() => BillingOption)
  readonly billing: BillingOption;

  @Instant({ example: '2027-04-01T00:00:00.000Z' })
  readonly termEndsAt: string;

  @Flag({ description: 'Another term follows, as things stand' })
  readonly renews: boolean;

  @Text({ example: `/v1/pools/${story.customerId}/subscriptions/7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11` })
  readonly href: string;
}

/** An order under way, in short: what was answered in forms, and what it costs, is for those who may read the order. The link, too. */
export class OpenOrderAnswer extends PickType(OrderAnswer, ['orderId', 'state', 'placedAt'] as const) {
  @ListOf(() => OpenOrderLineAnswer, { max: 300 })
  readonly lines: readonly OpenOrderLineAnswer[];

  @Optional()
  @Text({ example: `/v1/orders/${story.orderId}`, description: 'For those who may read the order' })
  readonly href?: string;
}

export class ComingDeadlineAnswer {
  @Text({ example: 'licenseExpires' })
  readonly kind: string;

  @Instant({ example: '2027-04-01T00:00:00.000Z' })
  readonly at: string;

  @Free({ example: { type: 'lot', id: `${story.purchaseId}.1` } })
  readonly subject: object;

  @Text({ max: 500, example: '3 of REMO-EDGE-1Y end with their term', description: 'What happens then' })
  readonly effect: string;
}

/** The home of an account: what it has, what is under way, and what comes next. */
export class OverviewAnswer {
  @Id({ example: story.customerId })
  readonly accountId: string;

  @WholeNumber({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    example: 7,
    description: 'Licenses over all products: available, held back and in use',
  })
  readonly total: number;

  @ListOf(() => OwnProductAnswer, { min: 0, max: 10_000, description: 'All of which there is something left' })
  readonly products: readonly OwnProductAnswer[];

  @ListOf(() => OwnSubscriptionAnswer, { min: 0, max: 20, description: 'Those that are active, the latest 20' })
  readonly subscriptions: readonly OwnSubscriptionAnswer[];

  @ListOf(() => OpenOrderAnswer, { min: 0, max: 20, description: 'Orders under way, the latest 20' })
  readonly orders: readonly OpenOrderAnswer[];

  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 1, description: 'How many orders are under way' })
  readonly ordersOpen: number;

  @ListOf(() => ComingDeadlineAnswer, { min: 0, max: 20, description: 'What ends or changes next, at most 20' })
  readonly deadlines: readonly ComingDeadlineAnswer[];

  @Optional()
  @Text({ max: 254, example: 'help@example.com', description: 'Where users write for help, when the vendor has said so' })
  readonly supportEmail?: string;

  @OrNull()
  @LogPosition({ example: '18342', description: 'Everything up to here is counted in' })
  readonly position: string | null;
}
