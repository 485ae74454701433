import type { LogRecord } from '../storage/record.js';
import { TOMBSTONE_REVISION } from '../storage/record.js';
import { describedBy, isMetadataStream, isSoftDeleted, parseMetadata } from '../stream-metadata.js';

/** What a projection says about one event: an entry in one of its streams. */
export interface Entry {
  stream: string;
  type: '$>' | '$@';
  data: string;
  /** Beside version, position and cause, which every entry has. */
  metadata?: Record<string, unknown>;
}

/** One of the standard projections: which of its streams an event is to be found in. */
export interface StandardProjection {
  readonly name: string;
  /** How it is told in the metadata of its entries. */
  readonly number: number;
  /** What its streams begin with: all that do are its own. */
  readonly prefix: string;
  entryFor(record: LogRecord): Entry | undefined;
}

const TOMBSTONE_TYPE = '$streamDeleted';
const METADATA_TYPE = '$metadata';
const LINK_TYPE = '$>';
const SYSTEM = '$';
const CORRELATION = '$correlationId';
const MARKED_DELETED = { $deleted: -1 };

/**
 * The projections that a real node brings along, with the streams and entries it writes (`test/conformance`, group
 * system-projections). Each says at most one thing about an event, and from the event alone: so it can begin anew anywhere.
 */
export const STANDARD_PROJECTIONS: readonly StandardProjection[] = [
  {
    name: '$streams',
    number: 1,
    prefix: '$streams',
    entryFor: (record) => {
      const stream = record.streamName;
      // Streams of the system are not told of, least of all those that projections make.
      if (record.revision !== 0 || stream.startsWith(SYSTEM)) return undefined;
      return { stream: '$streams', type: '$>', data: `0@${stream}` };
    },
  },
  {
    name: '$stream_by_category',
    number: 2,
    prefix: '$category-',
    entryFor: (record) => {
      const category = record.revision === 0 ? categoryOf(record.streamName) : undefined;
      return category === undefined ? undefined : { stream: `$category-${category}`, type: '$@', data: record.streamName };
    },
  },
  {
    name: '$by_category',
    number: 3,
    prefix: '$ce-',
    entryFor: (record) => {
      const deleted = deletedBy(record);
      const about = deleted ?? record.streamName;
      const category = categoryOf(about);
      if (category === undefined) return undefined;
      return {
        stream: `$ce-${category}`,
        type: '$>',
        data: targetOf(record),
        metadata: { $o: about, ...(deleted === undefined ? {} : MARKED_DELETED) },
      };
    },
  },
  {
    name: '$by_event_type',
    number: 4,
    prefix: '$et-',
    entryFor: (record) => {
      // Links are left out: each would bring another.
      if (record.typeName === LINK_TYPE) return undefined;
      const isDeleted = deletedBy(record) !== undefined;
      return {
        stream: `$et-${isDeleted ? '$deleted' : record.typeName}`,
        type: '$>',
        data: targetOf(record),
        ...(isDeleted ? { metadata: MARKED_DELETED } : {}),
      };
    },
  },
  {
    name: '$by_correlation_id',
    number: 5,
    prefix: '$bc-',
    entryFor: (record) => {
      const correlation = record.typeName === LINK_TYPE ? undefined : correlationOf(record);
      if (correlation === undefined) return undefined;
      const happened = new Date(record.createdMs).toISOString().replace('Z', '000Z');
      return { stream: `$bc-${correlation}`, type: '$>', data: targetOf(record), metadata: { $eventTimestamp: happened } };
    },
  },
];

// What comes before the first dash of a stream's name. Streams of the system have no category.
function categoryOf(stream: string): string | undefined {
  if (stream.startsWith(SYSTEM)) return undefined;
  const dash = stream.indexOf('-');
  return dash > 0 ? stream.slice(0, dash) : undefined;
}

// The stream that an event deletes: softly by its metadata, or for good.
function deletedBy(record: LogRecord): string | undefined {
  const stream = record.streamName;
  if (!isMetadataStream(stream)) return record.revision === TOMBSTONE_REVISION && record.typeName === TOMBSTONE_TYPE ? stream : undefined;
  return record.typeName === METADATA_TYPE && isSoftDeleted(parseMetadata(record)) ? describedBy(stream) : undefined;
}

// Where an entry leads: a link to the event, or to where that link leads.
function targetOf(record: LogRecord): string {
  if (record.typeName === LINK_TYPE) return record.data.toString('utf8');
  const revision = record.revision === TOMBSTONE_REVISION ? '9223372036854775807' : String(record.revision);
  return `${revision}@${record.streamName}`;
}

function correlationOf(record: LogRecord): string | undefined {
  const { metadata } = record;
  // Most events have no such thing; parsing all metadata would be the greater part of the work.
  if (!metadata.includes(CORRELATION)) return undefined;
  try {
    const { [CORRELATION]: id } = JSON.parse(metadata.toString('utf8')) as Record<string, unknown>;
    if (typeof id === 'string') return id;
    return typeof id === 'number' || typeof id === 'boolean' ? String(id) : undefined;
  } catch {
    return undefined;
  }
}
