import { describe, expect, it } from '@jest/globals';
import { decideAppend, type Expected } from './append-rules.js';
import type { Stream } from './stream-index.js';

// A stream that holds the ids a, b and c, all of them still in the cache.
const ids = Object.fromEntries([...'abcde'].map((name, n) => [name, Buffer.alloc(16, n + 1)])) as Record<string, Buffer>;
const stream = { ahead: { last: 2, metadata: undefined, isTombstoned: false, appends: 0 } } as Stream;
const revisionOf = (id: Buffer): number | undefined => {
  const at = [ids['a']!, ids['b']!, ids['c']!].findIndex((known) => known.equals(id));
  return at === -1 ? undefined : at;
};
const view = {
  hasMetadata: () => false,
  recentRevisionOf: revisionOf,
  hasIdAt: (revision: number, id: Buffer) => revisionOf(id) === revision,
};
const offer = (names: string, expected: Expected) =>
  decideAppend(
    stream,
    expected,
    [...names].map((name) => ids[name]!),
    view,
  );

describe('ids that are in the stream, offered again', () => {
  it('are a repetition with an exact revision only if they follow it exactly', () => {
    expect(offer('bc', 0)).toEqual({ kind: 'repeated', revision: 2 });
    expect(offer('abc', 'no_stream')).toEqual({ kind: 'repeated', revision: 2 });
    expect(offer('b', 'no_stream')).toEqual({ kind: 'wrongRevision', current: 2 });
    expect(offer('bd', 0)).toEqual({ kind: 'wrongRevision', current: 2 });
  });

  it('are written again at the current revision', () => {
    expect(offer('abc', 2)).toEqual({ kind: 'write', revives: false });
  });

  it('are a repetition with ANY in rising order, and refused in falling order or with a new one after them', () => {
    expect(offer('ac', 'any')).toEqual({ kind: 'repeated', revision: 2 });
    expect(offer('cb', 'any')).toEqual({ kind: 'wrongRevision', current: 2 });
    expect(offer('cd', 'any')).toEqual({ kind: 'wrongRevision', current: 2 });
  });

  it('are written with ANY when a new one is before them', () => {
    expect(offer('da', 'any')).toEqual({ kind: 'write', revives: false });
  });
});
