import type { EventLog } from './event-log.js';
import type { LogRecord } from './storage/record.js';

/**
 * What the store last noted for itself in a stream, not before its revision `first`. `read` makes a note of what an event says. Anybody may append to such a
 * stream: events of which `read` makes nothing, or at which it throws, are passed over, for none of them may keep the store from starting.
 */
export async function latestNote<Note>(
  log: EventLog,
  name: string,
  read: (json: unknown, event: LogRecord) => Note | undefined,
  first = 0,
): Promise<Note | undefined> {
  const stream = log.find(name);
  if (stream === undefined) return undefined;
  for (let revision = stream.last; revision >= first; revision--) {
    const event = await log.event(stream, revision);
    const note = understood(event, read);
    if (note !== undefined) return note;
  }
  return undefined;
}

function understood<Note>(event: LogRecord, read: (json: unknown, event: LogRecord) => Note | undefined): Note | undefined {
  try {
    return read(JSON.parse(event.data.toString('utf8')), event);
  } catch {
    return undefined;
  }
}
