/**
 * Index entries are ordered by text. Times and positions are written in base 36 and padded, so that the texts sort as the numbers do and
 * stay short: a history keeps several of them for each of its rows.
 */

/** Nine places of base 36 reach to the year 5188. A time outside of that, or none at all, stands at the nearest end. */
export function timeSort(instant: string | number): string {
  const milliseconds = typeof instant === 'number' ? instant : Date.parse(instant);
  return Math.min(Math.max(milliseconds || 0, 0), 36 ** 9 - 1)
    .toString(36)
    .padStart(9, '0');
}

/** Thirteen places hold every 64-bit position of a log. */
export function positionSort(position: bigint): string {
  return position.toString(36).padStart(13, '0');
}
