import type {
  Instant,
  LicenseActivated,
  LicenseAssigned,
  LicenseExpired,
  LicensePurchased,
  LicenseReceived,
  Lot,
  PurchaseReversed,
} from '#licensing';
import type { Change, Projection } from '#read-store';
import type { Recorded } from '../recorded.js';
import { timeSort } from '../sort-text.js';

/** What is left of a lot that ends one day. */
export interface LotDeadline {
  readonly accountId: string;
  readonly lotId: string;
  readonly sku: string;
  /** Licenses; a lot of which nothing is left has no deadline. */
  readonly quantity: number;
  readonly expiresAt: Instant;
}

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

export const deadlineIndex = { all: 'all', account: (accountId: string) => `account:${accountId}` };

/** When what ends (000-25). The key is account and lot, because a lot's id is only sure to be its own within its pool. */
export const deadlineList: Projection<LotDeadline> = {
  name: 'deadline-list',
  version: 1,
  on: {
    LicensePurchased: ({ data }: Recorded<LicensePurchased>) => data.lots.map((lot) => added(data.accountId, lot)),
    LicenseReceived: ({ data }: Recorded<LicenseReceived>) => data.lots.map((lot) => added(data.accountId, lot)),
    LicenseActivated: ({ data }: Recorded<LicenseActivated>) =>
      data.lots.flatMap(({ fromLotId, lot }) => [taken(data.accountId, fromLotId, lot.quantity), added(data.accountId, lot)]),
    LicenseAssigned: ({ data }: Recorded<LicenseAssigned>) =>
      data.lines.flatMap(({ lots }) => lots.map(({ lotId, quantity }) => taken(data.accountId, lotId, quantity))),
    PurchaseReversed: ({ data }: Recorded<PurchaseReversed>) =>
      data.lots.map(({ lotId, quantity }) => taken(data.accountId, lotId, quantity)),
    LicenseExpired: ({ data }: Recorded<LicenseExpired>) => data.lots.map(({ lotId, quantity }) => taken(data.accountId, lotId, quantity)),
  },
  indexes: ({ accountId, expiresAt }) => [
    { index: deadlineIndex.all, sort: timeSort(expiresAt) },
    { index: deadlineIndex.account(accountId), sort: timeSort(expiresAt) },
  ],
};

/** A lot without an end has no deadline, and none that what is taken from it could change. */
function added(accountId: string, { lotId, sku, quantity, expiresAt }: Lot): Change<LotDeadline> {
  return change(accountId, lotId, (lot) => (expiresAt === undefined ? lot : { accountId, lotId, sku, quantity, expiresAt }));
}

function taken(accountId: string, lotId: string, quantity: number): Change<LotDeadline> {
  return change(accountId, lotId, (lot) => (lot && lot.quantity > quantity ? { ...lot, quantity: lot.quantity - quantity } : undefined));
}

function change(accountId: string, lotId: string, apply: Change<LotDeadline>['apply']): Change<LotDeadline> {
  return { partition: shardOf(accountId), key: `${accountId}/${lotId}`, apply };
}
