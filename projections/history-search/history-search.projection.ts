import {
  givenBy,
  type Actor,
  type CustomerProfileChanged,
  type DealerLinked,
  type DrawdownAccepted,
  type DrawdownSubmitted,
  type Giving,
  type Instant,
  type LicenseAssigned,
} from '#licensing';
import type { Change, IndexEntry, Projection, ReadView } from '#read-store';
import { changedIndex, type Changing } from '../look-up-table.js';
import type { Recorded } from '../recorded.js';
import { positionSort, timeSort } from '../sort-text.js';

/** One line of one assignment or accepted drawdown, as it was made. It never changes. */
export interface HistoryRow {
  readonly assignmentId: string;
  readonly line: number;
  readonly kind: 'assignment' | 'drawdown';
  readonly assignedAt: Instant;
  readonly customerId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly expiresAt?: Instant;
  readonly assignedBy: Pick<Actor, 'userId' | 'accountId'>;
}

/** What a customer was called, and since when: the place in the history (see `rowSort`) from which on the name holds. */
export interface CustomerName {
  readonly name: string;
  readonly nameReading?: string;
  readonly since: string;
}

/** All names of one customer, the oldest first. Who is given something was introduced before: the fact that links it carries its name, or the drawdown
 * that wrote it down. */
export interface CustomerNames extends Changing {
  readonly customerId: string;
  readonly names: readonly CustomerName[];
}

/** What a partition holds: its rows, and the names to find them by. */
export type HistoryDocument = HistoryRow | CustomerNames;
export type HistoryView = ReadView<HistoryDocument>;

/** The newest rows stand last in each of these: all, one customer's, one product's, one customer's of one product. */
export const historyIndex = {
  all: 'all',
  customer: (customerId: string) => `customer:${customerId}`,
  product: (sku: string) => `product:${sku}`,
  customerProduct: (customerId: string, sku: string) => `customer:${customerId}:${sku}`,
};

/** Where a fact stands in the history: by its time, and among facts of one millisecond by the log's order. */
function rowSort(at: Instant, position: string): string {
  return timeSort(at) + position;
}

/** A row's key begins with its position. Lines count backwards in it, so that the first line comes first where the newest does. */
function rowKey(position: string, line: number): string {
  return position + (36 ** 3 - 1 - line).toString(36).padStart(3, '0');
}

const positionOf = (key: string): string => key.slice(0, -3);

/**
 * Whom a partner gave what, and when (000-18…22). The partition is the giving account. Beside the rows it holds the names of the customers,
 * because a search by name must find them without leaving the partition.
 */
export const historySearch: Projection<HistoryDocument> = {
  name: 'history-search',
  version: 2,
  on: {
    LicenseAssigned: (event: Recorded<LicenseAssigned>) => rowsOf(event, 'assignment'),
    DrawdownAccepted: (event: Recorded<DrawdownAccepted>) => rowsOf(event, 'drawdown'),
    // A customer that never linked the partner is called what the partner wrote down.
    DrawdownSubmitted: (event: Recorded<DrawdownSubmitted>) => {
      const { accountId, customerId, person } = event.data;
      return [named(accountId, customerId, { name: person.accountName }, event, 'unlessKnown')];
    },
    DealerLinked: (event: Recorded<DealerLinked>) => {
      const { partnerId, customerId, person } = event.data;
      return [named(partnerId, customerId, { name: person.name, nameReading: person.nameReading ?? null }, event)];
    },
    CustomerProfileChanged: (event: Recorded<CustomerProfileChanged>) => {
      const { partnerIds, customerId, person } = event.data;
      return partnerIds.map((partnerId) => named(partnerId, customerId, person, event));
    },
  },
  indexes: (document, key) => ('names' in document ? [{ index: changedIndex, sort: document.changed }] : placesOf(document, key)),
};

function rowsOf(event: Recorded<Giving>, kind: HistoryRow['kind']): Change<HistoryDocument>[] {
  const { accountId, assignmentId, customerId, assignedAt, lines } = givenBy(event as unknown as Giving);
  const position = positionSort(event.position);
  const { actor } = event.metadata;
  const assignedBy = { userId: actor.userId, accountId: actor.accountId };
  return lines.map(({ line, sku, quantity, expiresAt }) => {
    const row: HistoryRow = { assignmentId, line, kind, assignedAt, customerId, sku, quantity, expiresAt, assignedBy };
    return { partition: accountId, key: rowKey(position, line), apply: () => row };
  });
}

function placesOf(row: HistoryRow, key: string): IndexEntry[] {
  const sort = rowSort(row.assignedAt, positionOf(key));
  return [
    { index: historyIndex.all, sort },
    { index: historyIndex.customer(row.customerId), sort },
    { index: historyIndex.product(row.sku), sort },
    { index: historyIndex.customerProduct(row.customerId, row.sku), sort },
  ];
}

/** A customer has a new name, or the old one with another reading; null takes the reading away, undefined leaves it. */
function named(
  partition: string,
  customerId: string,
  person: { readonly name?: string; readonly nameReading?: string | null },
  { position, metadata }: Recorded<DealerLinked | CustomerProfileChanged | DrawdownSubmitted>,
  unlessKnown?: 'unlessKnown',
): Change<HistoryDocument> {
  const changed = positionSort(position);
  return {
    partition,
    key: `customer:${customerId}`,
    apply: (document) => {
      const known = document as CustomerNames | undefined;
      const last = known?.names.at(-1);
      if (unlessKnown && last !== undefined) return document;
      const name = person.name ?? last?.name;
      const nameReading = person.nameReading === null ? undefined : (person.nameReading ?? last?.nameReading);
      if (name === undefined || (name === last?.name && nameReading === last.nameReading)) return document;
      const since = rowSort(metadata.recordedAt, changed);
      return { customerId, names: [...(known?.names ?? []), { name, nameReading, since }], changed };
    },
  };
}
