import { move, prolongLot } from './lots.js';
import type { PoolState } from './pool.js';
import type { Billing, SubscriptionFact, SubscriptionLot } from './subscription.events.js';

/** A subscription as its facts left it. Kept for good, so that a command about one that is over says so. */
export interface Subscription {
  readonly subscriptionId: string;
  readonly sku: string;
  state: 'active' | 'cancelled' | 'expired';
  /** Licenses; 0 once it is over. */
  quantity: number;
  billing: Billing;
  /** Terms are counted from here (contract, "Times"): the start of the first one, or of the first one that was bound for as long as now. */
  anchoredAt: string;
  /** How many have begun since then. */
  termsBegun: number;
  termStartsAt: string;
  termEndsAt: string;
  autoRenewal: boolean;
  lots: readonly LotOfSubscription[];
  scheduled?: { readonly quantity?: number; readonly billing?: Billing };
  /** Ordered and not there yet, as far as the pool knows: an order may have failed meanwhile. */
  increases: readonly { readonly orderId: string; readonly quantity: number }[];
}

/** Oldest first. */
export interface LotOfSubscription extends SubscriptionLot {
  /** A cancellation came too late for it. */
  readonly isDeclined?: boolean;
  /** So it does not renew. */
  readonly endsWithTerm?: boolean;
}

export function foldSubscription(state: PoolState, fact: SubscriptionFact): void {
  const { type, data } = fact;
  if (type === 'SubscriptionStarted') {
    const { accountId: _, orderId: __, ...started } = data;
    state.subscriptions.set(data.subscriptionId, {
      ...started,
      state: 'active',
      anchoredAt: data.termStartsAt,
      termsBegun: 1,
      increases: [],
    });
    state.activeSubscriptions.add(data.subscriptionId);
    return;
  }
  const subscription = state.subscriptions.get(data.subscriptionId);
  if (subscription === undefined) return;
  switch (type) {
    case 'SubscriptionIncreaseOrdered': {
      const { orderId, line, ordersOver = [] } = data;
      const underWay = subscription.increases.filter((increase) => !ordersOver.includes(increase.orderId));
      subscription.increases = [...underWay, { orderId, quantity: line.quantity }];
      break;
    }
    case 'SubscriptionResized':
      subscription.increases = subscription.increases.filter(({ orderId }) => orderId !== data.orderId);
      subscription.lots = [...subscription.lots, ...data.added];
      subscription.quantity = data.quantity;
      for (const part of data.removed) takeOut(state, subscription, part, 'cancelled');
      break;
    case 'SubscriptionRenewed': {
      for (const part of data.removed) takeOut(state, subscription, part, 'expired');
      for (const { lotId } of data.lots) prolongLot(state, lotId, data.termEndsAt);
      const { termStartsAt, termEndsAt, quantity, billing, lots } = data;
      const isAsLong = billing.commitment === subscription.billing.commitment;
      subscription.anchoredAt = isAsLong ? subscription.anchoredAt : termStartsAt;
      subscription.termsBegun = isAsLong ? subscription.termsBegun + 1 : 1;
      Object.assign(subscription, { termStartsAt, termEndsAt, quantity, billing, lots, scheduled: undefined });
      break;
    }
    case 'AutoRenewalDisabled':
      subscription.autoRenewal = false;
      break;
    case 'AutoRenewalEnabled':
      subscription.autoRenewal = true;
      subscription.lots = subscription.lots.map(({ isDeclined: _, endsWithTerm: __, ...lot }) => lot);
      break;
    case 'RenewalScheduled':
      subscription.scheduled = { quantity: data.quantity, billing: data.billing };
      break;
    case 'RenewalUnscheduled':
      subscription.scheduled = undefined;
      break;
    case 'CancellationDeclined': {
      const retained = new Set(data.lots.map(({ lotId }) => lotId));
      const marks = { isDeclined: true, endsWithTerm: !data.keepRenewal };
      subscription.lots = subscription.lots.map((lot) => (retained.has(lot.lotId) ? { ...lot, ...marks } : lot));
      break;
    }
    case 'SubscriptionCancelled':
      for (const part of data.lots) takeOut(state, subscription, part, 'cancelled');
      subscription.quantity = data.quantity;
      if (data.quantity === 0) close(state, subscription, 'cancelled');
      break;
    case 'SubscriptionExpired':
      for (const part of data.lots) takeOut(state, subscription, part, 'expired');
      close(state, subscription, 'expired');
      break;
  }
}

type Part = Parameters<typeof move>[1] & { readonly from?: 'held' | 'inSeats' };

function takeOut(state: PoolState, subscription: Subscription, part: Part, to: 'cancelled' | 'expired'): void {
  move(state, part, part.from ?? 'available', to);
  subscription.lots = subscription.lots
    .map((lot) => (lot.lotId === part.lotId ? { ...lot, quantity: lot.quantity - part.quantity } : lot))
    .filter(({ quantity }) => quantity > 0);
}

function close(state: PoolState, subscription: Subscription, as: 'cancelled' | 'expired'): void {
  Object.assign(subscription, { state: as, quantity: 0, lots: [], scheduled: undefined });
  state.activeSubscriptions.delete(subscription.subscriptionId);
}
