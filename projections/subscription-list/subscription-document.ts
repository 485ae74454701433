import type { Billing, Instant, LotOfSubscription, LotPart, SubscriptionFact } from '#licensing';

export const subscriptionStates = ['active', 'cancelled', 'expired'] as const;

/** A subscription as its facts tell it. */
export interface SubscriptionDocument {
  readonly accountId: string;
  readonly subscriptionId: string;
  /** Which order began it. */
  readonly orderId: string;
  readonly sku: string;
  /** Licenses; 0 once it is over. */
  readonly quantity: number;
  readonly billing: Billing;
  readonly state: (typeof subscriptionStates)[number];
  readonly startedAt: Instant;
  readonly termStartsAt: Instant;
  readonly termEndsAt: Instant;
  readonly autoRenewal: boolean;
  /** Oldest first. */
  readonly lots: readonly LotOfSubscription[];
  readonly scheduled?: { readonly quantity?: number; readonly billing?: Billing };
  /** When it was cancelled or expired. */
  readonly endedAt?: Instant;
}

/** The document after one fact more. A fact about a subscription that never began changes nothing. */
export function afterFact(
  document: SubscriptionDocument | undefined,
  { type, data, recordedAt }: SubscriptionFact & { readonly recordedAt: Instant },
): SubscriptionDocument | undefined {
  if (type === 'SubscriptionStarted') return { ...data, state: 'active', startedAt: data.termStartsAt };
  if (document === undefined) return undefined;
  switch (type) {
    case 'SubscriptionResized':
      return { ...document, quantity: data.quantity, lots: without([...document.lots, ...data.added], data.removed) };
    case 'SubscriptionRenewed': {
      const { termStartsAt, termEndsAt, quantity, billing, lots } = data;
      const { scheduled: _, ...rest } = document;
      return { ...rest, termStartsAt, termEndsAt, quantity, billing, lots };
    }
    case 'AutoRenewalDisabled':
      return { ...document, autoRenewal: false };
    case 'AutoRenewalEnabled':
      return { ...document, autoRenewal: true, lots: document.lots.map(({ isDeclined: _, endsWithTerm: __, ...lot }) => lot) };
    case 'RenewalScheduled': {
      const { quantity, billing } = data;
      return { ...document, scheduled: { ...(quantity !== undefined && { quantity }), ...(billing && { billing }) } };
    }
    case 'RenewalUnscheduled': {
      const { scheduled: _, ...rest } = document;
      return rest;
    }
    case 'CancellationDeclined': {
      const retained = new Set(data.lots.map(({ lotId }) => lotId));
      const marks = { isDeclined: true, endsWithTerm: !data.keepRenewal };
      return { ...document, lots: document.lots.map((lot) => (retained.has(lot.lotId) ? { ...lot, ...marks } : lot)) };
    }
    case 'SubscriptionCancelled': {
      const lots = without(document.lots, data.lots);
      return data.quantity === 0 ? over(document, 'cancelled', recordedAt) : { ...document, quantity: data.quantity, lots };
    }
    case 'SubscriptionExpired':
      return over(document, 'expired', data.effectiveAt);
    default:
      return document;
  }
}

function over({ scheduled: _, ...document }: SubscriptionDocument, state: 'cancelled' | 'expired', endedAt: Instant): SubscriptionDocument {
  return { ...document, state, quantity: 0, lots: [], endedAt };
}

function without(lots: readonly LotOfSubscription[], parts: readonly LotPart[]): LotOfSubscription[] {
  const taken = new Map<string, number>();
  for (const { lotId, quantity } of parts) taken.set(lotId, (taken.get(lotId) ?? 0) + quantity);
  return lots.map((lot) => ({ ...lot, quantity: lot.quantity - (taken.get(lot.lotId) ?? 0) })).filter(({ quantity }) => quantity > 0);
}
