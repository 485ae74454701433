import { IntersectionType, PickType } from '@nestjs/swagger';
import { Flag, ListOf, NextCursor, Sku, WholeNumber } from '../fields.js';
import { ReceiptAnswer } from '../receipt.answers.js';
import { ListProduct, ProductPrice } from './product.commands.js';

/** A product as it is offered, or was. */
export class ProductAnswer extends PickType(ListProduct, ['sku', 'name', 'category', 'link', 'prices', 'policy'] as const) {
  @Flag({ example: false, description: 'A withdrawn product cannot be bought any more; all that is held goes on' })
  readonly withdrawn: boolean;
}

/** A product and what it costs now. */
export class OfferedProductAnswer extends ProductAnswer {
  @ListOf(() => ProductPrice, {
    min: 0,
    max: 100,
    description: 'Of `prices` those that hold now: one for each billing option and currency',
  })
  readonly pricesInForce: readonly ProductPrice[];
}

export class ProductListAnswer {
  @ListOf(() => OfferedProductAnswer, { min: 0, max: 500 })
  readonly items: readonly OfferedProductAnswer[];

  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 4, description: 'How many products the question finds' })
  readonly total: number;

  @NextCursor()
  readonly next: string | null;
}

/** The product as it is now offered, and where that was recorded. */
export class ProductListedAnswer extends IntersectionType(ProductAnswer, ReceiptAnswer) {}

export class ProductWithdrawnAnswer extends ReceiptAnswer {
  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;

  @Flag({ example: true })
  readonly withdrawn: true;
}
