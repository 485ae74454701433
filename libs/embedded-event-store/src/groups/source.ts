import { matcher } from '../event-filter.js';
import type { EventLog } from '../event-log.js';
import { firstShownNow } from '../shown.js';
import type { LogRecord } from '../storage/record.js';
import type { Stream } from '../stream-index.js';
import { checkpointStreamOf, parkedStreamOf, type GroupSettings } from './settings.js';

const POSITIONS_AT_ONCE = 128;

/** Where a group takes its messages from: one at a time, from where it stands. Knows its place by a revision or a position. */
export interface Source {
  /** The next record, or undefined when there is nothing more now; at once when it is in memory. */
  next(): Promise<LogRecord | undefined> | LogRecord | undefined;
  /** The place of a record, as checkpoints name it. */
  placeOf(record: LogRecord): number;
  /** Calls `grown` when there may be more, until the returned function is called. */
  follow(grown: () => void): () => void;
}

/** `checkpoint` is the place of the last event that was done with. */
export function sourceFor(log: EventLog, settings: GroupSettings, checkpoint: number | undefined): Source {
  return settings.stream === undefined ? allSource(log, settings, checkpoint) : streamSource(log, settings.stream, settings, checkpoint);
}

/** Where the end of what a group reads is now. */
export const endOf = (log: EventLog, stream: string | undefined): number =>
  stream === undefined ? log.log.durableEnd : (log.find(stream)?.last ?? -1) + 1;

function streamSource(log: EventLog, name: string, settings: GroupSettings, checkpoint: number | undefined): Source {
  const { startFrom, endWasAt: end = endOf(log, name) } = settings;
  let next = checkpoint !== undefined ? checkpoint + 1 : startFrom === 'start' ? 0 : startFrom === 'end' ? end : startFrom;
  // What truncation hides at the beginning stays hidden; later it does not concern the group.
  let isLive = false;
  // Where the next events are, looked up together.
  let positions: number[] = [];
  const take = (stream: Stream): Promise<LogRecord> | LogRecord | undefined => {
    if (next > stream.last) {
      isLive = true;
      return undefined;
    }
    if (positions.length === 0)
      positions = log.index.positions(stream, next, Math.min(stream.last, next + POSITIONS_AT_ONCE - 1)).reverse();
    next += 1;
    return log.log.record(positions.pop()!);
  };
  const takeShown = async (stream: Stream): Promise<LogRecord | undefined> => {
    next = Math.max(next, Math.min(await firstShownNow(log, stream), stream.last + 1));
    return take(stream);
  };
  return {
    next() {
      const stream = log.find(name);
      if (stream === undefined || stream.last < 0) return undefined;
      return !isLive && positions.length === 0 ? takeShown(stream) : take(stream);
    },
    placeOf: (record) => record.revision,
    follow: (grown) => log.followStream(name, grown),
  };
}

function allSource(log: EventLog, settings: GroupSettings, checkpoint: number | undefined): Source {
  const { startFrom, filter, endWasAt: end = endOf(log, undefined) } = settings;
  const matches = filter === undefined ? () => true : matcher(filter);
  const own = new Set([checkpointStreamOf(settings), parkedStreamOf(settings)].flatMap((name) => [name, `$$${name}`]));
  const from = checkpoint ?? (startFrom === 'start' ? log.log.firstPosition : startFrom === 'end' ? end : startFrom);
  let at: number | undefined;
  return {
    async next() {
      at ??= await log.log.recordBoundaryAt(from);
      for (let passed = 0; at < log.log.durableEnd; passed++) {
        const begin = log.log.next(at);
        if (begin >= log.log.durableEnd) return undefined;
        const found = log.log.record(begin);
        const record = found instanceof Promise ? await found : found;
        at = record.end;
        // A group begins at its start, but after its checkpoint.
        const isBehind = checkpoint === undefined ? record.position < from : record.position <= from;
        if (record.isEvent && !isBehind && matches(record) && !own.has(record.streamName)) return record;
        if (passed % 256 === 255) await new Promise((resolve) => setImmediate(resolve));
      }
      return undefined;
    },
    placeOf: (record) => record.position,
    follow: (grown) => log.follow(grown),
  };
}
