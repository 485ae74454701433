import type { CustomerState } from '../customer/customer.js';
import { isLinkedTo } from '../customer/customer.js';
import type { Commanded, Instant } from '../fact.js';
import { refuseFindings } from '../invalid.js';
import type { Policy } from '../product/product.events.js';
import { listingForSale, type ProductState } from '../product/product.js';
import { Rejected } from '../rejection.js';
import { sameValue } from '../same-value.js';
import { toInstant } from '../term.js';
import { assignedLine } from './assignment.js';
import { balanceOf, heldQuantity } from './balance.js';
import { type Line, refuseSenselessLines, sumsOf } from './lines.js';
import { beginTerm, deliveryOf } from './lot-term.js';
import { type Order, orderIn, type PoolState } from './pool.js';
import type { LicensePurchased, Lot, PoolFact } from './pool.events.js';

export interface PurchaseLicenses extends Commanded {
  readonly accountId: string;
  readonly orderId: string;
  readonly lines: readonly Line[];
  readonly source: LicensePurchased['data']['source'];
  /** Partners buy to pass on, customers to use. */
  readonly accountKind: 'partner' | 'customer';
  /** The products of the lines, by sku. */
  readonly products: ReadonlyMap<string, ProductState>;
  /** When the shop sold it, if that was earlier. */
  readonly purchasedAt?: string;
  /** Buy and pass on to this customer in one command. */
  readonly purchasedFor?: string;
  /** The customer named by `purchasedFor`. */
  readonly customer?: CustomerState;
}

const orderIdLengthMax = 128;
/** A shop's clock may be ahead of ours; a day is no clock any more but a mistake. */
const clockToleranceInMilliseconds = 86_400_000;

/** Credits one lot a line. The same order again says nothing new; see `orderIn` for its first answer. */
export function purchaseLicenses(state: PoolState, command: PurchaseLicenses, now: Instant): PoolFact[] {
  const { accountId, orderId, lines, source, purchasedFor } = command;
  refuseSenselessLines(lines);
  refuseFindings(
    isOrderId(orderId)
      ? []
      : [{ path: 'orderId', message: `must have 1 to ${orderIdLengthMax} characters, none of them a control character` }],
  );
  const recorded = orderIn(state, orderId);
  if (recorded !== undefined) return alreadyRecorded(recorded, command);

  const purchasedAt = effectivePurchase(command.purchasedAt, now);
  const lots = lines.map((line, index) => boughtLot(command, line, index + 1, purchasedAt));
  refuseMissingRequirements(state, command, now);
  const data = {
    accountId,
    orderId,
    source,
    lots,
    ...(purchasedAt < now && { effectiveAt: purchasedAt }),
    ...(purchasedFor !== undefined && { purchasedFor }),
  };
  const purchased: PoolFact = { type: 'LicensePurchased', data };
  return purchasedFor === undefined ? [purchased] : [purchased, passedOn(command, purchasedFor, lots, now)];
}

function isOrderId(orderId: string): boolean {
  return orderId.trim() !== '' && orderId.length <= orderIdLengthMax && !/[\p{Cc}\p{Cs}]/u.test(orderId);
}

function alreadyRecorded(recorded: Order, { orderId, lines, purchasedFor }: PurchaseLicenses): PoolFact[] {
  const isSame = sameValue(quantities(recorded.lines), quantities(lines)) && recorded.purchasedFor === purchasedFor;
  if (isSame) return [];
  throw new Rejected('ORDER_CONFLICT', `The order ${recorded.orderId} was already recorded with other lines or for another customer.`, {
    orderId,
    recorded: { lines: recorded.lines, purchasedFor: recorded.purchasedFor },
    requested: { lines, purchasedFor },
  });
}

function quantities(lines: readonly Line[]): [string, number][] {
  return [...sumsOf(lines)].sort(([left], [right]) => (left < right ? -1 : 1));
}

function effectivePurchase(purchasedAt: string | undefined, now: Instant): Instant {
  if (purchasedAt === undefined) return now;
  const at = toInstant(purchasedAt);
  const isPlausible = at !== undefined && Date.parse(at) - Date.parse(now) <= clockToleranceInMilliseconds;
  if (isPlausible) return at < now ? at : now;
  refuseFindings([{ path: 'purchasedAt', message: `must be an RFC 3339 time that is not in the future, not ${purchasedAt}` }]);
  return now;
}

function boughtLot({ context, orderId, products, accountKind }: PurchaseLicenses, line: Line, number: number, at: Instant): Lot {
  const { sku, quantity } = line;
  const { policy } = listingForSale(products.get(sku), sku);
  return {
    lotId: `${context.commandId}.${number}`,
    sku,
    quantity,
    orderId,
    term: policy.term,
    termStarts: policy.termStarts,
    reversibility: policy.reversibility,
    ...deliveryOf(policy),
    ...(beginsWithPurchase(policy, accountKind) && beginTerm(policy.term, at)),
  };
}

/** What a customer buys itself is assigned the moment it is bought: nobody else will do it (ADR 030). */
function beginsWithPurchase({ termStarts }: Policy, accountKind: PurchaseLicenses['accountKind']): boolean {
  return termStarts === 'onPurchase' || (termStarts === 'onAssignment' && accountKind === 'customer');
}

/** What a product requires is held already, or bought in the same order. */
export function refuseMissingRequirements(
  state: PoolState,
  { lines, products }: Pick<PurchaseLicenses, 'lines' | 'products'>,
  now: Instant,
): void {
  const bought = new Set(lines.map(({ sku }) => sku));
  for (const sku of bought) {
    const required = products.get(sku)?.listing?.policy.requires ?? [];
    const missing = required.filter((other) => !bought.has(other) && heldQuantity(balanceOf(state, other, now)) === 0);
    if (missing.length === 0) continue;
    throw new Rejected('REQUIRED_PRODUCT_MISSING', `${sku} requires ${missing.join(', ')}, which the buyer does not hold.`, {
      sku,
      missing,
    });
  }
}

/** Gives away exactly what was bought, whatever else the pool has. */
function passedOn({ context, accountId, customer }: PurchaseLicenses, customerId: string, lots: readonly Lot[], now: Instant): PoolFact {
  if (customer === undefined || !isLinkedTo(customer, accountId))
    throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${customerId} that is linked to this partner.`, { customerId });
  const over = lots.find(({ expiresAt }) => expiresAt !== undefined && expiresAt <= now);
  refuseFindings(over === undefined ? [] : [{ path: 'purchasedAt', message: `is so long ago that the term ended on ${over.expiresAt}` }]);
  const lines = lots.map((lot, index) => assignedLine(index + 1, lot.sku, [{ lot, quantity: lot.quantity }], now));
  return { type: 'LicenseAssigned', data: { accountId, assignmentId: context.commandId, customerId, assignedAt: now, lines } };
}
