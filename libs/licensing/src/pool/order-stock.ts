import type { Instant } from '../fact.js';
import { sumsOf } from './lines.js';
import type { Order, PoolState } from './pool.js';
import type { HeldLot } from './use-order.js';

/** What an order still has of one product. */
export interface OrderedProduct {
  readonly sku: string;
  /** As bought. */
  readonly purchased: number;
  readonly available: number;
  /** For open drawdowns. */
  readonly held: number;
  /** The first end of what is available; absent when none of it has one yet. */
  readonly expiresAt?: Instant;
}

/** An order that can be drawn from (004-16, 004-22). */
export interface OrderStock {
  readonly orderId: string;
  /** Of its purchase in the pool's stream: orders stand in the order in which they were bought. */
  readonly revision: number;
  readonly products: readonly OrderedProduct[];
}

/** The lots of an order that have licenses of a product to draw, first to expire first, then oldest first. What a subscription has is not passed on. */
export function availableLotsOf(state: PoolState, { lotIds }: Order, sku: string, now: Instant): HeldLot[] {
  const lots = lotIds.flatMap((lotId) => state.lots.get(lotId) ?? []);
  return lots.filter((held) => held.lot.sku === sku && canBeDrawn(held, now)).sort(byUse);
}

/** Every order that still has something available, the oldest first, with what that is. */
export function ordersInStock(state: PoolState, now: Instant): OrderStock[] {
  const lots = new Map<string, HeldLot[]>();
  for (const held of state.lots.values()) {
    if (held.orderKey === undefined) continue;
    const others = lots.get(held.orderKey);
    if (others === undefined) lots.set(held.orderKey, [held]);
    else others.push(held);
  }
  const stock = [...lots].map(([orderKey, held]) => stockOf(state.orders.get(orderKey)!, held, now));
  return stock.filter(({ products }) => products.length > 0).sort((one, other) => one.revision - other.revision);
}

function stockOf({ orderId, revision, lines }: Order, lots: readonly HeldLot[], now: Instant): OrderStock {
  const products = [...sumsOf(lines)].map(([sku, purchased]) => {
    const own = lots.filter(({ lot }) => lot.sku === sku);
    const drawable = own.filter((held) => canBeDrawn(held, now)).sort(byUse);
    const expiresAt = drawable[0]?.lot.expiresAt;
    return { sku, purchased, available: sum(drawable, 'available'), held: sum(own, 'held'), ...(expiresAt && { expiresAt }) };
  });
  return { orderId, revision, products: products.filter(({ available }) => available > 0) };
}

function canBeDrawn({ lot, available }: HeldLot, now: Instant): boolean {
  return available > 0 && lot.subscriptionId === undefined && (lot.expiresAt === undefined || lot.expiresAt > now);
}

function byUse(one: HeldLot, other: HeldLot): number {
  const [end, otherEnd] = [one.lot.expiresAt, other.lot.expiresAt];
  if (end === otherEnd) return one.sequence - other.sequence;
  if (end === undefined || otherEnd === undefined) return end === undefined ? 1 : -1;
  return end < otherEnd ? -1 : 1;
}

const sum = (lots: readonly HeldLot[], place: 'available' | 'held'): number => lots.reduce((total, held) => total + held[place], 0);
