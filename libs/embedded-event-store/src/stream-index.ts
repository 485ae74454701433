import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { open, type Database, type RootDatabase } from 'lmdb';
import {
  CHECKSUM_BYTES,
  POSITION_BYTES,
  isIntact,
  newStream,
  packPositions,
  readRow,
  rowKey,
  runKey,
  writeRow,
  type Stream,
} from './index-entries.js';
import { NameSet } from './storage/name-set.js';
import { TOMBSTONE_REVISION } from './storage/record.js';
import type { KnownLog } from './storage/segment-log.js';
import { describedBy, describesStream, parseMetadata } from './stream-metadata.js';

export type { Stream } from './index-entries.js';

/** An event as the index takes it in. */
export interface Indexed {
  position: number;
  revision: number;
  id: Buffer;
  isJson: boolean;
  data: Uint8Array;
}

interface Meta {
  format: number;
  logId: string;
  /** Everything before this position is in the index. */
  indexedTo: number;
  /** The last record before it, to tell whether the log at hand is the one that was indexed. */
  lastPosition: number;
  lastId: string;
  streams: number;
}

/** The index on disk contradicts the log. It is made anew at the next start. */
export class DamagedIndexError extends Error {
  override name = 'DamagedIndexError';
}

const FORMAT = 2;
const STREAMS_KEPT = 50_000;
const FLUSH_EVENTS = 16_384;
const RUN_POSITIONS_MAX = 256;
const DATA_FILE = 'data.mdb';
/** The hashes of the names that have an entry, as they were at a clean stop. */
const NAMES_FILE = 'names';
/** Written by a clean stop, gone from the first change on. */
const LEFT_FILE = 'as-left';
const META_KEY = Buffer.from('meta');

/**
 * Where the events of each stream are in the log. What is recent is in memory, the rest in LMDB. LMDB has no checksums, and what
 * a crash leaves of it is uncertain: so the files are only used again when they are, byte for byte, what the last clean stop left.
 * Otherwise the index is made anew from the log; therefore nothing here is ever synced. While it is used, every entry has a checksum of
 * its own, and a stream that should have one is known by its name's hash: damage is noticed before it makes an answer.
 */
export class StreamIndex {
  private readonly root: RootDatabase<Buffer, Buffer>;
  private readonly rows: Database<Buffer, Buffer>;
  private readonly runs: Database<Buffer, Buffer>;
  private readonly streams = new Map<string, Stream>();
  private changed = new Set<Stream>();
  /** What a flush under way writes: on disk it may still be as it was. */
  private beingWritten: ReadonlySet<Stream> = new Set();
  private isForgettingDue = false;
  private unflushed = 0;
  private flushing: Promise<void> | undefined;
  private meta: Meta;
  private lastId: Buffer = Buffer.alloc(0);
  private isConfirmed: boolean;
  private contradictedBy: DamagedIndexError | undefined;
  private isDistrusted = false;

  private constructor(
    private readonly folder: string,
    /** The streams that have an entry on disk, or will have. */
    private entries: NameSet,
    private readonly onDamaged: (error: Error) => void,
    private readonly streamsKept: number,
  ) {
    mkdirSync(folder, { recursive: true });
    this.root = open<Buffer, Buffer>({
      path: folder,
      keyEncoding: 'binary',
      encoding: 'binary',
      noSync: true,
      overlappingSync: false,
      maxDbs: 4,
    });
    this.rows = this.root.openDB<Buffer, Buffer>({ name: 'streams', keyEncoding: 'binary', encoding: 'binary' });
    this.runs = this.root.openDB<Buffer, Buffer>({ name: 'runs', keyEncoding: 'binary', encoding: 'binary' });
    this.meta = this.readMeta();
    this.isConfirmed = this.meta.lastPosition === -1;
  }

  /**
   * Opens the index in a folder, or begins a new one when the files there are not what was left. Tells `onDamaged` when it finds damage later. Of streams with
   * which nothing has to be done it keeps so many in memory.
   */
  static open(folder: string, onDamaged: (error: Error) => void, streamsKept = STREAMS_KEPT): StreamIndex {
    const left = join(folder, LEFT_FILE);
    const isAsLeft = existsSync(left) && readFileSync(left, 'utf8') === fingerprints(folder);
    if (!isAsLeft) rmSync(folder, { recursive: true, force: true });
    const entries = isAsLeft ? NameSet.from(readFileSync(join(folder, NAMES_FILE))) : new NameSet();
    return new StreamIndex(folder, entries, onDamaged, streamsKept);
  }

  /** Prepares to meet the events of a log, the last one indexed before and all that follow, and says which they are: all of a log that this is no index of. */
  startFor(logId: Buffer): KnownLog {
    const id = logId.toString('hex');
    if (this.meta.logId === '') this.meta.logId = id;
    return this.meta.logId === id ? { end: this.meta.indexedTo, from: Math.max(this.meta.lastPosition, 0) } : { end: 0, from: 0 };
  }

  /** Takes in an event met while the log is read at the start. What the index has already only confirms that it fits. */
  meet(event: Indexed, streamName: () => string, end: number): void {
    if (this.contradictedBy !== undefined) return;
    if (event.position >= this.meta.indexedTo && this.isConfirmed) {
      try {
        this.apply(this.forAppend(streamName()), event);
      } catch (error) {
        if (!(error instanceof DamagedIndexError)) throw error;
        this.contradictedBy = error;
      }
      this.meta.indexedTo = end;
      return;
    }
    if (event.position === this.meta.lastPosition) this.isConfirmed = event.id.toString('hex') === this.meta.lastId;
  }

  /** Whether what it had to meet has been met without a contradiction to what was on disk. */
  get fits(): boolean {
    return this.isConfirmed && this.contradictedBy === undefined;
  }

  /** Why it does not fit: of an index that was empty, that the log is at odds with itself. */
  get contradiction(): Error {
    return new Error(`the log contradicts itself: ${this.contradictedBy?.message}. Restore it from a backup.`);
  }

  /** Empties the index, to be filled from the log. */
  async begin(logId: Buffer): Promise<void> {
    await this.flushing;
    this.beginToChange();
    this.streams.clear();
    this.changed.clear();
    this.unflushed = 0;
    await Promise.all([this.rows.clearAsync(), this.runs.clearAsync()]);
    await this.root.remove(META_KEY);
    this.root.resetReadTxn();
    this.meta = { format: FORMAT, logId: logId.toString('hex'), indexedTo: 0, lastPosition: -1, lastId: '', streams: 0 };
    this.isConfirmed = true;
    this.contradictedBy = undefined;
    this.entries = new NameSet();
  }

  /** A stream that exists or existed, or whose metadata was set; undefined when the log never named it. */
  find(name: string): Stream | undefined {
    const known = this.streams.get(name);
    if (known !== undefined) return known;
    const key = rowKey(name);
    const row = this.rows.getBinary(key);
    if (row === undefined) {
      if (this.entries.has(name)) throw this.damaged(`the entry of ${name} is missing`);
      return undefined;
    }
    if (!isIntact(row, key)) throw this.damaged(`the entry of ${name} is not what was written`);
    const stream = readRow(name, row);
    this.keep(stream);
    return stream;
  }

  /** The stream with a name, new if there is none. */
  forAppend(name: string): Stream {
    let stream = this.find(name);
    if (stream === undefined) this.keep((stream = newStream(name)));
    return stream;
  }

  /** Takes in an event that is durable. Events of a stream come in the order of their revisions. */
  apply(stream: Stream, event: Indexed): void {
    this.enter(stream);
    this.meta.lastPosition = event.position;
    this.lastId = event.id;
    this.unflushed += 1;
    if (event.revision === TOMBSTONE_REVISION) {
      stream.tombstone = event.position;
      if (stream.ahead.appends === 0) stream.ahead.isTombstoned = true;
      return;
    }
    if (event.revision !== stream.last + 1)
      throw new DamagedIndexError(`revision ${event.revision} of ${stream.name} follows ${stream.last}`);
    stream.last = event.revision;
    if (stream.ahead.appends === 0) stream.ahead.last = stream.last;
    stream.recent.push(event.position);
    if (describesStream(stream.name)) this.describe(describedBy(stream.name), event);
  }

  /** Says that everything before a position was taken in. */
  reached(position: number): void {
    this.meta.indexedTo = position;
    if (this.unflushed >= FLUSH_EVENTS && this.flushing === undefined) void this.flush();
  }

  /** Positions of the revisions `first` to `last` of a stream, all of which it has. */
  positions(stream: Stream, first: number, last: number): number[] {
    const recentFrom = stream.last - stream.recent.length + 1;
    const found = first < recentFrom ? this.flushedPositions(stream, first, Math.min(last, recentFrom - 1)) : [];
    for (let revision = Math.max(first, recentFrom); revision <= last; revision++) found.push(stream.recent[revision - recentFrom]!);
    return found;
  }

  /** While the log is read at the start: something to wait for when much has gathered. */
  get pressure(): Promise<void> | undefined {
    return this.unflushed >= FLUSH_EVENTS ? this.flush() : undefined;
  }

  /** Brings the index on disk up to what was taken in. */
  async flush(): Promise<void> {
    while (this.flushing !== undefined) await this.flushing;
    if (this.changed.size === 0) return;
    this.flushing = this.write().finally(() => {
      this.flushing = undefined;
    });
    await this.flushing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.root.close();
    // Names without their entries would be taken for damage.
    if (this.isDistrusted || this.changed.size > 0) return;
    try {
      writeFileSync(join(this.folder, NAMES_FILE), this.entries.bytes);
      writeFileSync(join(this.folder, LEFT_FILE), fingerprints(this.folder));
    } catch {
      // A full disk: the next start makes the index anew.
    }
  }

  private describe(name: string, event: Indexed): void {
    const stream = this.forAppend(name);
    this.enter(stream);
    stream.metadata = parseMetadata(event);
    if (stream.ahead.appends === 0) stream.ahead.metadata = stream.metadata;
  }

  private enter(stream: Stream): void {
    if (stream.number === -1) {
      stream.number = this.meta.streams++;
      this.entries.add(stream.name);
    }
    this.changed.add(stream);
  }

  /** What was left is not taken up again, though it may still look like it: the next start reads all of the log and makes the index anew. */
  distrust(): void {
    this.isDistrusted = true;
    this.beginToChange();
  }

  private damaged(what: string): DamagedIndexError {
    const error = new DamagedIndexError(`the index is damaged: ${what}`);
    this.distrust();
    this.onDamaged(error);
    return error;
  }

  // From the first change on the files are not what was left. Not before: a start that is refused must be refused again.
  private beginToChange(): void {
    rmSync(join(this.folder, LEFT_FILE), { force: true });
  }

  private async write(): Promise<void> {
    this.beginToChange();
    const streams = (this.beingWritten = this.changed);
    const lengths = new Map<Stream, number>();
    this.meta.lastId = this.lastId.toString('hex');
    const meta = Buffer.from(JSON.stringify(this.meta));
    this.changed = new Set();
    this.unflushed = 0;
    const committed = this.root.batch(() => {
      for (const stream of streams) {
        lengths.set(stream, stream.recent.length);
        const first = stream.last - stream.recent.length + 1;
        for (let done = 0; done < stream.recent.length; done += RUN_POSITIONS_MAX) {
          const key = runKey(stream.number, first + done);
          void this.runs.put(key, packPositions(key, stream.recent.slice(done, done + RUN_POSITIONS_MAX)));
        }
        void this.rows.put(rowKey(stream.name), writeRow(stream));
      }
      void this.root.put(META_KEY, meta);
    });
    try {
      await committed;
    } catch (error) {
      // The disk may be full: what was to be written stays in memory and is tried again with what comes next.
      const { commitError } = error as { commitError?: Promise<unknown> };
      if (commitError instanceof Promise) commitError.catch(() => undefined);
      for (const stream of streams) this.changed.add(stream);
      return;
    } finally {
      this.beingWritten = new Set();
    }
    this.root.resetReadTxn();
    for (const [stream, length] of lengths) stream.recent.splice(0, length);
    this.forgetSome();
  }

  // Others are forgotten later: in this turn somebody may hold one that looks idle because its append has not begun yet.
  private keep(stream: Stream): void {
    this.streams.set(stream.name, stream);
    if (this.isForgettingDue || this.streams.size <= 2 * this.streamsKept) return;
    this.isForgettingDue = true;
    setImmediate(() => {
      this.isForgettingDue = false;
      this.forgetSome();
    });
  }

  // A stream is there once: what is on disk must be all that is known of one that is forgotten.
  private forgetSome(): void {
    if (this.streams.size <= this.streamsKept) return;
    for (const [name, stream] of this.streams) {
      const isIdle = stream.recent.length === 0 && stream.ahead.appends === 0;
      if (isIdle && !this.changed.has(stream) && !this.beingWritten.has(stream)) this.streams.delete(name);
      if (this.streams.size <= this.streamsKept) return;
    }
  }

  private flushedPositions(stream: Stream, first: number, last: number): number[] {
    const missing = (): DamagedIndexError => this.damaged(`there is no position for revision ${next} of ${stream.name}`);
    let next = first;
    const lowest = runKey(stream.number, 0);
    const [start] = [
      ...this.runs.getRange({ start: runKey(stream.number, first), end: lowest, reverse: true, limit: 1, inclusiveEnd: true } as object),
    ];
    const found: number[] = [];
    if (start === undefined) throw missing();
    for (const { key, value } of this.runs.getRange({ start: start.key, end: runKey(stream.number, last + 1) })) {
      if (!isIntact(value, key)) throw this.damaged(`positions of ${stream.name} are not what was written`);
      const runFirst = key.readUIntBE(8, 6);
      const count = (value.length - CHECKSUM_BYTES) / POSITION_BYTES;
      if (runFirst > next || runFirst + count <= next) throw missing();
      for (; next <= last && next < runFirst + count; next++)
        found.push(value.readUIntBE((next - runFirst) * POSITION_BYTES, POSITION_BYTES));
      if (next > last) break;
    }
    if (next <= last) throw missing();
    return found;
  }

  private readMeta(): Meta {
    const empty = { format: FORMAT, logId: '', indexedTo: 0, lastPosition: -1, lastId: '', streams: 0 };
    const bytes = this.root.getBinary(META_KEY);
    if (bytes === undefined) return empty;
    const meta = JSON.parse(bytes.toString()) as Meta;
    return meta.format === FORMAT ? meta : empty;
  }
}

// What tells whether the files of an index are the same, as text.
function fingerprints(folder: string): string {
  return [DATA_FILE, NAMES_FILE].map((name) => `${name}: ${fingerprint(join(folder, name))}\n`).join('');
}

// Length and checksum of a file, as text; empty when there is none.
function fingerprint(path: string): string {
  if (!existsSync(path)) return '';
  const fd = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(1024 * 1024);
  let length = 0;
  let checksum = 0;
  try {
    for (let part = readSync(fd, chunk); part > 0; part = readSync(fd, chunk)) {
      checksum = crc32c(chunk.subarray(0, part), checksum);
      length += part;
    }
  } finally {
    closeSync(fd);
  }
  return `${length} bytes, crc32c ${checksum.toString(16)}`;
}
