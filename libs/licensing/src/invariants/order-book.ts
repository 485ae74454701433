import { sumsOfMoney, times } from '../money.js';
import type { OrderFact, OrderPlaced } from '../order/order.events.js';
import { sumsOf } from '../pool/lines.js';
import type { LicensePurchased } from '../pool/pool.events.js';
import type { SubscriptionResized } from '../pool/subscription.events.js';
import { sameValue } from '../same-value.js';
import type { Report } from './books.js';

/** Which fact may follow on which; what is not here comes last. */
const followers: Readonly<Record<string, readonly OrderFact['type'][]>> = {
  OrderPlaced: ['OrderPaid', 'PaymentFailed', 'OrderCancelled'],
  OrderPaid: ['OrderProvisioningStarted', 'OrderCancelled'],
  OrderProvisioningStarted: ['OrderFulfilled', 'OrderFailed'],
  OrderFulfilled: ['OrderProvisioned', 'OrderFailed'],
};

interface Known {
  last: OrderFact['type'];
  readonly placed: OrderPlaced['data'];
  /** What its pool was credited with, by sku. */
  credited?: ReadonlyMap<string, number>;
}

/** Marketplace orders and what came of them: money adds up, and a pool has what was ordered, delivered and said to be there, no more and no less. */
export class OrderBook {
  private readonly known = new Map<string, Known>();

  take(fact: OrderFact, report: Report): void {
    const { orderId, accountId } = fact.data;
    const order = this.known.get(orderId);
    if (fact.type === 'OrderPlaced') {
      if (order !== undefined) report(`order ${orderId} is placed twice`);
      if (!sameValue(fact.data.totals, billed(fact.data))) report(`order ${orderId} has totals that are not those of its lines`);
      this.known.set(orderId, { last: fact.type, placed: fact.data });
      return;
    }
    if (order === undefined) {
      report(`there is no order ${orderId}`);
      return;
    }
    if (order.placed.accountId !== accountId) report(`order ${orderId} is said to be of another account`);
    if (!followers[order.last]?.includes(fact.type)) report(`order ${orderId} goes on with ${fact.type} after ${order.last}`);
    if (fact.type === 'OrderProvisioned' && !sameValue(inOrder(order.credited), inOrder(sumsOf(order.placed.lines))))
      report(`order ${orderId} is provisioned, but its pool was not credited with what was ordered`);
    if (fact.type === 'OrderFailed' && order.credited !== undefined) report(`order ${orderId} has failed after its pool was credited`);
    order.last = fact.type;
  }

  /** A pool was credited; that it is once is for the pool's own book. */
  credit({ orderId, accountId, lots, source }: LicensePurchased['data'], report: Report): void {
    const order = this.known.get(orderId);
    if (source !== 'marketplace' || order === undefined) return;
    if (order.placed.accountId !== accountId) report(`order ${orderId} is credited to another account`);
    if (order.last !== 'OrderFulfilled') report(`order ${orderId} is credited after ${order.last}: it was not delivered`);
    order.credited = sumsOf(lots);
  }

  /** Its licenses came too late for the period that it billed: that comes back as a whole, and nothing more. */
  giveBack({ orderId = '', credited }: SubscriptionResized['data'], report: Report): void {
    const order = this.known.get(orderId);
    if (order === undefined || credited === undefined || sameValue(order.placed.totals, [credited])) return;
    report(`order ${orderId} is given back ${credited.amount}, which is not what it billed`);
  }
}

function billed({ lines }: OrderPlaced['data']) {
  const amounts = lines.map(({ unitPrice, quantity, amount }) => amount ?? (unitPrice && times(unitPrice, quantity)));
  return sumsOfMoney(amounts.filter((amount) => amount !== undefined));
}

function inOrder(sums: ReadonlyMap<string, number> | undefined): [string, number][] | undefined {
  return sums && [...sums].sort(([left], [right]) => (left < right ? -1 : 1));
}
