import type { EventLog } from './event-log.js';
import type { LogRecord } from './storage/record.js';
import { firstShown, isTooOld } from './stream-metadata.js';

const LINK_TYPE = Buffer.from('$>');
const TARGET = /^(-?\d+)(?:@([\s\S]*))?$/;

/** What a read shows of a record: the event, and the link that led to it. Neither event nor link is ever both missing. */
export interface Resolved {
  event: LogRecord | undefined;
  link: LogRecord | undefined;
}

export const isLink = (record: LogRecord): boolean => record.bytes.readUInt32LE(52) === 2 && record.type.equals(LINK_TYPE);

/** Follows a link one step. Data that is not `revision@stream` makes it an ordinary event; −1 is the last event. */
export async function resolveLink(log: EventLog, record: LogRecord): Promise<Resolved> {
  const target = TARGET.exec(record.data.toString('utf8'));
  if (target === null) return { event: record, link: undefined };
  const stream = log.find(target[2] ?? '');
  if (stream === undefined || log.isTombstoned(stream.name)) return { event: undefined, link: record };
  const revision = target[1] === '-1' ? stream.last : Number(target[1]);
  if (revision > stream.last || revision < firstShown(stream.name, stream.last, stream.metadata)) return { event: undefined, link: record };
  const event = await log.event(stream, revision);
  return { event: isTooOld(event, stream.metadata) ? undefined : event, link: record };
}
