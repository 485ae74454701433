import { IntersectionType } from '@nestjs/swagger';
import { orderStates } from '#licensing';
import { deadlineKinds, subscriptionStates } from '#projections';
import {
  Choice,
  Flag,
  Free,
  Id,
  Instant,
  ListOf,
  LogPosition,
  NextCursor,
  Nullable,
  Optional,
  Part,
  Quantity,
  Sku,
  Text,
  WholeNumber,
} from '../fields.js';
import { MoneyAnswer } from '../orders/order.answers.js';
import { PreviewAnswer } from '../pool/pool.answers.js';
import { BillingOption } from '../product/product.commands.js';
import { ReceiptAnswer } from '../receipt.answers.js';
import { story } from '../story.js';

const lotId = () => Text({ example: `${story.orderId}.1` });

/** Licenses that came in together. */
export class SubscriptionLotAnswer {
  @lotId()
  readonly lotId: string;

  @Quantity({ example: 5 })
  readonly quantity: number;

  @Instant()
  readonly addedAt: string;

  @Instant({ description: 'The cancellation window counts from here: when they were added, or last renewed' })
  readonly windowStartsAt: string;

  @Optional()
  @Instant({
    example: '2026-04-08T00:00:00.000Z',
    description: 'Cancelled before this moment they are credited; absent when the product has no window',
  })
  readonly windowEndsAt?: string;

  @Optional()
  @Part(() => MoneyAnswer, { description: 'Of one license and one billing period' })
  readonly unitPrice?: MoneyAnswer;

  @Optional()
  @Instant({ description: 'Their order billed them from here on, before they came; absent: billed since `windowStartsAt`' })
  readonly billedFrom?: string;

  @Optional()
  @Flag({ description: 'A cancellation came too late for them' })
  readonly isDeclined?: boolean;

  @Optional()
  @Flag({ description: 'So they do not renew' })
  readonly endsWithTerm?: boolean;
}

/** What changes with the next term. */
export class ScheduledAnswer {
  @Optional()
  @Quantity({ example: 3 })
  readonly quantity?: number;

  @Optional()
  @Part(() => BillingOption)
  readonly billing?: BillingOption;
}

/** A subscription as it stands (003-58). */
export class SubscriptionAnswer {
  @Id({ example: story.subscriptionId })
  readonly subscriptionId: string;

  @Id({ example: story.customerId })
  readonly accountId: string;

  @Text({ max: 200, example: story.orderId, description: 'The order that began it' })
  readonly orderId: string;

  @Sku({ example: 'M365-BUSINESS' })
  readonly sku: string;

  @Text({ example: 'Microsoft 365 Business Premium' })
  readonly productName: string;

  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 5, description: 'Licenses; 0 once it is over' })
  readonly quantity: number;

  @Part(() => BillingOption)
  readonly billing: BillingOption;

  @Choice(subscriptionStates)
  readonly state: string;

  @Instant()
  readonly startedAt: string;

  @Instant()
  readonly termStartsAt: string;

  @Instant({ example: '2027-04-01T00:00:00.000Z', description: 'The term is over exactly then' })
  readonly termEndsAt: string;

  @Flag({ description: 'On unless somebody switched it off' })
  readonly autoRenewal: boolean;

  @Flag({ description: 'Whether another term follows, as things stand: auto-renewal is on, and something of it was not cancelled' })
  readonly renews: boolean;

  @ListOf(() => SubscriptionLotAnswer, { min: 0, max: 500, description: 'Oldest first' })
  readonly lots: readonly SubscriptionLotAnswer[];

  @Optional()
  @Part(() => ScheduledAnswer)
  readonly scheduled?: ScheduledAnswer;

  @Optional()
  @Instant({ description: 'When it was cancelled, or expired' })
  readonly endedAt?: string;
}

export class SubscriptionListAnswer {
  @ListOf(() => SubscriptionAnswer, { min: 0, max: 500 })
  readonly items: readonly SubscriptionAnswer[];

  @NextCursor()
  readonly next: string | null;
}

export class SubscriptionUserAnswer {
  @Text({ example: story.userId })
  readonly userId: string;

  @Text({ max: 254, example: 'admin@colibri.example' })
  readonly login: string;
}

/** One fact of a subscription's history. */
export class SubscriptionFactAnswer {
  @Text({ example: 'SubscriptionStarted' })
  readonly type: string;

  @Instant({ description: 'When it took effect' })
  readonly at: string;

  @Instant({ description: 'When it was recorded' })
  readonly recordedAt: string;

  @Part(() => SubscriptionUserAnswer)
  readonly by: SubscriptionUserAnswer;

  @LogPosition({ example: '18342' })
  readonly position: string;

  @Free({ description: 'What the fact says' })
  readonly details: object;
}

export class SubscriptionStoryAnswer extends SubscriptionAnswer {
  @ListOf(() => SubscriptionFactAnswer, { max: 500, description: 'Oldest first' })
  readonly history: readonly SubscriptionFactAnswer[];
}

export class PlacedOrderAnswer {
  @Id({ example: story.orderId })
  readonly orderId: string;

  @Choice(orderStates)
  readonly state: string;
}

export class ReleasedLotAnswer {
  @lotId()
  readonly lotId: string;

  @Quantity({ example: 2 })
  readonly quantity: number;

  @Nullable()
  @Part(() => MoneyAnswer, { description: 'What comes back for them; null when they had no price' })
  readonly credited: MoneyAnswer | null;
}

/** Fewer: what was given back. More: the order that brings them, 202. */
export class ResizedAnswer extends ReceiptAnswer {
  @Id({ example: story.subscriptionId })
  readonly subscriptionId: string;

  @Quantity({ example: 8, description: 'How many it was asked to have' })
  readonly quantity: number;

  @Optional()
  @Part(() => PlacedOrderAnswer, { description: 'Follow it at `GET /v1/orders/{orderId}`' })
  readonly order?: PlacedOrderAnswer;

  @Optional()
  @ListOf(() => ReleasedLotAnswer, { min: 0, max: 300 })
  readonly removed?: readonly ReleasedLotAnswer[];

  @Optional()
  @Nullable()
  @Part(() => MoneyAnswer)
  readonly credited?: MoneyAnswer | null;
}

export class CancelledLotAnswer {
  @lotId()
  readonly lotId: string;

  @Quantity({ example: 5 })
  readonly quantity: number;

  @Choice(['cancelled', 'retainedUntilTermEnd'])
  readonly outcome: string;

  @Optional()
  @Instant({ description: 'Until when they stay' })
  readonly until?: string;

  @Nullable()
  @Part(() => MoneyAnswer, { description: 'Credited, or still to be billed; null when they had no price' })
  readonly amount: MoneyAnswer | null;
}

/** What a cancellation comes to. */
export class CancellationAnswer {
  @Choice(['cancelled', 'retainedUntilTermEnd', 'mixed'])
  readonly outcome: string;

  @ListOf(() => CancelledLotAnswer, { max: 600, description: 'A lot of which part is in use stands here twice' })
  readonly lots: readonly CancelledLotAnswer[];

  @Nullable()
  @Part(() => MoneyAnswer, { description: "What comes back, by the product's `refund`" })
  readonly credited: MoneyAnswer | null;

  @Nullable()
  @Part(() => MoneyAnswer, { description: 'What is still to come until the term ends, for what stays' })
  readonly billed: MoneyAnswer | null;

  @Nullable()
  @Part(() => MoneyAnswer, { description: 'The whole term of what stays' })
  readonly termTotal: MoneyAnswer | null;
}

/** What would be recorded, and what it would come to. */
export class CancellationPreviewAnswer extends IntersectionType(PreviewAnswer, CancellationAnswer) {}

export class SubscriptionCancelledAnswer extends IntersectionType(CancellationAnswer, ReceiptAnswer) {}

export class RenewalAnswer extends ReceiptAnswer {
  @Id({ example: story.subscriptionId })
  readonly subscriptionId: string;

  @Flag()
  readonly autoRenewal: boolean;

  @Flag({ description: 'Whether another term follows, as things stand' })
  readonly renews: boolean;

  @Instant({ example: '2027-04-01T00:00:00.000Z' })
  readonly termEndsAt: string;

  @Optional()
  @Part(() => ScheduledAnswer, { description: 'What changes then' })
  readonly scheduled?: ScheduledAnswer;
}

export class DeadlineSubjectAnswer {
  @Choice(['lot', 'drawdown', 'subscription'], { example: 'subscription' })
  readonly type: string;

  @Text({ example: story.subscriptionId })
  readonly id: string;
}

/** Something that happens by itself, or is possible only until then. */
export class DeadlineAnswer {
  @Choice(deadlineKinds, { example: 'termRenews' })
  readonly kind: string;

  @Instant({ example: '2027-04-01T00:00:00.000Z' })
  readonly at: string;

  @Id({ example: story.customerId })
  readonly accountId: string;

  @Part(() => DeadlineSubjectAnswer)
  readonly subject: DeadlineSubjectAnswer;

  @Text({ max: 2000, example: 'The subscription renews with 5 of M365-BUSINESS, billed every P1M for P1Y' })
  readonly effect: string;

  @Optional()
  @Sku({ example: 'M365-BUSINESS', description: 'Absent when it is about several products' })
  readonly sku?: string;

  @Quantity({ example: 5 })
  readonly quantity: number;
}

/** In the order of time. */
export class DeadlineListAnswer {
  @ListOf(() => DeadlineAnswer, { min: 0, max: 500 })
  readonly items: readonly DeadlineAnswer[];

  @NextCursor()
  readonly next: string | null;
}
