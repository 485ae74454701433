import { randomUUID } from 'node:crypto';
import { matcher } from '../event-filter.js';
import type { EventLog } from '../event-log.js';
import { firstShownNow } from '../shown.js';
import type { LogRecord } from '../storage/record.js';
import type { GrpcCall } from './grpc-call.js';
import type { ReadOutput } from './read-output.js';
import type { ReadRequest } from './read-request.js';
import { invalidArgument, streamDeleted } from './status.js';

const POSITIONS_AT_ONCE = 512;

/**
 * Follows a stream: first what a read would show after the start, then `caught up`, then everything that is appended, whatever
 * truncation says meanwhile. Ends when the client does, or with the tombstone of the stream.
 */
export async function subscribeToStream(call: GrpcCall, log: EventLog, request: ReadRequest, output: ReadOutput): Promise<void> {
  const name = request.stream!.toString('utf8');
  if (log.isTombstoned(name)) throw streamDeleted(name);
  output.frames.confirmation(randomUUID());
  const growth = new Growth(call, (grown) => log.followStream(name, grown));
  const found = log.find(name);
  const { from } = request;
  let next = from === 'start' ? 0 : from === 'end' ? (found?.last ?? -1) + 1 : from + 1;
  let isLive = false;
  while (!output.isClosed) {
    const stream = log.find(name);
    if (stream !== undefined && !isLive) next = Math.max(next, await firstShownToCatchUp(log, name, next));
    while (stream !== undefined && next <= stream.last && !output.isClosed) {
      const until = Math.min(stream.last, next + POSITIONS_AT_ONCE - 1);
      for (const position of log.index.positions(stream, next, until)) {
        let record = log.log.record(position);
        if (record instanceof Promise) record = await record;
        const waiting = output.event(record);
        if (waiting !== undefined) await waiting;
        if (output.isClosed) return;
      }
      next = until + 1;
    }
    if (stream?.tombstone !== undefined) {
      await output.event(await log.log.record(stream.tombstone));
      throw streamDeleted(name);
    }
    if (!isLive) {
      isLive = true;
      output.frames.caughtUp();
    }
    await output.flush();
    await growth.wait();
  }
}

// A stream that is deleted softly shows nothing, but its next life comes.
async function firstShownToCatchUp(log: EventLog, name: string, next: number): Promise<number> {
  const stream = log.find(name)!;
  return stream.last < 0 ? next : Math.min(await firstShownNow(log, stream), stream.last + 1);
}

/**
 * Follows the log: what is there after the start, `caught up`, then what is appended. With a filter, checkpoints say how far the
 * search has come: every `window × interval` events, and once before going live.
 */
export async function subscribeToAll(call: GrpcCall, log: EventLog, request: ReadRequest, output: ReadOutput): Promise<void> {
  const { from, filter } = request;
  const { firstPosition } = log.log;
  let at = from === 'start' || from === 0 ? firstPosition : from === 'end' ? log.log.durableEnd : from;
  // A start that is an event's position leaves this event out; one beyond the end leaves out what comes up to it.
  const after = from === 'start' || from === 'end' || from === 0 ? -1 : from;
  const matches = filter === undefined ? undefined : matcher(filter.match);
  const checkpoints = filter === undefined ? undefined : new Checkpoints(output, filter.window, filter.interval);
  output.frames.confirmation(randomUUID());
  if (after !== -1 && at < log.log.durableEnd && (await log.log.recordStartingAt(at)) === undefined) {
    throw invalidArgument('Trying to read from an invalid position.');
  }
  const growth = new Growth(call, (grown) => log.follow(grown));
  const scan = log.log.scan();
  let isLive = false;
  while (!output.isClosed) {
    try {
      for (;;) {
        let record = scan.at(at);
        if (record === undefined) break;
        if (record instanceof Promise) record = await record;
        at = record.end;
        if (!record.isEvent) continue;
        const isWanted = matches === undefined || matches(record);
        const waiting = isWanted && record.position > after ? output.event(record) : output.rest();
        if (waiting !== undefined) await waiting;
        checkpoints?.passed(record, isWanted, isLive);
        if (output.isClosed) return;
      }
    } finally {
      scan.rest();
    }
    if (!isLive) {
      isLive = true;
      checkpoints?.beforeLive();
      output.frames.caughtUp();
    }
    await output.flush();
    await growth.wait();
  }
}

/** Where checkpoints of a filtered subscription come, event by event as on the real server. */
class Checkpoints {
  private inPage = 0;
  private sinceCheckpoint = 0;
  private pageStart = 0;
  private lastMatch: number | undefined;
  private lastPassed: number | undefined;
  private lastTold: number | undefined;

  constructor(
    private readonly output: ReadOutput,
    private readonly window: number,
    private readonly interval: number,
  ) {}

  passed(record: LogRecord, isWanted: boolean, isLive: boolean): void {
    const { position } = record;
    this.lastPassed = position;
    if (isLive) {
      this.sinceCheckpoint += 1;
      if (this.sinceCheckpoint < this.window * this.interval) return;
      this.sinceCheckpoint = 0;
      this.tell(position, position);
      return;
    }
    // While catching up the search goes on in pages of one window. A checkpoint after a page names its last match, else its begin.
    if (this.inPage === 0) this.pageStart = position;
    if (isWanted) this.lastMatch = position;
    if (++this.inPage < this.window) return;
    this.sinceCheckpoint += this.inPage;
    this.inPage = 0;
    if (this.sinceCheckpoint >= this.window * this.interval) {
      this.sinceCheckpoint %= this.window * this.interval;
      if (this.lastMatch !== undefined) this.tell(this.lastMatch, this.lastMatch);
      else this.tell(this.pageStart, 0);
    }
    this.lastMatch = undefined;
  }

  beforeLive(): void {
    if (this.lastPassed !== undefined && this.lastTold !== this.lastPassed) this.tell(this.lastPassed, this.lastPassed);
    this.sinceCheckpoint = 0;
  }

  private tell(commit: number, prepare: number): void {
    this.lastTold = commit;
    this.output.frames.checkpoint(commit, prepare);
  }
}

/** Lets one subscription wait for more, without losing what comes while it is busy. */
class Growth {
  private hasGrown = true;
  private wake: (() => void) | undefined;

  constructor(call: GrpcCall, follow: (grown: () => void) => () => void) {
    const grown = (): void => {
      this.hasGrown = true;
      this.wake?.();
    };
    call.whenClosed(follow(grown));
    call.whenClosed(grown);
  }

  async wait(): Promise<void> {
    if (!this.hasGrown) await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = undefined;
    this.hasGrown = false;
  }
}
