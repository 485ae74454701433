import type { CommandContext, EventLog, FactMetadata, Ledger, Receipt } from '#event-store';
import {
  orderIn,
  pool,
  purchaseLicenses,
  Rejected,
  type LicensePurchased,
  type PurchaseLicenses as Purchase,
  type PurchaseReversed,
} from '#licensing';
import { written, Written } from '../http/answer.js';
import type { ReceiptAnswer } from '../receipt.answers.js';
import type { PurchaseAnswer, ReversalAnswer } from './pool.answers.js';
import { accountKind, customerFor, productsFor } from './pool.references.js';

/** A purchase as it is asked for; what the decision has to know besides is looked up here. */
type Order = Omit<Purchase, 'source' | 'accountKind' | 'products' | 'customer' | 'context'> & { readonly context: CommandContext };

export async function recordPurchase(ledger: Ledger, order: Order): Promise<Receipt> {
  const [kind, products, customer] = await Promise.all([
    accountKind(ledger, order.accountId),
    productsFor(ledger, order.lines),
    order.purchasedFor === undefined ? undefined : customerFor(ledger, order.accountId, order.purchasedFor),
  ]);
  // Signed calls are the shop's, on whichever route they come.
  const source = order.context.actor.role === 'system' ? 'store' : 'operator';
  return ledger.record(
    pool,
    order.accountId,
    { ...order, source, accountKind: kind, products, customer } as Purchase & Order,
    purchaseLicenses,
  );
}

/** The answer to a purchase; an order that was recorded before is answered with the first purchase, and 200 (contract, "Pools"). */
export async function purchaseAnswer(
  log: EventLog,
  ledger: Ledger,
  order: Pick<Order, 'accountId' | 'orderId'>,
  receipt: Receipt,
): Promise<Written> {
  if (receipt.dryRun) return written(receipt);
  const isRepeated = receipt.facts.length === 0;
  const facts = isRepeated ? await firstPurchase(log, ledger, order) : receipt.facts;
  const { stream } = receipt;
  const last = facts.at(-1)!;
  const body: PurchaseAnswer = { ...bought(facts), stream, revision: last.revision, position: String(last.position) };
  return new Written(receipt, body, isRepeated ? 200 : undefined);
}

/** What was taken back, under the id that the order was bought under; nothing when all of it had been. */
export function reversed({ orderId }: { readonly orderId: string }, { facts }: Receipt): Omit<ReversalAnswer, keyof ReceiptAnswer> {
  const taken = facts[0]?.data as PurchaseReversed['data'] | undefined;
  return { orderId: taken?.orderId ?? orderId, lots: taken?.lots ?? [] };
}

type Stored = Pick<Receipt['facts'][number], 'type' | 'data' | 'revision' | 'position'> & { readonly metadata: object };

function bought(facts: readonly Stored[]): Pick<PurchaseAnswer, 'purchaseId' | 'orderId' | 'lots' | 'assignmentId'> {
  const [purchased, passedOn] = facts;
  const { orderId, lots } = purchased!.data as LicensePurchased['data'];
  const { commandId } = purchased!.metadata as FactMetadata;
  return {
    purchaseId: commandId,
    orderId,
    lots: lots.map(({ orderId: _, ...lot }) => lot),
    ...(passedOn && { assignmentId: commandId }),
  };
}

/** The facts of the command that first recorded this order. */
async function firstPurchase(
  log: EventLog,
  ledger: Ledger,
  { accountId, orderId }: Pick<Order, 'accountId' | 'orderId'>,
): Promise<Stored[]> {
  const { state } = await ledger.load(pool, accountId);
  const order = orderIn(state, orderId);
  if (order === undefined) throw new Rejected('ORDER_NOT_FOUND', `This pool has no order ${orderId}.`, { orderId });
  const facts: Stored[] = [];
  const limit = order.purchasedFor === undefined ? 1 : 2;
  for await (const event of log.readStream(`pool-${accountId}`, { fromRevision: order.revision, limit })) facts.push(event);
  return facts;
}
