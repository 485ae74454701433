import { createHash } from 'node:crypto';
import type { NewEvent } from '../event-log.js';
import { uuidText } from '../protocol/uuid.js';
import type { LogRecord } from '../storage/record.js';
import type { Entry, StandardProjection } from './standard.js';

/**
 * The id of the entry that a projection writes for the event at a position of this log. Nothing else has such an id: so what a
 * projection has done already is told from the log itself, and nobody can pretend it.
 */
function entryId(logId: Buffer, projection: StandardProjection, position: number): Buffer {
  const id = createHash('sha256').update(logId).update(`${projection.number} ${position}`).digest().subarray(0, 16);
  id[6] = (id[6]! & 0x0f) | 0x80;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}

/** An entry as it is appended: with the version of the projection, and the position and id of the event it is about. */
export function linkEvent(logId: Buffer, projection: StandardProjection, cause: LogRecord, entry: Entry): NewEvent {
  const metadata = {
    $v: `${projection.number}:-1:0:4`,
    $c: cause.position,
    $p: cause.position,
    ...entry.metadata,
    $causedBy: uuidText(cause.id),
  };
  return {
    id: entryId(logId, projection, cause.position),
    type: Buffer.from(entry.type),
    isJson: false,
    metadata: Buffer.from(JSON.stringify(metadata)),
    data: Buffer.from(entry.data),
  };
}

/** The position of the event that a record is a projection's entry for; undefined for every other record. */
export function causeOf(logId: Buffer, projection: StandardProjection, record: LogRecord): number | undefined {
  if (record.isJson || !record.streamName.startsWith(projection.prefix)) return undefined;
  try {
    const { $c: position } = JSON.parse(record.metadata.toString('utf8')) as { $c?: unknown };
    return typeof position === 'number' && entryId(logId, projection, position).equals(record.id) ? position : undefined;
  } catch {
    return undefined;
  }
}
