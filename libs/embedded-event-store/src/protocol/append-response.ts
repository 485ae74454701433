import type { AppendOutcome } from '../event-log.js';
import type { StreamExpectation } from './append-request.js';
import { ProtobufWriter, bytesFieldBytes, encodeMessage, varintFieldBytes } from './protobuf.js';

const NO_REVISION = 2n ** 64n - 1n;
const DETAILS_PACKAGE = 'type.googleapis.com/event_store.client.';

type Written = Extract<AppendOutcome, { kind: 'written' }>;

/** An AppendResp for an append that was written, or is repeated. */
export const appendSuccess = (written: Written): Buffer =>
  encodeMessage((writer) => writer.messageField(1, (inner) => writeSuccess(inner, written)));

function writeSuccess(writer: ProtobufWriter, { revision, position }: Written): void {
  if (revision < 0) writer.messageField(2);
  else writer.varintField(1, revision);
  if (position === undefined) writer.messageField(4);
  else
    writer.messageField(3, (inner) => {
      inner.varintField(1, position);
      inner.varintField(2, position);
    });
}

/** An AppendResp for an append whose expectation was wrong. Every part is said twice, as older clients know it and as newer do. */
export function appendWrongVersion(current: number, { expected, revision }: StreamExpectation): Buffer {
  return encodeMessage((writer) =>
    writer.messageField(2, (inner) => {
      if (current < 0) {
        inner.messageField(2);
        inner.messageField(7);
      } else {
        inner.varintField(1, current);
        inner.varintField(6, current);
      }
      if (expected === 'any') {
        inner.messageField(4);
        inner.messageField(9);
      } else if (expected === 'stream_exists') {
        inner.messageField(5);
        inner.messageField(10);
      } else if (revision === undefined) {
        inner.exactVarintField(3, NO_REVISION);
        inner.messageField(11);
      } else {
        inner.exactVarintField(3, revision);
        inner.exactVarintField(8, revision);
      }
    }),
  );
}

/** A whole frame with a BatchAppendResp for an append that was written, or is repeated. The hottest answer there is. */
export function batchSuccessFrame(correlationId: Buffer | undefined, stream: Buffer, written: Written): Buffer {
  const { revision, position } = written;
  const positionBytes = position === undefined ? 0 : 2 * varintFieldBytes(position);
  const successBytes = (revision < 0 ? 2 : varintFieldBytes(revision)) + bytesFieldBytes(positionBytes);
  const length =
    (correlationId === undefined ? 0 : bytesFieldBytes(correlationId.length)) +
    bytesFieldBytes(successBytes) +
    bytesFieldBytes(bytesFieldBytes(stream.length));
  const writer = new ProtobufWriter(5 + length);
  writer.byte(0);
  writer.bytes.writeUInt32BE(length, 1);
  writer.length = 5;
  if (correlationId !== undefined) {
    writer.bytesKey(1, correlationId.length);
    writer.raw(correlationId);
  }
  writer.bytesKey(3, successBytes);
  if (revision < 0) writer.bytesKey(2, 0);
  else {
    writer.byte(1 << 3);
    writer.varint(revision);
  }
  writer.bytesKey(position === undefined ? 4 : 3, positionBytes);
  if (position !== undefined) {
    writer.byte(1 << 3);
    writer.varint(position);
    writer.byte(2 << 3);
    writer.varint(position);
  }
  writer.bytesKey(4, bytesFieldBytes(stream.length));
  writer.bytesKey(3, stream.length);
  writer.raw(stream);
  return writer.bytes;
}

/** Why an append in a batch failed, as a google.rpc.Status with details. */
export interface BatchError {
  code: number;
  message: string;
  details: { type: string; value: Buffer };
}

export function batchFailure(correlationId: Buffer | undefined, stream: Buffer | undefined, error: BatchError): Buffer {
  return encodeMessage((writer) => {
    if (correlationId !== undefined) writer.bytesField(1, correlationId);
    writer.messageField(2, (status) => {
      status.varintField(1, error.code);
      status.textField(2, error.message);
      status.messageField(3, (any) => {
        any.textField(1, DETAILS_PACKAGE + error.details.type);
        any.bytesField(2, error.details.value);
      });
    });
    if (stream !== undefined) writer.messageField(4, (identifier) => identifier.bytesField(3, stream));
  });
}

const withType = (code: number, type: string, write: (writer: ProtobufWriter) => void = () => undefined): BatchError => ({
  code,
  message: type,
  details: { type, value: encodeMessage(write) },
});

/** Details are never left out: the Node client fails outside of any call without them. It shows the message of a type it does not know. */
export const batchUnavailable = (message: string): BatchError => ({
  code: 14,
  message,
  details: { type: 'Unavailable', value: Buffer.alloc(0) },
});
export const batchTimeout = (): BatchError => withType(4, 'Timeout');
export const batchBadRequest = (message: string): BatchError => withType(3, 'BadRequest', (writer) => writer.textField(1, message));
export const batchTooLarge = (bytesMax: number): BatchError =>
  withType(3, 'MaximumAppendSizeExceeded', (writer) => writer.varintField(1, bytesMax));
export const batchStreamDeleted = (stream: Buffer): BatchError =>
  withType(5, 'StreamDeleted', (writer) => writer.messageField(1, (identifier) => identifier.bytesField(3, stream)));

export function batchWrongVersion(current: number, { expected, revision }: StreamExpectation): BatchError {
  return withType(6, 'WrongExpectedVersion', (writer) => {
    if (current < 0) writer.messageField(2);
    else writer.varintField(1, current);
    if (expected === 'any') writer.messageField(4);
    else if (expected === 'stream_exists') writer.messageField(5);
    else if (expected === 'no_stream') writer.messageField(6);
    else writer.exactVarintField(3, revision ?? expected);
  });
}
