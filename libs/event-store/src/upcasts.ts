import type { EventLog, RecordedEvent } from './event-log.js';

/** By type: what an event of an older shape looks like in the newest one. What is new already is given back as it is. */
export type Upcasts = Readonly<Record<string, (event: RecordedEvent) => RecordedEvent>>;

/** The same log for readers who know only the newest shapes. Whoever checks hashes reads the log itself: they cover what was stored. */
export function withUpcasts(log: EventLog, upcasts: Upcasts): EventLog {
  const newest = (event: RecordedEvent): RecordedEvent => (Object.hasOwn(upcasts, event.type) ? upcasts[event.type]!(event) : event);
  return {
    append: (stream, events, expectedRevision) => log.append(stream, events, expectedRevision),
    async *readStream(stream, range) {
      for await (const event of log.readStream(stream, range)) yield newest(event);
    },
    async *readAll(options) {
      for await (const event of log.readAll(options)) yield newest(event);
    },
    async *follow(options) {
      for await (const item of log.follow(options)) yield item.kind === 'event' ? { kind: 'event', event: newest(item.event) } : item;
    },
    end: () => log.end(),
    close: () => log.close(),
  };
}
