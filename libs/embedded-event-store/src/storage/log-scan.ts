import { read } from 'node:fs';
import type { BlockCache } from './block-cache.js';
import { LogRecord, SEAL_BYTES, isSound, seedAt } from './record.js';
import type { SegmentFiles, Segment } from './segment-files.js';
import type { SegmentLog } from './segment-log.js';

const PIECE_BYTES = 256 * 1024;
const PIECES_MAX = 16;

// Memory that scans read into, used again and again: new memory of this size makes the garbage collector run.
const spares: Buffer[] = [];
let pieces = 0;

/**
 * Reads the log forwards, a large piece at a time, past the cache: who reads everything leaves the cache to those who read a
 * stream. A record that it returned is there until the next one is asked for, or the scan rests.
 */
export class LogScan {
  private piece: Buffer | undefined;
  private start = 0;
  private end = 0;

  constructor(
    private readonly log: SegmentLog,
    private readonly files: SegmentFiles,
    private readonly cache: BlockCache,
  ) {}

  /** The record at or after a position, or undefined at the end of what is durable. At once when it is in memory. */
  at(position: number): LogRecord | Promise<LogRecord> | undefined {
    const { durableEnd } = this.log;
    if (position >= durableEnd) return undefined;
    const begin = this.log.next(position);
    if (begin >= durableEnd) return undefined;
    const found = this.inPiece(begin);
    if (found !== undefined) return found;
    if (this.piece === undefined && (this.piece = takePiece()) === undefined) return this.log.record(begin);
    const segment = this.files.holding(begin);
    this.start = begin;
    this.end = begin + this.cache.copyRun(segment, begin - segment.base, this.piece);
    return this.inPiece(begin) ?? this.readPiece(segment, begin);
  }

  /** Gives back the memory it holds. It goes on with the next record that is asked for. */
  rest(): void {
    if (this.piece !== undefined) spares.push(this.piece);
    this.piece = undefined;
    this.start = this.end = 0;
  }

  // What is damaged, or larger than a piece, is left to the log: it says where the damage is.
  private inPiece(position: number): LogRecord | undefined {
    const { piece, start, end } = this;
    if (piece === undefined || position < start || position + SEAL_BYTES > end) return undefined;
    const offset = position - start;
    const length = piece.readUInt32LE(offset);
    if (position + length > end) return undefined;
    const bytes = piece.subarray(offset, offset + length);
    return isSound(bytes, seedAt(this.log.logId, position)) ? new LogRecord(position, bytes) : undefined;
  }

  private async readPiece(segment: Segment, position: number): Promise<LogRecord> {
    const piece = this.piece!;
    const offset = position - segment.base;
    const wanted = Math.min(PIECE_BYTES, segment.size - offset);
    this.end = position;
    const length = await new Promise<number>((resolve, reject) => {
      read(segment.fd, piece, 0, wanted, offset, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
    this.end = position + length;
    return this.inPiece(position) ?? this.log.record(position);
  }
}

// There are only so many: who gets none reads through the cache.
function takePiece(): Buffer | undefined {
  const spare = spares.pop();
  if (spare !== undefined || pieces === PIECES_MAX) return spare;
  pieces += 1;
  return Buffer.allocUnsafeSlow(PIECE_BYTES);
}
