import { matcher } from '../event-filter.js';
import type { EventLog } from '../event-log.js';
import { firstShownNow } from '../shown.js';
import type { Stream } from '../stream-index.js';
import { isSoftDeleted } from '../stream-metadata.js';
import type { Handler } from './grpc-server.js';
import { ReadOutput } from './read-output.js';
import { readReadRequest, type ReadRequest } from './read-request.js';
import { Code, Status, handlerFailed, streamDeleted } from './status.js';
import { subscribeToAll, subscribeToStream } from './subscribe.js';

const unexpected = (what: string, result: string): Status => new Status(Code.unknown, `Unexpected ${what}: ${result}`);
/** How many events the real server reads at once; seen in its control messages. */
const PAGE_EVENTS = 32;
/** Positions that are looked up at once. */
const POSITIONS_AT_ONCE = 512;

/** Streams.Read: reads and subscriptions, of a stream or of $all. */
export function readHandler(log: EventLog): Handler {
  return (call) => {
    let request: ReadRequest | undefined;
    call.onMessage = (message) => {
      request = readReadRequest(message);
    };
    call.onEnd = () => {
      if (request === undefined) throw handlerFailed();
      const output = new ReadOutput(call, log, request);
      const subscribe = request.stream === undefined ? subscribeToAll : subscribeToStream;
      const read = request.stream === undefined ? readAll : readStream;
      const reading = request.count === undefined ? subscribe(call, log, request, output) : read(log, request, output);
      reading
        .then(() => output.flush())
        .then(
          () => call.finish(),
          async (error: unknown) => {
            await output.flush();
            call.finish(error);
          },
        );
    };
  };
}

async function readStream(log: EventLog, request: ReadRequest, output: ReadOutput): Promise<void> {
  const name = request.stream!.toString('utf8');
  const { from, isBackwards, count = 0 } = request;
  if (count === 0 || (from === 'end' && !isBackwards)) throw unexpected('ReadStreamResult', 'Error');
  if (log.isTombstoned(name)) throw streamDeleted(name);
  const stream = log.find(name);
  if (stream === undefined || stream.last < 0 || isSoftDeleted(stream.metadata)) {
    output.frames.streamNotFound(request.stream!);
    return;
  }
  const { last } = stream;
  const first = await firstShownNow(log, stream);
  const start = from === 'start' ? 0 : from === 'end' ? last : from;
  if (isBackwards) {
    const high = Math.min(last, start);
    await readRevisions(log, stream, Math.max(first, high - count + 1), high, true, output);
  } else {
    if (request.compatibility >= 1) tellWhereItBegins(start, count, first, last, output);
    const low = Math.max(start, first);
    await readRevisions(log, stream, low, Math.min(last, low + count - 1), false, output);
  }
  if (request.compatibility >= 1) output.frames.lastStreamPosition(last);
}

// With nothing to show, the real server says where the next page would begin: once for a page that is truncated as a whole, once
// more for one beyond the end.
function tellWhereItBegins(start: number, count: number, first: number, last: number, output: ReadOutput): void {
  let from = start;
  if (from + Math.min(count, PAGE_EVENTS) - 1 < first) {
    output.frames.firstStreamPosition(first);
    from = first;
  }
  if (Math.max(from, first) > last && from !== last + 1) output.frames.firstStreamPosition(last + 1);
}

/** Puts out the events of a stream from its revision `first` to `last`, both included, or from `last` down to `first`. */
async function readRevisions(
  log: EventLog,
  stream: Stream,
  first: number,
  last: number,
  isBackwards: boolean,
  output: ReadOutput,
): Promise<void> {
  let low = first;
  let high = last;
  output.frames.expect(last - first + 1);
  while (low <= high) {
    const from = isBackwards ? Math.max(low, high - POSITIONS_AT_ONCE + 1) : low;
    const to = isBackwards ? high : Math.min(high, low + POSITIONS_AT_ONCE - 1);
    const positions = log.index.positions(stream, from, to);
    if (isBackwards) positions.reverse();
    for (const position of positions) {
      let record = log.log.record(position);
      if (record instanceof Promise) record = await record;
      const waiting = output.event(record);
      if (waiting !== undefined) await waiting;
      if (output.isClosed) return;
    }
    if (isBackwards) high = from - 1;
    else low = to + 1;
  }
}

async function readAll(log: EventLog, request: ReadRequest, output: ReadOutput): Promise<void> {
  const { from, isBackwards, filter } = request;
  const matches = filter === undefined ? () => true : matcher(filter.match);
  let left = request.count!;
  let at = await startInLog(log, from, isBackwards);
  const scan = log.log.scan();
  try {
    while (left > 0 && at !== undefined && !output.isClosed) {
      let record = isBackwards ? log.log.before(at) : scan.at(at);
      if (record instanceof Promise) record = await record;
      if (record === undefined) return;
      at = isBackwards ? record.position : record.end;
      const isWanted = record.isEvent && matches(record);
      if (isWanted) left -= 1;
      const waiting = isWanted ? output.event(record) : output.rest();
      if (waiting !== undefined) await waiting;
    }
  } finally {
    scan.rest();
  }
}

// Where a read of $all begins. Beyond the end there is nothing forwards, and an error backwards, as on the real server.
async function startInLog(log: EventLog, from: ReadRequest['from'], isBackwards: boolean): Promise<number | undefined> {
  const { durableEnd, firstPosition } = log.log;
  if (from === 'start' || from === 0) return isBackwards ? undefined : firstPosition;
  if (from === 'end' || from === durableEnd) return isBackwards ? durableEnd : undefined;
  if (from > durableEnd) {
    if (isBackwards) throw unexpected('ReadAllResult', 'Error');
    return undefined;
  }
  if ((await log.log.recordStartingAt(from)) === undefined) throw unexpected('ReadAllResult', 'InvalidPosition');
  return from;
}
