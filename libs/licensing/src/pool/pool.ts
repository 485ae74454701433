import { foldUnique } from '../unique-text.js';
import type { ProductBalance } from './balance.js';
import { isDeliveryFact } from './delivery.events.js';
import { foldDelivery, type Service } from './delivery-state.js';
import { isDrawdownFact } from './drawdown.events.js';
import { foldDrawdown, type Drawdown } from './drawdown-state.js';
import { addLot, move, splitLot } from './lots.js';
import type { AssignedLine, LicensePurchased, LotPart, PoolFact } from './pool.events.js';
import { isSubscriptionFact } from './subscription.events.js';
import { foldSubscription, type Subscription } from './subscription-state.js';
import type { HeldLot, UseOrder } from './use-order.js';

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
  /** All there ever were, by id; those that are open apart, because deadlines look for them. */
  drawdowns: Map<string, Drawdown>;
  openDrawdowns: Set<string>;
  subscriptions: Map<string, Subscription>;
  activeSubscriptions: Set<string>;
  services: Map<string, Service>;
}

export const pool = {
  category: 'pool',

  initial(): PoolState {
    return {
      revision: -1,
      lotsEver: 0,
      lots: new Map(),
      products: new Map(),
      orders: new Map(),
      orderedLots: 0,
      received: new Map(),
      drawdowns: new Map(),
      openDrawdowns: new Set(),
      subscriptions: new Map(),
      activeSubscriptions: new Set(),
      services: new Map(),
    };
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
        for (const part of fact.data.lines.flatMap(partsOf)) move(state, part, 'available', 'assigned');
        break;
      case 'LicenseActivated':
        for (const { fromLotId, lot } of fact.data.lots) splitLot(state, fromLotId, lot);
        break;
      case 'LicenseExpired':
        for (const part of fact.data.lots) move(state, part, part.from ?? 'available', 'expired');
        break;
      case 'PurchaseReversed': {
        const order = state.orders.get(foldUnique(fact.data.orderId));
        for (const part of fact.data.lots) {
          move(state, part, 'available', 'cancelled');
          order?.reversed.set(part.sku, (order.reversed.get(part.sku) ?? 0) + part.quantity);
        }
        break;
      }
      default:
        if (isDrawdownFact(fact)) foldDrawdown(state, fact);
        else if (isSubscriptionFact(fact)) foldSubscription(state, fact);
        else if (isDeliveryFact(fact)) foldDelivery(state, fact);
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
      150 * state.received.size +
      500 * (state.drawdowns.size + state.openDrawdowns.size) +
      1_500 * state.subscriptions.size +
      400 * state.services.size
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

function partsOf({ sku, lots }: AssignedLine): LotPart[] {
  return lots.map(({ lotId, quantity }) => ({ lotId, sku, quantity }));
}
