import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sameValue } from './same-value.js';

describe('Two JSON values say the same', () => {
  it('when they are written alike', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => sameValue(value, structuredClone(value))));
  });

  it.each([
    [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [null, null],
  ])('as %j and %j', (left, right) => {
    expect([sameValue(left, right), sameValue(right, left)]).toEqual([true, true]);
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1 }, { b: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [null, {}],
    [null, 'null'],
    [{}, 'text'],
    ['1', 1],
    [{ a: null }, {}],
  ])('but not %j and %j', (left, right) => {
    expect([sameValue(left, right), sameValue(right, left)]).toEqual([false, false]);
  });
});
