import type { Instant } from '#licensing';
import { viewOf, type ReadStore } from '#read-store';
import { productNames } from '../catalogue/catalogue.query.js';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { timeSort } from '../sort-text.js';
import { findUsers } from '../user-list/user-list.query.js';
import { namedCustomers, nameThen, nameToday, stretchesNamed, type NamedCustomers } from './customer-names.js';
import { historySearch } from './history-search.projection.js';
import { countRows, newestRows, type Found } from './selection.js';

export interface HistoryQuestion {
  /** The giving account. */
  readonly accountId: string;
  /** RFC 3339; in. */
  readonly from?: Instant;
  /** RFC 3339; out. */
  readonly to?: Instant;
  /** Any part of a customer's name or reading, today's or that of then. */
  readonly customerName?: string;
  readonly skus?: readonly string[];
  /** Rows a page: 50 unless told, at most 500. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

export interface HistoryItem {
  readonly assignmentId: string;
  readonly line: number;
  readonly kind: 'assignment' | 'drawdown';
  readonly assignedAt: Instant;
  readonly customerId: string;
  /** Today's. */
  readonly customerName: string;
  /** What it was called when the assignment was made; absent when it is called so still. */
  readonly customerNameThen?: string;
  readonly sku: string;
  readonly productName: string;
  readonly quantity: number;
  /** Null when the term has not begun, or never ends. */
  readonly expiresAt: Instant | null;
  readonly assignedBy: { readonly userId: string; readonly login: string };
}

/**
 * The assignments of one account that pass all filters given, newest first, with how many there are in all (000-18…22).
 * Refuses INVALID_REQUEST for a cursor that is none. What it costs, and where its limits are, says docs/decisions/050.
 */
export async function searchHistory(store: ReadStore, question: HistoryQuestion): Promise<Page<HistoryItem> & { readonly total: number }> {
  const { accountId } = question;
  const limit = limitOf(question.limit);
  const view = await viewOf(store, historySearch);
  const customers = await namedCustomers(store, view, accountId);
  const skus = [...new Set(question.skus)].filter((sku) => sku !== '').sort();
  const asked = [historySearch.name, accountId, question.from, question.to, question.customerName, skus];
  const after = placeOf(question.cursor, asked);
  const selection = {
    within: { from: question.from && timeSort(question.from), to: question.to && timeSort(question.to) },
    skus: skus.length > 0 ? skus : undefined,
    customers: stretchesNamed(customers, question.customerName),
  };
  const [found, total] = await Promise.all([
    newestRows(view, accountId, selection, customers, after, limit + 1),
    countRows(store, view, accountId, selection, customers),
  ]);
  const page = found.slice(0, limit);
  return { items: await joined(store, page, customers), total, next: found.length > limit ? cursorOf(page.at(-1)!.entry, asked) : null };
}

/** The rows as they are answered, with the names that stand elsewhere. */
async function joined(store: ReadStore, page: readonly Found[], customers: NamedCustomers): Promise<HistoryItem[]> {
  const [products, users] = await Promise.all([
    productNames(
      store,
      page.map(({ row }) => row.sku),
    ),
    findUsers(
      store,
      page.map(({ row }) => row.assignedBy),
    ),
  ]);
  return page.map(({ entry, row }) => {
    const customerName = nameToday(customers, row.customerId);
    const then = nameThen(customers, row.customerId, entry.sort);
    return {
      assignmentId: row.assignmentId,
      line: row.line,
      kind: row.kind,
      assignedAt: row.assignedAt,
      customerId: row.customerId,
      customerName,
      ...(then === customerName ? {} : { customerNameThen: then }),
      sku: row.sku,
      productName: products.get(row.sku) ?? row.sku,
      quantity: row.quantity,
      expiresAt: row.expiresAt ?? null,
      assignedBy: { userId: row.assignedBy.userId, login: users.get(row.assignedBy.userId)?.login ?? row.assignedBy.userId },
    };
  });
}
