import { subscriptionFacts, type Actor, type Instant, type SubscriptionFact } from '#licensing';
import type { Change, Projection } from '#read-store';
import type { Recorded } from '../recorded.js';
import { positionSort, timeSort } from '../sort-text.js';
import { afterFact, type SubscriptionDocument } from './subscription-document.js';

/** A subscription as it stands. */
export interface SubscriptionEntry {
  readonly kind: 'subscription';
  readonly subscription: SubscriptionDocument;
}
/** One fact of its history. */
export interface HistoryEntry {
  readonly kind: 'fact';
  readonly subscriptionId: string;
  readonly type: SubscriptionFact['type'];
  /** When it took effect. */
  readonly at: Instant;
  readonly recordedAt: Instant;
  readonly by: Pick<Actor, 'userId' | 'accountId'>;
  readonly position: string;
  /** What it says, without what the subscription itself tells. */
  readonly details: object;
}

export const subscriptionIndex = { all: 'all', historyOf: (subscriptionId: string) => `history:${subscriptionId}` };
export const subscriptionKey = (subscriptionId: string): string => `subscription/${subscriptionId}`;

/** What an account subscribes to, and what happened to it (003-58…68). The partition is the account. */
export const subscriptionList: Projection<SubscriptionEntry | HistoryEntry> = {
  name: 'subscription-list',
  version: 2,
  on: Object.fromEntries(subscriptionFacts.map((type) => [type, changed])),
  indexes: (document) =>
    document.kind === 'subscription'
      ? [{ index: subscriptionIndex.all, sort: timeSort(document.subscription.startedAt) }]
      : [{ index: subscriptionIndex.historyOf(document.subscriptionId), sort: positionSort(BigInt(document.position)) }],
};

function changed(event: Recorded<SubscriptionFact>): Change<SubscriptionEntry | HistoryEntry>[] {
  const { accountId: partition, subscriptionId } = event.data;
  const { recordedAt, actor } = event.metadata;
  const { accountId: _, subscriptionId: __, effectiveAt, ...details } = event.data as SubscriptionFact['data'] & { effectiveAt?: Instant };
  const position = String(event.position);
  const by = { userId: actor.userId, ...(actor.accountId !== undefined && { accountId: actor.accountId }) };
  const told = { subscriptionId, type: event.type, at: effectiveAt ?? recordedAt, recordedAt, by, position, details };
  return [
    {
      partition,
      key: subscriptionKey(subscriptionId),
      apply: (document) => {
        const known = document?.kind === 'subscription' ? document.subscription : undefined;
        const subscription = afterFact(known, { ...(event as unknown as SubscriptionFact), recordedAt });
        return subscription && { kind: 'subscription', subscription };
      },
    },
    { partition, key: `fact/${position}`, apply: () => ({ kind: 'fact', ...told }) },
  ];
}
