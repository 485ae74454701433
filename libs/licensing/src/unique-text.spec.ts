import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { foldUnique } from './unique-text.js';

describe('Texts that must be unique', () => {
  it.each([
    ['Taro@Example.com', 'taro@example.com'],
    ['ＰＡＲＴＮＥＲ－１', 'partner-1'],
    ['ﾔﾏﾀﾞ', 'ヤマダ'],
    ['É'.normalize('NFD'), 'é'],
    ['Straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['\u3000PO-1 ', 'po-1'],
  ])('%j and %j are the same', (left, right) => {
    expect(foldUnique(left)).toBe(foldUnique(right));
  });

  it.each([
    ['PO-1', 'PO1'],
    ['resume', 'résumé'],
    ['ハハ', 'パパ'],
  ])('%j and %j are not', (left, right) => {
    expect(foldUnique(left)).not.toBe(foldUnique(right));
  });

  it('stay as they are when they are folded again', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => foldUnique(foldUnique(text)) === foldUnique(text)));
  });
});
