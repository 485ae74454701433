import { viewOf, type ReadStore } from '#read-store';
import { fold, part } from '../folding.js';
import { LookUpTables } from '../look-up-table.js';
import { customerList, type ListedCustomer } from './customer-list.projection.js';

/** A page holds 20; the second page exists from the 21st customer on (001-11). */
const customersPerPage = 20;

export interface LinkedCustomer {
  readonly customerId: string;
  readonly name: string;
  readonly nameReading?: string;
  readonly email: string;
  readonly linkedAt: string;
}

export interface CustomerPage {
  readonly items: readonly LinkedCustomer[];
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
}

interface Row {
  readonly customer: LinkedCustomer;
  readonly email: string;
  /** A Japanese name stands where its reading belongs. */
  readonly order: string;
}

const tables = new LookUpTables<ListedCustomer, Row | undefined, readonly Row[]>(
  ({ customerId, name = '', nameReading, email = '', linkedAt }) =>
    linkedAt === undefined
      ? undefined
      : {
          customer: { customerId, name, nameReading, email, linkedAt },
          email: fold(email),
          order: `${fold(nameReading ?? name)}\n${fold(name)}\n${customerId}`,
        },
  (rows) => [...rows.values()].filter((row) => row !== undefined).sort((one, other) => (one.order < other.order ? -1 : 1)),
);

/**
 * The partner's linked customers whose e-mail address contains `email` (001-08, 001-09), in the order of their names: by reading where there
 * is one, then by name, then by id. Pages count from 1; a page past the end is empty.
 */
export async function listCustomers(
  store: ReadStore,
  question: { readonly partnerId: string; readonly email?: string; readonly page?: number },
): Promise<CustomerPage> {
  const page = Math.max(Math.trunc(question.page ?? 1), 1);
  const wanted = part(question.email);
  const linked = await tables.of(store, await viewOf(store, customerList), question.partnerId);
  const found = wanted ? linked.filter(({ email }) => wanted(email)) : linked;
  const items = found.slice((page - 1) * customersPerPage, page * customersPerPage).map(({ customer }) => customer);
  return { items, page, pageSize: customersPerPage, total: found.length };
}
