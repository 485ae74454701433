import { subscriptionFacts, willRenew } from '#licensing';
import type {
  DrawdownAccepted,
  DrawdownCancelled,
  DrawdownLapsed,
  DrawdownRejected,
  DrawdownSubmitted,
  Instant,
  LicenseActivated,
  LicenseAssigned,
  LicenseExpired,
  LicensePurchased,
  LicenseReceived,
  Lot,
  PurchaseReversed,
  SubscriptionFact,
} from '#licensing';
import type { Change, IndexEntry, Projection } from '#read-store';
import type { Recorded } from '../recorded.js';
import { timeSort } from '../sort-text.js';
import { afterFact, type SubscriptionDocument } from '../subscription-list/subscription-document.js';

/** What ends, closes or renews by itself. The names are part of the API. */
export const deadlineKinds = ['holdLapses', 'cancellationWindowEnds', 'termEnds', 'termRenews', 'licenseExpires'] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

/** What is left of a lot that ends one day, and ends by itself. */
export interface LotDeadline {
  readonly about: 'lot';
  readonly accountId: string;
  readonly lotId: string;
  readonly sku: string;
  /** Licenses; a lot of which nothing is left has no deadline. */
  readonly quantity: number;
  readonly expiresAt: Instant;
}
/** An open drawdown. */
export interface HoldDeadline {
  readonly about: 'hold';
  readonly accountId: string;
  readonly drawdownId: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly holdUntil: Instant;
}
/** A subscription stands here twice, for its term and for its windows: the keys tell which, so that what is due at one moment is two entries. */
export interface SubscriptionDeadline {
  readonly about: 'term' | 'windows';
  readonly accountId: string;
  readonly subscription: SubscriptionDocument;
}
export type DeadlineDocument = LotDeadline | HoldDeadline | SubscriptionDeadline;

/**
 * Deadlines are asked for over all accounts together, in the order of time. One partition for all of them would be one Redis key in one
 * slot, written by every event; one for each account could not be asked. So accounts are spread over this many partitions by their id,
 * and a question over all of them asks each. The number is part of what is stored: changing it is a new version.
 */
export const shards = 64;

export function shardOf(accountId: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < accountId.length; index++) hash = Math.imul(hash ^ accountId.charCodeAt(index), 0x01000193) >>> 0;
  return shardName(hash % shards);
}

export const shardName = (number: number): string => `shard-${String(number).padStart(2, '0')}`;

/** `due` has what there is a fact for: the end of a window only means that something is no longer possible. */
export const deadlineIndex = { due: 'due', account: (accountId: string, kind: DeadlineKind) => `account:${accountId}:${kind}` };

/** When what happens by itself (000-25, 003-62…67, 004-36). Keys begin with the account, because ids are only sure to be unique within a pool. */
export const deadlineList: Projection<DeadlineDocument> = {
  name: 'deadline-list',
  version: 2,
  on: {
    LicensePurchased: ({ data }: Recorded<LicensePurchased>) => data.lots.map((lot) => added(data.accountId, lot)),
    LicenseReceived: ({ data }: Recorded<LicenseReceived>) => data.lots.map((lot) => added(data.accountId, lot)),
    LicenseActivated: ({ data }: Recorded<LicenseActivated>) =>
      data.lots.flatMap(({ fromLotId, lot }) => [taken(data.accountId, fromLotId, lot.quantity), added(data.accountId, lot)]),
    LicenseAssigned: ({ data }: Recorded<LicenseAssigned>) => given(data),
    PurchaseReversed: ({ data }: Recorded<PurchaseReversed>) =>
      data.lots.map(({ lotId, quantity }) => taken(data.accountId, lotId, quantity)),
    LicenseExpired: ({ data }: Recorded<LicenseExpired>) => data.lots.map(({ lotId, quantity }) => taken(data.accountId, lotId, quantity)),
    DrawdownSubmitted: ({ data: { accountId, drawdownId, holdUntil, lines } }: Recorded<DrawdownSubmitted>) => {
      const held = lines.map(({ sku, quantity }) => ({ sku, quantity }));
      return [hold(accountId, drawdownId, { about: 'hold', accountId, drawdownId, holdUntil, lines: held })];
    },
    DrawdownAccepted: ({ data }: Recorded<DrawdownAccepted>) => [hold(data.accountId, data.drawdownId), ...given(data)],
    DrawdownRejected: decided,
    DrawdownCancelled: decided,
    DrawdownLapsed: decided,
    ...Object.fromEntries(subscriptionFacts.map((type) => [type, subscriptionChanged])),
  },
  indexes: entriesOf,
};

/** A lot without an end has no deadline, and none that what is taken from it could change; that of a subscription goes by its term. */
function added(accountId: string, { lotId, sku, quantity, expiresAt, subscriptionId }: Lot): Change<DeadlineDocument> {
  const hasNone = expiresAt === undefined || subscriptionId !== undefined;
  return change(accountId, `lot/${lotId}`, (lot) => (hasNone ? lot : { about: 'lot', accountId, lotId, sku, quantity, expiresAt }));
}

function taken(accountId: string, lotId: string, quantity: number): Change<DeadlineDocument> {
  return change(accountId, `lot/${lotId}`, (lot) =>
    lot?.about === 'lot' && lot.quantity > quantity ? { ...lot, quantity: lot.quantity - quantity } : undefined,
  );
}

function given({ accountId, lines }: LicenseAssigned['data'] | DrawdownAccepted['data']): Change<DeadlineDocument>[] {
  return lines.flatMap(({ lots }) => lots.map(({ lotId, quantity }) => taken(accountId, lotId, quantity)));
}

function decided({ data }: Recorded<DrawdownRejected | DrawdownCancelled | DrawdownLapsed>): Change<DeadlineDocument>[] {
  return [hold(data.accountId, data.drawdownId)];
}

function hold(accountId: string, drawdownId: string, document?: HoldDeadline): Change<DeadlineDocument> {
  return change(accountId, `hold/${drawdownId}`, () => document);
}

/** A subscription that is over has no deadline. */
function subscriptionChanged(event: Recorded<SubscriptionFact>): Change<DeadlineDocument>[] {
  const { accountId, subscriptionId } = event.data;
  const fact = { ...(event as unknown as SubscriptionFact), recordedAt: event.metadata.recordedAt };
  return (['term', 'windows'] as const).map((about) =>
    change(accountId, `${about}/${subscriptionId}`, (known) => {
      const subscription = afterFact(known !== undefined && 'subscription' in known ? known.subscription : undefined, fact);
      return subscription?.state === 'active' ? { about, accountId, subscription } : undefined;
    }),
  );
}

function entriesOf(document: DeadlineDocument): IndexEntry[] {
  const { accountId } = document;
  if (document.about === 'windows')
    return windowEnds(document.subscription).map((at) => ({
      index: deadlineIndex.account(accountId, 'cancellationWindowEnds'),
      sort: timeSort(at),
    }));
  const [kind, at] = firedAs(document);
  const sort = timeSort(at);
  return [
    { index: deadlineIndex.due, sort },
    { index: deadlineIndex.account(accountId, kind), sort },
  ];
}

/** What happens to it by itself, and when. */
export function firedAs(document: LotDeadline | HoldDeadline | SubscriptionDeadline): readonly [DeadlineKind, Instant] {
  if (document.about === 'lot') return ['licenseExpires', document.expiresAt];
  if (document.about === 'hold') return ['holdLapses', document.holdUntil];
  return [willRenew(document.subscription) ? 'termRenews' : 'termEnds', document.subscription.termEndsAt];
}

/** When windows of its lots end; those that end together are one. */
function windowEnds({ lots }: SubscriptionDocument): Instant[] {
  return [...new Set(lots.flatMap(({ windowEndsAt }) => windowEndsAt ?? []))];
}

function change(accountId: string, key: string, apply: Change<DeadlineDocument>['apply']): Change<DeadlineDocument> {
  return { partition: shardOf(accountId), key: `${accountId}/${key}`, apply };
}
