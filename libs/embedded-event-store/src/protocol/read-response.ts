import { EVENT_HEADER_BYTES, ID_OFFSET, type LogRecord, TOMBSTONE_REVISION } from '../storage/record.js';
import { ProtobufWriter, bytesFieldBytes, encodeMessage, varintBytes, varintFieldBytes } from './protobuf.js';
import { UUID_TEXT_BYTES, writeUuidText } from './uuid.js';

/** How ids are written: as text, or as two numbers of 64 bits. */
export type UuidNotation = 'text' | 'halves';

const FRAME_HEADER_BYTES = 5;
const FULL_BYTES = 48 * 1024;
/** What a message may take beside what is counted. */
const ROOM_BYTES = FRAME_HEADER_BYTES + 16;
const SPARE_BYTES = 4 * 1024;
const FIRST_BYTES = 2 * 1024;
const CONTENT_TYPE_KEY = Buffer.from('content-type');
const CREATED_KEY_FIELD = keyField('created');
const TYPE_KEY_FIELD = keyField('type');
const JSON_TYPE = Buffer.from('application/json');
const BINARY_TYPE = Buffer.from('application/octet-stream');
const MAX_REVISION_BYTES = 9;

const CONTENT_TYPE_ENTRY = { json: mapEntry(CONTENT_TYPE_KEY, JSON_TYPE), binary: mapEntry(CONTENT_TYPE_KEY, BINARY_TYPE) };

/**
 * Writes ReadResp messages as gRPC frames, one after the other into one piece of memory, straight from the bytes of the log.
 * `isFull` says when it is time to hand them on.
 */
export class ReadFrames {
  private readonly writer = new ProtobufWriter(0);
  private eventsExpected = 1;
  private createdMs = NaN;
  private createdText = Buffer.alloc(0);

  constructor(private readonly uuid: UuidNotation) {
    this.writer.size = FIRST_BYTES;
  }

  get isFull(): boolean {
    return this.writer.length >= FULL_BYTES;
  }

  get isEmpty(): boolean {
    return this.writer.length === 0;
  }

  /** Says how many events come, so that there is room for them at once. */
  expect(events: number): void {
    this.eventsExpected = events;
  }

  // What was full will be full again; what was nearly empty, as events come one by one, will be so.
  take(): Buffer {
    const { writer } = this;
    writer.size = this.isFull ? Math.min(writer.length + SPARE_BYTES, 2 * FULL_BYTES) : FIRST_BYTES;
    return writer.take();
  }

  /**
   * An event, or a link with what it points to (`event` is undefined when that is nothing). `position` is what the call reads by.
   * With `retries` it is a message of a persistent subscription: the same but for the count, and for the event's position.
   */
  event(event: LogRecord | undefined, link: LogRecord | undefined, position: number, retries?: number): void {
    const { writer } = this;
    const eventPosition = retries === undefined ? event?.position : position;
    const eventBytes = event === undefined ? 0 : this.recordedBytes(event, eventPosition!);
    const linkBytes = link === undefined ? 0 : this.recordedBytes(link, link.position);
    const readEventBytes =
      (event === undefined ? 0 : bytesFieldBytes(eventBytes)) +
      (link === undefined ? 0 : bytesFieldBytes(linkBytes)) +
      varintFieldBytes(position) +
      (retries === undefined ? 0 : varintFieldBytes(retries));
    if (this.isEmpty && this.eventsExpected > 1) writer.reserve(Math.min(FULL_BYTES, this.eventsExpected * (readEventBytes + ROOM_BYTES)));
    const start = this.begin(bytesFieldBytes(readEventBytes));
    writer.bytesKey(1, readEventBytes);
    if (event !== undefined) this.recorded(1, event, eventBytes, eventPosition!);
    if (link !== undefined) this.recorded(2, link, linkBytes, link.position);
    writer.byte(3 << 3);
    writer.varint(position);
    if (retries !== undefined) {
      writer.byte(5 << 3);
      writer.varint(retries);
    }
    this.end(start);
  }

  confirmation(subscriptionId: string): void {
    this.message((writer) => writer.messageField(2, (inner) => inner.textField(1, subscriptionId)));
  }

  checkpoint(commit: number, prepare: number): void {
    this.message((writer) =>
      writer.messageField(3, (inner) => {
        inner.varintField(1, commit);
        inner.varintField(2, prepare);
      }),
    );
  }

  streamNotFound(stream: Buffer): void {
    this.message((writer) => writer.messageField(4, (inner) => inner.messageField(1, (identifier) => identifier.bytesField(3, stream))));
  }

  firstStreamPosition(revision: number): void {
    this.message((writer) => writer.varintField(5, revision));
  }

  lastStreamPosition(revision: number): void {
    this.message((writer) => writer.varintField(6, revision));
  }

  caughtUp(): void {
    this.message((writer) => writer.messageField(8));
  }

  private message(write: (writer: ProtobufWriter) => void): void {
    const start = this.begin(64);
    write(this.writer);
    this.end(start);
  }

  private begin(bytes: number): number {
    const { writer } = this;
    writer.reserve(bytes + ROOM_BYTES);
    const start = writer.length;
    writer.length += FRAME_HEADER_BYTES;
    return start;
  }

  private end(start: number): void {
    const { writer } = this;
    writer.bytes[start] = 0;
    writer.bytes.writeUInt32BE(writer.length - start - FRAME_HEADER_BYTES, start + 1);
  }

  private recordedBytes(record: LogRecord, position: number): number {
    const { revision, streamBytes, typeBytes, metadataBytes, dataBytes } = record;
    const idBytes = this.uuid === 'text' ? bytesFieldBytes(UUID_TEXT_BYTES) : bytesFieldBytes(halvesBytes(record.id));
    return (
      bytesFieldBytes(idBytes) +
      bytesFieldBytes(bytesFieldBytes(streamBytes)) +
      1 +
      (revision === TOMBSTONE_REVISION ? MAX_REVISION_BYTES : varintBytes(revision)) +
      2 * varintFieldBytes(position) +
      bytesFieldBytes(TYPE_KEY_FIELD.length + bytesFieldBytes(typeBytes)) +
      (record.isJson ? CONTENT_TYPE_ENTRY.json : CONTENT_TYPE_ENTRY.binary).length +
      bytesFieldBytes(CREATED_KEY_FIELD.length + bytesFieldBytes(this.created(record).length)) +
      bytesFieldBytes(metadataBytes) +
      bytesFieldBytes(dataBytes)
    );
  }

  // A RecordedEvent, whose size is known. Times go out in units of 100 ns.
  private recorded(field: number, record: LogRecord, length: number, position: number): void {
    const { writer } = this;
    const { bytes, revision, streamBytes, typeBytes, metadataBytes, dataBytes } = record;
    let at = EVENT_HEADER_BYTES;
    writer.bytesKey(field, length);
    if (this.uuid === 'text') {
      writer.bytesKey(1, bytesFieldBytes(UUID_TEXT_BYTES));
      writer.bytesKey(2, UUID_TEXT_BYTES);
      writeUuidText(writer.bytes, writer.length, bytes, ID_OFFSET);
      writer.length += UUID_TEXT_BYTES;
    } else {
      const { id } = record;
      const idBytes = halvesBytes(id);
      writer.bytesKey(1, bytesFieldBytes(idBytes));
      writer.bytesKey(1, idBytes);
      writer.bigVarintField(1, id.readBigUInt64BE(0));
      writer.bigVarintField(2, id.readBigUInt64BE(8));
    }
    writer.bytesKey(2, bytesFieldBytes(streamBytes));
    writer.bytesKey(3, streamBytes);
    writer.part(bytes, at, streamBytes);
    writer.byte(3 << 3);
    if (revision === TOMBSTONE_REVISION) {
      for (let count = 1; count < MAX_REVISION_BYTES; count++) writer.byte(0xff);
      writer.byte(0x7f);
    } else writer.varint(revision);
    writer.byte(4 << 3);
    writer.varint(position);
    writer.byte(5 << 3);
    writer.varint(position);
    writer.bytesKey(6, TYPE_KEY_FIELD.length + bytesFieldBytes(typeBytes));
    writer.part(TYPE_KEY_FIELD, 0, TYPE_KEY_FIELD.length);
    writer.bytesKey(2, typeBytes);
    writer.part(bytes, (at += streamBytes), typeBytes);
    const contentType = record.isJson ? CONTENT_TYPE_ENTRY.json : CONTENT_TYPE_ENTRY.binary;
    writer.part(contentType, 0, contentType.length);
    const created = this.created(record);
    writer.bytesKey(6, CREATED_KEY_FIELD.length + bytesFieldBytes(created.length));
    writer.part(CREATED_KEY_FIELD, 0, CREATED_KEY_FIELD.length);
    writer.bytesKey(2, created.length);
    writer.part(created, 0, created.length);
    writer.bytesKey(7, metadataBytes);
    writer.part(bytes, (at += typeBytes), metadataBytes);
    writer.bytesKey(8, dataBytes);
    writer.part(bytes, at + metadataBytes, dataBytes);
  }

  private created(record: LogRecord): Buffer {
    const { createdMs } = record;
    if (createdMs !== this.createdMs) {
      this.createdMs = createdMs;
      this.createdText = Buffer.from(`${createdMs}0000`);
    }
    return this.createdText;
  }
}

// The key of an entry of the metadata, as it stands in the entry.
function keyField(key: string): Buffer {
  return encodeMessage((writer) => writer.textField(1, key));
}

function mapEntry(key: Buffer, value: Buffer): Buffer {
  const writer = new ProtobufWriter(64);
  writer.bytesKey(6, bytesFieldBytes(key.length) + bytesFieldBytes(value.length));
  writer.bytesField(1, key);
  writer.bytesField(2, value);
  return writer.bytes.subarray(0, writer.length);
}

function halvesBytes(id: Buffer): number {
  const bytes = (half: bigint): number => 1 + Math.max(1, Math.ceil(half.toString(2).length / 7));
  return bytes(id.readBigUInt64BE(0)) + bytes(id.readBigUInt64BE(8));
}
