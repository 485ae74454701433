import { fdatasync, fdatasyncSync, readSync, writeSync } from 'node:fs';
import { AcknowledgedEnd, readAcknowledgedEnd } from './acknowledged-end.js';
import { BLOCK_BYTES, BlockCache } from './block-cache.js';
import { AppendFailedError, DamagedLogError, OutcomeUnknownError } from './errors.js';
import { Gathering } from './gathering.js';
import {
  HEADER_BYTES,
  LogRecord,
  RECORD_BYTES_MAX,
  RecordFlag,
  SEAL_BYTES,
  TRAILER_BYTES,
  isSound,
  seedAt,
  recordBytes,
  writeEvent,
  writeSeal,
} from './record.js';
import { recover, type CutTail } from './recovery.js';
import { LogScan } from './log-scan.js';
import { SEGMENT_HEADER_BYTES, SegmentFiles, type Segment } from './segment-files.js';
import type { Entry, KnownLog, SegmentLogOptions } from './segment-log-options.js';
import { UnreadSegments } from './unread-segments.js';

export type { Entry, KnownLog } from './segment-log-options.js';

// Appends that are synced together. While one group is being synced, the next one gathers.
interface Group {
  bytes: Buffer;
  length: number;
  start: number;
  beginsSegment: boolean;
  done: ((error?: Error) => void)[];
}

const GROUP_BYTES = 256 * 1024;
const GROUP_BYTES_KEPT = 4 * 1024 * 1024;
const SEAL_AFTER_MS = 20;
/** So much of the log's end is read at every start, whatever is known of it: all of a small log. */
const READ_AT_START_BYTES = 16 * 1024 * 1024;

/**
 * The log: records in segment files, addressed by their byte position over all segments. An append is acknowledged after one
 * fdatasync that it shares with everything that was waiting. What was acknowledged is never changed.
 */
export class SegmentLog {
  /** The position after the last record that was synced: what is before it may be read. */
  durableEnd: number;
  private nextPosition: number;
  private group: Group;
  private spare: Buffer = Buffer.allocUnsafeSlow(GROUP_BYTES);
  private isSyncing = false;
  private isScheduled = false;
  private readonly gathering = new Gathering();
  private failure: Error | undefined;
  private readonly cache: BlockCache;
  private readonly sealTimer: NodeJS.Timeout;
  private isSealed = false;

  private constructor(
    private readonly files: SegmentFiles,
    private readonly acknowledged: AcknowledgedEnd,
    private readonly unread: UnreadSegments,
    private readonly options: SegmentLogOptions,
  ) {
    this.cache = new BlockCache(Math.max(16, Math.floor(options.cacheBytes / BLOCK_BYTES)));
    this.durableEnd = this.nextPosition = files.last.base + files.last.size;
    this.group = { bytes: Buffer.allocUnsafeSlow(GROUP_BYTES), length: 0, start: 0, beginsSegment: false, done: [] };
    this.sealTimer = setTimeout(() => this.isLastFull() || this.seal(), SEAL_AFTER_MS).unref();
  }

  /**
   * Opens the log and reads it, see `recover`: all of it, or without the segments that `known` says need not be read now; these wait for
   * `readRest`. What is read is synced before this resolves.
   */
  static async open(
    options: SegmentLogOptions,
    known: (logId: Buffer) => KnownLog,
    visit: (record: LogRecord) => void,
    pause: () => Promise<void> | undefined,
  ): Promise<{ log: SegmentLog; cut: CutTail | undefined }> {
    const files = SegmentFiles.open(options.folder, options.newLogId);
    try {
      const { logId, segments, last } = files;
      const { end, from } = known(logId);
      const acknowledgedEnd = Math.max(end, readAcknowledgedEnd(options.folder, logId));
      const first = files.holding(Math.max(0, Math.min(from, last.base + last.size - READ_AT_START_BYTES)));
      const cut = await recover(files, acknowledgedEnd, visit, pause, first.base);
      fdatasyncSync(last.fd);
      const acknowledged = new AcknowledgedEnd(options.folder, logId);
      acknowledged.note(last.base + last.size);
      const unread = new UnreadSegments(segments.slice(0, segments.indexOf(first)), logId);
      return { log: new SegmentLog(files, acknowledged, unread, options), cut };
    } catch (error) {
      files.close();
      throw error;
    }
  }

  get logId(): Buffer {
    return this.files.logId;
  }

  /** Bytes that wait to be written: who takes in appends slows down when there are many. */
  get waitingBytes(): number {
    return this.group.length;
  }

  /** Reads all of the log anew, as at the start. Only before anything was appended. */
  async visitAll(visit: (record: LogRecord) => void, pause: () => Promise<void> | undefined): Promise<void> {
    await recover(this.files, 0, visit, pause);
  }

  /**
   * Reads what the start left out, beside other work. Resolves when it is sound, or when the log is closed.
   * @throws {DamagedLogError} or what the disk says
   */
  readRest(): Promise<void> {
    return this.unread.read();
  }

  /**
   * Appends records as a whole: all of them or none will be in the log. Gives them their positions at once and calls `done` when
   * they are durable, or with an error: AppendFailedError (nothing was written) or OutcomeUnknownError.
   */
  append(entries: Entry[], done: (error?: Error) => void): void {
    if (this.failure !== undefined) {
      const { failure } = this;
      process.nextTick(() => done(failure));
      return;
    }
    const group = this.room(entries);
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index]!;
      const flags = (index === 0 ? RecordFlag.firstOfAppend : 0) | (index === entries.length - 1 ? RecordFlag.lastOfAppend : 0);
      entry.position = group.start + group.length;
      group.length = writeEvent(group.bytes, group.length, seedAt(this.logId, entry.position), entry.kind, flags, group.length, entry);
    }
    this.nextPosition = group.start + group.length;
    group.done.push(done);
    // What else arrives in this turn of the event loop joins the group.
    if (!this.isSyncing && !this.isScheduled) this.schedule();
  }

  /** Calls `done` when everything appended so far is durable, or with an error when it will not be. */
  whenDurable(done: (error?: Error) => void): void {
    if (this.failure === undefined && (this.isSyncing || this.group.done.length > 0)) this.group.done.push(done);
    else process.nextTick(() => done(this.failure));
  }

  /** Where the record of an appended entry ends. */
  endOf(entry: Entry): number {
    return entry.position + recordBytes(entry);
  }

  /** The first position a record can have. */
  get firstPosition(): number {
    return SEGMENT_HEADER_BYTES;
  }

  /** The record at a position that is known to be one's; at once when it is in memory. Rejects or throws when it is damaged. */
  record(position: number): LogRecord | Promise<LogRecord> {
    const segment = this.files.holding(position);
    const offset = position - segment.base;
    const whole = this.cache.readMeasured(segment, offset);
    if (whole !== undefined && isSound(whole, seedAt(this.logId, position))) return new LogRecord(position, whole);
    const header = this.cache.read(segment, offset, HEADER_BYTES);
    if (header instanceof Promise) return header.then((bytes) => this.body(position, bytes));
    return this.body(position, header);
  }

  /** A way to read many records in the order of the log. */
  scan(): LogScan {
    return new LogScan(this, this.files, this.cache);
  }

  /** The same, waiting for the disk if need be: for the rare question whose answer decides an append. */
  recordNow(position: number): LogRecord {
    const found = this.record(position);
    if (!(found instanceof Promise)) return found;
    found.catch(() => undefined);
    const segment = this.files.holding(position);
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    readSync(segment.fd, header, 0, HEADER_BYTES, position - segment.base);
    const bytes = Buffer.allocUnsafe(Math.min(Math.max(header.readUInt32LE(0), SEAL_BYTES), RECORD_BYTES_MAX));
    readSync(segment.fd, bytes, 0, bytes.length, position - segment.base);
    if (!isSound(bytes, seedAt(this.logId, position)))
      throw new DamagedLogError(segment.path, position - segment.base, 'the record here is damaged');
    return new LogRecord(position, bytes);
  }

  /** The record that begins exactly at a position a caller named, or undefined when none does. */
  async recordStartingAt(position: number): Promise<LogRecord | undefined> {
    const segment = this.files.holding(position);
    const offset = position - segment.base;
    if (offset < SEGMENT_HEADER_BYTES || position + SEAL_BYTES > this.durableEnd) return undefined;
    const header = await this.cache.read(segment, offset, HEADER_BYTES);
    const length = header.readUInt32LE(0);
    if (length < SEAL_BYTES || length > RECORD_BYTES_MAX || offset + length > segment.size || position + length > this.durableEnd)
      return undefined;
    const bytes = await this.cache.read(segment, offset, length);
    return isSound(bytes, seedAt(this.logId, position)) ? new LogRecord(position, bytes) : undefined;
  }

  /** Where the first record at or after any position begins: found from the begin of the segment when the position is no record's. */
  async recordBoundaryAt(position: number): Promise<number> {
    if (position >= this.durableEnd || (await this.recordStartingAt(position)) !== undefined) return position;
    let at = this.files.holding(position).base + SEGMENT_HEADER_BYTES;
    while (at < position && at < this.durableEnd) at = (await this.record(at)).end;
    return at;
  }

  /** Where the record after the one that ends at `end` begins, at the latest at `durableEnd`. */
  next(end: number): number {
    const segment = this.files.holding(end);
    return end === segment.base ? end + SEGMENT_HEADER_BYTES : end;
  }

  /** The record before a position at which a record begins or the log ends; undefined at the beginning. */
  before(position: number): LogRecord | Promise<LogRecord> | undefined {
    let segment = this.files.holding(position);
    let end = position - segment.base;
    if (end <= SEGMENT_HEADER_BYTES) {
      if (segment.base === 0) return undefined;
      segment = this.files.holding(segment.base - 1);
      end = segment.size;
    }
    const trailer = this.cache.read(segment, end - TRAILER_BYTES, TRAILER_BYTES);
    if (trailer instanceof Promise) return trailer.then((bytes) => this.endingAt(segment, end, bytes));
    return this.endingAt(segment, end, trailer);
  }

  /** Syncs what is waiting, proves it by a seal, and closes the files. */
  async close(): Promise<void> {
    while (this.isSyncing || this.isScheduled) await new Promise((resolve) => setImmediate(resolve));
    clearTimeout(this.sealTimer);
    await this.unread.stop();
    if (this.failure === undefined) {
      this.seal();
      fdatasyncSync(this.files.last.fd);
      this.failure = new OutcomeUnknownError('the log is closed');
    }
    this.acknowledged.close();
    this.files.close();
  }

  // The record that ends at an offset, where these last bytes of it say how long it is. A wrong length could lead to an older record.
  private endingAt(segment: Segment, end: number, trailer: Buffer): LogRecord | Promise<LogRecord> {
    const offset = end - trailer.readUInt32LE(0);
    const confirmed = (record: LogRecord): LogRecord => {
      if (record.end !== segment.base + end) throw new DamagedLogError(segment.path, offset, 'the record that ends here is damaged');
      return record;
    };
    if (offset < SEGMENT_HEADER_BYTES) throw new DamagedLogError(segment.path, end, 'the record that ends here is damaged');
    const record = this.record(segment.base + offset);
    return record instanceof Promise ? record.then(confirmed) : confirmed(record);
  }

  private body(position: number, header: Buffer): LogRecord | Promise<LogRecord> {
    const segment = this.files.holding(position);
    const offset = position - segment.base;
    const length = header.readUInt32LE(0);
    if (length < SEAL_BYTES || length > RECORD_BYTES_MAX || offset + length > segment.size)
      throw new DamagedLogError(segment.path, offset, 'no record begins here');
    const bytes = this.cache.read(segment, offset, length);
    const sound = (whole: Buffer): LogRecord => {
      if (!isSound(whole, seedAt(this.logId, position))) throw new DamagedLogError(segment.path, offset, 'the record here is damaged');
      return new LogRecord(position, whole);
    };
    return bytes instanceof Promise ? bytes.then(sound) : sound(bytes);
  }

  // The gathering group with room for these records.
  private room(entries: Entry[]): Group {
    const { group } = this;
    if (group.length === 0) {
      group.beginsSegment = this.isLastFull();
      group.start = this.nextPosition + (group.beginsSegment ? SEGMENT_HEADER_BYTES : 0);
    }
    let needed = group.length;
    for (const entry of entries) needed += recordBytes(entry);
    if (needed > group.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, group.bytes.length * 2));
      group.bytes.copy(larger, 0, 0, group.length);
      group.bytes = larger;
    }
    return group;
  }

  private schedule(): void {
    this.isScheduled = true;
    setImmediate(() => this.gather());
  }

  // Commits the group, or first lets more join it.
  private gather(): void {
    if (this.gathering.isOver(this.group.done.length, this.group.length)) {
      this.commit();
      return;
    }
    this.isScheduled = true;
    // Answers that are on their way leave before the sleep; what arrived during the sleep is read before the next question.
    setImmediate(() => {
      this.gathering.sleep();
      this.schedule();
    });
  }

  private commit(): void {
    this.isScheduled = false;
    const { group } = this;
    if (group.done.length === 0) return;
    this.group = { bytes: this.spare, length: 0, start: 0, beginsSegment: false, done: [] };
    if (group.length === 0) {
      this.spare = group.bytes;
      for (const done of group.done) done();
      return;
    }
    try {
      if (group.beginsSegment) this.files.roll(group.start - SEGMENT_HEADER_BYTES);
      writeAll(this.files.last.fd, group.bytes, group.length, group.start - this.files.last.base);
    } catch (error) {
      this.giveUp(group, error as Error);
      return;
    }
    this.isSyncing = true;
    const segment = this.files.last;
    const beganMs = performance.now();
    fdatasync(segment.fd, (error) => {
      this.isSyncing = false;
      if (error) {
        this.fail(group, error);
        return;
      }
      segment.size = group.start + group.length - segment.base;
      this.cache.wrote(segment, group.start - segment.base, group.bytes.subarray(0, group.length));
      this.durableEnd = group.start + group.length;
      // Before the answers: what somebody was told of is never cut off as a torn tail.
      this.acknowledged.note(this.durableEnd);
      this.isSealed = false;
      this.spare = group.bytes.length > GROUP_BYTES_KEPT ? Buffer.allocUnsafeSlow(GROUP_BYTES) : group.bytes;
      for (const done of group.done) done();
      this.gathering.synced(group.done.length, performance.now() - beganMs);
      if (this.group.done.length > 0) this.gather();
      else this.sealTimer.refresh();
    });
  }

  // The write itself failed, as on a full disk. The file is brought back to its last synced byte, and all that was waiting is
  // refused: the positions of the next group counted on this one.
  private giveUp(group: Group, error: Error): void {
    const waiting = [...group.done, ...this.group.done];
    this.spare = group.bytes;
    this.group = { ...this.group, length: 0, done: [] };
    try {
      this.files.cut(Math.max(this.durableEnd - this.files.last.base, SEGMENT_HEADER_BYTES));
      this.nextPosition = this.files.last.base + this.files.last.size;
    } catch (cutError) {
      this.failure = new OutcomeUnknownError('the log could not be brought back to its last synced byte', cutError as Error);
      this.options.onSyncFailure(cutError as Error);
    }
    for (const done of waiting) done(new AppendFailedError(error));
  }

  // After a failed sync the kernel may have dropped the pages: only what a new start reads from the disk is known.
  private fail(group: Group, error: Error): void {
    this.failure = new OutcomeUnknownError('the disk did not confirm the write', error);
    const waiting = [...group.done, ...this.group.done];
    this.group = { ...this.group, length: 0, done: [] };
    for (const done of waiting) done(this.failure);
    this.options.onSyncFailure(error);
  }

  // The next group begins a segment. A seal here would not be synced before that one is: only the close, which syncs it, writes one.
  private readonly isLastFull = (): boolean => this.nextPosition - this.files.last.base >= this.options.segmentBytes;

  // Proves that the last group was synced, when the log has been idle for a moment. Losing a seal loses only the proof.
  private seal(): void {
    if (this.isSealed || this.isSyncing || this.group.length > 0 || this.failure !== undefined) return;
    const segment = this.files.last;
    const bytes = Buffer.allocUnsafe(SEAL_BYTES);
    writeSeal(bytes, 0, seedAt(this.logId, this.nextPosition));
    const offset = this.nextPosition - segment.base;
    try {
      writeAll(segment.fd, bytes, SEAL_BYTES, offset);
    } catch {
      return;
    }
    this.cache.wrote(segment, offset, bytes);
    this.nextPosition += SEAL_BYTES;
    this.durableEnd = this.nextPosition;
    segment.size = offset + SEAL_BYTES;
    this.isSealed = true;
  }
}

function writeAll(fd: number, bytes: Buffer, length: number, offset: number): void {
  for (let done = 0; done < length;) done += writeSync(fd, bytes, done, length - done, offset + done);
}
