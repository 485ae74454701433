import type { EventLog } from './event-log.js';
import type { Stream } from './stream-index.js';
import { firstShown, isTooOld } from './stream-metadata.js';

/** The first revision a read shows now. Events are older the lower their revision, so the first young enough one is searched for. */
export async function firstShownNow(log: EventLog, stream: Stream): Promise<number> {
  const { metadata } = stream;
  let low = firstShown(stream.name, stream.last, metadata);
  if (metadata?.maxAgeSeconds === undefined) return low;
  let high = stream.last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isTooOld(await log.event(stream, middle), metadata)) low = middle + 1;
    else high = middle;
  }
  return low;
}
