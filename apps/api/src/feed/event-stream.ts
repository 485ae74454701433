import type { ServerResponse } from 'node:http';
import { SlowReader, type Feed, type ListenOptions, type RecordedEvent } from '#event-store';
import { cloudEvent } from '#platform';

export interface EventStreamOptions {
  readonly feed: Feed;
  readonly after: bigint | undefined;
  readonly isWanted: (event: RecordedEvent) => boolean;
  /** The events, where they are others than those the feed has after a position. */
  readonly events?: (listening: ListenOptions) => AsyncIterable<RecordedEvent>;
  /** What is told of an event; as a CloudEvent unless told. */
  readonly tell?: (event: RecordedEvent) => object;
  /** The stream ends after this event; never unless told. */
  readonly isLast?: (event: RecordedEvent) => boolean;
  /** Ends the stream: the server stops, or the sign-in is over. */
  readonly signal: AbortSignal;
  readonly heartbeatMs?: number;
  /** How long a reader may leave what was sent to it unread. */
  readonly patienceMs?: number;
  /** How many events may wait for the reader. */
  readonly queueMax?: number;
}

/**
 * Writes events as server-sent events until the reader leaves or the signal ends it. `id` is the position to go on after.
 * A reader that does not keep up is cut off: it comes back with Last-Event-ID, and nothing piles up here meanwhile.
 */
export async function writeEventStream(response: ServerResponse, options: EventStreamOptions): Promise<void> {
  const { feed, after, isWanted, events, tell = cloudEvent, isLast = () => false } = options;
  const { heartbeatMs = 15_000, patienceMs = 10_000, queueMax = 1_000 } = options;
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once('close', leave);
  const signal = AbortSignal.any([gone.signal, options.signal]);
  const heartbeat = setInterval(() => response.writableNeedDrain || response.write(': still here\n\n'), heartbeatMs);
  try {
    response.write('retry: 2000\n\n');
    const listening = { after, filter: isWanted, queueMax, signal };
    for await (const event of events?.(listening) ?? feed.listen(listening)) {
      const written = response.write(`id: ${event.position}\ndata: ${JSON.stringify(tell(event))}\n\n`);
      if ((!written && !(await drained(response, signal, patienceMs))) || isLast(event)) break;
    }
  } catch (error) {
    if (!(error instanceof SlowReader)) throw error;
    response.destroy();
  } finally {
    clearInterval(heartbeat);
    response.off('close', leave);
    if (response.writableNeedDrain) response.destroy();
    else response.end();
  }
}

/** False when the reader was gone, or took nothing for too long. */
function drained(response: ServerResponse, signal: AbortSignal, patienceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isDrained: boolean) => () => {
      clearTimeout(timer);
      response.off('drain', onDrain);
      signal.removeEventListener('abort', onEnd);
      resolve(isDrained);
    };
    const onDrain = settle(true);
    const onEnd = settle(false);
    const timer = setTimeout(onEnd, patienceMs);
    response.once('drain', onDrain);
    signal.addEventListener('abort', onEnd, { once: true });
    if (signal.aborted) onEnd();
  });
}
