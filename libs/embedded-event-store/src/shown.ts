import type { EventLog } from './event-log.js';
import type { Stream } from './stream-index.js';
import { firstShown } from './stream-metadata.js';

/** The first revision a read shows now. Events are older the lower their revision, so the first young enough one is searched for. */
export async function firstShownNow(log: EventLog, stream: Stream): Promise<number> {
  let low = firstShown(stream.name, stream.last, stream.metadata);
  const { maxAgeSeconds } = stream.metadata ?? {};
  if (maxAgeSeconds === undefined) return low;
  const oldestMs = Date.now() - maxAgeSeconds * 1000;
  let high = stream.last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await log.event(stream, middle)).createdMs < oldestMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
