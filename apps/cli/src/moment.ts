import type { FactMetadata, RecordedEvent } from '#event-store';
import { toInstant } from '#licensing';
import { Failure } from './failure.js';

/** Up to where in history: a time, or a position of the log; what stands exactly there is included. */
export type Moment = { readonly at: string } | { readonly position: bigint };

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** An RFC 3339 time as an Instant; undefined for anything else. A time without an offset is not one: nobody knows which it is. */
export function readTime(text: string): string | undefined {
  return rfc3339.test(text) ? toInstant(text) : undefined;
}

/** Errors: Failure for a text that is neither. */
export function readMoment(text: string): Moment {
  if (/^\d{1,19}$/.test(text)) return { position: BigInt(text) };
  const at = readTime(text);
  if (at !== undefined) return { at };
  throw new Failure(`'${text}' is neither a time like 2026-04-01T09:00:00Z nor a position of the log.`);
}

export function isAfter(event: RecordedEvent, moment: Moment): boolean {
  return 'position' in moment ? event.position > moment.position : (event.metadata as FactMetadata).recordedAt > moment.at;
}
