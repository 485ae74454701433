import { viewOf, type ReadStore } from '#read-store';
import { fold, part } from '../folding.js';
import { LookUpTables } from '../look-up-table.js';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { catalogue, everyProduct, type Product } from './catalogue.projection.js';

export type ListedProduct = Omit<Product, 'changed'>;

interface Row {
  readonly product: ListedProduct;
  readonly folded: string;
  readonly category: string;
}

const tables = new LookUpTables<Product, Row, readonly Row[]>(
  ({ changed: _, ...product }) => ({
    product,
    folded: `${fold(product.name)}\n${fold(product.sku)}`,
    category: fold(product.category ?? ''),
  }),
  (rows) => [...rows.values()].sort((one, other) => (one.product.sku < other.product.sku ? -1 : 1)),
);

/** Products by any part of their name or sku and by category (the whole of it), in the order of their skus. */
export async function listProducts(
  store: ReadStore,
  question: {
    readonly query?: string;
    readonly category?: string;
    readonly forSale?: 'true' | 'false';
    readonly limit?: number;
    readonly cursor?: string;
  },
): Promise<Page<ListedProduct> & { readonly total: number }> {
  const limit = limitOf(question.limit);
  const asked = [catalogue.name, question.query, question.category, question.forSale];
  const after = placeOf(question.cursor, asked)?.sort;
  const wanted = part(question.query);
  const category = question.category === undefined ? undefined : fold(question.category);
  const rows = await tables.of(store, await viewOf(store, catalogue), everyProduct);
  const found = rows
    .filter((row) => (wanted?.(row.folded) ?? true) && (category === undefined || row.category === category))
    .map(({ product }) => product)
    .filter(({ withdrawn }) => question.forSale === undefined || withdrawn === (question.forSale === 'false'));
  const rest = after === undefined ? found : found.filter((product) => product.sku > after);
  const items = rest.slice(0, limit);
  return { items, total: found.length, next: rest.length > limit ? cursorOf({ sort: items.at(-1)!.sku, key: '' }, asked) : null };
}

/** One product, withdrawn ones included; undefined when it was never listed. */
export async function findProduct(store: ReadStore, sku: string): Promise<ListedProduct | undefined> {
  return (await findProducts(store, [sku])).get(sku);
}

/** Products by sku, withdrawn ones included. An unknown sku is not in the map. */
export async function findProducts(store: ReadStore, skus: readonly string[]): Promise<ReadonlyMap<string, ListedProduct>> {
  const view = await viewOf(store, catalogue);
  const products = await view.documents(everyProduct, skus);
  const listed = products.flatMap((product) => {
    if (!product) return [];
    const { changed: _, ...rest } = product;
    return [[product.sku, rest] as const];
  });
  return new Map(listed);
}

/** Names of products by sku, for the answers of other questions. An unknown sku is not in the map. */
export async function productNames(store: ReadStore, skus: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(skus)];
  const view = await viewOf(store, catalogue);
  const products = await view.documents(everyProduct, wanted);
  return new Map(wanted.flatMap((sku, index) => (products[index] ? [[sku, products[index].name]] : [])));
}
