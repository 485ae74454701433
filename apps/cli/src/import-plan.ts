import { createHash } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { canonicalJson, type CommandContext, type Ledger } from '#event-store';
import {
  customer,
  foldUnique,
  partner,
  pool,
  product,
  purchaseLicenses,
  Rejected,
  type PoolState,
  type ProductState,
  type PurchaseLicenses,
} from '#licensing';
import type { FileOrder } from './purchase-file.js';

/** What would happen to one order of the file. */
export interface PlannedOrder {
  readonly order: FileOrder;
  readonly outcome: 'new' | 'already there' | 'conflict' | 'refused';
  /** Why it is a conflict or refused. */
  readonly message?: string;
  readonly command: PurchaseLicenses & { readonly context: CommandContext };
}

/** Fixed for ever: the same order of the same account is the same command, in whatever file it comes. */
const commandIds = '0d9f0c2e-6b57-4c7e-9d3c-7f0a9a0b6c11';

/**
 * Asks the very decision that recording will ask, order by order on a copy of each pool, so that an order may build on one before it.
 * Nothing is recorded.
 */
export async function planImport(ledger: Ledger, orders: readonly FileOrder[], now: string, file: string): Promise<PlannedOrder[]> {
  const accounts = new Map<string, { kind: 'partner' | 'customer' | undefined; state: PoolState }>();
  const products = new Map<string, ProductState>();
  const planned: PlannedOrder[] = [];
  for (const order of orders) {
    const account = accounts.get(order.account) ?? (await accountOf(ledger, order.account));
    accounts.set(order.account, account);
    for (const { sku } of order.lines) if (!products.has(sku)) products.set(sku, await productOf(ledger, sku));
    const command = commandFor(order, account.kind ?? 'customer', products, file);
    if (account.kind === undefined) {
      planned.push({ order, command, outcome: 'refused', message: `there is no account ${order.account}` });
      continue;
    }
    try {
      const facts = purchaseLicenses(account.state, command, now);
      for (const fact of facts) account.state = pool.evolve(account.state, fact);
      planned.push({ order, command, outcome: facts.length === 0 ? 'already there' : 'new' });
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      planned.push({ order, command, outcome: error.code === 'ORDER_CONFLICT' ? 'conflict' : 'refused', message: error.detail });
    }
  }
  return planned;
}

function commandFor(
  order: FileOrder,
  accountKind: 'partner' | 'customer',
  products: ReadonlyMap<string, ProductState>,
  file: string,
): PlannedOrder['command'] {
  const { account: accountId, orderId, lines, purchasedAt } = order;
  const commandId = uuidv5(`${accountId} ${foldUnique(orderId)}`, commandIds);
  const input = canonicalJson({ accountId, orderId, lines, purchasedAt });
  const context = {
    commandId,
    inputHash: createHash('sha256').update(input).digest('hex'),
    correlationId: commandId,
    actor: { userId: 'command-line', role: 'system' as const },
    reason: `import of ${file}`,
  };
  return {
    context,
    accountId,
    orderId,
    lines,
    source: 'operator',
    accountKind,
    products,
    ...(purchasedAt !== undefined && { purchasedAt }),
  };
}

async function accountOf(ledger: Ledger, accountId: string): Promise<{ kind: 'partner' | 'customer' | undefined; state: PoolState }> {
  // An id becomes a part of a stream's name, which is plain ASCII.
  if (!/^[\x21-\x7e]{1,64}$/.test(accountId)) return { kind: undefined, state: pool.initial() };
  const isPartner = (await ledger.load(partner, accountId)).state.partnerId !== undefined;
  const isCustomer = !isPartner && (await ledger.load(customer, accountId)).state.customerId !== undefined;
  const state = structuredClone((await ledger.load(pool, accountId)).state);
  return { kind: isPartner ? 'partner' : isCustomer ? 'customer' : undefined, state };
}

async function productOf(ledger: Ledger, sku: string): Promise<ProductState> {
  return /^[A-Za-z0-9._-]{1,64}$/.test(sku) ? { ...(await ledger.load(product, sku)).state } : product.initial();
}
