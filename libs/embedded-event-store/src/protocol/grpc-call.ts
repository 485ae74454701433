import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Code, Status, deadlineExceeded, handlerFailed } from './status.js';

const FRAME_HEADER_BYTES = 5;
const WRITE_BUFFER_BYTES_MAX = 256 * 1024;

/** A trailer takes printable ASCII only. */
const TRAILER_TEXT = /^[\x20-\x7e]*$/;

const OK_TRAILERS = { 'grpc-status': String(Code.ok) };

/**
 * One gRPC call on one HTTP/2 stream: messages in, messages out, one status at the end. Messages that are sent in one turn of the
 * event loop leave in one write.
 */
export class GrpcCall {
  /** Called for each message of the client, in order. */
  onMessage: (message: Buffer) => void = () => undefined;
  /** Called when the client has sent its last message. */
  onEnd: () => void = () => undefined;

  private readonly closers: (() => void)[] = [];
  private isOver = false;
  private hasResponded = false;
  private received: Buffer[] = [];
  private receivedBytes = 0;
  private neededBytes = FRAME_HEADER_BYTES;
  private outgoing: Uint8Array[] = [];
  private outgoingBytes = 0;
  private isFlushing = false;
  private drained: { promise: Promise<void>; resolve: () => void } | undefined;
  private deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: ServerHttp2Stream,
    /** What the client says of itself with the call. */
    readonly headers: IncomingHttpHeaders,
    timeoutMs: number | undefined,
    private readonly messageBytesMax: number,
  ) {
    if (timeoutMs !== undefined) {
      this.deadline = setTimeout(() => this.finish(deadlineExceeded()), timeoutMs);
    }
    stream.on('data', (chunk: Buffer) => this.receive(chunk));
    stream.on('end', () => {
      if (!this.isOver) this.guard(() => this.onEnd());
    });
    stream.on('drain', () => this.resolveDrained());
    stream.on('error', () => this.over());
    stream.on('close', () => this.over());
  }

  /** Calls `closed` when the call is over for whatever reason: finished, cancelled, deadline, connection lost. */
  whenClosed(closed: () => void): void {
    if (this.isOver) closed();
    else this.closers.push(closed);
  }

  /** Where the client is, as host and port. */
  get peer(): string {
    const { remoteAddress = '', remotePort = 0 } = this.stream.session?.socket ?? {};
    return `${remoteAddress}:${remotePort}`;
  }

  /** Whether nothing that is sent would reach the client any more. */
  get isClosed(): boolean {
    return this.isOver;
  }

  /** What was sent and has not left for the client yet. */
  get unsentBytes(): number {
    return this.isOver ? 0 : this.outgoingBytes + this.stream.writableLength;
  }

  /** Sends one message. */
  send(message: Uint8Array): void {
    const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
    header[0] = 0;
    header.writeUInt32BE(message.length, 1);
    this.sendFrames(header);
    this.sendFrames(message);
  }

  /** Sends bytes that are whole frames already: each a zero, the length of the message in four bytes, the message. */
  sendFrames(frames: Uint8Array): void {
    if (this.isOver) return;
    this.outgoing.push(frames);
    this.outgoingBytes += frames.length;
    if (this.isFlushing) return;
    this.isFlushing = true;
    queueMicrotask(() => this.flush());
  }

  /** Resolves when the client has taken enough of what was sent: at once unless it is slow, or when the call is over. */
  whenDrained(): Promise<void> | undefined {
    this.flush();
    if (this.isOver || this.stream.writableLength < WRITE_BUFFER_BYTES_MAX) return undefined;
    if (this.drained === undefined) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((settle) => (resolve = settle));
      this.drained = { promise, resolve };
    }
    return this.drained.promise;
  }

  /** Stops taking in messages until `resume`; what has arrived already is still handed over. */
  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    if (!this.isOver) this.stream.resume();
  }

  /** Ends the call: with OK, or with an error. An error that is no Status becomes what the real server says of its own faults. */
  finish(error?: unknown): void {
    if (this.isOver) return;
    this.flush();
    this.over();
    const { stream } = this;
    if (stream.destroyed) return;
    const trailers = error === undefined ? OK_TRAILERS : trailersOf(error);
    if (!this.hasResponded) {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
    } else {
      stream.once('wantTrailers', () => stream.sendTrailers(trailers));
      stream.end();
    }
    // A client that is still sending is told to stop by its own library once it has the status.
    stream.resume();
  }

  private receive(chunk: Buffer): void {
    if (this.isOver) return;
    this.received.push(chunk);
    this.receivedBytes += chunk.length;
    // A large message comes in many chunks; they are joined once, when it is whole.
    if (this.receivedBytes < this.neededBytes) return;
    let bytes = this.received.length === 1 ? chunk : Buffer.concat(this.received, this.receivedBytes);
    this.neededBytes = FRAME_HEADER_BYTES;
    while (bytes.length >= FRAME_HEADER_BYTES) {
      const length = bytes.readUInt32BE(1);
      if (length > this.messageBytesMax) {
        this.finish(new Status(Code.resourceExhausted, 'Received message exceeds the maximum configured message size.'));
        return;
      }
      if (bytes[0] !== 0) {
        this.finish(new Status(Code.unimplemented, 'Compressed messages are not supported.'));
        return;
      }
      const end = FRAME_HEADER_BYTES + length;
      this.neededBytes = end;
      if (bytes.length < end) break;
      const message = bytes.subarray(FRAME_HEADER_BYTES, end);
      bytes = bytes.subarray(end);
      this.neededBytes = FRAME_HEADER_BYTES;
      this.guard(() => this.onMessage(message));
      if (this.isOver) return;
    }
    this.received = bytes.length === 0 ? [] : [bytes];
    this.receivedBytes = bytes.length;
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.finish(error);
    }
  }

  private flush(): void {
    this.isFlushing = false;
    if (this.outgoingBytes === 0 || this.stream.destroyed) return;
    const { outgoing } = this;
    this.outgoing = [];
    const bytes = outgoing.length === 1 ? outgoing[0]! : Buffer.concat(outgoing, this.outgoingBytes);
    this.outgoingBytes = 0;
    if (!this.hasResponded) {
      this.hasResponded = true;
      this.stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    }
    this.stream.write(bytes);
  }

  private resolveDrained(): void {
    this.drained?.resolve();
    this.drained = undefined;
  }

  private over(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.deadline);
    this.resolveDrained();
    for (const closed of this.closers) closed();
  }
}

// How a call that failed ends. An error that is no Status becomes what the real server says of its own faults, and a line in the log.
function trailersOf(error: unknown): Record<string, string> {
  if (!(error instanceof Status)) process.emitWarning(error instanceof Error ? error : String(error));
  const status = error instanceof Status ? error : handlerFailed();
  const trailers = Object.entries(status.trailers).map(([key, value]) => [key, trailerText(value)]);
  return { ...Object.fromEntries(trailers), 'grpc-status': String(status.code), 'grpc-message': percentEncoded(status.message) };
}

// A name that a trailer cannot hold is percent-encoded. The real server loses the whole error over it, and the client a call.
function trailerText(value: string): string {
  return TRAILER_TEXT.test(value) && value === value.trim() ? value : encodeURIComponent(value);
}

// As the gRPC protocol wants a status message: UTF-8, with everything but printable ASCII and the percent sign as %XX.
function percentEncoded(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character));
}
