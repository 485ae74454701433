import { Choice, Flag, Id, Instant, ListOf, LogPosition, Optional, OrNull, Part, Quantity, Sku, Text, WholeNumber } from '../fields.js';
import { CloudEvent } from '../feed/cloud-event.js';
import { ProductBalanceAnswer } from '../pool/pool.answers.js';

const Revision = (description: string) => WholeNumber({ min: -1, max: Number.MAX_SAFE_INTEGER, example: 4, description });

export class ChainBreakAnswer {
  @Revision('Of the first fact that does not hold')
  readonly revision: number;

  @Text({ example: 'hash is not that of what is stored' })
  readonly problem: string;
}

export class ChainAnswer {
  @Flag({ description: 'Every fact from `from` to `to` carries the hash of what is stored and of the fact before it' })
  readonly intact: boolean;

  @Revision('The first revision checked')
  readonly from: number;

  @Revision('The last revision checked')
  readonly to: number;

  @Optional()
  @Part(() => ChainBreakAnswer)
  readonly broken?: ChainBreakAnswer;
}

export class StreamAnswer {
  @Text({ example: 'pool-3f0d6b52-8c1e-4a77-9a53-5f6f0c1d2e01' })
  readonly stream: string;

  @ListOf(() => CloudEvent, { min: 0, max: 500 })
  readonly items: CloudEvent[];

  @OrNull()
  @Text({ example: '50' })
  readonly next: string | null;

  @Part(() => ChainAnswer)
  readonly chain: ChainAnswer;
}

export class AuditedUserAnswer {
  @Text({ example: '7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11' })
  readonly userId: string;
}

/** One line of an assignment as it was recorded. */
export class AuditedAssignment {
  @Choice(['given', 'received'], { description: '`received` in a customer’s own pool' })
  readonly side: 'given' | 'received';

  @Optional()
  @Choice(['assignment', 'drawdown'], { description: 'On the giving side: how it was given' })
  readonly kind?: 'assignment' | 'drawdown';

  @Id({ description: 'Of the assignment, or of the drawdown' })
  readonly assignmentId: string;

  @WholeNumber({ min: 1, max: 1000, example: 1 })
  readonly line: number;

  @Id({ description: 'The giver' })
  readonly accountId: string;

  @Id({ description: 'The receiver' })
  readonly customerId: string;

  @Instant()
  readonly assignedAt: string;

  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Quantity({ example: 3 })
  readonly quantity: number;

  @Optional()
  @Instant({ example: '2027-04-01T00:00:00.000Z' })
  readonly expiresAt?: string;

  @Part(() => AuditedUserAnswer)
  readonly assignedBy: AuditedUserAnswer;

  @Instant()
  readonly recordedAt: string;

  @Text({ example: 'pool-3f0d6b52-8c1e-4a77-9a53-5f6f0c1d2e01' })
  readonly stream: string;

  @Revision('Of the fact')
  readonly revision: number;

  @LogPosition({ example: '18342' })
  readonly position: string;
}

export class AuditedBalanceAnswer {
  @Id()
  readonly accountId: string;

  @ListOf(() => ProductBalanceAnswer, { min: 0, max: 10_000 })
  readonly products: readonly ProductBalanceAnswer[];
}

export class AuditedAssignmentsAnswer {
  @Text({ example: '2026-04-01T00:00:00.000Z', description: 'The moment or position answered for' })
  readonly asOf: string;

  @OrNull()
  @LogPosition({ example: '18342', description: 'Of the last fact that was counted' })
  readonly position: string | null;

  @ListOf(() => AuditedBalanceAnswer, { min: 0, max: 200, description: 'On the first page only' })
  readonly balances: AuditedBalanceAnswer[];

  @ListOf(() => AuditedAssignment, { min: 0, max: 500 })
  readonly items: AuditedAssignment[];

  @OrNull()
  @Text({ example: '18342.0' })
  readonly next: string | null;
}
