import { balanceIn, type ProductBalance } from './balance.js';
import type { Lot, LotPart } from './pool.events.js';
import type { PoolState } from './pool.js';
import { type HeldLot, insert, remove, type UseOrder } from './use-order.js';

/** Where in a lot licenses are while the account has them. */
type Place = 'available' | 'held' | 'inSeats';
/** Where they go when it has them no longer. */
type End = 'assigned' | 'expired' | 'cancelled';

/** A lot came in. */
export function addLot(state: PoolState, lot: Lot, how: 'purchased' | 'received', orderKey?: string): void {
  keepLot(state, lot, orderKey);
  const balance = productIn(state, lot.sku);
  balance[how] += lot.quantity;
  balance.available += lot.quantity;
}

/** Moves part of a lot to another place in it, or out of the pool. A used-up lot is forgotten, so that it costs later commands nothing. */
export function move(state: PoolState, part: Omit<LotPart, 'from'>, from: Place, to: Place | End): void {
  const { lotId, sku, quantity } = part;
  const balance = productIn(state, sku);
  balance[from] -= quantity;
  balance[to] += quantity;
  const held = state.lots.get(lotId);
  if (held === undefined) return;
  held[from] -= quantity;
  if (to === 'available' || to === 'held' || to === 'inSeats') held[to] += quantity;
  else forgetUsedUp(state, held);
}

/** First use moves licenses from one lot to a new one of the same product: its balance stays as it is. */
export function splitLot(state: PoolState, fromLotId: string, lot: Lot): void {
  const source = state.lots.get(fromLotId);
  if (source !== undefined) {
    source.available -= lot.quantity;
    forgetUsedUp(state, source);
  }
  keepLot(state, lot, source?.orderKey);
  if (source?.orderKey === undefined) return;
  state.orders.get(source.orderKey)?.lotIds.push(lot.lotId);
  state.orderedLots += 1;
}

/** The lot ends later than it did: its place among those to be used changes. */
export function prolongLot(state: PoolState, lotId: string, expiresAt: string): void {
  const held = state.lots.get(lotId);
  if (held === undefined) return;
  const { order } = productIn(state, held.lot.sku);
  remove(order, held);
  held.lot = { ...held.lot, expiresAt };
  insert(order, held);
}

function keepLot(state: PoolState, lot: Lot, orderKey: string | undefined): void {
  const amounts = { available: lot.quantity, held: 0, inSeats: 0 };
  const held: HeldLot = { lot, sequence: state.lotsEver, ...amounts, ...(orderKey !== undefined && { orderKey }) };
  state.lotsEver += 1;
  state.lots.set(lot.lotId, held);
  insert(productIn(state, lot.sku).order, held);
}

function forgetUsedUp(state: PoolState, held: HeldLot): void {
  if (held.available + held.held + held.inSeats > 0) return;
  remove(productIn(state, held.lot.sku).order, held);
  state.lots.delete(held.lot.lotId);
}

function productIn(state: PoolState, sku: string): ProductBalance & { readonly order: UseOrder } {
  const known = state.products.get(sku);
  if (known !== undefined) return known;
  const added = { ...balanceIn(sku), order: { lots: [], head: 0 } };
  state.products.set(sku, added);
  return added;
}
