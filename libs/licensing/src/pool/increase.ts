import type { Instant } from '../fact.js';
import { times } from '../money.js';
import type { Payment } from '../order/order.events.js';
import { priceOfLine } from '../product/prices.js';
import type { Listing } from '../product/product.events.js';
import { listingForSale } from '../product/product.js';
import { Rejected } from '../rejection.js';
import { refuseTooManyLots } from './lines.js';
import type { PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';
import type { OrderedLine } from './provision.js';
import { refuseMissingRequirements } from './purchase.js';
import { priceOfMore } from './renewal.js';
import type { AboutSubscription } from './subscription.js';
import { billOf } from './subscription-money.js';
import type { Subscription } from './subscription-state.js';

export interface ResizeSubscription extends AboutSubscription {
  /** How many licenses from now on, all together. */
  readonly quantity: number;
  /** Absent: by invoice. */
  readonly payment?: Payment;
  /** Orders for more of it that are known to be over: what they have not brought by now they never will. */
  readonly ordersOver?: ReadonlySet<string>;
}

/**
 * More licenses are an order (003-59), whose id is that of the command. Who asks again while it is under way is ordered what is still missing, and nothing
 * twice. Errors: RESIZE_UNDER_WAY; PRODUCT_WITHDRAWN; REQUIRED_PRODUCT_MISSING; COMMAND_TOO_LARGE, because its renewal is one append.
 */
export function orderIncrease(state: PoolState, subscription: Subscription, command: ResizeSubscription, now: Instant): PoolFact[] {
  const { context, accountId, products, payment = { method: 'invoice' }, ordersOver = new Set<string>() } = command;
  const { subscriptionId, sku, lots } = subscription;
  const underWay = subscription.increases.filter(({ orderId }) => !ordersOver.has(orderId));
  const ordered = underWay.reduce((sum, { quantity }) => sum + quantity, 0);
  const quantity = command.quantity - subscription.quantity - ordered;
  if (quantity <= 0) {
    const orderIds = underWay.map(({ orderId }) => orderId);
    throw new Rejected(
      'RESIZE_UNDER_WAY',
      `It has ${subscription.quantity} licenses, and ${ordered} more are ordered and not there yet, by ${orderIds.join(', ')}: together as many as ${command.quantity}, or more.`,
      { subscriptionId, requested: command.quantity, quantity: subscription.quantity, ordered, orderIds },
    );
  }
  const listing = listingForSale(products.get(sku), sku);
  refuseTooManyLots(lots.length + underWay.length + 1);
  refuseMissingRequirements(state, { lines: [{ sku, quantity }], products }, now);
  const isOver = subscription.increases.filter(({ orderId }) => ordersOver.has(orderId)).map(({ orderId }) => orderId);
  const data = {
    ...{ accountId, subscriptionId, orderId: context.commandId, placedBy: context.actor.userId },
    ...{ line: lineOf(subscription, quantity, listing, now), payment, fulfilment: listing.policy.fulfilment ?? ('automatic' as const) },
    ...(isOver.length > 0 && { ordersOver: isOver }),
  };
  return [{ type: 'SubscriptionIncreaseOrdered', data }];
}

/** At the price that more of it costs; where nothing was agreed, only one that is in force will do. */
function lineOf(subscription: Subscription, quantity: number, listing: Listing, now: Instant): OrderedLine {
  const { subscriptionId, sku, billing } = subscription;
  const unitPrice = priceOfMore(subscription, listing, now) ?? priceOfLine(listing, billing, now);
  // Its first period may end before it is whole: all of a subscription ends together.
  const amount = billOf({ windowStartsAt: now, unitPrice }, quantity, subscription, now)?.billed;
  const isWhole = unitPrice !== undefined && amount?.amount === times(unitPrice, quantity).amount;
  const price = unitPrice && { unitPrice, ...(amount && !isWhole && { amount }), billedFrom: now };
  return { sku, quantity, billing, subscriptionId, ...price };
}
