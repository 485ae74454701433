import type { Commanded, Instant } from '../fact.js';
import { Rejected } from '../rejection.js';
import { type Line, refuseSenselessLines, refuseTooManyLots, sumsOf } from './lines.js';
import { type Order, orderIn, type PoolState } from './pool.js';
import type { LotPart, PoolFact } from './pool.events.js';
import type { HeldLot } from './use-order.js';

export interface ReversePurchase extends Commanded {
  readonly accountId: string;
  readonly orderId: string;
  /** All that is not reversed yet, when absent. */
  readonly lines?: readonly Line[];
  readonly reason: string;
}

/** The vendor takes an order back, or part of it: only what is still available, so nothing that was given or used is taken from anybody. */
export function reversePurchase(state: PoolState, command: ReversePurchase, now: Instant): PoolFact[] {
  const { accountId, orderId, reason } = command;
  if (command.lines !== undefined) refuseSenselessLines(command.lines);
  const order = orderIn(state, orderId);
  if (order === undefined) throw new Rejected('ORDER_NOT_FOUND', `This pool has no order ${orderId}.`, { orderId });

  refuseSubscriptions(state, order);
  const requested = command.lines === undefined ? notReversedYet(order) : sumsOf(command.lines);
  if (requested.size === 0) return [];
  const available = order.lotIds.flatMap((lotId) => currentLot(state, lotId, now) ?? []);
  refuseMoreThanAvailable(order, requested, available);
  const lots = [...requested].flatMap(([sku, quantity]) => partsOf(available, sku, quantity));
  refuseTooManyLots(lots.length);
  return [{ type: 'PurchaseReversed', data: { accountId, orderId: order.orderId, lots, reason } }];
}

/** What belongs to a subscription is given back by making that smaller, or cancelling it: it has to know what it has. */
function refuseSubscriptions(state: PoolState, { orderId, lotIds }: Order): void {
  const subscriptionId = lotIds.map((lotId) => state.lots.get(lotId)?.lot.subscriptionId).find((id) => id !== undefined);
  if (subscriptionId === undefined) return;
  throw new Rejected(
    'ORDER_OF_SUBSCRIPTION',
    `Order ${orderId} is part of the subscription ${subscriptionId}: make that smaller, or cancel it.`,
    {
      orderId,
      subscriptionId,
    },
  );
}

function notReversedYet(order: Order): Map<string, number> {
  const left = [...sumsOf(order.lines)].map(([sku, quantity]) => [sku, quantity - (order.reversed.get(sku) ?? 0)] as const);
  return new Map(left.filter(([, quantity]) => quantity > 0));
}

function currentLot(state: PoolState, lotId: string, now: Instant): HeldLot | undefined {
  const held = state.lots.get(lotId);
  const isOver = held?.lot.expiresAt !== undefined && held.lot.expiresAt <= now;
  return isOver ? undefined : held;
}

function refuseMoreThanAvailable({ orderId }: Order, requested: Map<string, number>, lots: readonly HeldLot[]): void {
  const short = [...requested]
    .map(([sku, quantity]) => ({
      sku,
      requested: quantity,
      available: lots.reduce((sum, { lot, available }) => sum + (lot.sku === sku ? available : 0), 0),
    }))
    .filter((line) => line.requested > line.available);
  const [first] = short;
  if (first === undefined) return;
  const sentence = short.map((line) => `${line.requested} of ${line.sku} to reverse, ${line.available} still available`).join('; ');
  throw new Rejected('REVERSAL_EXCEEDS_AVAILABLE', `Order ${orderId}: ${sentence}.`, { orderId, ...first, short });
}

function partsOf(lots: readonly HeldLot[], sku: string, quantity: number): LotPart[] {
  const parts: LotPart[] = [];
  let missing = quantity;
  for (const { lot, available } of lots) {
    const part = lot.sku === sku ? Math.min(missing, available) : 0;
    // A lot that is in use or held back as a whole has nothing to give.
    if (part === 0) continue;
    parts.push({ lotId: lot.lotId, sku, quantity: part });
    missing -= part;
  }
  return parts;
}
