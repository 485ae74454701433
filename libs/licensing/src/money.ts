import Big from 'big.js';

/** A decimal string, never a float: `{currency: 'EUR', amount: '12.50'}`. */
export interface Money {
  /** ISO 4217. */
  readonly currency: string;
  readonly amount: string;
}

/** The least that is billed, in digits behind the point; most currencies have two, and a few have none or three. */
function digitsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** A unit price times so many units, or a part of it (`share` of 1), rounded half to even to what the currency can pay. */
export function times(unit: Money, quantity: number, share: Big | number = 1): Money {
  return rounded(new Big(unit.amount).times(quantity).times(share), unit.currency);
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
