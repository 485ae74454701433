import type { DrawdownFact, DrawdownSubmitted } from '../src/pool/drawdown.events.js';
import type { Lot } from '../src/pool/pool.events.js';
import { customerId, partnerId } from './pool-facts.js';

export const drawdownId = 'd-1';
export const requester = 'u-partner';
export const holdUntil = '2026-05-01T12:00:00.000Z';

/** A drawdown of parts of lots of one order: one line a lot. */
export function submitted(parts: readonly (readonly [Lot, number])[], changes: Partial<DrawdownSubmitted['data']> = {}): DrawdownSubmitted {
  const lines = parts.map(([{ lotId, sku }, quantity], index) => ({ line: index + 1, sku, quantity, lots: [{ lotId, quantity }] }));
  const { orderId } = parts[0]![0];
  const data = { accountId: partnerId, drawdownId, orderId, customerId, requestedBy: requester, lines, holdUntil };
  const person = { accountName: 'Fjordline' };
  return { type: 'DrawdownSubmitted', data: { ...data, person, ...changes } };
}

export function approved(changes: object = {}): DrawdownFact {
  return { type: 'DrawdownApproved', data: { accountId: partnerId, drawdownId, ...changes } };
}
