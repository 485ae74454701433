/**
 * The form in which logins, partner codes, store accounts and order ids are compared (contract, "Uniqueness"): compatibility forms and case do not count,
 * nor does space around the text. Case is folded by way of the capitals, because only that makes `ß` and `SS` the same.
 */
export function foldUnique(text: string): string {
  return text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC').trim();
}
