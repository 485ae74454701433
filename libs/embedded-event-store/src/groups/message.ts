import type { LogRecord } from '../storage/record.js';

/** What a group hands to a consumer: an event, or a link with what it points to. */
export interface Message {
  /** What stands in the source of the group. */
  original: LogRecord;
  event: LogRecord | undefined;
  link: LogRecord | undefined;
  /** Counts the messages of the source from 0; undefined for one that was parked and is replayed. */
  number: number | undefined;
  retries: number;
}

/** By what a consumer acknowledges a message. */
export const idOf = (message: Message): string => message.original.id.toString('latin1');
