import { type Finding, refuseFindings } from '../invalid.js';
import { Rejected } from '../rejection.js';

/** What a command asks for: licenses of one product. */
export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** So many licenses of a line at most: sums of them stay exact numbers for ever. */
export const quantityMax = 1_000_000_000;
/**
 * So many lots one command may give, at most. The receiver's fact names each with its order and term, about 650 bytes at the longest, and must
 * fit into one append; an assignment that could be given but not received would stay in transit for ever.
 */
export const lotsPerCommandMax = 300;

/** Refuses lines that are no order at all: none, or quantities that are no whole numbers from 1. */
export function refuseSenselessLines(lines: readonly Line[]): void {
  const findings: Finding[] = lines.length === 0 ? [{ path: 'lines', message: 'must have at least one line' }] : [];
  for (const [index, { quantity }] of lines.entries()) {
    if (Number.isInteger(quantity) && quantity >= 1 && quantity <= quantityMax) continue;
    findings.push({ path: `lines[${index}].quantity`, message: `must be a whole number from 1 to ${quantityMax}, not ${quantity}` });
  }
  if (lines.length > lotsPerCommandMax) findings.push({ path: 'lines', message: `must have at most ${lotsPerCommandMax} lines` });
  refuseFindings(findings);
}

/** Licenses a sku, lines of the same sku added up. */
export function sumsOf(lines: readonly Line[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of lines) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  return sums;
}

/** Refuses what touches more lots than one append can hold. */
export function refuseTooManyLots(count: number): void {
  if (count <= lotsPerCommandMax) return;
  throw new Rejected(
    'COMMAND_TOO_LARGE',
    `This would touch ${count} lots, at most ${lotsPerCommandMax} at once are possible: ask for less.`,
    {
      lots: count,
      lotsMax: lotsPerCommandMax,
    },
  );
}
