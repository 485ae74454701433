import { isUtf8 } from 'node:buffer';
import type { Expected } from '../append-rules.js';
import type { NewEvent } from '../event-log.js';
import type { ProtobufReader } from './protobuf.js';
import { handlerFailed, invalidArgument, missingMetadata } from './status.js';
import { readUuid } from './uuid.js';

const NOTHING = Buffer.alloc(0);
const NO_REVISION = 2n ** 64n - 1n;
const REVISION_END = 2n ** 63n;
const JSON_TYPE = Buffer.from('application/json');

/** Which stream a call is about and what it expects of it; `revision` is the number as it came. */
export interface StreamExpectation {
  stream: Buffer;
  name: string;
  expected: Expected;
  revision: number | bigint | undefined;
}

/** The options of a request as far as they were there. Fields 1 to 5 are the same in Append, BatchAppend, Delete and Tombstone. */
export interface RawOptions {
  stream: Buffer | undefined;
  expected: 'any' | 'no_stream' | 'stream_exists' | 'revision' | undefined;
  revision: number | bigint | undefined;
  /** Of a BatchAppend: milliseconds since 1970, or from now. */
  deadlineAtMs: number | undefined;
  timeoutMs: number | undefined;
}

export function readOptions(reader: ProtobufReader): RawOptions {
  const options: RawOptions = {
    stream: undefined,
    expected: undefined,
    revision: undefined,
    deadlineAtMs: undefined,
    timeoutMs: undefined,
  };
  while (reader.next()) {
    switch (reader.field) {
      case 1: {
        const identifier = reader.message();
        options.stream = NOTHING;
        while (identifier.next()) {
          if (identifier.field === 3) options.stream = identifier.view();
          else identifier.skip();
        }
        break;
      }
      case 2:
        options.revision = reader.exactVarint();
        options.expected = 'revision';
        break;
      case 3:
      case 4:
      case 5:
        options.expected = reader.field === 3 ? 'no_stream' : reader.field === 4 ? 'any' : 'stream_exists';
        reader.skip();
        break;
      case 6:
        options.deadlineAtMs = readTimeMs(reader.message());
        break;
      case 7:
        options.timeoutMs = readTimeMs(reader.message());
        break;
      default:
        reader.skip();
    }
  }
  return options;
}

/**
 * What the options ask for, or why they cannot be used.
 * @param typeName how the real server names the type of the options
 * @throws {Status} UNKNOWN for a stream without a name and for revisions beyond 2⁶³, INVALID_ARGUMENT for no expectation
 */
export function expectationOf(options: RawOptions, typeName: string): StreamExpectation {
  const { stream, revision } = options;
  if (stream === undefined || stream.length === 0) throw handlerFailed();
  if (options.expected === undefined) {
    throw invalidArgument(`'None' is not a valid EventStore.Client.Streams.${typeName}+Types+Options+ExpectedStreamRevisionOneofCase`);
  }
  const name = stream.toString('utf8');
  if (options.expected !== 'revision') return { stream, name, expected: options.expected, revision: undefined };
  if (typeof revision === 'bigint') {
    if (revision === NO_REVISION) return { stream, name, expected: 'no_stream', revision };
    if (revision >= REVISION_END) throw handlerFailed();
  }
  return { stream, name, expected: Number(revision), revision };
}

/** Reads an event that is to be appended. Bytes are views of the request. */
export function readProposedMessage(reader: ProtobufReader): NewEvent {
  let id: Buffer | undefined;
  let type: Buffer | undefined;
  let contentType: Buffer | undefined;
  let metadata: Buffer = NOTHING;
  let data: Buffer = NOTHING;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = readUuid(reader.message());
        break;
      case 2: {
        const entry = reader.message();
        let key: Buffer = NOTHING;
        let value: Buffer = NOTHING;
        while (entry.next()) {
          if (entry.field === 1) key = entry.view();
          else if (entry.field === 2) value = entry.view();
          else entry.skip();
        }
        if (key.length === 4 && key.toString('latin1') === 'type') type = value;
        else if (key.length === 12 && key.toString('latin1') === 'content-type') contentType = value;
        break;
      }
      case 3:
        metadata = reader.view();
        break;
      case 4:
        data = reader.view();
        break;
      default:
        reader.skip();
    }
  }
  if (type === undefined) throw missingMetadata('type');
  if (contentType === undefined) throw missingMetadata('content-type');
  if (id === undefined || type.length === 0 || isNil(id)) throw handlerFailed();
  // As the real server reads it: clients cannot read a type that is no text, nor any event of an answer that holds one.
  if (!isUtf8(type)) type = Buffer.from(type.toString('utf8'));
  return { id, type, isJson: contentType.equals(JSON_TYPE), metadata, data };
}

function isNil(id: Buffer): boolean {
  for (let index = 0; index < 16; index++) if (id[index] !== 0) return false;
  return true;
}

// A Timestamp or a Duration: seconds and nanoseconds, either may be negative.
function readTimeMs(reader: ProtobufReader): number {
  let ms = 0;
  while (reader.next()) {
    if (reader.field === 1) ms += Number(BigInt.asIntN(64, reader.bigVarint())) * 1000;
    else if (reader.field === 2) ms += Number(BigInt.asIntN(32, reader.bigVarint())) / 1e6;
    else reader.skip();
  }
  return ms;
}
