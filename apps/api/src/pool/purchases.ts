import type { CommandContext, EventLog, FactMetadata, Ledger, Receipt } from '#event-store';
import { orderIn, pool, purchaseLicenses, Rejected, type LicensePurchased, type PurchaseLicenses as Purchase } from '#licensing';
import { written, Written } from '../http/answer.js';
import type { PurchaseAnswer } from './pool.answers.js';
import { accountKind, customerFor, productsFor } from './pool.references.js';

/** A purchase as it is asked for; what the decision has to know besides is looked up here. */
type Order = Omit<Purchase, 'accountKind' | 'products' | 'customer' | 'context'> & { readonly context: CommandContext };

export async function recordPurchase(ledger: Ledger, order: Order): Promise<Receipt> {
  const [kind, products, customer] = await Promise.all([
    accountKind(ledger, order.accountId),
    productsFor(ledger, order.lines),
    order.purchasedFor === undefined ? undefined : customerFor(ledger, order.purchasedFor),
  ]);
  return ledger.record(pool, order.accountId, { ...order, accountKind: kind, products, customer } as Purchase & Order, purchaseLicenses);
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
