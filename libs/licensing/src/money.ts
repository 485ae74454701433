import Big from 'big.js';

/** A decimal string, never a float: `{currency: 'EUR', amount: '12.50'}`. */
export interface Money {
  /** ISO 4217. */
  readonly currency: string;
  readonly amount: string;
}

/** Currencies by their digits behind the point, where those are not two (ISO 4217). What was billed must not change with a runtime's own table. */
const otherDigits: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};
const digits = new Map(
  Object.entries(otherDigits).flatMap(([count, codes]) => codes.split(' ').map((code) => [code, Number(count)] as const)),
);

/** The least that is billed, in digits behind the point. */
function digitsOf(currency: string): number {
  return digits.get(currency) ?? 2;
}

/** A part of a whole, both whole numbers of the same unit. Dividing comes last: a third of something is no decimal number, three thirds of it are. */
export interface Share {
  readonly part: number;
  readonly whole: number;
}

/** A unit price times so many units, or a share of that, rounded half to even to what the currency can pay. */
export function times(unit: Money, quantity: number, { part, whole }: Share = { part: 1, whole: 1 }): Money {
  return rounded(new Big(unit.amount).times(quantity).times(part).div(whole), unit.currency);
}

/** What the first amount has more than the other, which is in the same currency. */
export function minus(amount: Money, other: Money): Money {
  return rounded(new Big(amount.amount).minus(other.amount), amount.currency);
}

/** The sum in each currency, in the order in which they first appear. */
export function sumsOfMoney(amounts: readonly Money[]): Money[] {
  const sums = new Map<string, Big>();
  for (const { currency, amount } of amounts) sums.set(currency, (sums.get(currency) ?? new Big(0)).plus(amount));
  return [...sums].map(([currency, sum]) => rounded(sum, currency));
}

function rounded(amount: Big, currency: string): Money {
  return { currency, amount: amount.toFixed(digitsOf(currency), Big.roundHalfEven) };
}
