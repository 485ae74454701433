import type { EventLog } from '../event-log.js';
import { isLink, resolveLink } from '../links.js';
import type { LogRecord } from '../storage/record.js';
import type { GrpcCall } from './grpc-call.js';
import type { ReadRequest } from './read-request.js';
import { ReadFrames } from './read-response.js';
import { handlerFailed } from './status.js';

/** Events that may be handled in a row before other calls get their turn. */
const EVENTS_IN_A_ROW = 256;

/**
 * Where the events of one read go: into frames, and from there to the client as fast as it takes them. What was read is only
 * ever a little ahead of what the client took, so a slow client costs no memory.
 */
export class ReadOutput {
  readonly frames: ReadFrames;
  private eventsInARow = 0;

  constructor(
    private readonly call: GrpcCall,
    private readonly log: EventLog,
    private readonly request: ReadRequest,
  ) {
    this.frames = new ReadFrames(request.uuid ?? 'text');
  }

  /** Whether the client is gone, so that going on is of no use. */
  get isClosed(): boolean {
    return this.call.isClosed;
  }

  /** Puts out an event. What it returns, if anything, has to be awaited. */
  event(record: LogRecord): Promise<void> | undefined {
    if (this.request.uuid === undefined) throw handlerFailed();
    if (this.request.resolveLinks && !record.isJson && isLink(record)) return this.link(record);
    this.frames.event(record, undefined, record.position);
    return this.rest();
  }

  /** Hands on what has gathered and waits for a slow client. */
  flush(): Promise<void> | undefined {
    if (!this.frames.isEmpty) this.call.sendFrames(this.frames.take());
    return this.call.whenDrained();
  }

  /** After a record that is not put out: gives others a turn now and then. */
  rest(): Promise<void> | undefined {
    const isDue = ++this.eventsInARow >= EVENTS_IN_A_ROW;
    if (!isDue && !this.frames.isFull) return undefined;
    const drained = this.frames.isFull ? this.flush() : undefined;
    if (!isDue) return drained;
    this.eventsInARow = 0;
    return drained ?? new Promise((resolve) => setImmediate(resolve));
  }

  private async link(record: LogRecord): Promise<void> {
    const { event, link } = await resolveLink(this.log, record);
    this.frames.event(event, link, record.position);
    await this.rest();
  }
}
