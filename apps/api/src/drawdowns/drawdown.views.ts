import type { EventLog, Ledger, Receipt } from '#event-store';
import { drawdownIn, ordersInStock, partner, pool, Rejected, type DrawdownState } from '#licensing';
import { findDrawdown, productNames, type DrawdownItem } from '#projections';
import type { ReadStore } from '#read-store';
import { accountKind } from '../pool/pool.references.js';
import type { ReceiptAnswer } from '../receipt.answers.js';
import type { DraftAnswer, DrawdownAnswer, DrawdownChangedAnswer, OrderListAnswer } from './drawdown.answers.js';
import type { FindDrawdown, ListOrders } from './drawdown.questions.js';
import { submissionAt } from './submission.js';

/** The orders that still have something (004-16, 004-22), the oldest first, from the facts themselves. Errors: POOL_NOT_FOUND. */
export async function ordersOf(ledger: Ledger, store: ReadStore, now: string, question: ListOrders): Promise<OrderListAnswer> {
  const { accountId, limit, cursor } = question;
  const { state, revision } = await ledger.load(pool, accountId, true);
  const orders = ordersInStock(state, now);
  if (revision === -1) await accountKind(ledger, accountId);
  const rest = cursor === undefined ? orders : orders.filter((order) => order.revision > Number(cursor));
  const page = rest.slice(0, limit);
  const names = await productNames(
    store,
    page.flatMap(({ products }) => products.map(({ sku }) => sku)),
  );
  return {
    items: page.map(({ orderId, products }) => ({
      orderId,
      products: products.map(({ sku, ...counts }) => ({ sku, name: names.get(sku) ?? sku, ...counts })),
    })),
    total: orders.length,
    next: rest.length > limit ? String(page.at(-1)!.revision) : null,
  };
}

/** Errors: DRAWDOWN_NOT_FOUND. */
export async function drawdownNow(ledger: Ledger, store: ReadStore, { accountId, drawdownId }: FindDrawdown): Promise<DrawdownAnswer> {
  const found = await findDrawdown(store, accountId, drawdownId);
  if (found === undefined) throw new Rejected('DRAWDOWN_NOT_FOUND', `This pool has no drawdown ${drawdownId}.`, { drawdownId });
  return (await withAccountNames(ledger, [found]))[0]!;
}

/** With the names of the partners that asked. */
export async function withAccountNames(ledger: Ledger, items: readonly DrawdownItem[]): Promise<DrawdownAnswer[]> {
  const names = new Map<string, string>();
  for (const { accountId } of items)
    if (!names.has(accountId)) names.set(accountId, (await ledger.load(partner, accountId)).state.name || accountId);
  return items.map((item) => ({ ...item, accountName: names.get(item.accountId)! }));
}

/** What a command made of a drawdown. A repetition that is too old to be remembered recorded nothing: it is answered as things stand. */
export async function changedDrawdown(
  ledger: Ledger,
  { accountId, drawdownId, state }: { readonly accountId: string; readonly drawdownId: string; readonly state: DrawdownState },
  receipt: Receipt,
): Promise<Omit<DrawdownChangedAnswer, keyof ReceiptAnswer>> {
  const drawdown = drawdownIn((await ledger.load(pool, accountId, receipt.replayed)).state, drawdownId);
  const { orderId, customerId, holdUntil } = drawdown;
  return { drawdownId, state: receipt.facts.length === 0 ? drawdown.state : state, orderId, customerId, holdUntil };
}

/** A new drawdown with the words of an earlier one (004-34). Errors: DRAWDOWN_NOT_FOUND. */
export async function draftFrom(
  ledger: Ledger,
  log: EventLog,
  { accountId, drawdownId }: { readonly accountId: string; readonly drawdownId: string },
): Promise<DraftAnswer> {
  const { revision } = drawdownIn((await ledger.load(pool, accountId, true)).state, drawdownId);
  const { orderId, customerId, lines, note, person, website } = await submissionAt(log, accountId, revision);
  return {
    orderId,
    customer: website === undefined ? { customerId } : { ...person, website },
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    ...(note !== undefined && { note }),
    clonedFrom: drawdownId,
  };
}
