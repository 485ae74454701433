import type { Instant } from '../fact.js';
import type { PoolState } from './pool.js';
import { availableBefore, firstCurrent } from './use-order.js';

/** Gross counts of one product in one pool: purchased + received = available + held + assigned + inSeats + expired + cancelled. */
export interface ProductBalance {
  readonly sku: string;
  purchased: number;
  received: number;
  available: number;
  held: number;
  /** Given to customers, arrived or still in transit. */
  assigned: number;
  inSeats: number;
  expired: number;
  /** Reversed purchases included. */
  cancelled: number;
}

export function balanceIn(sku: string): ProductBalance {
  return { sku, purchased: 0, received: 0, available: 0, held: 0, assigned: 0, inSeats: 0, expired: 0, cancelled: 0 };
}

/** One product's balance, all zero when the pool never had it. With `now`, lots whose term is over count as expired, recorded or not. */
export function balanceOf(state: PoolState, sku: string, now?: Instant): ProductBalance {
  const known = state.products.get(sku);
  if (known === undefined) return balanceIn(sku);
  const { order, ...balance } = known;
  const overdue = now === undefined ? 0 : availableBefore(order, firstCurrent(order, now));
  return { ...balance, available: balance.available - overdue, expired: balance.expired + overdue };
}

/** Every product the pool ever had, in the order they first came in. */
export function balances(state: PoolState, now?: Instant): ProductBalance[] {
  return [...state.products.keys()].map((sku) => balanceOf(state, sku, now));
}

/** The grand total of a pool (000-09): what it still has, wherever that is. */
export function totalOf(products: readonly ProductBalance[]): number {
  return products.reduce((sum, product) => sum + heldQuantity(product), 0);
}

/** What the account holds of a product. */
export function heldQuantity({ available, held, inSeats }: ProductBalance): number {
  return available + held + inSeats;
}
