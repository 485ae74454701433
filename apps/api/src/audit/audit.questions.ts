import { Cursor, Id, Limit, Optional, Text } from '../fields.js';
import { Question } from '../http/input.js';
import { story } from '../story.js';
import { MomentOrPosition } from '../pool/moment.js';

export class AuditStream extends Question {
  @Text({ max: 256, example: `pool-${story.partnerId}` })
  readonly stream: string;

  @Limit()
  readonly limit: number;

  @Cursor({ pattern: /^\d{1,15}$/ })
  readonly cursor?: string;
}

export class AuditAssignments extends Question {
  @Optional()
  @Id({ example: story.partnerId, description: 'One partner or customer; absent: all' })
  readonly account?: string;

  @Optional()
  @MomentOrPosition({ description: 'As known at this moment (RFC 3339) or log position; absent: now' })
  readonly asOf?: string;

  @Limit()
  readonly limit: number;

  @Cursor()
  readonly cursor?: string;
}
