import { fold, matcher, type Matcher } from '../folding.js';
import { LookUpTables } from '../look-up-table.js';
import type { ReadStore, ReadView } from '#read-store';
import type { CustomerName, CustomerNames } from './history-search.projection.js';

/** A stretch of the history, by the sort text of its rows: `from` is in, `to` is out; both absent is all of it. */
export interface Stretch {
  readonly from?: string;
  readonly to?: string;
}

/** All names of a customer, each with what a search compares. */
export interface NamedCustomer {
  readonly names: readonly CustomerName[];
  readonly folded: readonly string[];
}

export type NamedCustomers = ReadonlyMap<string, NamedCustomer>;

const tables = new LookUpTables<CustomerNames, NamedCustomer>(
  ({ names }) => ({ names, folded: names.map(({ name, nameReading }) => fold(name) + (nameReading ? `\n${fold(nameReading)}` : '')) }),
  ({ customerId }) => customerId,
);

/** The customers of a partner, past ones included, by id. */
export function namedCustomers(store: ReadStore, view: ReadView<any>, partnerId: string): Promise<NamedCustomers> {
  return tables.rows(store, view, partnerId);
}

/** What the customer is called today. A name that no fact told is the id. */
export function nameToday(customers: NamedCustomers, customerId: string): string {
  return customers.get(customerId)?.names.at(-1)?.name ?? customerId;
}

/** What the customer was called at this place of the history. What was before its first name counts under that. */
export function nameThen(customers: NamedCustomers, customerId: string, place: string): string {
  const names = customers.get(customerId)?.names ?? [];
  return (names.findLast(({ since }) => since <= place) ?? names[0])?.name ?? customerId;
}

/**
 * Where the history of each customer matches a search by name: all of it when today's name does, else the times in which it had a
 * name that does. Undefined when nothing is searched for.
 */
export function stretchesNamed(
  customers: NamedCustomers,
  customerName: string | undefined,
): ReadonlyMap<string, readonly Stretch[]> | undefined {
  const matches = matcher(customerName);
  if (!matches) return undefined;
  const found = new Map<string, readonly Stretch[]>();
  for (const [customerId, customer] of customers) {
    const stretches = stretchesOf(customer, matches);
    if (stretches.length > 0) found.set(customerId, stretches);
  }
  return found;
}

function stretchesOf({ names, folded }: NamedCustomer, matches: Matcher): Stretch[] {
  if (matches(folded.at(-1)!)) return [{}];
  return folded.flatMap((text, index) =>
    matches(text) ? [{ from: index === 0 ? undefined : names[index]!.since, to: names[index + 1]!.since }] : [],
  );
}
