import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { ProtobufReader, encodeMessage } from '../protocol/protobuf.js';

const FRAME_HEADER_BYTES = 5;

/** A call without a client library around it: it can stall, vanish, or ask for what no library would. */
export class RawCall {
  messages = 0;
  /** Events that came, in links or not. */
  events = 0;
  private rest: Buffer = Buffer.alloc(0);

  constructor(readonly stream: ClientHttp2Stream) {
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => this.take(chunk));
  }

  send(message: Buffer): this {
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    header.writeUInt32BE(message.length, 1);
    this.stream.write(Buffer.concat([header, message]));
    return this;
  }

  end(): this {
    this.stream.end();
    return this;
  }

  cancel(): void {
    this.stream.close(constants.NGHTTP2_CANCEL);
  }

  private take(chunk: Buffer): void {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (bytes.length >= FRAME_HEADER_BYTES && bytes.length >= FRAME_HEADER_BYTES + bytes.readUInt32BE(1)) {
      const end = FRAME_HEADER_BYTES + bytes.readUInt32BE(1);
      const message = new ProtobufReader(bytes.subarray(FRAME_HEADER_BYTES, end));
      this.messages += 1;
      if (message.next() && message.field === 1) this.events += 1;
      bytes = bytes.subarray(end);
    }
    this.rest = bytes;
  }
}

/** A connection of its own to a store on this machine. */
export function rawConnection(port: number): { session: ClientHttp2Session; open(method: string, headers?: object): RawCall } {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const open = (method: string, headers: object = {}): RawCall =>
    new RawCall(
      session.request({
        ':method': 'POST',
        ':path': `/event_store.client.${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      }),
    );
  return { session, open };
}

/** A request to read: of a stream or of the log, from the start; without a count it is a subscription. */
export function readRequest({ stream, count, prefix }: { stream?: string; count?: number; prefix?: string }): Buffer {
  return encodeMessage((request) =>
    request.messageField(1, (options) => {
      if (stream === undefined) options.messageField(2, (all) => all.messageField(2));
      else {
        options.messageField(1, (from) => {
          from.messageField(1, (identifier) => identifier.textField(3, stream));
          from.messageField(3);
        });
      }
      if (count === undefined) options.messageField(6);
      else options.varintField(5, count);
      if (prefix === undefined) options.messageField(8);
      else {
        options.messageField(7, (filter) => {
          filter.messageField(1, (expression) => expression.textField(2, prefix));
          filter.messageField(4);
          filter.varintField(5, 1);
        });
      }
      options.messageField(9, (uuid) => uuid.messageField(2));
    }),
  );
}
