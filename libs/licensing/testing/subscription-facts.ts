import type { PoolFact } from '../src/pool/pool.events.js';
import { provisionOrder, type OrderedLine } from '../src/pool/provision.js';
import type { Billing } from '../src/pool/subscription.events.js';
import type { Policy, Price } from '../src/product/product.events.js';
import { product, type ProductState } from '../src/product/product.js';
import { pool } from '../src/pool/pool.js';
import { noon, stateAfter } from './given.js';
import { customerId } from './pool-facts.js';

export const m365 = 'm365';
export const subscriptionId = 's-1';
export const monthlyForAYear: Billing = { period: 'P1M', commitment: 'P1Y' };
export const monthly: Billing = { period: 'P1M', commitment: 'P1M' };
export const yearly: Billing = { period: 'P1Y', commitment: 'P1Y' };
const nce: Policy = {
  term: 'P1Y',
  termStarts: 'onPurchase',
  reversibility: 'windowed',
  cancellationWindow: 'P7D',
  billingOptions: [monthlyForAYear, monthly, yearly],
};
const since = '2026-01-01T00:00:00.000Z';
export const prices: Price[] = [
  { billing: monthlyForAYear, currency: 'EUR', amount: '10.00', validFrom: since },
  { billing: monthly, currency: 'EUR', amount: '12.00', validFrom: since },
  { billing: yearly, currency: 'EUR', amount: '110.00', validFrom: since },
];

/** A Microsoft 365 product of the new commerce experience: 7 days to cancel, and three ways to be billed (003-42…45); changed as the rule needs. */
export function onOffer(policy: Partial<Policy> = {}, changes: { prices?: Price[]; withdrawn?: boolean } = {}): Map<string, ProductState> {
  const listing = { sku: m365, name: m365, prices: changes.prices ?? prices, policy: { ...nce, ...policy } };
  const listed = stateAfter(product, [{ type: 'ProductListed', data: listing }]);
  return new Map([[m365, changes.withdrawn === true ? { ...listed, status: 'withdrawn' } : listed]]);
}

/** What an order for the subscription brings, on top of what happened before. Its lot is `<orderId>.1`. */
export function ordered(
  before: readonly PoolFact[],
  quantity: number,
  { at = noon, orderId = 'o-1', ...changes }: Partial<OrderedLine> & { at?: string; orderId?: string } = {},
): PoolFact[] {
  const unitPrice = { currency: 'EUR', amount: '10.00' };
  const line: OrderedLine = { sku: m365, quantity, billing: monthlyForAYear, subscriptionId, unitPrice, ...changes };
  const context = { commandId: orderId, actor: { userId: 'orders', role: 'system' as const } };
  const products = new Map([[line.sku, onOffer().get(m365)!]]);
  const command = { accountId: customerId, orderId, lines: [line], products, context };
  return [...before, ...provisionOrder(stateAfter(pool, before), command, at)];
}

/** Some of a lot is in use from now on, as by a license file. */
export function used(lotId: string, quantity: number): PoolFact {
  const lots = [{ lotId, sku: m365, quantity }];
  return { type: 'LicenseFileIssued', data: { accountId: customerId, fileId: `${lotId}-file`, sku: m365, quantity, issuedAt: noon, lots } };
}
