import {
  finalOrderStates,
  stateAfterFact,
  type Actor,
  type Fulfilment,
  type Instant,
  type Money,
  type OrderFact,
  type OrderPlaced,
  type OrderStateName,
  type OrderedLine,
  type Payment,
  type Tenant,
} from '#licensing';
import type { Recorded } from '../recorded.js';
import { positionSort } from '../sort-text.js';

/** One step of an order: what it was from then on, and by whom. */
export interface OrderStep {
  readonly state: OrderStateName;
  readonly at: Instant;
  readonly by: Pick<Actor, 'userId' | 'role' | 'accountId'>;
  readonly reason?: string;
  readonly reference?: string;
}

export interface ListedOrderLine extends OrderedLine {
  readonly line: number;
  /** The answers to the order form. */
  readonly form?: object;
}

/** An order as it stands, with its whole history. */
export interface ListedOrder {
  readonly orderId: string;
  readonly accountId: string;
  readonly state: OrderStateName;
  readonly placedAt: Instant;
  readonly placedBy: string;
  readonly lines: readonly ListedOrderLine[];
  readonly totals: readonly Money[];
  readonly payment: Payment;
  readonly tenant?: Tenant;
  readonly fulfilment: Fulfilment;
  /** Delivered; its pool may not have it yet. */
  readonly fulfilled: boolean;
  readonly history: readonly OrderStep[];
  /** Where it was placed: the order of lists. */
  readonly placed: string;
}

type AnyOrderEvent = Pick<Recorded<OrderFact>, 'type' | 'data' | 'metadata' | 'position'>;

/** What a fact makes of an order. The read model and the answer about one order, which is read from the log, agree by it. */
export function orderAfter(order: ListedOrder | undefined, event: AnyOrderEvent): ListedOrder | undefined {
  if (event.type === 'OrderPlaced') return placed(event as Recorded<OrderPlaced>);
  if (order === undefined) return undefined;
  if (event.type === 'OrderFulfilled') return { ...order, fulfilled: true };
  const state = stateAfterFact[event.type];
  return { ...order, state, history: [...order.history, stepOf(state, event)] };
}

export function isOpen({ state }: Pick<ListedOrder, 'state'>): boolean {
  return !finalOrderStates.includes(state);
}

function placed(event: Recorded<OrderPlaced>): ListedOrder {
  const { lines, person, orderId, accountId, placedBy, totals, payment, tenant, fulfilment } = event.data;
  const forms = new Map(person?.forms.map(({ line, answers }) => [line, answers]));
  const listed = lines.map((line, index): ListedOrderLine => {
    const form = forms.get(index + 1);
    return { line: index + 1, ...line, ...(form && { form }) };
  });
  return {
    ...{ orderId, accountId, state: 'placed', placedAt: event.metadata.recordedAt, placedBy, lines: listed, totals, payment },
    ...(tenant && { tenant }),
    fulfilment,
    fulfilled: false,
    history: [stepOf('placed', event)],
    placed: positionSort(event.position),
  };
}

function stepOf(state: OrderStateName, { data, metadata }: AnyOrderEvent): OrderStep {
  const { reason, reference } = data as { readonly reason?: string; readonly reference?: string };
  const { userId, role, accountId } = metadata.actor;
  return {
    state,
    at: metadata.recordedAt,
    by: { userId, role, ...(accountId !== undefined && { accountId }) },
    ...(reason !== undefined && { reason }),
    ...(reference !== undefined && { reference }),
  };
}
