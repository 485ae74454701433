/** gRPC status codes that this server answers with. */
export const Code = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** How a call ends when it does not end well: code, details and trailers, as a client sees them. */
export class Status extends Error {
  constructor(
    readonly code: number,
    details: string,
    readonly trailers: Record<string, string> = {},
  ) {
    super(details);
    this.name = 'Status';
  }
}

/** What the real server answers to requests it has no words for. */
export const handlerFailed = (): Status => new Status(Code.unknown, 'Exception was thrown by handler.');
export const serverStarting = (): Status => new Status(Code.unavailable, 'The event store is starting: it reads its log.');
export const serverStopping = (): Status => new Status(Code.unavailable, 'The event store is stopping.');
export const deadlineExceeded = (): Status => new Status(Code.deadlineExceeded, 'Deadline Exceeded');
export const invalidArgument = (details: string): Status => new Status(Code.invalidArgument, details);

export function streamDeleted(stream: string): Status {
  return new Status(Code.failedPrecondition, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });
}

export function wrongExpectedVersion(what: string, stream: string, expected: string, actual: number): Status {
  const details = `${what} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`;
  return new Status(Code.failedPrecondition, details, {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': expected,
    'actual-version': String(actual),
  });
}

export function appendTooLarge(bytesMax: number): Status {
  return invalidArgumentWith(`Maximum Append Size of ${bytesMax} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(bytesMax),
  });
}

export function missingMetadata(property: string): Status {
  return invalidArgumentWith(`Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
}

function invalidArgumentWith(details: string, trailers: Record<string, string>): Status {
  return new Status(Code.invalidArgument, details, trailers);
}

/** What is wrong with a persistent subscription, with the trailers that name it. An empty group name is left out. */
function groupStatus(
  code: number,
  details: string,
  exception: string,
  stream: string,
  group: string,
  more: Record<string, string> = {},
): Status {
  return new Status(code, details, { exception, 'stream-name': stream, ...(group === '' ? {} : { 'group-name': group }), ...more });
}

export const groupMissing = (stream: string, group: string): Status =>
  groupStatus(
    Code.notFound,
    `Subscription group ${group} on stream ${stream} does not exist.`,
    'persistent-subscription-does-not-exist',
    stream,
    group,
  );
export const groupExists = (stream: string, group: string): Status =>
  groupStatus(
    Code.alreadyExists,
    `Subscription group ${group} on stream ${stream} exists.`,
    'persistent-subscription-exists',
    stream,
    group,
  );
export const groupDropped = (stream: string, group: string): Status =>
  groupStatus(
    Code.cancelled,
    `Subscription group ${group} on stream ${stream} was dropped.`,
    'persistent-subscription-dropped',
    stream,
    group,
  );
export const groupFull = (stream: string, group: string): Status =>
  groupStatus(
    Code.failedPrecondition,
    `Maximum subscriptions reached for subscription group ${group} on stream ${stream}.`,
    'maximum-subscribers-reached',
    stream,
    group,
  );
export const groupFailed = (stream: string, group: string, reason: string): Status =>
  groupStatus(
    Code.internal,
    `Subscription group ${group} on stream ${stream} failed: '${reason}'`,
    'persistent-subscription-failed',
    stream,
    group,
    {
      reason,
    },
  );
