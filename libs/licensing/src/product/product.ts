import type { Commanded } from '../fact.js';
import { type Finding, refuseFindings } from '../invalid.js';
import { Rejected } from '../rejection.js';
import { sameValue } from '../same-value.js';
import { addTerm, parseDuration, toInstant } from '../term.js';
import type { Listing, ProductFact } from './product.events.js';

export interface ProductState {
  status: 'unknown' | 'listed' | 'withdrawn';
  /** As last listed; stays when the product is withdrawn. */
  listing?: Listing;
}

export interface ListProduct extends Listing, Commanded {}
export interface WithdrawProduct extends Commanded {
  readonly sku: string;
}

export const product = {
  category: 'product',

  initial(): ProductState {
    return { status: 'unknown' };
  },

  evolve(state: ProductState, fact: ProductFact): ProductState {
    switch (fact.type) {
      case 'ProductListed':
      case 'ProductPolicyChanged':
        state.status = 'listed';
        state.listing = fact.data;
        return state;
      case 'ProductWithdrawn':
        state.status = 'withdrawn';
        return state;
      default:
        return state;
    }
  },

  sizeInBytes(state: ProductState): number {
    return 1_000 + 200 * (state.listing?.prices?.length ?? 0);
  },
};

/** What is known of a product, also when it is no longer sold. Errors: PRODUCT_NOT_FOUND. */
export function knownListing(product: ProductState | undefined, sku: string): Listing {
  if (product?.listing === undefined) throw new Rejected('PRODUCT_NOT_FOUND', `There is no product ${sku}.`, { sku });
  return product.listing;
}

/** What is offered now. Errors: PRODUCT_NOT_FOUND, PRODUCT_WITHDRAWN. */
export function listingForSale(product: ProductState | undefined, sku: string): Listing {
  const listing = knownListing(product, sku);
  if (product?.status === 'withdrawn') throw new Rejected('PRODUCT_WITHDRAWN', `${sku} is no longer sold.`, { sku });
  return listing;
}

/** The product is offered as described from now on; a withdrawn one returns. The same description again says nothing new. */
export function listProduct(state: ProductState, command: ListProduct): ProductFact[] {
  const listing = listingOf(command);
  refuseFindings(findingsIn(listing));
  if (state.status !== 'listed') return [{ type: 'ProductListed', data: listing }];
  return sameValue(state.listing, listing) ? [] : [{ type: 'ProductPolicyChanged', data: listing }];
}

/** No new purchase from now on; all that is held goes on (contract, "Pools"). */
export function withdrawProduct(state: ProductState, command: WithdrawProduct): ProductFact[] {
  if (state.status === 'unknown') throw new Rejected('PRODUCT_NOT_FOUND', `There is no product ${command.sku}.`, { sku: command.sku });
  return state.status === 'withdrawn' ? [] : [{ type: 'ProductWithdrawn', data: { sku: command.sku } }];
}

function listingOf({ sku, name, category, link, prices, policy }: ListProduct): Listing {
  const described = { ...(category !== undefined && { category }), ...(link !== undefined && { link }) };
  return { sku, name, ...described, ...(prices !== undefined && { prices }), policy };
}

/** What makes no sense in a listing, beyond its schema. A sku is part of a stream's name and therefore plain ASCII. */
function findingsIn({ sku, prices, policy }: Listing): Finding[] {
  const findings: Finding[] = [];
  const expect = (isRight: boolean, path: string, message: string) => {
    if (!isRight) findings.push({ path, message });
  };
  const expectDuration = (text: string | null | undefined, path: string) =>
    expect(text == null || parseDuration(text) !== undefined, path, `must be a whole ISO 8601 duration of at most 100 years, not ${text}`);

  expect(/^[A-Za-z0-9._-]{1,64}$/.test(sku), 'sku', 'must be 1 to 64 letters, digits, dots, underscores or hyphens');
  expectDuration(policy.term, 'policy.term');
  expectDuration(policy.cancellationWindow, 'policy.cancellationWindow');
  expectDuration(policy.drawdownHold, 'policy.drawdownHold');
  const needsWindow = policy.reversibility === 'windowed';
  expect(!needsWindow || policy.cancellationWindow != null, 'policy.cancellationWindow', 'is needed when reversibility is windowed');
  expect(!policy.requires?.includes(sku), 'policy.requires', 'must not name the product itself');
  const billings = (policy.billingOptions ?? []).map(({ period, commitment }) => `${period}/${commitment}`);
  expect(new Set(billings).size === billings.length, 'policy.billingOptions', 'must not repeat an option');
  for (const [index, { period, commitment }] of (policy.billingOptions ?? []).entries()) {
    const path = `policy.billingOptions[${index}]`;
    expectDuration(period, `${path}.period`);
    expectDuration(commitment, `${path}.commitment`);
    // What is ordered bills a whole period: nobody would be bound for as long as was paid.
    expect(!isLonger(period, commitment), `${path}.period`, `must not be longer than the commitment of ${commitment}`);
  }
  for (const [index, price] of (prices ?? []).entries()) {
    expect(/^\d{1,15}(\.\d{1,6})?$/.test(price.amount), `prices[${index}].amount`, 'must be a decimal number in a string');
    expect(/^[A-Z]{3}$/.test(price.currency), `prices[${index}].currency`, 'must be an ISO 4217 code of three capitals');
    expect(toInstant(price.validFrom) !== undefined, `prices[${index}].validFrom`, 'must be an RFC 3339 time');
  }
  return findings;
}

/** In any month of a leap year or of another one: thirty days are longer than February. False when either is no duration. */
function isLonger(period: string, commitment: string): boolean {
  if (parseDuration(period) === undefined || parseDuration(commitment) === undefined) return false;
  const starts = Array.from({ length: 24 }, (_, month) => new Date(Date.UTC(2027, month)).toISOString());
  return starts.some((start) => addTerm(start, period) > addTerm(start, commitment));
}
