/** A place in the whole log: the commit position. Answered to clients as a decimal string. */
export type Position = bigint;

/** What is to be appended. `id` is a UUID that stays the same when the append is repeated. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  /** This and the metadata: or their JSON in UTF-8 when somebody has that already. */
  readonly data: object | Uint8Array;
  readonly metadata: object | Uint8Array;
}

/** An event as it stands in the log. */
export interface RecordedEvent<Type extends string = string, Data extends object = object, Metadata extends object = object> {
  readonly stream: string;
  /** Counts from 0 within the stream. */
  readonly revision: number;
  readonly position: Position;
  readonly id: string;
  readonly type: Type;
  readonly data: Data;
  readonly metadata: Metadata;
}

/** The last event's place after an append. */
export interface Appended {
  readonly revision: number;
  readonly position: Position;
}

export interface StreamRange {
  /** Included. Forwards from the start, or backwards from the end, when absent. */
  readonly fromRevision?: number;
  readonly direction?: 'forwards' | 'backwards';
  readonly limit?: number;
}

/** Which events of the log are wanted: streams that begin with one of these, or events of one of these types. Evaluated by the server. */
export type EventFilter = { readonly streamPrefixes: readonly string[] } | { readonly types: readonly string[] };

export type Followed =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Everything up to here was looked at; nothing of it is missing. */
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** History is over, live events follow. Comes once. */
  | { readonly kind: 'caughtUp' };

/** The log of facts. Errors of all calls: LogUnavailable. */
export interface EventLog {
  /**
   * Appends all events or none, directly after `expectedRevision` (-1: the stream must not exist).
   * Errors: RevisionConflict; AppendUnknown when no answer came in time: repeat with the same ids and the same expected revision.
   */
  append(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<Appended>;
  /** A stream that does not exist has no events. */
  readStream(stream: string, range?: StreamRange): AsyncIterable<RecordedEvent>;
  /**
   * All events after a position (exclusive; absent: from the start), or before it when backwards; `withSystem`: those of the event store itself (`$…`), too,
   * unless there is a filter. Errors: PositionUnknown.
   */
  readAll(options?: {
    after?: Position;
    direction?: 'forwards' | 'backwards';
    limit?: number;
    filter?: EventFilter;
    withSystem?: boolean;
  }): AsyncIterable<RecordedEvent>;
  /** History after a position (absent: from the start; 'end': none), then live, until the signal. Reconnects by itself from the last position seen. Errors: PositionUnknown. */
  follow(options: { after?: Position | 'end'; filter?: EventFilter; signal: AbortSignal }): AsyncIterable<Followed>;
  /** The position of the last event; undefined in an empty log. */
  end(): Promise<Position | undefined>;
  close(): Promise<void>;
}

export class RevisionConflict extends Error {
  constructor(
    readonly stream: string,
    readonly expectedRevision: number,
    /** -1 when the stream does not exist; undefined when the server did not say. */
    readonly actualRevision?: number,
  ) {
    super(`${stream} is at revision ${actualRevision ?? '?'}, not ${expectedRevision}`);
    this.name = 'RevisionConflict';
  }
}

/** Nobody knows whether the append happened. */
export class AppendUnknown extends Error {
  constructor(stream: string, cause: unknown) {
    super(`the outcome of an append to ${stream} is unknown`, { cause });
    this.name = 'AppendUnknown';
  }
}

/** The event store cannot be reached, or does not answer in time. Nothing was recorded by this call. */
export class LogUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LogUnavailable';
  }
}

/** No event stands at this position. */
export class PositionUnknown extends Error {
  constructor(readonly position: Position) {
    super(`no event stands at position ${position}`);
    this.name = 'PositionUnknown';
  }
}
