import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { AppendUnknown, LogUnavailable, RevisionConflict } from './event-log.js';
import type { Appended, NewEvent } from './event-log.js';

interface Proposal {
  readonly id: string;
  readonly type: string;
  readonly contentType: 'application/json' | 'application/octet-stream';
  readonly data: never;
  readonly metadata: never;
}

/** What of the client an append needs. */
export interface AppendClient {
  appendToStream(
    stream: string,
    events: Proposal[],
    options: { expectedRevision: bigint | 'no_stream'; deadline: number },
  ): Promise<{ nextExpectedRevision: bigint; position?: { commit: bigint } | undefined }>;
}

/** Members that the client declares protected. The version is pinned; the tests of this file fail when one of them goes. */
interface ClientInside {
  /** Settles when the server has been reached; nothing of an append is sent before. Fetched anew after a lost connection. */
  readonly capabilities: Promise<unknown>;
  readonly disposableStreams: Set<Duplex & { cancel?(): void }>;
  getChannel(): Promise<{ close(): void }>;
}

/**
 * The client keeps the appends that wait for an answer in one table for the whole process: an error on any connection
 * rejects the appends of all, and an answer that comes after that throws in an event handler. So one appender is at work at a time.
 */
const atWork = new Set<Appender>();

/** Appends through the client's batch stream, and settles every append in time, whatever the server or the client does. */
export class Appender {
  private client: (AppendClient & object) | undefined;
  private dropped: Promise<void> | undefined;
  /** The capabilities that were fetched over the present connection: it is known to work. */
  private reached: Promise<unknown> | undefined;
  private closed = false;

  constructor(
    private readonly open: () => AppendClient & object,
    private readonly timeoutMs: number,
  ) {}

  /** Errors: RevisionConflict, AppendUnknown, LogUnavailable (nothing was sent). */
  async append(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<Appended> {
    if (this.closed) throw new LogUnavailable('the log is closed');
    if (atWork.size > 0 && !atWork.has(this)) {
      throw new Error('another log of this process is appending: share it, or close it first (the client mixes up the answers of two)');
    }
    atWork.add(this);
    const client = this.connectedNow() ?? (await this.connected());
    const proposed = events.map(proposal);
    const options = {
      expectedRevision: expectedRevision < 0 ? ('no_stream' as const) : BigInt(expectedRevision),
      deadline: this.timeoutMs,
    };
    try {
      const answer = await this.inTime(client.appendToStream(stream, proposed, options));
      if (answer.position === undefined) throw new Error('the answer has no position');
      return { revision: Number(answer.nextExpectedRevision), position: answer.position.commit };
    } catch (error) {
      if (error instanceof OutOfTime) this.drop(client);
      throw appendError(stream, expectedRevision, error);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.client !== undefined) this.drop(this.client);
    await this.dropped;
    atWork.delete(this);
  }

  /** The client, if its connection is known to work. */
  private connectedNow(): (AppendClient & object) | undefined {
    const client = this.client as (AppendClient & ClientInside) | undefined;
    return client !== undefined && client.capabilities === this.reached ? client : undefined;
  }

  /** A client whose server answers. Nothing has been sent when this fails. */
  private async connected(): Promise<AppendClient & object> {
    if (this.dropped !== undefined) await this.dropped;
    if (this.closed) throw new LogUnavailable('the log is closed');
    if (this.client === undefined) {
      this.client = this.open();
      guardBatchStreams(this.client as unknown as ClientInside);
    }
    const client = this.client;
    const { capabilities } = client as unknown as ClientInside;
    try {
      await this.inTime(capabilities);
      this.reached = capabilities;
      return client;
    } catch (error) {
      this.drop(client);
      throw new LogUnavailable('the event store cannot be reached', { cause: error });
    }
  }

  /** First defect of the client: it leaves the deadline of a batched append to the server, so a silent server holds it for ever. */
  private inTime<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(new OutOfTime(this.timeoutMs)), this.timeoutMs);
      work.then(
        (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error as Error);
        },
      );
    });
  }

  /** The next append gets a new client, and only after the old one has rejected what waited: its error would hit the new appends. */
  private drop(client: AppendClient & object): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.dropped = closeClient(client as unknown as ClientInside).finally(() => {
      this.dropped = undefined;
    });
  }
}

/**
 * Data as bytes of JSON go as they are. The client takes JSON only as an object, and brings its text through base64, encoded once and decoded twice:
 * a fifth of what an append costs. So it is told JSON when it asks for the type to send, and plain bytes when it then asks what to do with them.
 */
class BytesProposal implements Proposal {
  private asked = false;

  constructor(
    readonly id: string,
    readonly type: string,
    readonly data: never,
    readonly metadata: never,
  ) {}

  get contentType(): Proposal['contentType'] {
    if (this.asked) return 'application/octet-stream';
    this.asked = true;
    return 'application/json';
  }
}

function proposal({ id, type, data, metadata }: NewEvent): Proposal {
  const [sentData, sentMetadata] = [plainBytes(data) as never, plainBytes(metadata) as never];
  if (data instanceof Uint8Array) return new BytesProposal(id, type, sentData, sentMetadata);
  return { id, type, contentType: 'application/json', data: sentData, metadata: sentMetadata };
}

/** The client sends bytes as they are if they are a Uint8Array itself, and would write a Buffer as an object of numbers. */
function plainBytes(value: object): object {
  return value instanceof Uint8Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value;
}

class OutOfTime extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

function guardBatchStreams(client: ClientInside): void {
  const streams = client.disposableStreams;
  const add = streams.add.bind(streams);
  streams.add = (stream) => {
    guardBatchStream(stream);
    return add(stream);
  };
}

function guardBatchStream(stream: Duplex): void {
  // Third defect: an answer whose append was rejected meanwhile makes the client's listener throw, which would end the process.
  for (const listener of stream.listeners('data')) {
    stream.removeListener('data', listener as () => void);
    stream.on('data', (answer) => {
      try {
        listener.call(stream, answer);
      } catch {
        // Whoever waited for this answer was told that the outcome is unknown.
      }
    });
  }
  // Fourth defect: what the client queues while the stream is full is rejected with the stream, and nobody handles that rejection, which
  // would end the process. A stream that never says it is full keeps the same messages in its own queue, and nothing waits outside it.
  const write = stream.write.bind(stream) as (...message: unknown[]) => boolean;
  stream.write = (...message: unknown[]) => {
    write(...message);
    return true;
  };
  // Second defect: a stream that ends without an error stays in use, and what waits on it is never settled.
  let failed = false;
  stream.on('error', () => (failed = true));
  stream.on('end', () => {
    if (!failed) stream.destroy(unavailable('the server ended the stream of appends'));
  });
}

/** In the form of a gRPC error, so that the client rejects what waits and connects anew. */
function unavailable(message: string): Error {
  return Object.assign(new Error(message), { code: 14, details: message });
}

async function closeClient(client: ClientInside): Promise<void> {
  const streams = [...client.disposableStreams];
  await Promise.all(
    streams.map(async (stream) => {
      const over = once(stream, 'close').catch(() => undefined);
      if (stream.readableEnded || stream.cancel === undefined) stream.destroy(unavailable('the log is closed'));
      else stream.cancel();
      await Promise.race([over, pause(100, undefined, { ref: false })]);
    }),
  );
  await client.getChannel().then(
    (channel) => channel.close(),
    () => undefined,
  );
}

function appendError(stream: string, expectedRevision: number, error: unknown): Error {
  const { type, actualVersion } = error as { type?: string; actualVersion?: bigint | string };
  switch (type) {
    case 'wrong-expected-version':
      return new RevisionConflict(stream, expectedRevision, typeof actualVersion === 'bigint' ? Number(actualVersion) : -1);
    case 'access-denied':
      return new LogUnavailable(`the event store does not let us append to ${stream}`, { cause: error });
    case 'stream-deleted':
    case 'maximum-append-size-exceeded':
      return error as Error;
    default:
      return new AppendUnknown(stream, error);
  }
}
