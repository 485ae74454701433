import type { Commanded } from '../fact.js';
import { Rejected } from '../rejection.js';
import type { OrderedLine } from '../pool/provision.js';
import type { Money } from '../money.js';
import type { Fulfilment, FormAnswers, OrderFact, OrderPlaced, Payment } from './order.events.js';
import type { Tenant } from './tenant.js';

/** placed → paid | paymentFailed; paid → provisioning → provisioned | failed; placed, paid → cancelled (003-54). */
export const orderStates = ['placed', 'paid', 'paymentFailed', 'provisioning', 'provisioned', 'failed', 'cancelled'] as const;
export type OrderStateName = (typeof orderStates)[number];

/** The state that a fact leads to. */
export const stateAfterFact: Readonly<Record<OrderFact['type'], OrderStateName>> = {
  OrderPlaced: 'placed',
  OrderPaid: 'paid',
  PaymentFailed: 'paymentFailed',
  OrderProvisioningStarted: 'provisioning',
  OrderFulfilled: 'provisioning',
  OrderProvisioned: 'provisioned',
  OrderFailed: 'failed',
  OrderCancelled: 'cancelled',
};

/** States that an order does not leave. */
export const finalOrderStates: readonly OrderStateName[] = ['paymentFailed', 'provisioned', 'failed', 'cancelled'];

/** An order as it stands; everything of it as it was placed. */
export interface PlacedOrder {
  state: OrderStateName;
  readonly orderId: string;
  readonly accountId: string;
  readonly placedBy: string;
  readonly lines: readonly OrderedLine[];
  readonly forms: readonly FormAnswers[];
  readonly totals: readonly Money[];
  readonly payment: Payment;
  readonly tenant?: Tenant;
  readonly fulfilment: Fulfilment;
  /** Of the payment that came, or failed. */
  paymentReference?: string;
  /** Whoever delivers it has done so. */
  fulfilled: boolean;
  /** Of the delivery. */
  reference?: string;
}

export interface OrderState {
  /** Absent before anything was placed. */
  order?: PlacedOrder;
}

export const order = {
  category: 'order',

  initial(): OrderState {
    return {};
  },

  evolve(state: OrderState, fact: OrderFact): OrderState {
    if (fact.type === 'OrderPlaced') state.order = placed(fact.data);
    else if (state.order !== undefined) follow(state.order, fact);
    return state;
  },

  sizeInBytes({ order: known }: OrderState): number {
    return 1_000 + 600 * (known?.lines.length ?? 0) + 2_000 * (known?.forms.length ?? 0);
  },
};

function placed({ orderId, accountId, placedBy, lines, person, totals, payment, tenant, fulfilment }: OrderPlaced['data']): PlacedOrder {
  const forms = person?.forms ?? [];
  return {
    ...{ state: 'placed', orderId, accountId, placedBy, lines, forms, totals, payment, fulfilment, fulfilled: false },
    ...(tenant && { tenant }),
  };
}

function follow(known: PlacedOrder, fact: OrderFact): void {
  // A fact of a newer kind changes nothing here.
  known.state = stateAfterFact[fact.type] ?? known.state;
  if (fact.type === 'OrderPaid' || fact.type === 'PaymentFailed') known.paymentReference = fact.data.reference;
  if (fact.type === 'OrderFulfilled') Object.assign(known, { fulfilled: true, reference: fact.data.reference });
}

/** The order that a command is about; somebody else's is not there. Errors: ORDER_NOT_FOUND. */
export function knownOrder(
  { order: known }: OrderState,
  { orderId, context: { actor } }: Commanded & { readonly orderId: string },
): PlacedOrder {
  if (known !== undefined && (actor.accountId ?? known.accountId) === known.accountId) return known;
  throw new Rejected('ORDER_NOT_FOUND', `There is no order ${orderId} that you may see.`, { orderId });
}

/** The refusal of what cannot be done in the state the order is in. */
export function wrongOrderState({ orderId, state }: PlacedOrder, cannot: string): Rejected {
  return new Rejected('ORDER_STATE', `The order ${orderId} is ${state}: it cannot be ${cannot}.`, { orderId, state });
}
