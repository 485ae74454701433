import { CommaSeparated, Cursor, Id, Instant, Limit, Optional, Text } from '../fields.js';
import { skuPattern } from '../field-rules.js';
import { Question } from '../http/input.js';
import { MomentOrPosition } from './moment.js';
import { story } from '../story.js';

export class ReadPool extends Question {
  @Id({ example: story.partnerId, description: 'The partner or customer' })
  readonly accountId: string;

  @Optional()
  @MomentOrPosition({ description: 'The pool as it stood at this moment (RFC 3339) or log position' })
  readonly asOf?: string;
}

/** All filters together; none is the whole history (000-19). */
export class ListAssignments extends Question {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Optional()
  @Instant({ example: '2026-04-01T00:00:00.000Z', description: 'Assigned at this moment or later (000-20)' })
  readonly from?: string;

  @Optional()
  @Instant({ example: '2027-04-01T00:00:00.000Z', description: 'Assigned before this moment' })
  readonly to?: string;

  @Optional()
  @Text({
    min: 0,
    example: 'ﾔﾏﾀﾞ',
    description: 'Any part of the name or its reading, in any width, case or kana; from five letters on one slip is forgiven (000-21)',
  })
  readonly customerName?: string;

  @Optional()
  @CommaSeparated({ pattern: skuPattern, max: 50, example: ['REMO-EDGE-1Y'] })
  readonly sku?: string[];

  @Limit()
  readonly limit: number = 50;

  @Cursor()
  readonly cursor?: string;
}
