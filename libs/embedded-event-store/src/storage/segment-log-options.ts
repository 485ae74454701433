import type { EventFields } from './record.js';

export interface SegmentLogOptions {
  folder: string;
  /** Used when the folder holds no log yet. */
  newLogId: Buffer;
  /** A segment that has grown to this is not written to any more. */
  segmentBytes: number;
  /** Bound of what is kept in memory of the log. */
  cacheBytes: number;
  /** Called once when the disk fails to confirm a write: from then on nothing is acknowledged and the process should end. */
  onSyncFailure: (error: Error) => void;
}

/** What is known of a log before it is opened. */
export interface KnownLog {
  /** It was acknowledged up to this position at least. */
  end: number;
  /** Nobody has to be told of the records of segments before the one that holds this position. */
  from: number;
}

/** One record to append; its position is filled in. */
export interface Entry extends EventFields {
  kind: number;
  position: number;
}
