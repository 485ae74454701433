import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { containsWithSlip, fold, searchFor } from './folding.js';

const finds = (query: string, text: string) => searchFor(query)!.matches(fold(text));

describe('folding', () => {
  it.each([
    ['half-width kana are their full forms', 'ﾔﾏﾀﾞ', 'ヤマダ'],
    ['katakana is hiragana', 'ヤマダ', 'やまだ'],
    ['a combining sound mark is part of its kana', 'ヤマタ\u3099', 'ヤマダ'],
    ['a sound mark that stands alone belongs to the kana before it', 'ヤマタ゛', 'ヤマダ'],
    ['a half-voiced sound mark that stands alone too', 'ハ゜ナソニック', 'パナソニック'],
    ['ゔ is ヴ', 'ヴィーナス', 'ゔぃーなす'],
    ['ヷ is わ with its mark', 'ヷ', 'わ\u3099'],
    ['iteration marks fold with their script', 'サヽキ', 'さゝき'],
    ['half-width prolonged sounds are full ones', 'ｻｰﾊﾞｰ', 'サーバー'],
    ['a hyphen typed for a prolonged sound is one', 'サ-バ−', 'サーバー'],
    ['full-width letters and digits are plain ones', 'ＨＥＬＳＩＮＫＩ　２', 'helsinki 2'],
    ['case does not matter', 'HELSINKI', 'Helsinki'],
    ['accents do not matter', 'Société', 'societe'],
    ['decomposed accents do not matter', 'Socie\u0301te\u0301', 'Société'],
    ['ß is ss', 'Straße', 'STRASSE'],
    ['capital ẞ is ss', 'STRAẞE', 'strasse'],
    ['a final sigma is a sigma', 'ΟΔΟΣ', 'οδος'],
    ['letters that nothing decomposes have a plain form', 'Łódź Ørsted Æther', 'lodz orsted aether'],
    ['the Turkish letters i are i', 'İstanbul ısı', 'istanbul isi'],
    ['ligatures are their letters', 'oﬃce', 'office'],
    ['the company sign is what it says', '㈱山田', '(株)山田'],
    ['a variant form of a kanji is the kanji', '葛\u{e0100}城', '葛城'],
    ['spaces between Japanese letters do not matter', '山田　太郎', '山田太郎'],
    ['spaces between other words are one space', '  New \t York ', 'new york'],
    ['what cannot be seen does not matter', 'New\u200b\u00adco', 'newco'],
    ['quotes are one quote', 'O’Brien', "o'brien"],
  ])('%s', (_, text, same) => {
    expect(fold(text)).toBe(fold(same));
  });

  it.each([
    ['another kana', 'ハナ', 'バナ'],
    ['small kana', 'ツ', 'ッ'],
    ['kana and kanji', 'ニ', '二'],
    ['a space between words', 'new york', 'newyork'],
  ])('keeps apart what is different: %s', (_, one, other) => {
    expect(fold(one)).not.toBe(fold(other));
  });

  it('folds any text to something that folding changes no more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a query', () => {
  it.each([
    ['ﾔﾏﾀﾞ', 'ヤマダ製作所'],
    ['ろ', 'タロウ'],
    ['elsin', 'HELSINKI Oy'],
    ['societe', 'Société Générale'],
    ['田 太', '山田　太郎'],
    ['(株)', '㈱山田'],
  ])('%s is found in any part of %s', (query, text) => {
    expect(finds(query, text)).toBe(true);
  });

  it.each([
    ['one letter more', 'helsiinki'],
    ['one letter less', 'helsnki'],
    ['another letter', 'helsunki'],
    ['two neighbors swapped', 'helsikni'],
    ['two neighbors swapped where the halves of the query meet', 'heslinki'],
    ['a wrong first letter', 'jelsinki'],
    ['a wrong last letter', 'helsinku'],
  ])('of five letters or more may have a slip: %s', (_, query) => {
    expect(finds(query, 'City of Helsinki, Finland')).toBe(true);
  });

  it('of five Japanese letters may have a slip', () => {
    expect(finds('パナソニツク', 'パナソニック株式会社')).toBe(true);
  });

  it('of four letters may not', () => {
    expect(finds('yamq', 'Yamada')).toBe(false);
    expect(finds('yamda', 'Yamada')).toBe(true);
    expect(finds('ya mq', 'ya mada')).toBe(false);
  });

  it.each(['hlesniki', 'helsiiinki', 'heknki', 'hxlsxnki'])('with two slips is not found: %s', (query) => {
    expect(finds(query, 'Helsinki')).toBe(false);
  });

  it('counts a letter outside the basic plane as one', () => {
    expect(finds('𠮷野家食堂', '吉野家食堂')).toBe(true);
    expect(finds('吉野家食堂', '𠮷野家食堂')).toBe(true);
    expect(finds('山吉家食堂', '山𠮷家食堂')).toBe(true);
    expect(finds('𠮷野家堂', '吉野家堂')).toBe(false);
  });

  it.each(['', '  ', '\u3000', undefined])('of nothing is no filter: %j', (query) => {
    expect(searchFor(query)).toBeUndefined();
  });

  it('answers as the textbook edit distance does', () => {
    const word = (minLength: number, maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c', '山'), minLength, maxLength });
    fc.assert(
      fc.property(word(5, 9), word(0, 14), (query, text) => {
        expect(finds(query, text)).toBe(containsWithSlip([...text], [...query]));
      }),
      { numRuns: 20_000 },
    );
  });

  it('leaves one of its fragments in every text that it matches', () => {
    const word = (minLength: number, maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', '山', '𠮷'), minLength, maxLength });
    fc.assert(
      fc.property(word(1, 8), word(0, 14), (query, text) => {
        const { matches, fragments } = searchFor(query)!;
        expect(!matches(text) || fragments.some((fragment) => text.includes(fragment))).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  it('finds every text that contains it after one slip', () => {
    const around = fc.string({ unit: 'grapheme', maxLength: 10 });
    const name = fc.string({ unit: fc.constantFrom(...'abcdefghij山川'), minLength: 5, maxLength: 12 });
    fc.assert(
      fc.property(around, name, around, fc.nat(), fc.nat(3), (before, found, after, place, slip) => {
        const at = place % (found.length - 1);
        const [head, one, other, tail] = [found.slice(0, at), found[at]!, found[at + 1]!, found.slice(at + 2)];
        const query = head + [other + one, one + 'x' + other, 'x' + other, one + 'x'][slip] + tail;
        expect(finds(query, `${before} ${found} ${after}`)).toBe(true);
      }),
    );
  });
});
