import { type CustomerState, isLinkedTo } from '../customer/customer.js';
import type { Commanded, Instant } from '../fact.js';
import { Rejected } from '../rejection.js';
import { balanceOf } from './balance.js';
import { type Line, refuseSenselessLines, refuseTooManyLots, sumsOf } from './lines.js';
import { termWhenAssigned } from './lot-term.js';
import type { PoolState } from './pool.js';
import type { AssignedLine, GivenLot, Lot, PoolFact } from './pool.events.js';
import { firstCurrent, type UseOrder } from './use-order.js';

export interface AssignLicenses extends Commanded {
  readonly accountId: string;
  readonly customerId: string;
  readonly lines: readonly Line[];
  /** The customer named by `customerId`. */
  readonly customer: CustomerState;
}

/** A part of a lot that is about to be given. */
interface TakenLot {
  readonly lot: Lot;
  readonly quantity: number;
}

/** Where taking from a product's lots has come to. */
interface Cursor {
  readonly order: UseOrder;
  place: number;
  takenOfPlace: number;
}

/**
 * Gives licenses to a linked customer: all lines or none (000-10), never more than is available (000-16).
 * There is no decision that takes an assignment back (000-14).
 */
export function assignLicenses(state: PoolState, command: AssignLicenses, now: Instant): PoolFact[] {
  const { context, accountId, customerId, customer, lines } = command;
  refuseSenselessLines(lines);
  if (!isLinkedTo(customer, accountId))
    throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${customerId} that is linked to this partner.`, { customerId });
  refuseMoreThanAvailable(state, lines, now);

  const cursors = new Map<string, Cursor>();
  const assigned = lines.map(({ sku, quantity }, index) => {
    const cursor = cursors.get(sku) ?? cursorOf(state, sku, now);
    cursors.set(sku, cursor);
    return assignedLine(index + 1, sku, take(cursor, quantity), now);
  });
  refuseTooManyLots(assigned.reduce((count, { lots }) => count + lots.length, 0));
  const data = { accountId, assignmentId: context.commandId, customerId, assignedAt: now, lines: assigned };
  return [{ type: 'LicenseAssigned', data }];
}

/** A line as it is recorded, with the terms the customer gets. */
export function assignedLine(line: number, sku: string, taken: readonly TakenLot[], now: Instant): AssignedLine {
  const lots = taken.map(({ lot, quantity }) => givenLot(lot, quantity, now));
  const expiries = lots.flatMap(({ expiresAt }) => expiresAt ?? []);
  const expiresAt = expiries.length === 0 ? undefined : expiries.reduce((earliest, other) => (other < earliest ? other : earliest));
  const quantity = lots.reduce((sum, lot) => sum + lot.quantity, 0);
  return { line, sku, quantity, ...(expiresAt !== undefined && { expiresAt }), lots };
}

function givenLot(lot: Lot, quantity: number, now: Instant): GivenLot {
  const { lotId, orderId, term, termStarts, reversibility, delivery } = lot;
  return { lotId, quantity, orderId, term, termStarts, reversibility, ...(delivery && { delivery }), ...termWhenAssigned(lot, now) };
}

function refuseMoreThanAvailable(state: PoolState, lines: readonly Line[], now: Instant): void {
  const short = [...sumsOf(lines)]
    .map(([sku, requested]) => ({ sku, requested, available: balanceOf(state, sku, now).available }))
    .filter(({ requested, available }) => requested > available);
  const [first] = short;
  if (first === undefined) return;
  const sentence = short.map(({ sku, requested, available }) => `${requested} of ${sku} requested, ${available} available`).join('; ');
  throw new Rejected('POOL_EXHAUSTED', `${sentence}.`, { ...first, short });
}

function cursorOf(state: PoolState, sku: string, now: Instant): Cursor {
  const order = state.products.get(sku)?.order ?? { lots: [], head: 0 };
  return { order, place: firstCurrent(order, now), takenOfPlace: 0 };
}

/** Takes the next licenses in the order of use. That there are enough was checked before. */
function take(cursor: Cursor, quantity: number): TakenLot[] {
  const taken: TakenLot[] = [];
  let missing = quantity;
  while (missing > 0) {
    const { lot, available } = cursor.order.lots[cursor.place]!;
    const part = Math.min(missing, available - cursor.takenOfPlace);
    // Of a lot that is held back or in use as a whole there is none.
    if (part > 0) taken.push({ lot, quantity: part });
    missing -= part;
    cursor.takenOfPlace += part;
    if (cursor.takenOfPlace < available) continue;
    cursor.place += 1;
    cursor.takenOfPlace = 0;
  }
  return taken;
}
