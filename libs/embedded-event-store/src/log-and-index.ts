import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { LogRecord } from './storage/record.js';
import type { CutTail } from './storage/recovery.js';
import { SegmentLog, type KnownLog } from './storage/segment-log.js';
import { StreamIndex } from './stream-index.js';

export interface EventLogOptions {
  dataDir: string;
  segmentBytes: number;
  cacheBytes: number;
  /** Reads all of the log at the start, also what is known to have been sound at the last stop. */
  readsAllAtStart?: boolean | undefined;
  onSyncFailure: (error: Error) => void;
  /** Called when the index on disk turns out to be damaged while it is used: the process should end, a new start makes it anew. */
  onDamagedIndex: (error: Error) => void;
  /** Called when a part of the log that the start did not read turns out to be damaged: the process should end, a new start is refused. */
  onDamagedLog: (error: Error) => void;
}

/** A log with the index that belongs to it. */
export interface LogAndIndex {
  log: SegmentLog;
  index: StreamIndex;
  /** What was cut off the end of the log, if anything. */
  cut: CutTail | undefined;
  /** When the last event was created, in milliseconds since 1970; 0 when there is none. */
  lastCreatedMs: number;
}

/** Opens log and index of a folder: reads of the log what the index does not have and brings it up to it, or all of it when the index does not fit. */
export async function openTogether(options: EventLogOptions): Promise<LogAndIndex> {
  const index = StreamIndex.open(join(options.dataDir, 'index'), options.onDamagedIndex);
  let lastCreatedMs = 0;
  const meet = (record: LogRecord): void => {
    if (!record.isEvent) return;
    lastCreatedMs = record.createdMs;
    index.meet(record, () => record.streamName, record.end);
  };
  const pause = (): Promise<void> | undefined => index.pressure;
  const settings = {
    folder: join(options.dataDir, 'log'),
    newLogId: randomBytes(16),
    segmentBytes: options.segmentBytes,
    cacheBytes: options.cacheBytes,
    onSyncFailure: options.onSyncFailure,
  };
  const known = (logId: Buffer): KnownLog => ({ ...index.startFor(logId), ...(options.readsAllAtStart === true ? { from: 0 } : {}) });
  const { log, cut } = await SegmentLog.open(settings, known, meet, pause);
  try {
    if (!index.fits) {
      await index.begin(log.logId);
      await log.visitAll(meet, pause);
      if (!index.fits) throw index.contradiction;
    }
  } catch (error) {
    await log.close();
    throw error;
  }
  index.reached(log.durableEnd);
  return { log, index, cut, lastCreatedMs };
}
