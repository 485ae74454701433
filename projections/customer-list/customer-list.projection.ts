import type { CustomerProfileChanged, DealerLinked, DealerUnlinked } from '#licensing';
import type { Projection } from '#read-store';
import { changedIndex, type Changing } from '../look-up-table.js';
import type { Recorded } from '../recorded.js';
import { positionSort } from '../sort-text.js';

/** One customer of a partner. Without `linkedAt` it is linked no longer: nothing of it is kept but that. */
export interface ListedCustomer extends Changing {
  readonly customerId: string;
  readonly linkedAt?: string;
  readonly name?: string;
  readonly nameReading?: string;
  readonly email?: string;
}

/** The customers that made a partner their dealer (001-01, 001-02). The partition is the partner, the key the customer's id. */
export const customerList: Projection<ListedCustomer> = {
  name: 'customer-list',
  version: 1,
  on: {
    DealerLinked: ({ data, metadata, position }: Recorded<DealerLinked>) => {
      const { customerId, partnerId, person } = data;
      const { name, nameReading, email } = person;
      const linked = { customerId, linkedAt: metadata.recordedAt, name, nameReading, email, changed: positionSort(position) };
      return [{ partition: partnerId, key: customerId, apply: () => linked }];
    },
    DealerUnlinked: ({ data: { customerId, partnerId }, position }: Recorded<DealerUnlinked>) => [
      { partition: partnerId, key: customerId, apply: () => ({ customerId, changed: positionSort(position) }) },
    ],
    // The fact goes to all partners that ever were the customer's dealer; those that are not now learn nothing from it.
    CustomerProfileChanged: ({ data, position }: Recorded<CustomerProfileChanged>) =>
      data.partnerIds.map((partition) => ({
        partition,
        key: data.customerId,
        apply: (customer) =>
          customer?.linkedAt === undefined
            ? customer
            : {
                ...customer,
                name: data.person.name ?? customer.name,
                nameReading: data.person.nameReading === null ? undefined : (data.person.nameReading ?? customer.nameReading),
                email: data.person.email ?? customer.email,
                changed: positionSort(position),
              },
      })),
  },
  indexes: (customer) => [{ index: changedIndex, sort: customer.changed }],
};
