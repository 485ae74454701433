import type { Stream } from './stream-index.js';
import { isSoftDeleted } from './stream-metadata.js';

/** What a writer expects of a stream: a revision, or a kind of state. Revisions beyond 2⁵³ only ever compare as "too high". */
export type Expected = number | 'any' | 'no_stream' | 'stream_exists';

export type Decision =
  /** Write the events; `revives` says that this ends a soft deletion. */
  | { kind: 'write'; revives: boolean }
  /** The same events were written before; `revision` is that of the last of them. */
  | { kind: 'repeated'; revision: number }
  | { kind: 'wrongRevision'; current: number }
  | { kind: 'deleted' };

/** What the rules ask about a stream, with everything that is on its way to the disk. */
export interface StreamView {
  /** Whether a stream that may have no events has metadata. */
  hasMetadata(): boolean;
  /** The revision a recently written event id has in this stream; undefined when the id is not known to belong to it. */
  recentRevisionOf(id: Buffer): number | undefined;
  /** Whether the event of this revision has this id. */
  hasIdAt(revision: number, id: Buffer): boolean;
}

/**
 * Decides an append, as a real EventStoreDB does. Repetitions are told by event ids only, never by content: with an exact
 * revision below the current one by comparing what follows it, with ANY and STREAM_EXISTS by a cache that a restart empties.
 * At the current revision ids are not looked at. `test/conformance`: groups append-revisions and idempotency.
 */
export function decideAppend(stream: Stream, expected: Expected, ids: Buffer[], view: StreamView): Decision {
  const { last, isTombstoned, metadata } = stream.ahead;
  const isDeleted = isSoftDeleted(metadata);
  if (isTombstoned) return { kind: 'deleted' };
  if (expected === 'stream_exists') {
    if (isDeleted) return { kind: 'deleted' };
    if (last < 0 && !view.hasMetadata()) return { kind: 'wrongRevision', current: last };
  }
  if (expected === 'any' || expected === 'stream_exists') return decideByRecentIds(last, isDeleted, ids, view);
  const revision = expected === 'no_stream' ? -1 : expected;
  if (revision > last) return { kind: 'wrongRevision', current: last };
  if (revision === last) return { kind: 'write', revives: isDeleted };
  for (const [index, id] of ids.entries()) {
    const at = revision + 1 + index;
    if (at <= last && view.hasIdAt(at, id)) continue;
    const isNewLife = index === 0 && expected === 'no_stream' && isDeleted;
    return isNewLife ? { kind: 'write', revives: true } : { kind: 'wrongRevision', current: last };
  }
  if (ids.length > 0) return { kind: 'repeated', revision: revision + ids.length };
  return expected === 'no_stream' && isDeleted ? { kind: 'write', revives: true } : { kind: 'wrongRevision', current: last };
}

// Whether the first id is known decides between writing and repeating; then all must be known, in rising order.
function decideByRecentIds(last: number, isDeleted: boolean, ids: Buffer[], view: StreamView): Decision {
  let previous: number | undefined;
  for (const id of ids) {
    const found = view.recentRevisionOf(id);
    if (found === undefined && previous === undefined) return { kind: 'write', revives: isDeleted };
    // In falling order the real server never answers.
    if (found === undefined || (previous !== undefined && found < previous)) return { kind: 'wrongRevision', current: last };
    previous = found;
  }
  return previous === undefined ? { kind: 'write', revives: isDeleted } : { kind: 'repeated', revision: previous };
}

/** Decides a soft delete or a tombstone: like an append of one unknown event, but a soft delete needs events or metadata. */
export function decideDelete(stream: Stream, expected: Expected, isSoft: boolean, hasMetadata: () => boolean): Decision {
  if (isSoft && !stream.ahead.isTombstoned && stream.ahead.last < 0 && !hasMetadata())
    return { kind: 'wrongRevision', current: stream.ahead.last };
  const nothing = { hasMetadata, recentRevisionOf: () => undefined, hasIdAt: () => false };
  return decideAppend(stream, expected, [NO_ID], nothing);
}

const NO_ID = Buffer.alloc(16);
