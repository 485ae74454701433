import type { OrderFact } from '#licensing';
import type { Change, Projection } from '#read-store';
import type { Recorded } from '../recorded.js';
import { isOpen, orderAfter, type ListedOrder } from './order.js';

/** Every order that waits for somebody to deliver it, or will: a list over all accounts, which stays short because what is delivered leaves it. */
export const everyFulfilment = 'fulfilments';

export const orderIndex = {
  all: 'all',
  /** Those that are under way. */
  open: 'open',
  state: (state: string) => `state:${state}`,
  /** In the partition of fulfilments: those that can be delivered now. */
  waiting: 'waiting',
};

/** Marketplace orders (003-54), by the account that placed them; and what providers have to deliver (003-61). */
export const orderList: Projection<ListedOrder> = {
  name: 'order-list',
  version: 1,
  on: {
    OrderPlaced: changed,
    OrderPaid: changed,
    PaymentFailed: changed,
    OrderProvisioningStarted: changed,
    OrderFulfilled: changed,
    OrderProvisioned: changed,
    OrderFailed: changed,
    OrderCancelled: changed,
  },
  // A document says by its index which of the two lists it stands in: the vendor's has nothing but what can be delivered.
  indexes: (order) => {
    const sort = order.placed;
    if (isAsked(order)) return order.state === 'provisioning' ? [{ index: orderIndex.waiting, sort }] : [];
    const open = isOpen(order) ? [{ index: orderIndex.open, sort }] : [];
    return [{ index: orderIndex.all, sort }, { index: orderIndex.state(order.state), sort }, ...open];
  },
};

/** The copy of an order in the partition of fulfilments. */
interface AskedOrder extends ListedOrder {
  readonly asked: true;
}

function isAsked(order: ListedOrder): order is AskedOrder {
  return 'asked' in order;
}

function changed(event: Recorded<OrderFact>): Change<ListedOrder>[] {
  const { accountId, orderId: key } = event.data;
  const own: Change<ListedOrder> = { partition: accountId, key, apply: (order) => orderAfter(order, event) };
  // What is delivered by itself is nothing for the vendor's list.
  if ('fulfilment' in event.data && event.data.fulfilment === 'automatic') return [own];
  return [own, { partition: everyFulfilment, key, apply: (order) => askedAfter(order, event) }];
}

function askedAfter(order: ListedOrder | undefined, event: Recorded<OrderFact>): ListedOrder | undefined {
  const after = orderAfter(order, event);
  const isWanted = after !== undefined && after.fulfilment === 'provider' && !after.fulfilled && isOpen(after);
  return isWanted ? ({ ...after, asked: true } as AskedOrder) : undefined;
}
