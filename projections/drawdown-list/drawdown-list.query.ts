import type { DrawdownState, Instant } from '#licensing';
import { viewOf, type ReadStore, type ReadView } from '#read-store';
import { productNames } from '../catalogue/catalogue.query.js';
import { fold, searchFor } from '../folding.js';
import { LookUpTables } from '../look-up-table.js';
import { cursorOf, limitOf, pageOf, placeOf, type Page, type Paging } from '../pages.js';
import { findUsers } from '../user-list/user-list.query.js';
import {
  drawdownList,
  everyDrawdown,
  stateIndex,
  type DrawdownCustomer,
  type DrawdownDocument,
  type ListedDrawdown,
} from './drawdown-list.projection.js';

export interface DrawdownQuestion {
  readonly accountId: string;
  readonly states?: readonly DrawdownState[];
  /** The customer's id, or any part of its name, as the history is searched. */
  readonly customer?: string;
  /** Submitted at this time or later, and before that one. */
  readonly from?: Instant;
  readonly to?: Instant;
  readonly limit?: number;
  readonly cursor?: string;
}

interface Person {
  readonly userId: string;
  readonly login: string;
}

/** A drawdown with the names that stand elsewhere. */
export interface DrawdownItem {
  readonly drawdownId: string;
  readonly accountId: string;
  readonly state: DrawdownState;
  readonly orderId: string;
  readonly customer: {
    readonly customerId: string;
    readonly accountName: string;
    readonly website?: string;
    readonly contactName?: string;
    readonly contactEmail?: string;
  };
  readonly lines: readonly { readonly line: number; readonly sku: string; readonly productName: string; readonly quantity: number }[];
  readonly submittedAt: Instant;
  readonly requestedBy: Person;
  readonly holdUntil: Instant;
  readonly note?: string;
  readonly clonedFrom?: string;
  /** Why it was rejected or cancelled (004-32). */
  readonly reason?: string;
  readonly history: readonly { readonly state: DrawdownState; readonly at: Instant; readonly by: Person; readonly reason?: string }[];
}

/** What a question compares of a drawdown. */
interface Row {
  readonly drawdownId: string;
  readonly submitted: string;
  readonly submittedAt: Instant;
  readonly state: DrawdownState;
  readonly customerId: string;
  readonly typedName: string;
}

interface Table {
  /** The newest first. */
  readonly rows: readonly Row[];
  /** Folded, by the customer's id. */
  readonly names: ReadonlyMap<string, string>;
}

function rowOf({ drawdownId, submitted, state, customerId, history, typed }: ListedDrawdown): Row {
  return { drawdownId, submitted, submittedAt: history[0]!.at, state, customerId, typedName: fold(typed.accountName) };
}

const tables = new LookUpTables<DrawdownDocument, Row | DrawdownCustomer, Table>(
  (document) => {
    if (!('drawdownId' in document)) return { ...document, name: fold(document.name) };
    return rowOf(document);
  },
  (all) => {
    const rows: Row[] = [];
    const names = new Map<string, string>();
    for (const row of all.values()) {
      if ('drawdownId' in row) rows.push(row);
      else names.set(row.customerId, row.name);
    }
    return { rows: rows.sort((one, other) => (one.submitted < other.submitted ? 1 : -1)), names };
  },
);

/** The drawdowns of one partner that pass all filters, the newest first; none at first (004-13). Refuses INVALID_REQUEST for a cursor that is none. */
export async function listDrawdowns(
  store: ReadStore,
  { accountId, ...question }: DrawdownQuestion,
): Promise<Page<DrawdownItem> & { readonly total: number }> {
  const limit = limitOf(question.limit);
  const { states, customer, from, to } = question;
  const asked = [drawdownList.name, accountId, states && [...states].sort(), customer, from, to];
  const after = placeOf(question.cursor, asked)?.sort;
  const view = await viewOf(store, drawdownList);
  const { rows, names } = await tables.of(store, view, accountId);
  const isWanted = filterOf(question, names);
  const found = rows.filter(isWanted);
  const rest = after === undefined ? found : found.filter(({ submitted }) => submitted < after);
  const page = rest.slice(0, limit);
  const drawdowns = await drawdownsOf(
    view,
    accountId,
    page.map(({ drawdownId }) => drawdownId),
  );
  const next = rest.length > limit ? cursorOf({ sort: page.at(-1)!.submitted, key: '' }, asked) : null;
  // Read after it was found: what was decided in between may be in a state that nobody asked for.
  const wanted = drawdowns.filter((drawdown) => isWanted(rowOf(drawdown)));
  return { items: await joined(store, wanted), total: found.length, next };
}

/** The drawdowns in these states, of one account or of all, the one that waits longest first: what approvers work through (004-26, 004-27). */
export async function drawdownQueue(
  store: ReadStore,
  question: { readonly accountId?: string; readonly states: readonly DrawdownState[] } & Paging,
): Promise<Page<DrawdownItem> & { readonly total: number }> {
  const partition = question.accountId ?? everyDrawdown;
  const view = await viewOf(store, drawdownList);
  const indexes = [...new Set(question.states)].map(stateIndex);
  const [{ items, next }, counts] = await Promise.all([
    pageOf(view, partition, indexes, 'ascending', question),
    view.counts(
      partition,
      indexes.map((index) => ({ index })),
    ),
  ]);
  const drawdowns = items.filter((document) => 'drawdownId' in document);
  return { items: await joined(store, drawdowns), total: counts.reduce((sum, count) => sum + count, 0), next };
}

/** One drawdown of an account; undefined when there is none. */
export async function findDrawdown(store: ReadStore, accountId: string, drawdownId: string): Promise<DrawdownItem | undefined> {
  const view = await viewOf(store, drawdownList);
  return (await joined(store, await drawdownsOf(view, accountId, [drawdownId])))[0];
}

/** The customers that a partner had drawdowns for, the latest first. */
export async function drawdownCustomers(store: ReadStore, accountId: string): Promise<readonly string[]> {
  const { rows } = await tables.of(store, await viewOf(store, drawdownList), accountId);
  return [...new Set(rows.map(({ customerId }) => customerId))];
}

function filterOf({ states, customer, from, to }: Omit<DrawdownQuestion, 'accountId'>, names: Table['names']): (row: Row) => boolean {
  const search = searchFor(customer);
  const isCustomer = ({ customerId, typedName }: Row): boolean =>
    search === undefined ||
    customerId === customer?.toLowerCase() ||
    search.matches(typedName) ||
    search.matches(names.get(customerId) ?? '');
  return (row) =>
    (states?.includes(row.state) ?? true) &&
    (from === undefined || row.submittedAt >= from) &&
    (to === undefined || row.submittedAt < to) &&
    isCustomer(row);
}

async function drawdownsOf(view: ReadView<DrawdownDocument>, partition: string, keys: readonly string[]): Promise<ListedDrawdown[]> {
  const documents = await view.documents(partition, keys);
  return documents.filter((document) => document !== undefined) as ListedDrawdown[];
}

/** With the names of products and users. */
async function joined(store: ReadStore, drawdowns: readonly ListedDrawdown[]): Promise<DrawdownItem[]> {
  const skus = drawdowns.flatMap(({ lines }) => lines.map(({ sku }) => sku));
  const people = drawdowns.flatMap(({ history }) => history.map(({ by }) => by));
  const [products, users] = await Promise.all([productNames(store, skus), findUsers(store, people)]);
  const person = (userId: string): Person => ({ userId, login: users.get(userId)?.login ?? userId });
  return drawdowns.map(({ typed, submitted: _, changed: __, ...drawdown }) => {
    const { accountId, customerId, note, clonedFrom, lines } = drawdown;
    const [first] = drawdown.history;
    const reason = drawdown.history.at(-1)!.reason;
    const { website, ...known } = typed;
    return {
      drawdownId: drawdown.drawdownId,
      accountId,
      state: drawdown.state,
      orderId: drawdown.orderId,
      customer: { customerId, ...known, ...(website !== undefined && { website }) },
      lines: lines.map(({ line, sku, quantity }) => ({ line, sku, productName: products.get(sku) ?? sku, quantity })),
      submittedAt: first!.at,
      requestedBy: person(first!.by.userId),
      holdUntil: drawdown.holdUntil,
      ...(note !== undefined && { note }),
      ...(clonedFrom !== undefined && { clonedFrom }),
      ...(reason !== undefined && { reason }),
      history: drawdown.history.map(({ state, at, by, reason: why }) => ({
        ...{ state, at, by: person(by.userId) },
        ...(why !== undefined && { reason: why }),
      })),
    };
  });
}
