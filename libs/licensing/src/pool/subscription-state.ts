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
  /** The start of the very first term: later ones are counted from it (contract, "Times"). */
  readonly anchoredAt: string;
  termStartsAt: string;
  termEndsAt: string;
  autoRenewal: boolean;
  /** `endsWithTerm`: a cancellation came too late for it, so it does not renew. */
  lots: readonly (SubscriptionLot & { readonly endsWithTerm?: boolean })[];
  scheduled?: { readonly quantity?: number; readonly billing?: Billing };
}

export function foldSubscription(state: PoolState, fact: SubscriptionFact): void {
  const { type, data } = fact;
  if (type === 'SubscriptionStarted') {
    const { accountId: _, orderId: __, ...started } = data;
    state.subscriptions.set(data.subscriptionId, { ...started, state: 'active', anchoredAt: data.termStartsAt });
    state.activeSubscriptions.add(data.subscriptionId);
    return;
  }
  const subscription = state.subscriptions.get(data.subscriptionId);
  if (subscription === undefined) return;
  switch (type) {
    case 'SubscriptionResized':
      subscription.lots = [...subscription.lots, ...data.added];
      subscription.quantity = data.quantity;
      for (const part of data.removed) takeOut(state, subscription, part, 'cancelled');
      break;
    case 'SubscriptionRenewed': {
      for (const part of data.removed) takeOut(state, subscription, part, 'expired');
      for (const { lotId } of data.lots) prolongLot(state, lotId, data.termEndsAt);
      const { termStartsAt, termEndsAt, quantity, billing, lots } = data;
      Object.assign(subscription, { termStartsAt, termEndsAt, quantity, billing, lots, scheduled: undefined });
      break;
    }
    case 'AutoRenewalDisabled':
    case 'AutoRenewalEnabled':
      subscription.autoRenewal = type === 'AutoRenewalEnabled';
      break;
    case 'RenewalScheduled':
      subscription.scheduled = { quantity: data.quantity, billing: data.billing };
      break;
    case 'RenewalUnscheduled':
      subscription.scheduled = undefined;
      break;
    case 'CancellationDeclined': {
      const retained = new Set(data.lots.map(({ lotId }) => lotId));
      if (!data.keepRenewal)
        subscription.lots = subscription.lots.map((lot) => (retained.has(lot.lotId) ? { ...lot, endsWithTerm: true } : lot));
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
