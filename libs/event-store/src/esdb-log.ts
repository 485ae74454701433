import { EventStoreDBClient, eventTypeFilter, streamNameFilter } from '@eventstore/db-client';
import type { AllStreamSubscription, Filter, ResolvedEvent } from '@eventstore/db-client';
import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { Appender } from './appender.js';
import { LogUnavailable, PositionUnknown } from './event-log.js';
import type { Appended, EventFilter, EventLog, Followed, NewEvent, Position, RecordedEvent, StreamRange } from './event-log.js';

export interface EventLogOptions {
  /** How long one append may take before its outcome counts as unknown; 5,000 by default. */
  readonly appendTimeoutMs?: number;
  /** How long a read may wait for the next event before the log counts as unavailable; 10,000 by default. */
  readonly readTimeoutMs?: number;
  /** The longest pause before a broken subscription is tried again; 5,000 by default. */
  readonly reconnectPauseMsMax?: number;
  /** Told why a subscription broke, each time before it is tried again. */
  readonly onBroken?: (error: Error) => void;
}

/** A read of the client, as the stream that it is. */
type EventStream = Readable & { cancel(): Promise<void> };
type ReadAllOptions = NonNullable<Parameters<EventLog['readAll']>[0]>;
type FollowOptions = Parameters<EventLog['follow']>[0];

/** So often is a read begun without getting on, before the log counts as unavailable. */
const attemptsMax = 3;

/**
 * Opens the log at an EventStoreDB or KurrentDB address (`esdb://host:port?tls=false`, `esdb+discover://…`); connects at the first call.
 * Credentials belong into the address: given with a call they would turn each append into a call of its own, which may be written by half.
 * Only one log of a process may append (see Appender). System events (`$…`) are not shown.
 */
export function connectEventLog(url: string, options: EventLogOptions = {}): EventLog {
  return new EsdbLog(url, options);
}

class EsdbLog implements EventLog {
  private readonly appender: Appender;
  /** Reads have a client and a connection of their own: when one of them fails or is cancelled, appends should not notice. */
  private readonly reader: EventStoreDBClient;
  private readonly readTimeoutMs: number;
  private readonly reconnectPauseMsMax: number;
  private readonly onBroken: (error: Error) => void;
  private readonly closing = new AbortController();

  constructor(url: string, options: EventLogOptions) {
    this.appender = new Appender(() => EventStoreDBClient.connectionString(url) as never, options.appendTimeoutMs ?? 5_000);
    this.reader = EventStoreDBClient.connectionString(apart(url));
    // Every filtered read listens for the end.
    setMaxListeners(0, this.closing.signal);
    this.readTimeoutMs = options.readTimeoutMs ?? 10_000;
    this.reconnectPauseMsMax = options.reconnectPauseMsMax ?? 5_000;
    this.onBroken = options.onBroken ?? (() => undefined);
  }

  append(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<Appended> {
    return this.appender.append(stream, events, expectedRevision);
  }

  async *readStream(stream: string, range: StreamRange = {}): AsyncIterable<RecordedEvent> {
    const { direction = 'forwards', limit = Number.MAX_SAFE_INTEGER } = range;
    let next = range.fromRevision;
    let count = 0;
    const open = (): EventStream => {
      const fromRevision = next === undefined ? (direction === 'forwards' ? 'start' : 'end') : BigInt(next);
      return this.reader.readStream(stream, { direction, fromRevision: fromRevision as bigint, maxCount: limit - count }) as EventStream;
    };
    // The server refuses a count of zero, and there is nothing before the first revision.
    const rest = () => (count < limit && (next ?? 0) >= 0 ? this.pull(open, limit - count) : nothing());
    try {
      for await (const event of this.persistently(rest)) {
        next = direction === 'forwards' ? event.revision + 1 : event.revision - 1;
        count++;
        yield event;
      }
    } catch (error) {
      if ((error as { type?: string }).type === 'stream-not-found') return;
      throw readError(`reading ${stream}`, error);
    }
  }

  async *readAll(options: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    const { after, direction = 'forwards', limit = Number.MAX_SAFE_INTEGER, filter, withSystem = false } = options;
    if (limit <= 0) return;
    if (filter === undefined) yield* this.history(after, direction, limit, withSystem);
    else if (direction === 'forwards') yield* this.filteredHistory(after, filter, limit);
    else {
      const wanted = matches(filter);
      let count = 0;
      for await (const event of this.history(after, direction, Number.MAX_SAFE_INTEGER, false)) {
        if (!wanted(event)) continue;
        yield event;
        if (++count >= limit) return;
      }
    }
  }

  async *follow({ after, filter, signal }: FollowOptions): AsyncIterable<Followed> {
    const stop = AbortSignal.any([signal, this.closing.signal]);
    let caughtUp = false;
    let failures = 0;
    let place: Position | undefined;
    let placed = false;
    while (!stop.aborted) {
      try {
        if (!placed) {
          place = after === 'end' ? await this.end() : after;
          if (typeof after === 'bigint') await this.confirm(after);
          placed = true;
        }
        for await (const item of this.subscribe(place, filter, stop)) {
          failures = 0;
          if (item.kind !== 'caughtUp') place = item.kind === 'event' ? item.event.position : item.position;
          else if (caughtUp) continue;
          else caughtUp = true;
          if (stop.aborted) return;
          yield item;
        }
        throw new LogUnavailable('following the log: the event store ended the subscription');
      } catch (error) {
        if (stop.aborted) return;
        if (error instanceof PositionUnknown || positionRefused(error)) throw new PositionUnknown(place ?? 0n);
        this.onBroken(readError('following the log', error));
      }
      const pauseMs = Math.min(this.reconnectPauseMsMax, 50 * 2 ** Math.min(failures++, 16));
      await pause(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: stop }).catch(() => undefined);
    }
  }

  async end(): Promise<Position | undefined> {
    try {
      let last: Position | undefined;
      const open = () => this.reader.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }) as EventStream;
      for await (const event of this.persistently(() => this.pull(open, 1))) last = event.position;
      return last;
    } catch (error) {
      throw readError('reading the end of the log', error);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.appender.close();
    await Promise.race([this.reader.dispose(), pause(500, undefined, { ref: false })]);
    await (this.reader as unknown as { getChannel(): Promise<{ close(): void }> }).getChannel().then(
      (channel) => channel.close(),
      () => undefined,
    );
  }

  /** All events after a position, or before it. A read begins at a position, so the event that stands there is read too, and left out. */
  private async *history(
    after: Position | undefined,
    direction: 'forwards' | 'backwards',
    limit: number,
    withSystem: boolean,
  ): AsyncIterable<RecordedEvent> {
    let place = after;
    let count = 0;
    // In pages of what is still wanted: a read that runs to its end leaves the connection alone, one that is broken off does not.
    for (let [maxCount, seen] = [0, 0]; count < limit && seen === maxCount;) {
      let at: Position | undefined;
      const page = () => {
        at = direction === 'forwards' ? place : undefined;
        maxCount = Math.min(limit - count + (at === undefined ? 0 : 1), Number.MAX_SAFE_INTEGER);
        seen = 0;
        const fromPosition = place === undefined ? (direction === 'forwards' ? 'start' : 'end') : { commit: place, prepare: place };
        return this.pull(() => this.reader.readAll({ direction, fromPosition, maxCount }) as EventStream, maxCount);
      };
      try {
        for await (const event of this.persistently(page)) {
          if (seen++ === 0 && at !== undefined) {
            if (event.position !== at) throw new PositionUnknown(at);
            continue;
          }
          place = event.position;
          if (!withSystem && isSystemEvent(event)) continue;
          count++;
          yield event;
        }
      } catch (error) {
        if (place !== undefined && positionRefused(error)) throw new PositionUnknown(place);
        throw readError('reading the log', error);
      }
      // A read from beyond the end finds nothing, not even the event that should be there.
      if (at !== undefined && seen === 0) throw new PositionUnknown(at);
    }
  }

  /** The client has no filtered read of the whole log; a filtered subscription up to the moment it has caught up is the same. */
  private async *filteredHistory(after: Position | undefined, filter: EventFilter, limit: number): AsyncIterable<RecordedEvent> {
    if (after !== undefined) await this.confirm(after);
    let place = after;
    let count = 0;
    try {
      for await (const item of this.persistently(() => this.subscribe(place, filter, this.closing.signal))) {
        if (item.kind === 'caughtUp') return;
        place = item.kind === 'event' ? item.event.position : item.position;
        if (item.kind !== 'event') continue;
        yield item.event;
        if (++count >= limit) return;
      }
    } catch (error) {
      throw readError('reading the log', error);
    }
    throw new LogUnavailable('reading the log: the event store ended the answer early');
  }

  /** A subscription takes a position beyond the end without a word, and then leaves events out. */
  private async confirm(position: Position): Promise<void> {
    let found: Position | undefined;
    try {
      const fromPosition = { commit: position, prepare: position };
      const open = () => this.reader.readAll({ fromPosition, maxCount: 1 }) as EventStream;
      for await (const event of this.persistently(() => this.pull(open, 1))) found = event.position;
    } catch (error) {
      if (!positionRefused(error)) throw readError('reading the log', error);
    }
    if (found !== position) throw new PositionUnknown(position);
  }

  /** What `begin` brings; begun anew, from where the reader is by then, when the connection is lost. Now and then a new connection is, too. */
  private async *persistently<Item>(begin: () => AsyncIterable<Item>): AsyncIterable<Item> {
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const item of begin()) {
          attempt = 1;
          yield item;
        }
        return;
      } catch (error) {
        if (attempt >= attemptsMax || !isConnectionLost(error)) throw error;
        await pause(20 * attempt);
      }
    }
  }

  /** The events of one read of the client. The last is handed on when the call is over: who needs no more leaves then, and nothing is broken off. */
  private async *pull(open: () => EventStream, maxCount: number): AsyncIterable<RecordedEvent> {
    let count = 0;
    let last: RecordedEvent | undefined;
    for await (const { event } of watched<ResolvedEvent>(open(), this.readTimeoutMs)) {
      if (event === undefined) continue;
      if (++count < maxCount) yield recorded(event);
      else last = recorded(event);
    }
    if (last !== undefined) yield last;
  }

  private async *subscribe(after: Position | undefined, filter: EventFilter | undefined, stop: AbortSignal): AsyncIterable<Followed> {
    const fromPosition = after === undefined ? ('start' as const) : { commit: after, prepare: after };
    // Marks are put between the events where they belong in order: the callbacks run before the next event is read.
    const mark = (item: Followed) => subscription.push(item);
    const checkpointReached = (_: unknown, position: { commit: bigint }) => void mark({ kind: 'checkpoint', position: position.commit });
    const subscription: AllStreamSubscription = this.reader.subscribeToAll(
      filter === undefined ? { fromPosition } : { fromPosition, filter: serverFilter(filter, checkpointReached) },
    );
    subscription.on('caughtUp', () => mark({ kind: 'caughtUp' }));
    const calls = subscription as unknown as Readable;
    const silent = setTimeout(() => calls.destroy(new LogUnavailable('the log does not answer')), this.readTimeoutMs);
    subscription.once('confirmation', () => clearTimeout(silent));
    const end = () => subscription.destroy();
    stop.addEventListener('abort', end, { once: true });
    try {
      for await (const item of subscription as AsyncIterable<ResolvedEvent | Followed>) {
        if ('kind' in item) yield item;
        else if (item.event !== undefined) {
          const event = recorded(item.event);
          yield isSystemEvent(event) ? { kind: 'checkpoint', position: event.position } : { kind: 'event', event };
        }
      }
    } finally {
      clearTimeout(silent);
      stop.removeEventListener('abort', end);
      // Whatever the connection says from now on concerns nobody; without a listener it would end the process.
      subscription.on('error', () => undefined);
      subscription.unsubscribe().catch(() => undefined);
    }
  }
}

/** The stream's items; fails when nothing comes for too long while somebody waits. Cancels the call when it is left early. */
async function* watched<T>(stream: EventStream, timeoutMs: number): AsyncIterable<T> {
  stream.on('error', () => undefined);
  let idleChecks = 0;
  const watchdog = setInterval(() => {
    // Two looks in a row without a sign of life while the reader waits: between half and all of the time has passed.
    if (++idleChecks > 2) stream.destroy(new LogUnavailable(`the log did not answer for ${timeoutMs} ms`));
  }, timeoutMs / 2);
  let left = true;
  try {
    for await (const item of stream) {
      idleChecks = -1_000_000;
      yield item as T;
      idleChecks = 0;
    }
    left = false;
  } catch (error) {
    left = error instanceof LogUnavailable;
    throw error;
  } finally {
    clearInterval(watchdog);
    // Only a call that goes on is cancelled: servers end connections on which too many calls are.
    if (left) stream.cancel().catch(() => undefined);
  }
}

async function* nothing(): AsyncIterable<never> {}

/** The same address with settings that keep the client from sharing one connection between appends and reads. */
function apart(url: string): string {
  const keepAliveTimeout = /([?&]keepAliveTimeout=)(\d+)/i.exec(url);
  if (keepAliveTimeout !== null) return url.replace(keepAliveTimeout[0], keepAliveTimeout[1]! + (Number(keepAliveTimeout[2]) + 1));
  return `${url}${url.includes('?') ? '&' : '?'}keepAliveTimeout=10001`;
}

function recorded(event: NonNullable<ResolvedEvent['event']>): RecordedEvent {
  return {
    stream: event.streamId,
    revision: Number(event.revision),
    position: event.position!.commit,
    id: event.id,
    type: event.type,
    data: event.data as object,
    metadata: (event.metadata ?? {}) as object,
  };
}

const isSystemEvent = (event: RecordedEvent) => event.type.startsWith('$');

function matches(filter: EventFilter): (event: RecordedEvent) => boolean {
  if ('types' in filter) return (event) => filter.types.includes(event.type);
  return (event) => filter.streamPrefixes.some((prefix) => event.stream.startsWith(prefix));
}

function serverFilter(filter: EventFilter, checkpointReached: (subscription: unknown, position: { commit: bigint }) => void): Filter {
  if ('types' in filter) {
    const escaped = filter.types.map((type) => type.replace(/[^A-Za-z0-9]/g, '\\$&'));
    return eventTypeFilter({ regex: `^(${escaped.join('|')})$`, checkpointReached });
  }
  return streamNameFilter({ prefixes: [...filter.streamPrefixes], checkpointReached });
}

/** A call that was refused before it began, or went down with its connection. */
function isConnectionLost(error: unknown): boolean {
  const { type, code, message = '' } = error as { type?: string; code?: number; message?: string };
  return type === 'unavailable' || (code === 13 && message.includes('RST_STREAM'));
}

function positionRefused(error: unknown): boolean {
  const { message = '', code } = error as { message?: string; code?: number };
  return message.includes('InvalidPosition') || (code === 3 && message.includes('invalid position'));
}

function readError(doing: string, error: unknown): Error {
  if (error instanceof LogUnavailable || error instanceof PositionUnknown) return error;
  const { type, message } = error as { type?: string; message?: string };
  if (type === 'stream-deleted') return error as Error;
  return new LogUnavailable(`${doing}: the event store does not answer (${message ?? String(error)})`, { cause: error });
}
