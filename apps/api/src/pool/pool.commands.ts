import { LedgerCommand } from '../http/input.js';
import { Id, ListOf, LongText, Optional, Quantity, Sku, Text } from '../fields.js';
import { story } from '../story.js';

/** A product and how many of it. */
export class Line {
  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Quantity({ example: 10 })
  readonly quantity: number;
}

/** Credits an order to a pool. The same order again is the same purchase. */
export class PurchaseLicenses extends LedgerCommand {
  @Id({ example: story.partnerId, description: 'The partner or customer that bought' })
  readonly accountId: string;

  @Text({ max: 128, example: 'PO-2026-0412' })
  readonly orderId: string;

  @ListOf(() => Line, { max: 100 })
  readonly lines: Line[];

  @Optional()
  @Id({ example: story.customerId, description: 'A customer that linked the buyer: what is bought is passed on to it in the same command' })
  readonly purchasedFor?: string;
}

/** Takes an order back, or part of it; only what is still available. */
export class ReversePurchase extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Text({ max: 128, example: 'PO-2026-0412' })
  readonly orderId: string;

  @Optional()
  @ListOf(() => Line, { max: 100, description: 'Absent: the whole order' })
  readonly lines?: Line[];

  @LongText({ max: 500, example: 'Ordered twice by mistake' })
  readonly reason: string;
}

/** Moves licenses from a partner's pool to a customer that linked it. All lines or none. */
export class AssignLicenses extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Id({ example: story.customerId, description: 'A customer that made this partner its dealer' })
  readonly customerId: string;

  @ListOf(() => Line, { max: 100 })
  readonly lines: Line[];
}

/** Begins the term of licenses that count from their first use. */
export class ActivateLicenses extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Sku({ example: 'REMO-DIRECT-1Y', description: 'A product whose term starts `onFirstUse`' })
  readonly sku: string;

  @Quantity({ example: 2 })
  readonly quantity: number;
}
