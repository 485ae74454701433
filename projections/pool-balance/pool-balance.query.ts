import type { ReadStore } from '#read-store';
import { productNames } from '../catalogue/catalogue.query.js';
import { viewOf, type View } from '../view.js';
import { poolBalance, type ProductBalance } from './pool-balance.projection.js';

export interface PoolBalance {
  readonly accountId: string;
  /** Licences the account can still dispose of: available, held and in seats, over all products. */
  readonly total: number;
  /** In the order of the skus. */
  readonly products: readonly (ProductBalance & { readonly name: string })[];
  /** The log position up to which everything is counted in; null when the log was not read yet. */
  readonly position: string | null;
}

/** What an account holds (000-09). An account that never held anything has an empty balance; whether it exists is the caller's to know. */
export async function balanceOf(store: ReadStore, question: { readonly accountId: string }): Promise<PoolBalance> {
  const view = await viewOf(store, poolBalance);
  const { balances, position } = await settled(view, question.accountId);
  const names = await productNames(
    store,
    balances.map(({ sku }) => sku),
  );
  const products = balances
    .sort((one, other) => (one.sku < other.sku ? -1 : 1))
    .map(({ sku, ...counts }) => ({ sku, name: names.get(sku) ?? sku, ...counts, inTransit: Math.max(counts.inTransit, 0) }));
  const total = products.reduce((sum, product) => sum + product.available + product.held + product.inSeats, 0);
  return { accountId: question.accountId, total, products, position: position === undefined ? null : String(position) };
}

const attemptsMax = 5;

/**
 * The balances and the exact position they stand for. The documents are read between two looks at the partition's checkpoint: if it moved,
 * they are read again; if it never holds still, the position said is the older one, which they certainly contain.
 */
async function settled(view: View, accountId: string): Promise<{ balances: ProductBalance[]; position: bigint | undefined }> {
  const { projection, version } = view.address(accountId);
  for (let attempt = 1; ; attempt++) {
    const { position: progress } = await view.store.progress(projection, version);
    const before = await view.partitionCheckpoint(accountId);
    const documents = await view.allDocuments<ProductBalance>(accountId);
    const after = await view.partitionCheckpoint(accountId);
    if (before !== after && attempt < attemptsMax) continue;
    return { balances: documents.map(({ document }) => document), position: later(before, progress) };
  }
}

function later(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}
