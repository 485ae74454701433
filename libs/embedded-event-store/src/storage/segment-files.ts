import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { DamagedLogError } from './errors.js';

/** Bytes before the first record of a segment: so no record is ever at position 0, which means "before everything". */
export const SEGMENT_HEADER_BYTES = 64;
const MAGIC = Buffer.from('LLEVLOG1');
const SUFFIX = '.segment';

/** One file of the log. It holds the positions from `base` on; `size` grows only in the last one. */
export interface Segment {
  readonly base: number;
  readonly path: string;
  readonly fd: number;
  size: number;
}

/** The files of a log in one folder, in order, without gaps: each begins where the one before it ends. */
export class SegmentFiles {
  readonly segments: Segment[] = [];
  /** 16 random bytes given to the log when it was made, in every segment: what else belongs to it can be told by them. */
  readonly logId: Buffer;

  private constructor(
    private readonly folder: string,
    logId: Buffer,
    private readonly isReadOnly = false,
  ) {
    this.logId = logId;
  }

  /** Opens the log in `folder`; a folder without segments gets a first one under `newLogId`. */
  static open(folder: string, newLogId: Buffer): SegmentFiles {
    mkdirSync(folder, { recursive: true });
    const names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
    for (const name of readdirSync(folder)) if (name.endsWith('.new')) unlinkSync(join(folder, name));
    names.sort();
    if (names.length === 0) {
      const files = new SegmentFiles(folder, newLogId);
      files.roll(0);
      return files;
    }
    const headers = names.map((name) => readHeader(join(folder, name)));
    const files = new SegmentFiles(folder, headers[0]!.logId);
    for (const { path, base, logId } of headers) files.adopt(path, base, logId);
    return files;
  }

  /** Opens a log that somebody else may be writing to; undefined when there is none. Nothing is changed; what is cut is only left out. */
  static openToRead(folder: string): SegmentFiles | undefined {
    const names = readdirSync(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .sort();
    if (names.length === 0) return undefined;
    const headers = names.map((name) => readHeader(join(folder, name)));
    const files = new SegmentFiles(folder, headers[0]!.logId, true);
    for (const { path, base, logId } of headers) files.adopt(path, base, logId);
    return files;
  }

  get last(): Segment {
    return this.segments[this.segments.length - 1]!;
  }

  /** Begins a new segment at `base`, durably: header first, under another name, so that no segment is ever without one. */
  roll(base: number): Segment {
    const path = join(this.folder, `${String(base).padStart(20, '0')}${SUFFIX}`);
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    MAGIC.copy(header);
    header.writeDoubleLE(base, 8);
    this.logId.copy(header, 16);
    header.writeUInt32LE(crc32c(header.subarray(0, 60)), 60);
    const fd = openSync(`${path}.new`, 'w+');
    try {
      writeSync(fd, header);
      fsyncSync(fd);
      renameSync(`${path}.new`, path);
      syncFolder(this.folder);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    const segment = { base, path, fd, size: SEGMENT_HEADER_BYTES };
    this.segments.push(segment);
    return segment;
  }

  /** The segment that holds a position, or would hold it if the log were longer. */
  holding(position: number): Segment {
    const { segments } = this;
    let low = 0;
    let high = segments.length - 1;
    if (position >= segments[high]!.base) return segments[high]!;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (segments[middle]!.base <= position) low = middle;
      else high = middle - 1;
    }
    return segments[low]!;
  }

  /** Shortens the last segment. */
  cut(size: number): void {
    if (!this.isReadOnly) {
      ftruncateSync(this.last.fd, size);
      fsyncSync(this.last.fd);
    }
    this.last.size = size;
  }

  /** Leaves out what is at and behind a position. */
  endAt(position: number): void {
    while (this.segments.length > 1 && this.last.base >= position) closeSync(this.segments.pop()!.fd);
    this.cut(Math.min(this.last.size, position - this.last.base));
  }

  close(): void {
    for (const { fd } of this.segments) closeSync(fd);
  }

  private adopt(path: string, base: number, logId: Buffer): void {
    const before = this.segments.at(-1);
    if (!logId.equals(this.logId)) throw new DamagedLogError(path, 16, 'belongs to another log than the first segment of this folder');
    const expected = before === undefined ? 0 : before.base + before.size;
    if (base !== expected)
      throw new DamagedLogError(path, 8, `begins at position ${base}, expected ${expected}: a segment is missing or has lost its end`);
    this.segments.push({ base, path, fd: openSync(path, this.isReadOnly ? 'r' : 'r+'), size: statSync(path).size });
  }
}

function readHeader(path: string): { path: string; base: number; logId: Buffer } {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const fd = openSync(path, 'r');
  try {
    const length = readSync(fd, header, 0, SEGMENT_HEADER_BYTES, 0);
    const isWhole = length === SEGMENT_HEADER_BYTES && header.readUInt32LE(60) === crc32c(header.subarray(0, 60));
    if (!isWhole || !header.subarray(0, 8).equals(MAGIC)) throw new DamagedLogError(path, 0, 'has a damaged header');
    return { path, base: header.readDoubleLE(8), logId: Buffer.from(header.subarray(16, 32)) };
  } finally {
    closeSync(fd);
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
