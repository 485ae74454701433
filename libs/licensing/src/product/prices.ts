import type { Instant } from '../fact.js';
import type { Money } from '../money.js';
import type { Billing } from '../pool/subscription.events.js';
import { Rejected } from '../rejection.js';
import type { Listing, Price } from './product.events.js';

export function sameBilling(left: Billing | undefined, right: Billing | undefined): boolean {
  return left?.period === right?.period && left?.commitment === right?.commitment;
}

/**
 * What one license costs at a moment, for one billing period where there is one: the fitting price with the latest `validFrom` that is not after it,
 * and of two of the same moment the one listed last. A price that names a billing option is for that option only, and one that names none is for what
 * is sold without: a product with both has no price for an option that none of its prices names. Without a `currency` it is the one of the first
 * listed price that fits. Undefined when nothing is in force.
 */
export function priceAt(listing: Pick<Listing, 'prices'>, billing: Billing | undefined, at: Instant, currency?: string): Money | undefined {
  const fitting = (listing.prices ?? []).filter((price) => sameBilling(price.billing, billing));
  const wanted = currency ?? fitting[0]?.currency;
  const [price] = inForce(
    fitting.filter((other) => other.currency === wanted),
    at,
  );
  return price && { currency: price.currency, amount: price.amount };
}

/** The prices that hold at a moment: one for each billing option and currency, in the order in which these were first listed. */
export function pricesInForce({ prices = [] }: Pick<Listing, 'prices'>, at: Instant): Price[] {
  return inForce(prices, at);
}

function inForce(prices: readonly Price[], at: Instant): Price[] {
  const moment = Date.parse(at);
  const latest = new Map<string, Price>();
  for (const price of prices) {
    const what = `${price.currency} ${price.billing?.period} ${price.billing?.commitment}`;
    const other = latest.get(what);
    const from = Date.parse(price.validFrom);
    if (from <= moment && (other === undefined || from >= Date.parse(other.validFrom))) latest.set(what, price);
  }
  return [...latest.values()];
}

/** The billing option that a buyer chose has to be one of the product's; a product without options takes none (003-42…45). */
export function refuseUnknownBilling({ sku, policy }: Pick<Listing, 'sku' | 'policy'>, billing: Billing | undefined): void {
  const options = policy.billingOptions ?? [];
  if (billing === undefined ? options.length === 0 : options.some((option) => sameBilling(option, billing))) return;
  const offered = options.map(({ period, commitment }) => `${period}/${commitment}`).join(', ');
  const detail =
    billing === undefined
      ? `${sku} is sold with a billing option: choose one of ${offered}.`
      : `${sku} has no billing option ${billing.period}/${billing.commitment}; it has ${offered || 'none'}.`;
  throw new Rejected('BILLING_OPTION_UNKNOWN', detail, { sku, requested: billing ?? null, options });
}

/** What a line costs at a moment. A product that lists prices is sold at one of them; one that lists none has no price here. */
export function priceOfLine(listing: Listing, billing: Billing | undefined, at: Instant, currency?: string): Money | undefined {
  const price = priceAt(listing, billing, at, currency);
  if (price !== undefined || (listing.prices ?? []).length === 0) return price;
  const { sku } = listing;
  const offered = pricesInForce(listing, at).filter((other) => sameBilling(other.billing, billing));
  const currencies = [...new Set(offered.map((other) => other.currency))];
  throw new Rejected(
    'PRICE_NOT_IN_FORCE',
    `${sku} has no price in force${currency === undefined ? '' : ` in ${currency}`} for what was chosen${
      currencies.length === 0 ? '' : `; there is one in ${currencies.join(', ')}`
    }.`,
    { sku, billing, currency, currencies },
  );
}
