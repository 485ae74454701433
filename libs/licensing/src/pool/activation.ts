import type { Commanded, Instant } from '../fact.js';
import { Rejected } from '../rejection.js';
import { refuseSenselessLines, refuseTooManyLots } from './lines.js';
import { beginTerm } from './lot-term.js';
import type { PoolState } from './pool.js';
import type { LicenseActivated, PoolFact } from './pool.events.js';
import { firstWithoutExpiry, type HeldLot } from './use-order.js';

export interface ActivateLicenses extends Commanded {
  readonly accountId: string;
  readonly sku: string;
  readonly quantity: number;
}

/** First use begins the term (policy `onFirstUse`) of so many licenses, oldest first. Each part of a lot becomes a lot of its own (ADR 031). */
export function activateLicenses(state: PoolState, command: ActivateLicenses, now: Instant): PoolFact[] {
  const { context, accountId, sku, quantity } = command;
  refuseSenselessLines([{ sku, quantity }]);
  const waiting = lotsBeforeFirstUse(state, sku);
  const available = waiting.reduce((sum, held) => sum + held.available, 0);
  if (quantity > available)
    throw new Rejected('ACTIVATION_EXCEEDS_AVAILABLE', `${quantity} of ${sku} to activate, ${available} wait for their first use.`, {
      sku,
      requested: quantity,
      available,
    });
  const lots: LicenseActivated['data']['lots'][number][] = [];
  let missing = quantity;
  for (const held of waiting) {
    if (missing === 0) break;
    const part = Math.min(missing, held.available);
    lots.push(activatedPart(held, part, `${context.commandId}.${lots.length + 1}`, now));
    missing -= part;
  }
  refuseTooManyLots(lots.length);
  return [{ type: 'LicenseActivated', data: { accountId, activationId: context.commandId, sku, quantity, lots } }];
}

function lotsBeforeFirstUse(state: PoolState, sku: string): HeldLot[] {
  const order = state.products.get(sku)?.order;
  if (order === undefined) return [];
  const waits = ({ lot, available }: HeldLot) => available > 0 && lot.termStarts === 'onFirstUse' && lot.startsAt === undefined;
  return order.lots.slice(firstWithoutExpiry(order)).filter(waits);
}

/** So many licenses of a lot as a lot of their own, whose term begins now. */
export function activatedPart({ lot }: Pick<HeldLot, 'lot'>, quantity: number, lotId: string, now: Instant) {
  const { sku, orderId, term, termStarts, reversibility, delivery } = lot;
  return {
    fromLotId: lot.lotId,
    lot: { lotId, sku, quantity, orderId, term, termStarts, reversibility, ...(delivery && { delivery }), ...beginTerm(term, now) },
  };
}
