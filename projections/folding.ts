/**
 * Folding: what two texts have in common when a person would call them the same (ADR 051). Names are stored as they were given
 * and folded only to be compared: width, case, accents, and katakana with hiragana.
 */

const accents =
  /[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\u{e0100}-\u{e01ef}]/gu;
/** Sound marks that stand alone, as old keyboards leave them behind a kana. */
const looseVoiced = / ?\u309b/g;
const looseHalfVoiced = / ?\u309c/g;
const katakana = /[\u30a1-\u30f6\u30fd\u30fe]/g;
/** All the strokes that people type for a hyphen, a dash or a prolonged sound: told apart on paper, seldom on a keyboard. */
const strokes = /[\u2010-\u2015\u2212\u30fc]/g;
const quotes = /[\u2018\u2019\u02bc\u00b4`]/g;
const invisible = /\p{Cf}|(?!\s)\p{Cc}/gu;
/** Letters that no decomposition takes apart, as people without that keyboard write them. A final sigma is a sigma. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ς: 'σ',
};
const specialLetters = new RegExp(`[${Object.keys(letters).join('')}]`, 'g');
/** Between Japanese letters a space is a matter of taste: 山田 太郎 and 山田太郎 are one name. */
const japanese = '[-\\u3005-\\u3007\\u3041-\\u30ff\\u3400-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{323af}]';
const spaceInJapanese = new RegExp(`(?<=${japanese}) (?=${japanese})`, 'gu');

/** The text as it is compared: the same for all ways to write it. Folding a folded text changes nothing. */
export function fold(text: string): string {
  if (/^[a-z0-9@._-]*$/.test(text)) return text;
  return text
    .replace(invisible, '')
    .replace(looseVoiced, '\u3099')
    .replace(looseHalfVoiced, '\u309a')
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKD')
    .replace(accents, '')
    .replace(katakana, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60))
    .normalize('NFKC')
    .replace(specialLetters, (letter) => letters[letter]!)
    .replace(quotes, "'")
    .replace(strokes, '-')
    .replace(/\s+/g, ' ')
    .replace(spaceInJapanese, '')
    .trim();
}

/** How many letters a query needs before a slip is forgiven: in shorter ones a slip is another word. */
const slipFromLetters = 5;

/** Whether an already folded text contains what was asked for. */
export type Matcher = (folded: string) => boolean;

/** Finds the query in any part of a folded text. An empty query is undefined: no filter. */
export function part(query: string | undefined): Matcher | undefined {
  const wanted = fold(query ?? '');
  return wanted === '' ? undefined : (text) => text.includes(wanted);
}

/** How a text is searched for. */
export interface Search {
  readonly matches: Matcher;
  /** One of these stands in every text that matches: many texts are searched faster for these first, all in one. */
  readonly fragments: readonly string[];
}

/**
 * Finds the query in any part of a folded text, and with one slip when it is long enough. An empty query is undefined: no filter.
 * One slip leaves one half of the query as it was, or swaps the two letters where the halves meet. So the text is searched for each half,
 * and only where one is found the other is compared letter by letter.
 */
export function searchFor(query: string | undefined): Search | undefined {
  const wanted = fold(query ?? '');
  if (wanted === '') return undefined;
  if ([...wanted.replaceAll(' ', '')].length < slipFromLetters) return { matches: (text) => text.includes(wanted), fragments: [wanted] };
  const each = [...wanted];
  const middle = each.length >> 1;
  const head = each.slice(0, middle).join('');
  const tail = each.slice(middle).join('');
  const swapped = [...each.slice(0, middle - 1), each[middle], each[middle - 1], ...each.slice(middle + 1)].join('');
  // Where a letter is two code units, one slip would count as two: those rare texts take the slow and plain way.
  const astral = /[\ud800-\udfff]/;
  const plainly = (text: string): boolean => containsWithSlip([...text], each);
  const quickly = (text: string): boolean => (astral.test(text) ? plainly(text) : hasHalves(text, head, tail) || text.includes(swapped));
  const nearly = astral.test(wanted) ? plainly : quickly;
  return { matches: (text) => text.includes(wanted) || nearly(text), fragments: [head, tail, swapped] };
}

function hasHalves(text: string, head: string, tail: string): boolean {
  for (let at = text.indexOf(head); at !== -1; at = text.indexOf(head, at + 1)) {
    if (startsWithSlip(text, at + head.length, tail)) return true;
  }
  for (let at = text.indexOf(tail); at !== -1; at = text.indexOf(tail, at + 1)) {
    if (endsWithSlip(text, at, head)) return true;
  }
  return false;
}

/** Whether the text goes on from `start` with the part, give or take one slip. */
function startsWithSlip(text: string, start: number, part: string): boolean {
  let same = 0;
  while (same < part.length && text[start + same] === part[same]) same++;
  if (same >= part.length - 1) return true;
  const at = start + same;
  return (
    text.startsWith(part.slice(same + 1), at + 1) ||
    text.startsWith(part.slice(same), at + 1) ||
    text.startsWith(part.slice(same + 1), at) ||
    (text[at] === part[same + 1] && text[at + 1] === part[same] && text.startsWith(part.slice(same + 2), at + 2))
  );
}

/** Whether the text before `end` closes with the part, give or take one slip. */
function endsWithSlip(text: string, end: number, part: string): boolean {
  let same = 0;
  while (same < part.length && text[end - 1 - same] === part[part.length - 1 - same]) same++;
  if (same >= part.length - 1) return true;
  const at = end - same;
  const left = part.length - same;
  return (
    text.slice(0, Math.max(at - 1, 0)).endsWith(part.slice(0, left - 1)) ||
    text.slice(0, Math.max(at - 1, 0)).endsWith(part.slice(0, left)) ||
    text.slice(0, at).endsWith(part.slice(0, left - 1)) ||
    (at >= 2 &&
      text[at - 1] === part[left - 2] &&
      text[at - 2] === part[left - 1] &&
      text.slice(0, at - 2).endsWith(part.slice(0, left - 2)))
  );
}

/** The same question by the textbook: edit distance with swaps (optimal string alignment), free to begin and end anywhere in the text. */
export function containsWithSlip(text: readonly string[], wanted: readonly string[]): boolean {
  let before: number[] = [];
  let last = wanted.map((_, index) => index);
  last.push(wanted.length);
  for (let t = 1; t <= text.length; t++) {
    const row = [0];
    for (let w = 1; w <= wanted.length; w++) {
      const other = text[t - 1] === wanted[w - 1] ? 0 : 1;
      row[w] = Math.min(last[w - 1]! + other, last[w]! + 1, row[w - 1]! + 1);
      if (t > 1 && w > 1 && text[t - 1] === wanted[w - 2] && text[t - 2] === wanted[w - 1]) row[w] = Math.min(row[w]!, before[w - 2]! + 1);
    }
    if (row[wanted.length]! <= 1) return true;
    before = last;
    last = row;
  }
  return last[wanted.length]! <= 1;
}
