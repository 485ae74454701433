import { readSync } from 'node:fs';
import { DamagedLogError } from './errors.js';
import { HEADER_BYTES, LogRecord, RECORD_BYTES_MAX, RecordFlag, RecordKind, SEAL_BYTES, isSound, seedAt } from './record.js';
import { SEGMENT_HEADER_BYTES, type Segment, type SegmentFiles } from './segment-files.js';

const CHUNK_BYTES = 1024 * 1024;

/** What was cut off the end of the log: bytes that no caller was ever told about. */
export interface CutTail {
  file: string;
  offset: number;
  bytes: number;
}

/**
 * Reads the log from the segment that holds `from` on, and hands every record of every complete append to `visit`, in order; between chunks it waits for `pause`.
 * The log is known to have been acknowledged up to `knownEnd`. What is incomplete at the very end (an append that was being written when the process or the machine died) is cut off and returned.
 * @throws {DamagedLogError} when something before the end is not what was written.
 */
export async function recover(
  files: SegmentFiles,
  knownEnd: number,
  visit: (record: LogRecord) => void,
  pause: () => Promise<void> | undefined,
  from = 0,
): Promise<CutTail | undefined> {
  const { logId, last } = files;
  for (const segment of files.segments.slice(files.segments.indexOf(files.holding(from)), -1))
    await readSealed(segment, logId, visit, pause);
  const soundEnd = await scan(last, logId, visit, pause);
  if (last.base + soundEnd < knownEnd)
    throw new DamagedLogError(last.path, soundEnd, `the log ends here, but events up to position ${knownEnd} had been acknowledged`);
  if (soundEnd === last.size) return undefined;
  const proof = recordThatProvesSync(last, logId, soundEnd);
  if (proof !== undefined) {
    throw new DamagedLogError(
      last.path,
      soundEnd,
      `the record here is damaged; the one at offset ${proof - last.base} shows that it had been synced`,
    );
  }
  const cut = { file: last.path, offset: soundEnd, bytes: last.size - soundEnd };
  files.cut(soundEnd);
  return cut;
}

/**
 * Reads a segment that others follow, so that nothing in it can be torn.
 * @throws {DamagedLogError}
 */
export async function readSealed(
  segment: Segment,
  logId: Buffer,
  visit: (record: LogRecord) => void,
  pause: () => Promise<void> | undefined,
): Promise<void> {
  const soundEnd = await scan(segment, logId, visit, pause);
  if (soundEnd !== segment.size) throw new DamagedLogError(segment.path, soundEnd, 'the record here is damaged, and later segments exist');
}

// Visits the complete appends of a segment and returns the offset at which the last of them ends.
async function scan(
  segment: Segment,
  logId: Buffer,
  visit: (record: LogRecord) => void,
  pause: () => Promise<void> | undefined,
): Promise<number> {
  let soundEnd = SEGMENT_HEADER_BYTES;
  let append: LogRecord[] = [];
  let at = SEGMENT_HEADER_BYTES;
  let chunkSize = CHUNK_BYTES;
  while (at < segment.size) {
    const chunk = readChunk(segment, at, chunkSize);
    let offset = 0;
    let length: number;
    for (;;) {
      length = offset + HEADER_BYTES <= chunk.length ? chunk.readUInt32LE(offset) : 0;
      if (offset + Math.max(length, HEADER_BYTES) > chunk.length) break;
      if (length < SEAL_BYTES) return soundEnd;
      const bytes = chunk.subarray(offset, offset + length);
      const position = segment.base + at + offset;
      if (!isSound(bytes, seedAt(logId, position))) return soundEnd;
      const record = new LogRecord(position, bytes);
      const isFirst = (record.flags & RecordFlag.firstOfAppend) !== 0;
      if (isFirst !== (append.length === 0)) return soundEnd;
      append.push(record);
      offset += length;
      if ((record.flags & RecordFlag.lastOfAppend) === 0) continue;
      for (const complete of append) visit(complete);
      append = [];
      soundEnd = at + offset;
    }
    // A record that is larger than a chunk is read by itself.
    const isStuck = offset === 0;
    if (isStuck && (chunk.length < chunkSize || length > RECORD_BYTES_MAX)) return soundEnd;
    chunkSize = isStuck ? length : CHUNK_BYTES;
    at += offset;
    await pause();
  }
  return soundEnd;
}

// The position of a whole record after a bad one whose group began after it, if there is one. A group is written only after
// everything before it was synced, so such a record means that the bad one had been acknowledged: it is damage, not a torn tail.
function recordThatProvesSync(segment: Segment, logId: Buffer, badOffset: number): number | undefined {
  const tail = readChunk(segment, badOffset, segment.size - badOffset);
  for (let offset = 1; offset + SEAL_BYTES <= tail.length; offset++) {
    const length = tail.readUInt32LE(offset);
    const kind = tail[offset + 8]!;
    if (length < SEAL_BYTES || offset + length > tail.length || kind < RecordKind.event || kind > RecordKind.seal) continue;
    const bytes = tail.subarray(offset, offset + length);
    const position = segment.base + badOffset + offset;
    if (!isSound(bytes, seedAt(logId, position))) continue;
    const record = new LogRecord(position, bytes);
    if (record.groupStart > segment.base + badOffset) return record.position;
  }
  return undefined;
}

function readChunk(segment: Segment, offset: number, length: number): Buffer {
  const chunk = Buffer.allocUnsafe(Math.min(length, segment.size - offset));
  let done = 0;
  while (done < chunk.length) {
    const part = readSync(segment.fd, chunk, done, chunk.length - done, offset + done);
    if (part === 0) break;
    done += part;
  }
  return chunk.subarray(0, done);
}
