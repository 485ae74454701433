import type { EventLog } from './event-log.js';
import type { LogRecord } from './storage/record.js';

/** The record at or after a position, or undefined at the end of what is durable. */
export function recordAt(log: EventLog, position: number): LogRecord | Promise<LogRecord> | undefined {
  if (position >= log.log.durableEnd) return undefined;
  const at = log.log.next(position);
  return at >= log.log.durableEnd ? undefined : log.log.record(at);
}
