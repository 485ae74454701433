import { viewOf, type ReadStore } from '#read-store';
import { productNames } from '../catalogue/catalogue.query.js';
import { poolBalance, type ProductBalance } from './pool-balance.projection.js';

export interface PoolBalance {
  readonly accountId: string;
  /** Licenses the account can still dispose of: available, held and in seats, over all products. */
  readonly total: number;
  /** In the order of the skus. */
  readonly products: readonly (ProductBalance & { readonly name: string })[];
  /** The log position up to which everything is counted in; null when the log was not read yet. */
  readonly position: string | null;
}

/** What an account holds (000-09). An account that never held anything has an empty balance; whether it exists is the caller's to know. */
export async function balanceOf(store: ReadStore, question: { readonly accountId: string }): Promise<PoolBalance> {
  const { balances, position } = await settled(store, question.accountId);
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
async function settled(store: ReadStore, accountId: string): Promise<{ balances: ProductBalance[]; position: bigint | undefined }> {
  const view = await viewOf(store, poolBalance);
  const look = async () => {
    const { partitions, progress } = await store.load(poolBalance.name, view.version, [{ partition: accountId, keys: [] }]);
    return { checkpoint: partitions[0]?.checkpoint, progress: progress.position };
  };
  for (let before = await look(), attempt = 1; ; attempt++) {
    const documents = await view.allDocuments(accountId);
    const after = await look();
    if (after.checkpoint === before.checkpoint || attempt === attemptsMax) {
      return { balances: documents.map(({ document }) => document), position: later(before.checkpoint, before.progress) };
    }
    before = after;
  }
}

function later(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}
