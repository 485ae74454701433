import type { ProductListed, ProductPolicyChanged, ProductWithdrawn } from '#licensing';
import type { Change, Projection } from '#read-store';
import { changedIndex, type Changing } from '../look-up-table.js';
import type { Recorded } from '../recorded.js';
import { positionSort } from '../sort-text.js';

type Listing = ProductListed['data'];

/** One product as it is listed now. */
export interface Product extends Listing, Changing {
  /** No new purchase; all that is held goes on. */
  readonly withdrawn: boolean;
}

/** What is offered is one list for everybody. */
export const everyProduct = 'all';

/** What can be licensed, under which rules (000-22). */
export const catalogue: Projection<Product> = {
  name: 'catalogue',
  version: 1,
  on: {
    ProductListed: listed,
    ProductPolicyChanged: listed,
    ProductWithdrawn: (event: Recorded<ProductWithdrawn>) => [
      {
        partition: everyProduct,
        key: event.data.sku,
        apply: (product) => product && { ...product, withdrawn: true, changed: positionSort(event.position) },
      },
    ],
  },
  indexes: (product) => [{ index: changedIndex, sort: product.changed }],
};

/** A changed policy leaves a withdrawn product withdrawn; listing it again brings it back. */
function listed(event: Recorded<ProductListed | ProductPolicyChanged>): Change<Product>[] {
  const changed = positionSort(event.position);
  const returns = event.type === 'ProductListed';
  return [
    {
      partition: everyProduct,
      key: event.data.sku,
      apply: (product) => ({ ...event.data, withdrawn: !returns && (product?.withdrawn ?? false), changed }),
    },
  ];
}
