import { LogUnavailable } from './event-log.js';

/** This command id came before with another input. Nothing was appended. */
export class IdempotencyKeyReused extends Error {
  constructor(
    readonly stream: string,
    readonly commandId: string,
  ) {
    super(`command ${commandId} is already in ${stream} with another input`);
    this.name = 'IdempotencyKeyReused';
  }
}

/** The stream is not where the caller wants it (If-Match). Nothing was appended. */
export class ExpectedRevisionMismatch extends Error {
  constructor(
    readonly stream: string,
    readonly expectedRevision: number,
    /** -1 when the stream does not exist. */
    readonly actualRevision: number,
  ) {
    super(`${stream} is at revision ${actualRevision}, not at ${expectedRevision} as asked for`);
    this.name = 'ExpectedRevisionMismatch';
  }
}

/** The facts of one command are larger than one append may be. Nothing was appended. */
export class CommandTooLarge extends Error {
  constructor(
    readonly stream: string,
    readonly sizeInBytes: number,
    readonly limitInBytes: number,
  ) {
    super(`the facts of this command take ${sizeInBytes} bytes, ${limitInBytes} are allowed`);
    this.name = 'CommandTooLarge';
  }
}

/** Others wrote to the stream between each load and append. Nothing was appended. */
export class TooManyConflicts extends Error {
  constructor(
    readonly stream: string,
    readonly attempts: number,
  ) {
    super(`${stream} was changed by others ${attempts} times while this command was decided`);
    this.name = 'TooManyConflicts';
  }
}

/** The event store did not say whether the command was recorded. A repetition with the same command id finds out, and does it at most once. */
export class OutcomeUnknown extends LogUnavailable {
  constructor(stream: string, waitedMs: number, options?: ErrorOptions) {
    super(`the event store did not confirm an append to ${stream} within ${waitedMs} ms: repeat the command with the same id`, options);
    this.name = 'OutcomeUnknown';
  }
}
