import { Choice, Cursor, Limit, Optional, Sku, Text } from '../fields.js';
import { Question } from '../http/input.js';

export class ListProducts extends Question {
  @Optional()
  @Text({ min: 0, example: 'エッジストレージ', description: 'Any part of the name or sku, in any width, case or kana' })
  readonly query?: string;

  @Optional()
  @Text({ max: 64, example: 'エッジストレージ録画', description: 'The whole category' })
  readonly category?: string;

  @Optional()
  @Choice(['true', 'false'], { description: '`true`: only what can be bought, `false`: only what was withdrawn; absent: both' })
  readonly forSale?: 'true' | 'false';

  @Limit()
  readonly limit: number = 50;

  @Cursor()
  readonly cursor?: string;
}

export class FindProduct extends Question {
  @Sku({ example: 'REMO-EDGE-1Y' })
  readonly sku: string;
}
