import type { CommandContext, Ledger, Receipt } from '#event-store';
import {
  order,
  placeOrder as decideOrder,
  pool,
  refuseMissingRequirements,
  Rejected,
  type Actor,
  type OrderFact,
  type OrderState,
  type Payment,
  type ProductState,
  type RequestedLine,
  type Tenant,
} from '#licensing';
import { uuidV5 } from '../http/command-context.js';
import { accountKind, productsFor } from '../pool/pool.references.js';
import { orderFormFindings } from '../product/order-form.js';
import { stepOf } from '../sub-command.js';

/** An order as it is asked for; what the decision has to know besides is looked up here. */
export interface OrderRequest {
  /** A customer. */
  readonly accountId: string;
  readonly lines: readonly RequestedLine[];
  readonly payment: Payment;
  readonly tenant?: Tenant;
  readonly currency?: string;
  /** Absent: the id of the command. The same id again is the same order. */
  readonly orderId?: string;
  readonly context: CommandContext & { readonly actor: Actor };
}

/**
 * Records an order in `order-<id>`; the automation `orders` takes it from there. The receipt is of that stream; its first fact is the OrderPlaced,
 * unless the order had been placed before under another command. Errors: CUSTOMER_NOT_FOUND, REQUIRED_PRODUCT_MISSING, and those of the decision.
 */
export async function placeOrder(ledger: Ledger, request: OrderRequest): Promise<Receipt<OrderFact, OrderState>> {
  const { context, lines, accountId } = request;
  const orderId = request.orderId ?? context.commandId;
  const [products] = await Promise.all([productsFor(ledger, lines), refuseOtherThanCustomer(ledger, accountId)]);
  const isPlaced = (await ledger.load(order, orderId)).state.order !== undefined;
  if (!isPlaced) await refuseWithoutRequired(ledger, request, products);
  const subscriptionIds = lines.map((_, index) => uuidV5(`${orderId}\nsubscription ${index + 1}`));
  const command = { ...request, orderId, products, subscriptionIds, checkForm: orderFormFindings };
  return ledger.record(order, orderId, command, decideOrder);
}

/** Partners buy in the shop; the marketplace is for those who use what they buy. */
async function refuseOtherThanCustomer(ledger: Ledger, accountId: string): Promise<void> {
  const kind = await accountKind(ledger, accountId).catch((error: unknown) => {
    if (error instanceof Rejected) return undefined;
    throw error;
  });
  if (kind !== 'customer') throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${accountId}.`, { accountId });
}

/** The pool is only asked: nothing is appended to it. */
async function refuseWithoutRequired(
  ledger: Ledger,
  { context, accountId, lines }: OrderRequest,
  products: ReadonlyMap<string, ProductState>,
): Promise<void> {
  if (![...products.values()].some(({ listing }) => (listing?.policy.requires ?? []).length > 0)) return;
  const asking = { context: { ...stepOf(context, 'required products'), dryRun: false } };
  await ledger.record(pool, accountId, asking, (state, _command, now) => {
    refuseMissingRequirements(state, { lines, products }, now);
    return [];
  });
}
