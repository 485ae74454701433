import { Rejected, rejections, type RejectionCode } from '#licensing';

/** An error as clients see it (RFC 9457), with a stable code and the numbers beside it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: RejectionCode;
  readonly correlationId: string;
  readonly [member: string]: unknown;
}

/** Seconds after which it is worth to try again, when nothing better is known. */
const retryAfterSeconds = 2;

/** The refusal an error stands for; undefined when it is nobody's fault but ours. The stores' errors are known by name, so that no process loads a store for this. */
export function refusalOf(error: unknown): Rejected | undefined {
  if (error instanceof Rejected) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  switch (name) {
    case 'LogUnavailable':
    case 'AppendUnknown':
    case 'OutcomeUnknown':
      return new Rejected('EVENT_STORE_UNAVAILABLE', 'The event store does not answer');
    case 'IdempotencyKeyReused':
      return new Rejected('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key came before with another body or query');
    case 'ExpectedRevisionMismatch':
      return new Rejected('REVISION_MISMATCH', message, membersOf(error, 'stream', 'expectedRevision', 'actualRevision'));
    case 'CommandTooLarge':
      return new Rejected('COMMAND_TOO_LARGE', message, membersOf(error, 'sizeInBytes', 'limitInBytes'));
    case 'NotCanonical':
      return new Rejected('INVALID_REQUEST', message, { errors: [{ path: '', message }] });
    case 'TooManyConflicts':
    case 'RevisionConflict':
      return new Rejected('CONCURRENT_CHANGE', message);
    case 'PositionUnknown':
      return new Rejected('INVALID_REQUEST', message, { errors: [{ path: 'after', message }] });
    case 'ReadModelBehind':
      return new Rejected('READ_MODEL_BEHIND', message, textsOf(error, 'projection', 'position', 'reached'));
    case 'ReadModelStopped':
      return new Rejected('READ_MODEL_STOPPED', message, membersOf(error, 'projection', 'stopped'));
    case 'ReadStoreUnavailable':
      return new Rejected('READ_STORE_UNAVAILABLE', 'The read models cannot be reached');
    default:
      return refusalOfHttp(error);
  }
}

function membersOf(error: unknown, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (error as Record<string, unknown>)[name]]));
}

/** Positions are decimal texts in every answer. */
function textsOf(error: unknown, ...names: readonly string[]): Record<string, unknown> {
  const members = Object.entries(membersOf(error, ...names));
  return Object.fromEntries(members.map(([name, value]) => [name, value === undefined ? null : String(value)]));
}

/** What Fastify and Nest refuse before a route is reached. */
function refusalOfHttp(error: unknown): Rejected | undefined {
  const { statusCode, status, code, message } = (error ?? {}) as { statusCode?: number; status?: number; code?: string; message?: string };
  const answered = statusCode ?? status;
  if (typeof answered !== 'number' || answered < 400 || answered > 499) return undefined;
  if (answered === 413) return new Rejected('BODY_TOO_LARGE', 'The body is larger than allowed');
  if (answered === 415) return new Rejected('UNSUPPORTED_MEDIA_TYPE', 'A body is JSON: send it with Content-Type: application/json');
  if (answered === 404) return new Rejected('ROUTE_NOT_FOUND', 'There is nothing at this address for this method');
  const detail = code?.startsWith('FST_') && code !== 'FST_ERR_CTP_INVALID_JSON_BODY' ? message! : 'The request cannot be read';
  return new Rejected('INVALID_REQUEST', detail, { errors: [{ path: '', message: detail }] });
}

/** What was sent may be repeated in a refusal, but not at any length. */
const longest = { detail: 2000, path: 200, message: 500 };

export function problemOf(refusal: Rejected, correlationId: string): Problem {
  const { code, members } = refusal;
  const { status, title } = rejections[code];
  const type = `urn:license-ledger:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  const errors = members['errors'] as readonly { readonly path: string; readonly message: string }[] | undefined;
  const shown = errors?.map(({ path, message }) => ({ path: cut(path, longest.path), message: cut(message, longest.message) }));
  const detail = cut(refusal.detail, longest.detail);
  return { ...members, ...(shown && { errors: shown }), type, title, status, detail, code, correlationId };
}

function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`;
}

/** What `Retry-After` says, in seconds; undefined when a repetition does not help. */
export function retryAfter({ status, members }: Rejected): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  return typeof members['retryAfterSeconds'] === 'number' ? members['retryAfterSeconds'] : retryAfterSeconds;
}
