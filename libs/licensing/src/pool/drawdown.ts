import { type CustomerState, isSeenBy } from '../customer/customer.js';
import type { Actor, Commanded, Instant } from '../fact.js';
import type { ProductState } from '../product/product.js';
import { Rejected } from '../rejection.js';
import { addTerm } from '../term.js';
import { foldUnique } from '../unique-text.js';
import { assignedLine } from './assignment.js';
import type { Drawdown, DrawdownState } from './drawdown-state.js';
import type { DrawdownLapsed, DrawdownLine, DrawdownSubmitted } from './drawdown.events.js';
import { type Line, refuseSenselessLines, refuseTooManyLots, sumsOf } from './lines.js';
import { availableLotsOf } from './order-stock.js';
import { orderIn, type Order, type PoolState } from './pool.js';
import type { LotPart, PoolFact } from './pool.events.js';

/** How long licenses are held for a drawdown when their product does not say (contract, "Product"). */
const drawdownHoldDefault = 'P30D';

/** A customer as a partner writes it down (004-18…21). */
export interface TypedCustomer {
  readonly accountName: string;
  readonly website: string;
  readonly contactName: string;
  readonly contactEmail: string;
}

export interface SubmitDrawdown extends Commanded {
  readonly accountId: string;
  /** One order; a list is what a client sends that takes several for possible. */
  readonly orderId: string | readonly string[];
  /** A line may say its order; it is the same for all. */
  readonly lines: readonly (Line & { readonly orderId?: string })[];
  readonly customerId: string;
  /** As written down, when the customer was found or registered by that; absent when it was named by its id. */
  readonly typed?: TypedCustomer;
  /** What an earlier drawdown of this partner calls a customer that was named by its id. */
  readonly knownAs?: string;
  /** The customer named by `customerId`. */
  readonly customer: CustomerState;
  readonly note?: string;
  /** The drawdown that this one was cloned from. */
  readonly clonedFrom?: string;
  /** The products of the lines, by sku: their policies say how long they are held. */
  readonly products: ReadonlyMap<string, ProductState>;
}

/** A decision about one drawdown. */
export interface DecideDrawdown extends Commanded {
  readonly context: Commanded['context'] & { readonly actor: Actor };
  readonly accountId: string;
  readonly drawdownId: string;
}
export interface RejectDrawdown extends DecideDrawdown {
  readonly reason: string;
}
export interface CancelDrawdown extends DecideDrawdown {
  readonly reason?: string;
}

/**
 * Asks to pass on licenses of one order (004-17, 004-24), which are held from now on, first to expire first (004-36). Errors: DRAWDOWN_SINGLE_ORDER,
 * ORDER_NOT_FOUND, DRAWDOWN_EXCEEDS_ORDER, COMMAND_TOO_LARGE, CUSTOMER_NOT_FOUND for an id that this partner cannot know, DRAWDOWN_NOT_FOUND for a clone of none.
 */
export function submitDrawdown(state: PoolState, command: SubmitDrawdown, now: Instant): PoolFact[] {
  const { context, accountId, customerId, typed, note, clonedFrom, lines } = command;
  if (state.drawdowns.has(context.commandId)) return [];
  const orderId = theOneOrder(command);
  refuseSenselessLines(lines);
  const order = orderIn(state, orderId);
  if (order === undefined) throw new Rejected('ORDER_NOT_FOUND', `This pool has no order ${orderId}.`, { orderId });
  if (typed === undefined && !knows(state, command))
    throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${customerId} that this partner knows.`, { customerId });
  if (clonedFrom !== undefined) drawdownIn(state, clonedFrom);

  const held = heldLines(state, order, lines, now);
  refuseTooManyLots(held.reduce((count, { lots }) => count + lots.length, 0));
  const data: DrawdownSubmitted['data'] = {
    accountId,
    drawdownId: context.commandId,
    orderId: order.orderId,
    customerId,
    requestedBy: context.actor.userId,
    lines: held,
    holdUntil: endOfHold(state, command, held, now),
    ...(note !== undefined && { note }),
    ...(clonedFrom !== undefined && { clonedFrom }),
    ...(typed ? writtenDown(typed) : { person: { accountName: nameFor(command) } }),
  };
  return [{ type: 'DrawdownSubmitted', data }];
}

/** The approver lets it pass (004-27): never the one who asked for it. Errors: DRAWDOWN_NOT_FOUND, DRAWDOWN_STATE, DRAWDOWN_SELF_APPROVAL. */
export function approveDrawdown(state: PoolState, command: DecideDrawdown, now: Instant): PoolFact[] {
  const { accountId, drawdownId } = command;
  refuseRequester(drawdownToChange(state, drawdownId, 'approve', now), command.context.actor);
  return [{ type: 'DrawdownApproved', data: { accountId, drawdownId } }];
}

/** The approver does not, and says why (004-32); what was held is available again. Errors as of approveDrawdown. */
export function rejectDrawdown(state: PoolState, command: RejectDrawdown, now: Instant): PoolFact[] {
  const { accountId, drawdownId, reason } = command;
  const drawdown = drawdownToChange(state, drawdownId, 'reject', now);
  refuseRequester(drawdown, command.context.actor);
  return [{ type: 'DrawdownRejected', data: { accountId, drawdownId, reason, released: heldFor(drawdown) } }];
}

/**
 * The partner takes up what was approved (004-30): exactly what was held leaves its pool for the customer's, with the order and term it came
 * from (004-31). Errors: DRAWDOWN_NOT_FOUND, DRAWDOWN_STATE.
 */
export function acceptDrawdown(state: PoolState, command: DecideDrawdown, now: Instant): PoolFact[] {
  const { accountId, drawdownId } = command;
  const { orderId, customerId, lines } = drawdownToChange(state, drawdownId, 'accept', now);
  const given = lines.map(({ line, sku, lots }) =>
    assignedLine(
      line,
      sku,
      lots.map(({ lotId, quantity }) => ({ lot: state.lots.get(lotId)!.lot, quantity })),
      now,
    ),
  );
  return [{ type: 'DrawdownAccepted', data: { accountId, drawdownId, orderId, customerId, acceptedAt: now, lines: given } }];
}

/** The partner needs it no more (004-33), until it accepted. Errors: DRAWDOWN_NOT_FOUND, DRAWDOWN_STATE. */
export function cancelDrawdown(state: PoolState, command: CancelDrawdown, now: Instant): PoolFact[] {
  const { accountId, drawdownId, reason } = command;
  const released = heldFor(drawdownToChange(state, drawdownId, 'cancel', now));
  return [{ type: 'DrawdownCancelled', data: { accountId, drawdownId, ...(reason !== undefined && { reason }), released } }];
}

/** What is recorded of an open drawdown whose hold is over: whoever records it, and however late, it was over at `holdUntil` (ADR 035). */
export function lapsedDrawdown(accountId: string, drawdown: Drawdown): DrawdownLapsed {
  const { drawdownId, holdUntil } = drawdown;
  return { type: 'DrawdownLapsed', data: { accountId, drawdownId, effectiveAt: holdUntil, released: heldFor(drawdown) } };
}

/** The drawdown of this pool. Errors: DRAWDOWN_NOT_FOUND. */
export function drawdownIn(state: PoolState, drawdownId: string): Drawdown {
  const drawdown = state.drawdowns.get(drawdownId);
  if (drawdown === undefined) throw new Rejected('DRAWDOWN_NOT_FOUND', `This pool has no drawdown ${drawdownId}.`, { drawdownId });
  return drawdown;
}

/** What is possible in each state; after the others, nothing. */
const possible = {
  submitted: ['approve', 'reject', 'cancel'],
  approved: ['accept', 'cancel'],
  accepted: [],
  rejected: [],
  cancelled: [],
  lapsed: [],
} as const satisfies Record<DrawdownState, readonly string[]>;

function drawdownToChange(
  state: PoolState,
  drawdownId: string,
  change: 'approve' | 'reject' | 'accept' | 'cancel',
  now: Instant,
): Drawdown {
  const drawdown = drawdownIn(state, drawdownId);
  const isOpen = state.openDrawdowns.has(drawdownId);
  // Over is over, whether or not anybody noticed yet.
  const standing = isOpen && now >= drawdown.holdUntil ? 'lapsed' : drawdown.state;
  const changes: readonly string[] = possible[standing];
  if (changes.includes(change)) return drawdown;
  const left = changes.length === 0 ? 'it is closed' : `possible is to ${changes.join(' or to ')}`;
  throw new Rejected('DRAWDOWN_STATE', `The drawdown is ${standing}, so nobody can ${change} it: ${left}.`, {
    drawdownId,
    state: standing,
    possible: changes,
  });
}

function refuseRequester({ drawdownId, requestedBy }: Drawdown, { userId, onBehalfOf }: Actor): void {
  if (requestedBy !== userId && requestedBy !== onBehalfOf) return;
  throw new Rejected('DRAWDOWN_SELF_APPROVAL', 'Who asked for a drawdown does not decide about it: somebody else has to.', { drawdownId });
}

/** Which order a request is about. Errors: DRAWDOWN_SINGLE_ORDER with all that it names. */
function theOneOrder({ orderId, lines }: Pick<SubmitDrawdown, 'orderId' | 'lines'>): string {
  const named = [orderId, ...lines.map((line) => line.orderId ?? [])].flat();
  const orders = new Map([...named].reverse().map((id) => [foldUnique(id), id]));
  if (orders.size === 1) return named[0]!;
  throw new Rejected('DRAWDOWN_SINGLE_ORDER', `A drawdown is from one order at a time; this one names ${orders.size}.`, {
    orderIds: [...orders.values()].reverse(),
  });
}

/** Customers that linked the partner, those that its drawdowns registered, and those it had a drawdown for. */
function knows(state: PoolState, { accountId, customer, customerId }: SubmitDrawdown): boolean {
  return isSeenBy(customer, accountId) || [...state.drawdowns.values()].some((drawdown) => drawdown.customerId === customerId);
}

/** Takes each line from the order's lots; what one line took the next does not. */
function heldLines(state: PoolState, order: Order, lines: readonly Line[], now: Instant): DrawdownLine[] {
  const stock = new Map([...sumsOf(lines).keys()].map((sku) => [sku, availableLotsOf(state, order, sku, now)]));
  const short = [...sumsOf(lines)]
    .map(([sku, requested]) => ({ sku, requested, available: stock.get(sku)!.reduce((sum, { available }) => sum + available, 0) }))
    .filter(({ requested, available }) => requested > available);
  const [first] = short;
  if (first !== undefined) {
    const sentence = short.map(({ sku, requested, available }) => `${requested} of ${sku} requested, ${available} available`).join('; ');
    throw new Rejected('DRAWDOWN_EXCEEDS_ORDER', `Order ${order.orderId}: ${sentence}.`, { orderId: order.orderId, ...first, short });
  }
  const taken = new Map<string, number>();
  return lines.map(({ sku, quantity }, index) => {
    const lots: { lotId: string; quantity: number }[] = [];
    let missing = quantity;
    for (const { lot, available } of stock.get(sku)!) {
      const part = Math.min(missing, available - (taken.get(lot.lotId) ?? 0));
      if (part === 0) continue;
      lots.push({ lotId: lot.lotId, quantity: part });
      taken.set(lot.lotId, (taken.get(lot.lotId) ?? 0) + part);
      missing -= part;
      if (missing === 0) break;
    }
    return { line: index + 1, sku, quantity, lots };
  });
}

/** The shortest hold of the products, and no later than the first end of what is held (ADR 035). */
function endOfHold(state: PoolState, { lines, products }: SubmitDrawdown, held: readonly DrawdownLine[], now: Instant): Instant {
  const holds = lines.map(({ sku }) => addTerm(now, products.get(sku)?.listing?.policy.drawdownHold ?? drawdownHoldDefault));
  const ends = held.flatMap(({ lots }) => lots.flatMap(({ lotId }) => state.lots.get(lotId)!.lot.expiresAt ?? []));
  return [...holds, ...ends].reduce((earliest, other) => (other < earliest ? other : earliest));
}

function writtenDown({ website, accountName, contactName, contactEmail }: TypedCustomer) {
  return { website, person: { accountName, contactName, contactEmail } };
}

/** A partner learns nothing of a customer that it does not see: neither that has a name of its own, nor a new one (ADR 037). */
function nameFor({ accountId, customer, customerId, knownAs }: SubmitDrawdown): string {
  return isSeenBy(customer, accountId) ? customer.person.name : (knownAs ?? customerId);
}

function heldFor({ lines }: Drawdown): LotPart[] {
  return lines.flatMap(({ sku, lots }) => lots.map(({ lotId, quantity }) => ({ lotId, sku, quantity })));
}
