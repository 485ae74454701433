import type { Commanded, Instant } from '../fact.js';
import { type Finding, refuseFindings } from '../invalid.js';
import { type Money, sumsOfMoney } from '../money.js';
import { type Line, refuseSenselessLines } from '../pool/lines.js';
import { amountOf, type OrderedLine } from '../pool/provision.js';
import type { Billing, SubscriptionIncreaseOrdered } from '../pool/subscription.events.js';
import { priceOfLine, refuseUnknownBilling } from '../product/prices.js';
import type { Listing } from '../product/product.events.js';
import { listingForSale, type ProductState } from '../product/product.js';
import type { OrderState } from './order.js';
import type { FormAnswers, OrderFact, Payment } from './order.events.js';
import { findingsInTenant, fullTenant, type Tenant } from './tenant.js';

/** A line as it is asked for. */
export interface RequestedLine extends Line {
  readonly billing?: Billing;
  /** Answers to the product's order form (003-38, 50). */
  readonly form?: object;
}

export interface PlaceOrder extends Commanded {
  readonly orderId: string;
  readonly accountId: string;
  readonly lines: readonly RequestedLine[];
  readonly payment: Payment;
  readonly tenant?: Tenant;
  /** In which the order is to be priced; absent: each product in that of its first price. */
  readonly currency?: string;
  /** The products of the lines, by sku. */
  readonly products: ReadonlyMap<string, ProductState>;
  /** One for each line: the id of the subscription that begins with it, should one. */
  readonly subscriptionIds: readonly string[];
  /** What is wrong with the answers to an order form, which is a JSON Schema. */
  readonly checkForm: (orderForm: object, answers: object | undefined, path: string) => readonly Finding[];
}

/** Records an order at the prices in force. The same order again says nothing new: its id is that of the command that placed it. */
export function placeOrder(state: OrderState, command: PlaceOrder, now: Instant): OrderFact[] {
  if (state.order !== undefined) return [];
  const { context, orderId, accountId, lines, payment, products } = command;
  refuseSenselessLines(lines);
  const listings = lines.map(({ sku }) => listingForSale(products.get(sku), sku));
  refuseFindings(lines.flatMap((line, index) => findingsInForm(command, line, listings[index]!, index)));
  const tenant = tenantOf(command, listings);
  const ordered = lines.map((line, index) => orderedLine(command, line, listings[index]!, index, now));
  const forms = lines.flatMap(({ form }, index): FormAnswers[] => (form === undefined ? [] : [{ line: index + 1, answers: form }]));
  const data = {
    orderId,
    accountId,
    placedBy: context.actor.userId,
    lines: ordered,
    totals: totalsOf(ordered),
    payment,
    ...(tenant && { tenant }),
    fulfilment: listings.some(({ policy }) => policy.fulfilment === 'provider') ? ('provider' as const) : ('automatic' as const),
    ...(forms.length > 0 && { person: { forms } }),
  };
  return [{ type: 'OrderPlaced', data }];
}

/** Records the order for more of a subscription as its pool decided it. The same order again says nothing new. */
export function placeIncrease(
  state: OrderState,
  { increase }: Commanded & { readonly increase: SubscriptionIncreaseOrdered['data'] },
): OrderFact[] {
  if (state.order !== undefined) return [];
  const { orderId, accountId, placedBy, line, payment, fulfilment } = increase;
  return [{ type: 'OrderPlaced', data: { orderId, accountId, placedBy, lines: [line], totals: totalsOf([line]), payment, fulfilment } }];
}

/** What lines bill at once, a currency each; lines without a price add nothing. */
export function totalsOf(lines: readonly OrderedLine[]): Money[] {
  return sumsOfMoney(lines.flatMap((line) => amountOf(line) ?? []));
}

function orderedLine(command: PlaceOrder, line: RequestedLine, listing: Listing, index: number, now: Instant): OrderedLine {
  const { sku, quantity, billing } = line;
  refuseUnknownBilling(listing, billing);
  const subscriptionId = billing && command.subscriptionIds[index];
  const unitPrice = priceOfLine(listing, billing, now, command.currency);
  return { sku, quantity, ...(billing && { billing }), ...(subscriptionId && { subscriptionId }), ...(unitPrice && { unitPrice }) };
}

function findingsInForm({ checkForm }: PlaceOrder, { form }: RequestedLine, { sku, policy }: Listing, index: number) {
  const path = `lines[${index}].form`;
  if (policy.orderForm === undefined) return form === undefined ? [] : [{ path, message: `is not asked for: ${sku} has no order form` }];
  return checkForm(policy.orderForm, form, path);
}

function tenantOf({ tenant }: PlaceOrder, listings: readonly Listing[]): Tenant | undefined {
  const needing = listings.filter(({ policy }) => policy.tenant === 'microsoft');
  if (tenant === undefined) {
    if (needing.length > 0) refuseFindings([{ path: 'tenant', message: `is needed for ${needing.map(({ sku }) => sku).join(', ')}` }]);
    return undefined;
  }
  if (needing.length === 0) refuseFindings([{ path: 'tenant', message: 'is not asked for: no product of this order needs one' }]);
  const full = fullTenant(tenant);
  refuseFindings(findingsInTenant(full));
  return full;
}
