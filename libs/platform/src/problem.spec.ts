import { describe, expect, it } from '@jest/globals';
import {
  AppendUnknown,
  CommandTooLarge,
  ExpectedRevisionMismatch,
  IdempotencyKeyReused,
  LogUnavailable,
  NotCanonical,
  OutcomeUnknown,
  PositionUnknown,
  RevisionConflict,
  TooManyConflicts,
} from '#event-store';
import { Rejected, rejections } from '#licensing';
import { ReadModelBehind, ReadModelStopped, ReadStoreUnavailable } from '#read-store';
import { problemOf, refusalOf, retryAfter } from './problem.js';

describe('an error becomes a refusal', () => {
  it.each([
    [new Rejected('POOL_EXHAUSTED', 'no'), 'POOL_EXHAUSTED', {}],
    [new LogUnavailable('gone'), 'EVENT_STORE_UNAVAILABLE', {}],
    [new AppendUnknown('pool-1', undefined), 'EVENT_STORE_UNAVAILABLE', {}],
    [new OutcomeUnknown('pool-1', 5), 'EVENT_STORE_UNAVAILABLE', {}],
    [new RevisionConflict('pool-1', 1, 2), 'CONCURRENT_CHANGE', {}],
    [new TooManyConflicts('pool-1', 8), 'CONCURRENT_CHANGE', {}],
    [new IdempotencyKeyReused('pool-1', 'c'), 'IDEMPOTENCY_KEY_REUSED', {}],
    [new ExpectedRevisionMismatch('pool-1', 1, 2), 'REVISION_MISMATCH', { stream: 'pool-1', expectedRevision: 1, actualRevision: 2 }],
    [new CommandTooLarge('pool-1', 300_000, 262_144), 'COMMAND_TOO_LARGE', { sizeInBytes: 300_000, limitInBytes: 262_144 }],
    [new NotCanonical('half a pair'), 'INVALID_REQUEST', {}],
    [new PositionUnknown(5n), 'INVALID_REQUEST', { errors: [{ path: 'after', message: expect.any(String) }] }],
    [new ReadStoreUnavailable('gone'), 'READ_STORE_UNAVAILABLE', {}],
    [new ReadModelBehind('pool-balance', 9n, undefined), 'READ_MODEL_BEHIND', { projection: 'pool-balance', position: '9', reached: null }],
    [
      new ReadModelStopped('pool-balance', 9n, { position: '5', eventId: 'e', reason: 'r' }),
      'READ_MODEL_STOPPED',
      { projection: 'pool-balance' },
    ],
    [Object.assign(new Error(), { statusCode: 413 }), 'BODY_TOO_LARGE', {}],
    [Object.assign(new Error(), { statusCode: 415 }), 'UNSUPPORTED_MEDIA_TYPE', {}],
    [Object.assign(new Error(), { status: 404 }), 'ROUTE_NOT_FOUND', {}],
    [Object.assign(new Error(), { statusCode: 400 }), 'INVALID_REQUEST', {}],
  ])('%s is %s', (error, code, members) => {
    expect(refusalOf(error)).toMatchObject({ code, members });
  });

  it.each([new TypeError('x is undefined'), 'a text', undefined, null, Object.assign(new Error(), { statusCode: 500 })])(
    '%s is nobody’s fault but ours',
    (error) => {
      expect(refusalOf(error)).toBeUndefined();
    },
  );
});

describe('a problem', () => {
  it('has a stable code, what it means, the detail, and the numbers beside it; they cannot hide its own members', () => {
    const refusal = new Rejected('POOL_EXHAUSTED', 'A: 5 requested, 3 available', { sku: 'A', requested: 5, available: 3, status: 200 });
    expect(problemOf(refusal, 'c')).toEqual({
      type: 'urn:license-ledger:problem:pool-exhausted',
      title: rejections.POOL_EXHAUSTED.title,
      status: 409,
      detail: 'A: 5 requested, 3 available',
      code: 'POOL_EXHAUSTED',
      correlationId: 'c',
      sku: 'A',
      requested: 5,
      available: 3,
    });
  });

  it('repeats what was sent, but not at any length', () => {
    const long = 'x'.repeat(5_000);
    const { detail, errors } = problemOf(new Rejected('INVALID_REQUEST', long, { errors: [{ path: long, message: long }] }), 'c');
    const [{ path, message }] = errors as [{ path: string; message: string }];
    expect([detail, path, message].map((text) => [text.length, text.at(-1)])).toEqual([
      [2000, '…'],
      [200, '…'],
      [500, '…'],
    ]);
  });

  it('says when to come again with 429 and 503 only', () => {
    for (const [code, { status }] of Object.entries(rejections))
      expect([code, retryAfter(new Rejected(code as never, ''))]).toEqual([code, status === 429 || status === 503 ? 2 : undefined]);
    expect(retryAfter(new Rejected('TOO_MANY_REQUESTS', '', { retryAfterSeconds: 17 }))).toBe(17);
  });
});
