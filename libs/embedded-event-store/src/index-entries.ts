import { createHash } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import type { StreamMetadata } from './stream-metadata.js';

/** What is known of a stream. `ahead` is what it will be when the appends that wait for the disk are durable; reads see the rest. */
export interface Stream {
  readonly name: string;
  readonly nameBytes: Buffer;
  /** Short for its name in the index; −1 until its first event is durable. */
  number: number;
  /** Its last revision, −1 when it has no events. */
  last: number;
  metadata: StreamMetadata | undefined;
  /** Where its tombstone is in the log. */
  tombstone: number | undefined;
  ahead: { last: number; metadata: StreamMetadata | undefined; isTombstoned: boolean; appends: number };
  /** Positions of its latest revisions, up to `last`, that the index on disk does not have yet. */
  recent: number[];
}

export const POSITION_BYTES = 6;
export const CHECKSUM_BYTES = 4;
const NAME_KEY_BYTES_MAX = 400;

/** A stream of which nothing is known yet. */
export function newStream(name: string): Stream {
  return {
    name,
    nameBytes: Buffer.from(name),
    number: -1,
    last: -1,
    metadata: undefined,
    tombstone: undefined,
    ahead: { last: -1, metadata: undefined, isTombstoned: false, appends: 0 },
    recent: [],
  };
}

/** By what the row of a stream is found. LMDB's keys are short: a long name is replaced by its hash. */
export function rowKey(name: string): Buffer {
  const bytes = Buffer.from(name);
  return bytes.length <= NAME_KEY_BYTES_MAX
    ? Buffer.concat([Buffer.from('n'), bytes])
    : Buffer.concat([Buffer.from('h'), createHash('sha256').update(bytes).digest()]);
}

/** By what a run of positions is found: the number of its stream, and its first revision. */
export function runKey(number: number, revision: number): Buffer {
  const key = Buffer.alloc(14);
  key.writeUIntBE(number, 2, 6);
  key.writeUIntBE(Math.min(revision, 2 ** 48 - 1), 8, 6);
  return key;
}

/** A run of positions as it stands under its key. */
export function packPositions(key: Buffer, positions: number[]): Buffer {
  const packed = Buffer.allocUnsafeSlow(positions.length * POSITION_BYTES + CHECKSUM_BYTES);
  for (const [index, position] of positions.entries()) packed.writeUIntBE(position, index * POSITION_BYTES, POSITION_BYTES);
  return withChecksum(packed, key);
}

// The last bytes of an entry are the checksum of what is before them, begun with that of its key: so it stands for this key only.
function withChecksum(entry: Buffer, key: Buffer): Buffer {
  const end = entry.length - CHECKSUM_BYTES;
  entry.writeUInt32LE(crc32c(entry.subarray(0, end), crc32c(key)), end);
  return entry;
}

/** Whether an entry is what was written under this key. */
export function isIntact(entry: Buffer, key: Buffer): boolean {
  const end = entry.length - CHECKSUM_BYTES;
  return end >= 0 && entry.readUInt32LE(end) === crc32c(entry.subarray(0, end), crc32c(key));
}

/** What is kept of a stream, as it stands under its row key. */
export function writeRow(stream: Stream): Buffer {
  const { number, last, metadata, tombstone } = stream;
  const values = [number, last, tombstone ?? -1, metadata?.maxCount ?? -1, metadata?.maxAgeSeconds ?? -1, metadata?.truncateBefore ?? -1];
  const row = Buffer.alloc(1 + values.length * 8 + CHECKSUM_BYTES);
  row[0] = metadata === undefined ? 0 : 1;
  for (const [index, value] of values.entries()) row.writeDoubleBE(value, 1 + index * 8);
  return withChecksum(row, rowKey(stream.name));
}

export function readRow(name: string, row: Buffer): Stream {
  const [number, last, tombstone, maxCount, maxAgeSeconds, truncateBefore] = [0, 1, 2, 3, 4, 5].map((index) =>
    row.readDoubleBE(1 + index * 8),
  ) as [number, number, number, number, number, number];
  const stream = newStream(name);
  stream.number = number;
  stream.last = last;
  stream.tombstone = tombstone === -1 ? undefined : tombstone;
  if (row[0] === 1) {
    stream.metadata = {
      ...(maxCount === -1 ? {} : { maxCount }),
      ...(maxAgeSeconds === -1 ? {} : { maxAgeSeconds }),
      ...(truncateBefore === -1 ? {} : { truncateBefore }),
    };
  }
  stream.ahead = { last, metadata: stream.metadata, isTombstoned: tombstone !== -1, appends: 0 };
  return stream;
}
