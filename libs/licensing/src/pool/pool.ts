import { foldUnique } from '../unique-text.js';
import { balanceIn, type ProductBalance } from './balance.js';
import type { AssignedLine, LicensePurchased, Lot, LotPart, PoolFact } from './pool.events.js';
import { type HeldLot, insert, remove, type UseOrder } from './use-order.js';

/** One order of this account. Kept for good: the same order is bought once, and reversing it needs its lots. */
export interface Order {
  readonly orderId: string;
  /** The revision of its LicensePurchased in the pool's stream: where the first answer can be found again. */
  readonly revision: number;
  /** As bought, one line a lot. */
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly purchasedFor?: string;
  /** Its lots, and those that first use split off from them. */
  readonly lotIds: string[];
  /** Licenses taken back, by sku. */
  readonly reversed: Map<string, number>;
}

export interface PoolState {
  /** Of the last fact folded in; -1 before the first. */
  revision: number;
  lotsEver: number;
  /** Lots with something left in them, by id. */
  lots: Map<string, HeldLot>;
  products: Map<string, ProductBalance & { readonly order: UseOrder }>;
  /** By the folded order id. */
  orders: Map<string, Order>;
  /** How many lots all orders have; for the size only. */
  orderedLots: number;
  /** By giver: the highest revision of the giver's stream that was received. All it takes to know a second delivery. */
  received: Map<string, number>;
}

export const pool = {
  category: 'pool',

  initial(): PoolState {
    return { revision: -1, lotsEver: 0, lots: new Map(), products: new Map(), orders: new Map(), orderedLots: 0, received: new Map() };
  },

  evolve(state: PoolState, fact: PoolFact): PoolState {
    state.revision += 1;
    switch (fact.type) {
      case 'LicensePurchased':
        takeOrder(state, fact.data);
        break;
      case 'LicenseReceived':
        state.received.set(fact.data.from, fact.data.giverRevision);
        for (const lot of fact.data.lots) addLot(state, lot, 'received');
        break;
      case 'LicenseAssigned':
        for (const part of fact.data.lines.flatMap(partsOf)) takeFrom(state, part, 'assigned');
        break;
      case 'LicenseActivated':
        for (const { fromLotId, lot } of fact.data.lots) splitLot(state, fromLotId, lot);
        break;
      case 'LicenseExpired':
        for (const part of fact.data.lots) takeFrom(state, part, 'expired');
        break;
      case 'PurchaseReversed': {
        const order = state.orders.get(foldUnique(fact.data.orderId));
        for (const part of fact.data.lots) {
          takeFrom(state, part, 'cancelled');
          order?.reversed.set(part.sku, (order.reversed.get(part.sku) ?? 0) + part.quantity);
        }
        break;
      }
    }
    return state;
  },

  sizeInBytes(state: PoolState): number {
    return (
      2_000 +
      600 * state.lots.size +
      400 * state.orders.size +
      250 * state.orderedLots +
      700 * state.products.size +
      150 * state.received.size
    );
  },
};

/** The order as first recorded; undefined when the account never bought it. Ids are compared folded. */
export function orderIn(state: PoolState, orderId: string): Order | undefined {
  return state.orders.get(foldUnique(orderId));
}

function takeOrder(state: PoolState, { orderId, lots, purchasedFor }: LicensePurchased['data']): void {
  const orderKey = foldUnique(orderId);
  state.orderedLots += lots.length;
  state.orders.set(orderKey, {
    orderId,
    revision: state.revision,
    lines: lots.map(({ sku, quantity }) => ({ sku, quantity })),
    ...(purchasedFor !== undefined && { purchasedFor }),
    lotIds: lots.map(({ lotId }) => lotId),
    reversed: new Map(),
  });
  for (const lot of lots) addLot(state, lot, 'purchased', orderKey);
}

function addLot(state: PoolState, lot: Lot, how: 'purchased' | 'received', orderKey?: string): void {
  hold(state, lot, orderKey);
  const balance = productIn(state, lot.sku);
  balance[how] += lot.quantity;
  balance.available += lot.quantity;
}

function hold(state: PoolState, lot: Lot, orderKey: string | undefined): void {
  const held: HeldLot = { lot, sequence: state.lotsEver, available: lot.quantity, ...(orderKey !== undefined && { orderKey }) };
  state.lotsEver += 1;
  state.lots.set(lot.lotId, held);
  insert(productIn(state, lot.sku).order, held);
}

/** A used-up lot is forgotten, so that it costs later commands nothing. */
function takeFrom(state: PoolState, { lotId, sku, quantity }: LotPart, how: 'assigned' | 'expired' | 'cancelled'): void {
  const balance = productIn(state, sku);
  balance.available -= quantity;
  balance[how] += quantity;
  reduce(state, lotId, quantity);
}

function reduce(state: PoolState, lotId: string, quantity: number): HeldLot | undefined {
  const held = state.lots.get(lotId);
  if (held === undefined) return undefined;
  held.available -= quantity;
  if (held.available <= 0) {
    remove(productIn(state, held.lot.sku).order, held);
    state.lots.delete(lotId);
  }
  return held;
}

/** First use moves licenses from one lot to a new one of the same product: its balance stays as it is. */
function splitLot(state: PoolState, fromLotId: string, lot: Lot): void {
  const source = reduce(state, fromLotId, lot.quantity);
  hold(state, lot, source?.orderKey);
  if (source?.orderKey === undefined) return;
  state.orders.get(source.orderKey)?.lotIds.push(lot.lotId);
  state.orderedLots += 1;
}

function partsOf({ sku, lots }: AssignedLine): LotPart[] {
  return lots.map(({ lotId, quantity }) => ({ lotId, sku, quantity }));
}

function productIn(state: PoolState, sku: string): ProductBalance & { readonly order: UseOrder } {
  const known = state.products.get(sku);
  if (known !== undefined) return known;
  const added = { ...balanceIn(sku), order: { lots: [], head: 0 } };
  state.products.set(sku, added);
  return added;
}
