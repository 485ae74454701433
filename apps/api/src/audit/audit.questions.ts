import { Cursor, Id, Limit, Optional, Text } from '../fields.js';
import { Question } from '../http/input.js';
import { MomentOrPosition } from '../pool/moment.js';

export class AuditStream extends Question {
  @Text({ max: 256, example: 'pool-3f0d6b52-8c1e-4a77-9a53-5f6f0c1d2e01' })
  readonly stream: string;

  @Limit()
  readonly limit: number;

  @Cursor({ pattern: /^\d{1,15}$/ })
  readonly cursor?: string;
}

export class AuditAssignments extends Question {
  @Optional()
  @Id({ description: 'One partner or customer; absent: all' })
  readonly account?: string;

  @Optional()
  @MomentOrPosition({ description: 'As known at this moment (RFC 3339) or log position; absent: now' })
  readonly asOf?: string;

  @Limit()
  readonly limit: number;

  @Cursor()
  readonly cursor?: string;
}
