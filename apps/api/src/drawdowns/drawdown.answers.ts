import { drawdownStates, type DrawdownState } from '#licensing';
import { Choice, Email, Id, Instant, ListOf, NextCursor, Optional, Part, Quantity, Sku, Text, Website, WholeNumber } from '../fields.js';
import { ReceiptAnswer } from '../receipt.answers.js';
import { story } from '../story.js';
import { CustomerOfDrawdown } from './drawdown.commands.js';

const Count = (description: string, example: number) => WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, description, example });
const State = (example: DrawdownState) => Choice(drawdownStates, { example });
const Note = () => Text({ max: 1000, example: 'For the second warehouse' });
const Reason = () => Text({ max: 500, example: 'The order is not paid yet' });
const Total = () => Count('How many the question finds', 1);

export class OrderedProductAnswer {
  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Text({ example: 'i-PRO Remo. Service エッジストレージ録画1年' })
  readonly name: string;

  @Count('As bought', 10)
  readonly purchased: number;

  @Count('What a drawdown can ask for', 7)
  readonly available: number;

  @Count('Held by open drawdowns', 2)
  readonly held: number;

  @Optional()
  @Instant({ example: '2027-04-01T00:00:00.000Z', description: 'The first end of what is available; absent when none of it has one yet' })
  readonly expiresAt?: string;
}

/** An order that still has something. */
export class OrderStockAnswer {
  @Text({ max: 128, example: 'PO-2026-0412' })
  readonly orderId: string;

  @ListOf(() => OrderedProductAnswer, { max: 100, description: 'Those with something available' })
  readonly products: readonly OrderedProductAnswer[];
}

/** The oldest first. */
export class OrderListAnswer {
  @ListOf(() => OrderStockAnswer, { min: 0, max: 500 })
  readonly items: readonly OrderStockAnswer[];

  @Total()
  readonly total: number;

  @NextCursor()
  readonly next: string | null;
}

export class DrawdownChangedAnswer extends ReceiptAnswer {
  @Id({ example: story.drawdownId })
  readonly drawdownId: string;

  @State('submitted')
  readonly state: string;

  @Text({ max: 128, example: 'PO-2026-0412' })
  readonly orderId: string;

  @Id({ example: story.customerId })
  readonly customerId: string;

  @Instant({ example: '2026-05-01T03:00:00.000Z', description: 'The licenses are held until then, if nobody decides' })
  readonly holdUntil: string;
}

export class DrawdownUserAnswer {
  @Text({ example: story.userId })
  readonly userId: string;

  @Text({ max: 254, example: 'sato@sakura-networks.example' })
  readonly login: string;
}

export class DrawdownCustomerAnswer {
  @Id({ example: story.customerId })
  readonly customerId: string;

  @Text({ example: 'Fjordline Logistics AS', description: 'As this partner wrote it down or knows it' })
  readonly accountName: string;

  @Optional()
  @Website({ example: 'https://www.fjordline-logistics.example' })
  readonly website?: string;

  @Optional()
  @Text({ example: 'Ingrid Solberg' })
  readonly contactName?: string;

  @Optional()
  @Email({ example: 'ingrid.solberg@fjordline-logistics.example' })
  readonly contactEmail?: string;
}

export class DrawnProductAnswer {
  @WholeNumber({ min: 1, max: 100, example: 1, description: 'From 1' })
  readonly line: number;

  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Text({ example: 'i-PRO Remo. Service エッジストレージ録画1年' })
  readonly productName: string;

  @Quantity({ example: 2 })
  readonly quantity: number;
}

export class DrawdownStepAnswer {
  @State('submitted')
  readonly state: string;

  @Instant({ example: '2026-04-01T03:00:00.000Z' })
  readonly at: string;

  @Part(() => DrawdownUserAnswer)
  readonly by: DrawdownUserAnswer;

  @Optional()
  @Reason()
  readonly reason?: string;
}

export class DrawdownAnswer {
  @Id({ example: story.drawdownId })
  readonly drawdownId: string;

  @Id({ example: story.partnerId, description: 'The partner that asked' })
  readonly accountId: string;

  @Text({ example: 'さくらネットワークス株式会社' })
  readonly accountName: string;

  @State('submitted')
  readonly state: string;

  @Text({ max: 128, example: 'PO-2026-0412' })
  readonly orderId: string;

  @Part(() => DrawdownCustomerAnswer)
  readonly customer: DrawdownCustomerAnswer;

  @ListOf(() => DrawnProductAnswer, { max: 100 })
  readonly lines: readonly DrawnProductAnswer[];

  @Instant({ example: '2026-04-01T03:00:00.000Z' })
  readonly submittedAt: string;

  @Part(() => DrawdownUserAnswer)
  readonly requestedBy: DrawdownUserAnswer;

  @Instant({ example: '2026-05-01T03:00:00.000Z' })
  readonly holdUntil: string;

  @Optional()
  @Note()
  readonly note?: string;

  @Optional()
  @Id({ example: story.drawdownId })
  readonly clonedFrom?: string;

  @Optional()
  @Reason()
  readonly reason?: string;

  @ListOf(() => DrawdownStepAnswer, { max: 10, description: 'What happened, when, by whom, and why: the oldest first' })
  readonly history: readonly DrawdownStepAnswer[];
}

export class DrawdownListAnswer {
  @ListOf(() => DrawdownAnswer, { min: 0, max: 500 })
  readonly items: readonly DrawdownAnswer[];

  @Total()
  readonly total: number;

  @NextCursor()
  readonly next: string | null;
}

export class DraftLineAnswer {
  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Quantity({ example: 2 })
  readonly quantity: number;
}

/** The body of a new drawdown: to be changed, and sent. */
export class DraftAnswer {
  @Text({ max: 128, example: 'PO-2026-0412' })
  readonly orderId: string;

  @Part(() => CustomerOfDrawdown)
  readonly customer: CustomerOfDrawdown;

  @ListOf(() => DraftLineAnswer, { max: 100 })
  readonly lines: readonly DraftLineAnswer[];

  @Optional()
  @Note()
  readonly note?: string;

  @Id({ example: story.drawdownId })
  readonly clonedFrom: string;
}

export class CloneAnswer {
  @Part(() => DraftAnswer)
  readonly draft: DraftAnswer;
}
