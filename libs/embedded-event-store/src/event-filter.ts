import type { LogRecord } from './storage/record.js';

/** Which events of the log a reader wants: by the name of their stream or by their type, by prefixes or by a regular expression. */
export interface EventFilter {
  on: 'stream' | 'type';
  prefixes: string[];
  /** Counts instead of the prefixes when it is there. */
  regex: string | undefined;
}

/**
 * The filter as a function of a record. Without prefixes and expression nothing matches.
 * @throws {SyntaxError} for what is no regular expression
 */
export function matcher(filter: EventFilter): (record: LogRecord) => boolean {
  if (filter.regex !== undefined) {
    const regex = new RegExp(filter.regex);
    return filter.on === 'stream' ? (record) => regex.test(record.streamName) : (record) => regex.test(record.typeName);
  }
  const prefixes = filter.prefixes.map((prefix) => Buffer.from(prefix));
  return (record) => {
    const text = filter.on === 'stream' ? record.stream : record.type;
    return prefixes.some((prefix) => prefix.length <= text.length && text.compare(prefix, 0, prefix.length, 0, prefix.length) === 0);
  };
}
