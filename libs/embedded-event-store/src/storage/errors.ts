/** A part of the log is not what was written there. Nothing is served that depends on it. */
export class DamagedLogError extends Error {
  constructor(
    readonly file: string,
    readonly offset: number,
    what: string,
  ) {
    super(
      `${file}, offset ${offset}: ${what}. Acknowledged events are affected, so nothing was changed. ` +
        'Restore this file from a backup, or check the disk and the copy it came from; then start again.',
    );
    this.name = 'DamagedLogError';
  }
}

/** An append was not written, and no part of it will ever be read. It may be tried again. */
export class AppendFailedError extends Error {
  constructor(cause: Error) {
    super(`the append was not written: ${cause.message}`, { cause });
    this.name = 'AppendFailedError';
  }
}

/** The disk did not confirm what was written to it: whether the append is in the log is decided at the next start. */
export class OutcomeUnknownError extends Error {
  constructor(reason: string, cause?: Error) {
    super(`the outcome of the append is unknown: ${reason}`, { cause });
    this.name = 'OutcomeUnknownError';
  }
}
