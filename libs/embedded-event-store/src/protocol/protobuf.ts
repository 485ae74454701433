import { handlerFailed } from './status.js';

/**
 * The part of protobuf that the hot messages need, written by hand: the generated code of the client package goes through
 * JavaScript arrays and costs several times as much. Numbers are exact up to 2⁵³.
 */

const EMPTY = Buffer.alloc(0);
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** Below it, numbers are handled as integers of 32 bits. */
const INT_END = 2 ** 31;
const COPIED_BY_VIEW_BYTES = 64;

/** Reads one message field by field: `next()` moves on, then one of the value readers. */
export class ProtobufReader {
  field = 0;
  private wireType = 0;
  private at: number;

  constructor(
    private readonly bytes: Buffer,
    start = 0,
    private readonly end = bytes.length,
  ) {
    this.at = start;
  }

  /** Moves to the next field; false at the end. The value of each field has to be read or skipped. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const key = this.varint();
    this.field = key >>> 3;
    this.wireType = key & 7;
    return true;
  }

  /** An unsigned number; beyond 2⁵³ it is rounded. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++) {
      if (this.at >= this.end) break;
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw handlerFailed();
  }

  /** An unsigned number of 64 bits, exactly. */
  bigVarint(): bigint {
    const start = this.at;
    this.varint();
    let value = 0n;
    for (let at = this.at - 1; at >= start; at--) value = (value << 7n) | BigInt(this.bytes[at]! & 0x7f);
    return BigInt.asUintN(64, value);
  }

  /** An unsigned number, exactly: a bigint when it is beyond 2⁵³. */
  exactVarint(): number | bigint {
    const start = this.at;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    this.at = start;
    return this.bigVarint();
  }

  /** A view of bytes, a text or an inner message. */
  view(): Buffer {
    const length = this.varint();
    const start = this.at;
    this.at += length;
    if (this.at > this.end) throw handlerFailed();
    return this.bytes.subarray(start, this.at);
  }

  /** A reader of an inner message. */
  message(): ProtobufReader {
    const length = this.varint();
    const start = this.at;
    this.at += length;
    if (this.at > this.end) throw handlerFailed();
    return new ProtobufReader(this.bytes, start, this.at);
  }

  text(): string {
    const length = this.varint();
    const start = this.at;
    this.at += length;
    if (this.at > this.end) throw handlerFailed();
    return this.bytes.toString('utf8', start, this.at);
  }

  skip(): void {
    if (this.wireType === VARINT) this.varint();
    else if (this.wireType === BYTES) this.view();
    else if (this.wireType === FIXED64) this.at += 8;
    else if (this.wireType === FIXED32) this.at += 4;
    else throw handlerFailed();
    if (this.at > this.end) throw handlerFailed();
  }
}

/** How many bytes a number takes. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  let bytes = 1;
  while (value >= 128) {
    value /= 128;
    bytes++;
  }
  return bytes;
}

/** How many bytes a field of bytes takes, for field numbers up to 15. */
export const bytesFieldBytes = (length: number): number => 1 + varintBytes(length) + length;
/** How many bytes a number takes as a field, for field numbers up to 15. */
export const varintFieldBytes = (value: number): number => 1 + varintBytes(value);

/** Bytes being written, growing as needed. */
export class ProtobufWriter {
  bytes: Buffer;
  length = 0;

  /** `size` is how many bytes it begins with, at first and after each `take`. */
  constructor(public size = 256) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** Makes sure that so many bytes more can be written. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.length + count, this.bytes.length * 2, this.size));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** What was written; the writer goes on with other bytes. */
  take(): Buffer {
    const written = this.bytes.subarray(0, this.length);
    this.bytes = EMPTY;
    this.length = 0;
    return written;
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  varint(value: number): void {
    const { bytes } = this;
    let { length } = this;
    for (; value >= INT_END; value = Math.floor(value / 128)) bytes[length++] = (value % 128) | 0x80;
    let rest = value | 0;
    for (; rest >= 128; rest >>>= 7) bytes[length++] = (rest & 0x7f) | 0x80;
    bytes[length++] = rest;
    this.length = length;
  }

  /** The key of a field that holds bytes or a message, and their length. */
  bytesKey(field: number, length: number): void {
    this.varint((field << 3) | BYTES);
    this.varint(length);
  }

  bytesField(field: number, value: Uint8Array): void {
    this.reserve(value.length + 8);
    this.bytesKey(field, value.length);
    this.raw(value);
  }

  textField(field: number, value: string): void {
    this.bytesField(field, Buffer.from(value));
  }

  varintField(field: number, value: number): void {
    this.reserve(12);
    this.varint(field << 3);
    this.varint(value);
  }

  /** A number that may be beyond 2⁵³, then as a bigint. */
  exactVarintField(field: number, value: number | bigint): void {
    if (typeof value === 'number') this.varintField(field, value);
    else this.bigVarintField(field, value);
  }

  bigVarintField(field: number, value: bigint): void {
    this.reserve(12);
    this.varint(field << 3);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 128n) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.length++] = Number(rest);
  }

  /** Four bytes as they are: a float. */
  fixed32Field(field: number, value: Uint8Array): void {
    this.reserve(8);
    this.varint((field << 3) | FIXED32);
    this.raw(value);
  }

  /** An inner message, written by `write`. For messages that are not hot. */
  messageField(field: number, write?: (inner: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter(64);
    write?.(inner);
    this.bytesField(field, inner.bytes.subarray(0, inner.length));
  }

  raw(value: Uint8Array): void {
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  /** Some of other bytes. Few are copied one by one: a view of them would cost more, above all the garbage collector. */
  part(source: Uint8Array, start: number, count: number): void {
    const { bytes, length } = this;
    if (count > COPIED_BY_VIEW_BYTES) bytes.set(new Uint8Array(source.buffer, source.byteOffset + start, count), length);
    else for (let index = 0; index < count; index++) bytes[length + index] = source[start + index]!;
    this.length = length + count;
  }
}

/** A message in one go, for those that are not hot. */
export function encodeMessage(write: (writer: ProtobufWriter) => void): Buffer {
  const writer = new ProtobufWriter();
  write(writer);
  return writer.bytes.subarray(0, writer.length);
}
