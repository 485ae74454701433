import { PickType } from '@nestjs/swagger';
import {
  Choice,
  Flag,
  Free,
  Id,
  Instant,
  ListOf,
  LogPosition,
  NextCursor,
  Optional,
  OrNull,
  Part,
  Quantity,
  Sku,
  Text,
  WholeNumber,
} from '../fields.js';
import { ReceiptAnswer } from '../receipt.answers.js';
import { story } from '../story.js';

const Count = (description: string, example = 0) => WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, description, example });

/** What an account has of one product, in gross counts: purchased + received = available + held + assigned + inSeats + expired + cancelled. */
export class ProductBalanceAnswer {
  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Text({ example: 'i-PRO Remo. Service エッジストレージ録画1年' })
  readonly name: string;

  @Count('Bought', 10)
  readonly purchased: number;

  @Count('Given by a partner', 0)
  readonly received: number;

  @Count('Free to use or to give', 7)
  readonly available: number;

  @Count('Held back by open drawdowns')
  readonly held: number;

  @Count('Given to customers, arrived or not', 3)
  readonly assigned: number;

  @Count('Of those given, not arrived yet')
  readonly inTransit: number;

  @Count('In use by users')
  readonly inSeats: number;

  @Count('Over with their term')
  readonly expired: number;

  @Count('Taken back')
  readonly cancelled: number;
}

/** Everything an account has (000-09). */
export class PoolAnswer {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Count('Over all products: available, held back and in use', 7)
  readonly total: number;

  @ListOf(() => ProductBalanceAnswer, { min: 0, max: 10_000 })
  readonly products: readonly ProductBalanceAnswer[];

  @OrNull()
  @LogPosition({ example: '18342', description: 'Everything up to here is counted in' })
  readonly position: string | null;
}

/** What came in together, with the term it has. */
export class LotAnswer {
  @Text({ example: `${story.purchaseId}.1` })
  readonly lotId: string;

  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Quantity({ example: 10 })
  readonly quantity: number;

  @OrNull()
  @Text({ example: 'P1Y', description: 'null is perpetual' })
  readonly term: string | null;

  @Choice(['onPurchase', 'onAssignment', 'onFirstUse'], { example: 'onAssignment' })
  readonly termStarts: string;

  @Choice(['free', 'windowed', 'approval', 'irreversible'], { example: 'irreversible' })
  readonly reversibility: string;

  @Optional()
  @Choice(['file', 'cloud'], { description: 'How it reaches its user; absent: it is just held' })
  readonly delivery?: string;

  @Optional()
  @Instant({ description: 'Absent while the term has not begun' })
  readonly startsAt?: string;

  @Optional()
  @Instant({ example: '2027-04-01T00:00:00.000Z', description: 'Absent while the term has not begun, and for perpetual licenses' })
  readonly expiresAt?: string;
}

export class PurchaseAnswer extends ReceiptAnswer {
  @Id({ example: story.purchaseId })
  readonly purchaseId: string;

  @Text({ max: 128, example: 'PO-2026-0412' })
  readonly orderId: string;

  @ListOf(() => LotAnswer, { max: 100 })
  readonly lots: readonly LotAnswer[];

  @Optional()
  @Id({ example: story.purchaseId, description: 'When it was bought for a customer: the assignment that passed it on' })
  readonly assignmentId?: string;
}

export class LotPartAnswer extends PickType(LotAnswer, ['lotId', 'sku', 'quantity'] as const) {}

export class ReversalAnswer extends ReceiptAnswer {
  @Text({ max: 128, example: 'PO-2026-0412' })
  readonly orderId: string;

  @ListOf(() => LotPartAnswer, { min: 0, max: 300, description: 'What was taken back' })
  readonly lots: readonly LotPartAnswer[];
}

export class AssignmentAnswer extends ReceiptAnswer {
  @Id({ example: story.assignmentId })
  readonly assignmentId: string;

  @Id({ example: story.customerId })
  readonly customerId: string;
}

export class ActivationAnswer extends ReceiptAnswer {
  @Id({ example: story.activationId })
  readonly activationId: string;
}

export class PreviewedFact {
  @Text({ example: 'LicenseAssigned' })
  readonly type: string;

  @Free()
  readonly data: object;
}

/** What would be recorded, and for what moves licenses the pool as it would stand afterwards. Nothing was recorded. */
export class PreviewAnswer {
  @Flag({ only: true })
  readonly dryRun: true;

  @ListOf(() => PreviewedFact, { min: 0, max: 10 })
  readonly events: readonly PreviewedFact[];

  @Optional()
  @Part(() => PoolAnswer)
  readonly pool?: PoolAnswer;
}

export class AssignedByAnswer {
  @Text({ example: story.userId })
  readonly userId: string;

  @Text({ max: 254, example: 'sato@sakura-networks.example' })
  readonly login: string;
}

/** One line of an assignment (000-18). */
export class AssignmentRowAnswer {
  @Id({ example: story.assignmentId })
  readonly assignmentId: string;

  @WholeNumber({ min: 1, max: 300, example: 1, description: 'Of the assignment, from 1' })
  readonly line: number;

  @Choice(['assignment', 'drawdown'])
  readonly kind: 'assignment' | 'drawdown';

  @Instant({ example: '2026-04-01T03:00:00.000Z' })
  readonly assignedAt: string;

  @Id({ example: story.customerId })
  readonly customerId: string;

  @Text({ example: '山田総合警備株式会社', description: "Today's name" })
  readonly customerName: string;

  @Optional()
  @Text({ example: '山田警備保障株式会社', description: 'When it had another one then' })
  readonly customerNameThen?: string;

  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Text({ example: 'i-PRO Remo. Service エッジストレージ録画1年' })
  readonly productName: string;

  @Quantity({ example: 3 })
  readonly quantity: number;

  @OrNull()
  @Instant({
    example: '2027-04-01T03:00:00.000Z',
    description: 'The earliest expiry of what was given; null when the term has not begun or never ends',
  })
  readonly expiresAt: string | null;

  @Part(() => AssignedByAnswer)
  readonly assignedBy: AssignedByAnswer;
}

/** Newest first. */
export class AssignmentListAnswer {
  @ListOf(() => AssignmentRowAnswer, { min: 0, max: 500 })
  readonly items: readonly AssignmentRowAnswer[];

  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 1, description: 'How many rows the question finds' })
  readonly total: number;

  @NextCursor()
  readonly next: string | null;
}
