import { describe, expect, it } from '@jest/globals';
import { codeVersionOf, generationOf, storedName, storedVersion } from './stored-version.js';

describe('a stored version', () => {
  it('is the projection’s own until it is rebuilt, and then tells both', () => {
    expect(storedVersion(0, 1)).toBe(1);
    expect([generationOf(storedVersion(3, 12)), codeVersionOf(storedVersion(3, 12))]).toEqual([3, 12]);
    expect(storedName('history-search', storedVersion(0, 1))).toBe('history-search.v1');
    expect(storedName('history-search', storedVersion(2, 1))).toBe('history-search.v1r2');
  });

  it('is higher the later it was decided on: any rebuild above any version before it', () => {
    expect(storedVersion(1, 1)).toBeGreaterThan(storedVersion(0, 999_999));
    expect(storedVersion(1, 2)).toBeGreaterThan(storedVersion(1, 1));
  });

  it('comes from a whole number from 1', () => {
    for (const version of [0, -1, 1.5, Number.NaN, 1_000_000]) expect(() => storedVersion(0, version)).toThrow('a whole number from 1');
  });
});
