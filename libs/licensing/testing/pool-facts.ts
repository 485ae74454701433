import type { CustomerFact } from '../src/customer/customer.events.js';
import { customer, type CustomerState } from '../src/customer/customer.js';
import type { LicenseAssigned, Lot, PoolFact } from '../src/pool/pool.events.js';
import { termWhenAssigned } from '../src/pool/lot-term.js';
import type { Policy } from '../src/product/product.events.js';
import { product, type ProductState } from '../src/product/product.js';
import { noon, stateAfter } from './given.js';

export const partnerId = 'p-1';
export const customerId = 'c-1';
export const sku = 'edge-1y';
const person = { name: '山田商店', email: 'yamada@example.jp' };

/** A lot of ten of the i-PRO kind: one year from assignment, irreversible; changed as the rule needs. */
export function lot(changes: Partial<Lot> = {}): Lot {
  const begun = changes.expiresAt === undefined ? {} : { startsAt: '2026-01-01T00:00:00.000Z' };
  const terms = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' } as const;
  return { lotId: 'lot-1', sku, quantity: 10, orderId: 'PO-1', ...terms, ...begun, ...changes };
}

export function bought(...lots: Lot[]): PoolFact {
  return { type: 'LicensePurchased', data: { accountId: partnerId, orderId: lots[0]!.orderId, source: 'operator', lots } };
}

/** An assignment of parts of lots: one line a lot. */
export function assigned(...parts: readonly (readonly [Lot, number])[]): PoolFact {
  const lines = parts.map(([from, quantity], index) => {
    const { lotId, sku: ofSku, orderId, term, termStarts, reversibility } = from;
    const given = { lotId, quantity, orderId, term, termStarts, reversibility, ...termWhenAssigned(from, noon) };
    return { line: index + 1, sku: ofSku, quantity, ...(given.expiresAt !== undefined && { expiresAt: given.expiresAt }), lots: [given] };
  });
  const data: LicenseAssigned['data'] = { accountId: partnerId, assignmentId: 'a-1', customerId, assignedAt: noon, lines };
  return { type: 'LicenseAssigned', data };
}

/** A customer with this dealer. */
export function linkedTo(dealerId: string | undefined): CustomerState {
  const facts: CustomerFact[] = [{ type: 'CustomerRegistered', data: { customerId, language: 'ja', person } }];
  if (dealerId !== undefined) facts.push({ type: 'DealerLinked', data: { customerId, partnerId: dealerId, partnerCode: 'CODE', person } });
  return stateAfter(customer, facts);
}

/** Products on sale, by sku, each with the i-PRO policy changed as the rule needs. */
export function onSale(policies: Readonly<Record<string, Partial<Policy>>>): Map<string, ProductState> {
  const policy: Policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' };
  return new Map(
    Object.entries(policies).map(([ofSku, changes]) => [
      ofSku,
      stateAfter(product, [{ type: 'ProductListed', data: { sku: ofSku, name: ofSku, policy: { ...policy, ...changes } } }]),
    ]),
  );
}
