import { rejections, type RejectionCode } from '#licensing';
import { Choice, ListOf, Optional, Text, WholeNumber } from '../fields.js';

export class FindingAnswer {
  @Text({ min: 0, example: 'lines[0].quantity' })
  readonly path: string;

  @Text({ max: 500, example: 'must be a whole number from 1 to 1000000000' })
  readonly message: string;
}

/** A refusal (RFC 9457). Numbers and names behind it stand beside these members. */
export class Problem {
  @Text({ example: 'urn:license-ledger:problem:pool-exhausted' })
  readonly type: string;

  @Text({ example: 'The pool has fewer licenses available than requested' })
  readonly title: string;

  @WholeNumber({ min: 400, max: 599, example: 409 })
  readonly status: number;

  @Text({ max: 2000, example: 'REMO-EDGE-1Y: 5 requested, 3 available' })
  readonly detail: string;

  @Choice(Object.keys(rejections), { example: 'POOL_EXHAUSTED' })
  readonly code: RejectionCode;

  @Text({ example: '53b9cabb-2b8b-463b-b7df-9b8c181a6f3f' })
  readonly correlationId: string;

  @Optional()
  @ListOf(() => FindingAnswer, { max: 100, description: 'With INVALID_REQUEST: every field that is wrong' })
  readonly errors?: FindingAnswer[];
}
