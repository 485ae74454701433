import type { Instant } from '../fact.js';
import type { PoolState } from './pool.js';
import { goesOn } from './renewal.js';
import { firstCurrent, type HeldLot } from './use-order.js';

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

/**
 * One product's balance, all zero when the pool never had it. With `now`, lots whose term is over count as expired, recorded or not; those of
 * a subscription that renews go on, recorded or not.
 */
export function balanceOf(state: PoolState, sku: string, now?: Instant): ProductBalance {
  const known = state.products.get(sku);
  if (known === undefined) return balanceIn(sku);
  const { order, ...balance } = known;
  if (now === undefined) return balance;
  for (const lot of order.lots.slice(order.head, firstCurrent(order, now))) {
    if (goesOn(state, lot.lot)) continue;
    for (const place of ['available', 'held', 'inSeats'] as const) balance[place] -= lot[place];
    balance.expired += lot.available + lot.held + lot.inSeats;
  }
  return balance;
}

/** The lots of a product that can be used at a time, in the order of use: not those that are over, recorded or not. */
export function* lotsInForce(state: PoolState, sku: string, now: Instant): Generator<HeldLot> {
  const order = state.products.get(sku)?.order;
  for (let place = order?.head ?? 0; place < (order?.lots.length ?? 0); place += 1) {
    const held = order!.lots[place]!;
    if (isInForce(state, held, now)) yield held;
  }
}

/** Whether a lot's term has not ended, or goes on because its subscription renews. */
export function isInForce(state: PoolState, { lot }: HeldLot, now: Instant): boolean {
  return lot.expiresAt === undefined || lot.expiresAt > now || goesOn(state, lot);
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
