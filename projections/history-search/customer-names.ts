import { fold, searchFor, type Matcher } from '../folding.js';
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
  readonly customerId: string;
  readonly names: readonly CustomerName[];
  readonly folded: readonly string[];
}

/** The customers of a partner, past ones included. */
export interface NamedCustomers {
  readonly byId: ReadonlyMap<string, NamedCustomer>;
  /** Everything that anybody is called, in one text: a search for a few letters goes through it at once. */
  readonly text: string;
  /** Whose part of the text begins where, in its order. */
  readonly parts: readonly { readonly start: number; readonly customer: NamedCustomer }[];
}

const tables = new LookUpTables<CustomerNames, NamedCustomer, NamedCustomers>(
  ({ customerId, names }) => ({
    customerId,
    names,
    folded: names.map(({ name, nameReading }) => fold(name) + (nameReading ? `\n${fold(nameReading)}` : '')),
  }),
  arranged,
);

function arranged(rows: ReadonlyMap<string, NamedCustomer>): NamedCustomers {
  const customers = [...rows.values()];
  let start = 0;
  const texts = customers.map(({ folded }) => folded.join('\n'));
  const parts = customers.map((customer, index) => {
    const part = { start, customer };
    start += texts[index]!.length + 1;
    return part;
  });
  return { byId: new Map(customers.map((customer) => [customer.customerId, customer])), text: texts.join('\n'), parts };
}

/** The customers of a partner as fresh as the store is now. */
export function namedCustomers(store: ReadStore, view: ReadView<any>, partnerId: string): Promise<NamedCustomers> {
  return tables.of(store, view, partnerId);
}

/** What the customer is called today. A name that no fact told is the id. */
export function nameToday({ byId }: NamedCustomers, customerId: string): string {
  return byId.get(customerId)?.names.at(-1)?.name ?? customerId;
}

/** What the customer was called at this place of the history. What was before its first name counts under that. */
export function nameThen({ byId }: NamedCustomers, customerId: string, place: string): string {
  const names = byId.get(customerId)?.names ?? [];
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
  const search = searchFor(customerName);
  if (!search) return undefined;
  const found = new Map<string, readonly Stretch[]>();
  for (const customer of withFragments(customers, search.fragments)) {
    const stretches = stretchesOf(customer, search.matches);
    if (stretches.length > 0) found.set(customer.customerId, stretches);
  }
  return found;
}

/** Who is called something that holds one of the fragments. */
function withFragments({ text, parts }: NamedCustomers, fragments: readonly string[]): Set<NamedCustomer> {
  const found = new Set<NamedCustomer>();
  for (const fragment of fragments) {
    for (let at = text.indexOf(fragment), part = 0; at !== -1; at = text.indexOf(fragment, parts[part]!.start)) {
      part = partAfter(parts, at, part);
      found.add(parts[part - 1]!.customer);
      if (part === parts.length) break;
    }
  }
  return found;
}

/** The first part that begins after a place; all before `from` begin before it. */
function partAfter(parts: NamedCustomers['parts'], at: number, from: number): number {
  let low = from;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (parts[middle]!.start <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function stretchesOf({ names, folded }: NamedCustomer, matches: Matcher): Stretch[] {
  if (matches(folded.at(-1)!)) return [{}];
  return folded.flatMap((text, index) =>
    matches(text) ? [{ from: index === 0 ? undefined : names[index]!.since, to: names[index + 1]!.since }] : [],
  );
}
