import { crc32c } from '@node-rs/crc32';

/**
 * A record of the log, little-endian:
 *
 *    0 length of the whole record, u32        12 distance to the start of its commit group, u32
 *    4 checksum of everything from byte 8 on  16 … the event, see below
 *    8 kind, u8   9 flags, u8   10 zero, u16  end-4 the length once more, u32: a way backwards
 *
 * The checksum is a CRC32C that begins with a number made from the log's id and the record's position. So a record is sound only in
 * this log and only in this place: what was written elsewhere, and what somebody put into the data of an event, is not taken for one.
 *
 * The distance to the group's start is what tells damage from a torn tail: a group is written only after the one before it was
 * synced, so any whole record proves that everything before its group had been acknowledged (or could have been).
 */
export const RecordKind = {
  /** An event of a stream. */
  event: 1,
  /** An append without events: it takes a position and nothing else. */
  emptyAppend: 2,
  /** Written when the log is idle, to prove that the group before it was synced. Carries nothing. */
  seal: 3,
} as const;

export const RecordFlag = { json: 1, firstOfAppend: 2, lastOfAppend: 4 } as const;

/** The revision of a tombstone, 2⁶³−1. As a number it is 2⁶³: nothing else comes near it. */
export const TOMBSTONE_REVISION = 2 ** 63;

export const HEADER_BYTES = 16;
export const TRAILER_BYTES = 4;
export const SEAL_BYTES = HEADER_BYTES + TRAILER_BYTES;
/** Where the texts of an event begin in its record: stream, type, metadata and data, one after the other. */
export const EVENT_HEADER_BYTES = 60;
/** Where its id is, of 16 bytes. */
export const ID_OFFSET = 32;
/** Above what an append may hold (1 MiB of data, 16 MiB a message): a length beyond it is damage. */
export const RECORD_BYTES_MAX = 48 * 1024 * 1024;

/** What is stored of an event. Bytes are not interpreted. */
export interface EventFields {
  stream: Buffer;
  revision: number;
  id: Buffer;
  type: Buffer;
  isJson: boolean;
  metadata: Uint8Array;
  data: Uint8Array;
  /** Milliseconds since 1970. */
  createdMs: number;
}

const NOTHING = Buffer.alloc(0);

export function recordBytes(event: Pick<EventFields, 'stream' | 'type' | 'metadata' | 'data'>): number {
  return EVENT_HEADER_BYTES + event.stream.length + event.type.length + event.metadata.length + event.data.length + TRAILER_BYTES;
}

/** Where the checksum of the record at a position begins. */
export function seedAt(logId: Buffer, position: number): number {
  return (logId.readUInt32LE(0) ^ (position % 0x100000000) ^ Math.imul(Math.floor(position / 0x100000000), 0x9e3779b1)) >>> 0;
}

/** Writes an event at `offset` of `target` and returns where the next record begins. */
export function writeEvent(
  target: Buffer,
  offset: number,
  seed: number,
  kind: number,
  flags: number,
  groupDistance: number,
  event: EventFields,
): number {
  const { stream, type, metadata, data, revision } = event;
  const length = recordBytes(event);
  target.writeUInt32LE(groupDistance, offset + 12);
  if (revision === TOMBSTONE_REVISION) {
    target.writeUInt32LE(0xffffffff, offset + 16);
    target.writeUInt32LE(0x7fffffff, offset + 20);
  } else {
    target.writeUInt32LE(revision % 0x100000000, offset + 16);
    target.writeUInt32LE(Math.floor(revision / 0x100000000), offset + 20);
  }
  target.writeDoubleLE(event.createdMs, offset + 24);
  target.set(event.id, offset + 32);
  target.writeUInt32LE(stream.length, offset + 48);
  target.writeUInt32LE(type.length, offset + 52);
  target.writeUInt32LE(metadata.length, offset + 56);
  let at = offset + EVENT_HEADER_BYTES;
  target.set(stream, at);
  target.set(type, (at += stream.length));
  target.set(metadata, (at += type.length));
  target.set(data, at + metadata.length);
  return finish(target, offset, seed, length, kind, event.isJson ? flags | RecordFlag.json : flags);
}

/** Writes a seal at `offset` of `target`. It begins a group of its own. */
export function writeSeal(target: Buffer, offset: number, seed: number): number {
  target.writeUInt32LE(0, offset + 12);
  return finish(target, offset, seed, SEAL_BYTES, RecordKind.seal, RecordFlag.firstOfAppend | RecordFlag.lastOfAppend);
}

function finish(target: Buffer, offset: number, seed: number, length: number, kind: number, flags: number): number {
  const end = offset + length;
  target.writeUInt32LE(length, offset);
  target.writeUInt32LE(kind | (flags << 8), offset + 8);
  target.writeUInt32LE(length, end - TRAILER_BYTES);
  target.writeUInt32LE(crc32c(target.subarray(offset + 8, end), seed), offset + 4);
  return end;
}

/** Says whether `bytes` (a whole record, exactly) is what was written. */
export function isSound(bytes: Buffer, seed: number): boolean {
  const length = bytes.length;
  return (
    length >= SEAL_BYTES &&
    bytes.readUInt32LE(0) === length &&
    bytes.readUInt32LE(length - TRAILER_BYTES) === length &&
    bytes.readUInt32LE(4) === crc32c(bytes.subarray(8), seed)
  );
}

/** A record as read: a view of its bytes, decoded only as far as it is asked. */
export class LogRecord {
  constructor(
    /** Where it begins in the log. */
    readonly position: number,
    readonly bytes: Buffer,
  ) {}

  get kind(): number {
    return this.bytes[8]!;
  }

  get flags(): number {
    return this.bytes[9]!;
  }

  get isEvent(): boolean {
    return this.bytes[8] === RecordKind.event;
  }

  get isJson(): boolean {
    return (this.flags & RecordFlag.json) !== 0;
  }

  get end(): number {
    return this.position + this.bytes.length;
  }

  get groupStart(): number {
    return this.position - this.bytes.readUInt32LE(12);
  }

  /** Its revision. That of a tombstone, 2⁶³−1, becomes `TOMBSTONE_REVISION` by rounding. */
  get revision(): number {
    return this.bytes.readUInt32LE(16) + this.bytes.readUInt32LE(20) * 0x100000000;
  }

  get createdMs(): number {
    return this.bytes.readDoubleLE(24);
  }

  /** How many bytes the name of its stream takes; the next three say the same of its type, metadata and data. */
  get streamBytes(): number {
    return this.bytes.readUInt32LE(48);
  }

  get typeBytes(): number {
    return this.bytes.readUInt32LE(52);
  }

  get metadataBytes(): number {
    return this.bytes.readUInt32LE(56);
  }

  get dataBytes(): number {
    return this.bytes.length - TRAILER_BYTES - EVENT_HEADER_BYTES - this.streamBytes - this.typeBytes - this.metadataBytes;
  }

  get id(): Buffer {
    return this.bytes.subarray(ID_OFFSET, ID_OFFSET + 16);
  }

  get stream(): Buffer {
    return this.bytes.subarray(EVENT_HEADER_BYTES, EVENT_HEADER_BYTES + this.bytes.readUInt32LE(48));
  }

  get streamName(): string {
    return this.bytes.toString('utf8', EVENT_HEADER_BYTES, EVENT_HEADER_BYTES + this.bytes.readUInt32LE(48));
  }

  get type(): Buffer {
    const start = EVENT_HEADER_BYTES + this.bytes.readUInt32LE(48);
    return this.bytes.subarray(start, start + this.bytes.readUInt32LE(52));
  }

  get typeName(): string {
    const start = EVENT_HEADER_BYTES + this.bytes.readUInt32LE(48);
    return this.bytes.toString('utf8', start, start + this.bytes.readUInt32LE(52));
  }

  get metadata(): Buffer {
    const { bytes } = this;
    const start = EVENT_HEADER_BYTES + bytes.readUInt32LE(48) + bytes.readUInt32LE(52);
    return bytes.subarray(start, start + bytes.readUInt32LE(56));
  }

  get data(): Buffer {
    const { bytes } = this;
    const start = EVENT_HEADER_BYTES + bytes.readUInt32LE(48) + bytes.readUInt32LE(52) + bytes.readUInt32LE(56);
    return start >= bytes.length - TRAILER_BYTES ? NOTHING : bytes.subarray(start, bytes.length - TRAILER_BYTES);
  }
}
