import { TOMBSTONE_REVISION } from './storage/record.js';

/** What the metadata of a stream says about which of its events are shown. Access lists and the rest are stored, not acted on. */
export interface StreamMetadata {
  maxCount?: number;
  maxAgeSeconds?: number;
  truncateBefore?: number;
}

/** `$tb` of a stream that was deleted softly: nothing before the largest revision is shown. */
const DELETED_TRUNCATE_BEFORE = TOMBSTONE_REVISION;
export const DELETED_METADATA = '{"$tb":9223372036854775807}';

const METADATA_PREFIX = '$$';

export const isMetadataStream = (name: string): boolean => name.startsWith(METADATA_PREFIX);
export const metadataStreamOf = (name: string): string => METADATA_PREFIX + name;
export const describedBy = (metadataStream: string): string => metadataStream.slice(METADATA_PREFIX.length);

export const isSoftDeleted = (metadata: StreamMetadata | undefined): boolean => metadata?.truncateBefore === DELETED_TRUNCATE_BEFORE;

/** Whether events of a stream with this name say something about another one. Metadata streams themselves cannot be described. */
export const describesStream = (name: string): boolean => isMetadataStream(name) && !isMetadataStream(describedBy(name));

interface MetadataEvent {
  isJson: boolean;
  data: Uint8Array;
}

/** Reads an event of a metadata stream. One wrong value makes all of it count for nothing, as on the real server. */
export function parseMetadata(event: MetadataEvent): StreamMetadata {
  const { $maxCount, $maxAge, $tb, $cacheControl } = jsonObject(event) ?? {};
  if (
    !isAbsentOr($maxCount, isPositive) ||
    !isAbsentOr($maxAge, isPositive) ||
    !isAbsentOr($cacheControl, isPositive) ||
    !isAbsentOr($tb, isCount)
  )
    return {};
  return {
    ...($maxCount === undefined ? {} : { maxCount: $maxCount as number }),
    ...($maxAge === undefined ? {} : { maxAgeSeconds: $maxAge as number }),
    ...($tb === undefined ? {} : { truncateBefore: $tb as number }),
  };
}

/** Metadata that was set on a deleted stream, completed so that only what comes after the deletion is shown. */
export function revivedMetadata(event: MetadataEvent | undefined, firstRevision: number): string {
  return JSON.stringify({ ...(event && jsonObject(event)), $tb: firstRevision });
}

function jsonObject({ isJson, data }: MetadataEvent): Record<string, unknown> | undefined {
  if (!isJson) return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const isPositive = (value: unknown): boolean => isCount(value) && value !== 0;
const isAbsentOr = (value: unknown, holds: (value: unknown) => boolean): boolean => value === undefined || holds(value);

/** The first revision a read may show of a stream, by count and truncation; age is judged event by event. */
export function firstShown(name: string, last: number, metadata: StreamMetadata | undefined): number {
  if (isMetadataStream(name)) return Math.max(0, last);
  const byCount = metadata?.maxCount === undefined ? 0 : last - metadata.maxCount + 1;
  return Math.max(0, byCount, metadata?.truncateBefore ?? 0);
}

/** Whether an event is older than its stream shows. */
export const isTooOld = ({ createdMs }: { createdMs: number }, metadata: StreamMetadata | undefined): boolean =>
  metadata?.maxAgeSeconds !== undefined && createdMs < Date.now() - metadata.maxAgeSeconds * 1000;
