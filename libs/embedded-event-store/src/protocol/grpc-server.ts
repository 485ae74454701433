import { createServer as createHttp1Server, type RequestListener, type Server as Http1Server } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { GrpcCall } from './grpc-call.js';
import { Code, Status, deadlineExceeded, serverStarting, serverStopping } from './status.js';

/** What a method does with a call. What it throws, or rejects with, ends the call. */
export type Handler = (call: GrpcCall) => void | Promise<void>;

/** Says why a call with these headers to this method is not admitted; undefined when it is. */
export type RefusalFor = (path: string, headers: IncomingHttpHeaders) => Status | undefined;

export interface GrpcServerOptions {
  /** What is not gRPC. */
  onHttp: RequestListener;
  /** Certificate chain and private key, as PEM: then nothing is taken that is not encrypted. */
  tls?: { certificate: string | Buffer; key: string | Buffer } | undefined;
  refusalFor?: RefusalFor | undefined;
}

const MESSAGE_BYTES_MAX = 16 * 1024 * 1024 + 512 * 1024;
const CALLS_PER_CONNECTION_MAX = 20_000;
/** A stream name comes twice in the trailers of an error. */
const HEADER_BYTES_MAX = 1024 * 1024;
const WINDOW_BYTES = 4 * 1024 * 1024;
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0');
const TIMEOUT_UNITS_MS: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 };
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * A gRPC server on one port that also answers plain HTTP/1.1, as a real node does. It is written on `node:http2` and not on a
 * gRPC library: messages are encoded straight from the log into whole frames, and the status of a call can be anything the
 * real server says.
 */
export class GrpcServer {
  private readonly methods = new Map<string, Handler>();
  private readonly services = new Set<string>();
  private readonly http2: Http2Server;
  private readonly http1: Http1Server;
  private readonly listener: Server;
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly sockets = new Set<Socket>();
  private readonly calls = new Set<GrpcCall>();
  private callsBegun = 0;
  private state: 'starting' | 'taking' | 'stopping' = 'starting';

  constructor(private readonly options: GrpcServerOptions) {
    this.http2 = createHttp2Server({
      maxSessionMemory: 2000,
      maxSendHeaderBlockLength: HEADER_BYTES_MAX,
      settings: { maxConcurrentStreams: CALLS_PER_CONNECTION_MAX, initialWindowSize: WINDOW_BYTES },
      peerMaxConcurrentStreams: CALLS_PER_CONNECTION_MAX,
      streamResetBurst: 100_000,
      streamResetRate: 100_000,
    } as object);
    this.http1 = createHttp1Server((request, response) => {
      // A method over HTTP/1.1 is no gRPC call, whatever it says it is.
      if (this.methods.has((request.url ?? '').toLowerCase())) response.writeHead(415).end();
      else if (this.state === 'starting') response.writeHead(503).end();
      else options.onHttp(request, response);
    });
    this.http2.on('session', (session) => this.admit(session));
    this.http2.on('stream', (stream, headers) => this.receive(stream, headers));
    const { tls } = options;
    this.listener =
      tls === undefined
        ? createServer((socket) => this.accept(socket))
        : createTlsServer({ cert: tls.certificate, key: tls.key, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) =>
            this.acceptSecure(socket),
          );
    // A connection that does not come to be encrypted is over; the server is not.
    this.listener.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  }

  /** Names the handler of a method, by its path `/package.Service/Method`. Names are not case-sensitive. */
  handle(path: string, handler: Handler): void {
    this.methods.set(path.toLowerCase(), handler);
    this.services.add(path.split('/')[1]!.toLowerCase());
  }

  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.listener.once('error', reject);
      this.listener.listen(port, host, () => resolve());
    });
    return (this.listener.address() as AddressInfo).port;
  }

  /** From now on calls are taken. Before, they are told that the store is starting. */
  startTaking(): void {
    this.state = 'taking';
  }

  /** Takes no new calls. Those that are open go on until `close`. */
  stopTaking(): void {
    this.state = 'stopping';
    if (this.listener.listening) this.listener.close();
  }

  /** What is held for clients now, and how many calls were begun in all. */
  held(): { connections: number; calls: number; callsBegun: number; unsentBytes: number } {
    let unsentBytes = 0;
    for (const call of this.calls) unsentBytes += call.unsentBytes;
    return { connections: this.sockets.size, calls: this.calls.size, callsBegun: this.callsBegun, unsentBytes };
  }

  /** Ends the calls that are left, then the connections. */
  async close(): Promise<void> {
    this.stopTaking();
    for (const call of [...this.calls]) call.finish(serverStopping());
    await new Promise((resolve) => setImmediate(resolve));
    const closed = [...this.sessions].map((session) => new Promise<void>((resolve) => session.close(resolve)));
    let grace: NodeJS.Timeout | undefined;
    await Promise.race([Promise.all(closed), new Promise((resolve) => (grace = setTimeout(resolve, 500)))]);
    clearTimeout(grace);
    this.http1.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
  }

  private receive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const path = headers[':path'] ?? '';
    const handler = this.methods.get(path.toLowerCase());
    const isGrpc = headers['content-type']?.startsWith('application/grpc') === true;
    if (!isGrpc || path.split('/').length !== 3) {
      stream.respond({ ':status': isGrpc ? 404 : 415 }, { endStream: true });
      return;
    }
    const timeoutMs = timeoutOf(headers['grpc-timeout']);
    const call = new GrpcCall(stream, headers, timeoutMs, MESSAGE_BYTES_MAX);
    const refusal = this.state === 'taking' ? this.options.refusalFor?.(path, headers) : undefined;
    if (this.state === 'stopping') call.finish(serverStopping());
    else if (this.state === 'starting') call.finish(serverStarting());
    else if (refusal !== undefined) call.finish(refusal);
    else if (handler === undefined) {
      const isKnown = this.services.has(path.split('/')[1]!.toLowerCase());
      call.finish(new Status(Code.unimplemented, isKnown ? 'Method is unimplemented.' : 'Service is unimplemented.'));
    } else if (timeoutMs === 0) call.finish(deadlineExceeded());
    else this.run(call, handler);
  }

  private run(call: GrpcCall, handler: Handler): void {
    this.callsBegun += 1;
    this.calls.add(call);
    call.whenClosed(() => this.calls.delete(call));
    try {
      const running = handler(call);
      if (running instanceof Promise) running.catch((error: unknown) => call.finish(error));
    } catch (error) {
      call.finish(error);
    }
  }

  private admit(session: ServerHttp2Session): void {
    this.sessions.add(session);
    session.setLocalWindowSize(WINDOW_BYTES);
    session.on('close', () => this.sessions.delete(session));
    session.on('error', () => session.destroy());
  }

  private hold(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
  }

  // What a client speaks inside the encryption is agreed on with it.
  private acceptSecure(socket: TLSSocket): void {
    this.hold(socket);
    (socket.alpnProtocol === 'h2' ? this.http2 : this.http1).emit('connection', socket);
  }

  // The first bytes tell HTTP/2 from HTTP/1.1; they are put back before either takes over.
  private accept(socket: Socket): void {
    this.hold(socket);
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      const isHttp2 = first.subarray(0, 3).equals(HTTP2_PREFACE.subarray(0, Math.min(3, first.length)));
      (isHttp2 ? this.http2 : this.http1).emit('connection', socket);
    });
  }
}

// `10S`, `300m`: at most eight digits and a unit.
function timeoutOf(header: string | string[] | undefined): number | undefined {
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null;
  if (match === null) return undefined;
  const timeoutMs = Number(match[1]) * TIMEOUT_UNITS_MS[match[2]!]!;
  return timeoutMs > TIMER_MAX_MS ? undefined : timeoutMs;
}
