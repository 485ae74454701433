import fc from 'fast-check';
import {
  acceptDrawdown,
  approveDrawdown,
  cancelDrawdown,
  cancelOrder,
  cancelSubscription,
  confirmPayment,
  rejectDrawdown,
  resizeSubscription,
  scheduleRenewal,
  setAutoRenewal,
  unscheduleRenewal,
  type Policy,
} from '#licensing';

const irreversible = { reversibility: 'irreversible' } as const;
/** What partners and customers hold. */
const held: Record<string, Policy> = {
  'H-YEAR': { term: 'P1Y', termStarts: 'onAssignment', ...irreversible },
  'H-MONTH': { term: 'P1M', termStarts: 'onPurchase', ...irreversible },
  'H-USE': { term: 'P5Y', termStarts: 'onFirstUse', ...irreversible },
};
/** Sold in the marketplace only. */
export const subscribed = 'H-SUB';
export const billing = { period: 'P1M', commitment: 'P1M' };

/** The products of the histories. */
export const policies: Record<string, Policy> = {
  ...held,
  [subscribed]: { term: 'P1M', termStarts: 'onPurchase', reversibility: 'windowed', cancellationWindow: 'P7D', billingOptions: [billing] },
};
const skus = Object.keys(held);

export const drawdownChanges = { approve: approveDrawdown, reject: rejectDrawdown, accept: acceptDrawdown, cancel: cancelDrawdown };

export const subscriptionChanges = {
  resize: resizeSubscription,
  renewal: setAutoRenewal,
  schedule: scheduleRenewal,
  unschedule: unscheduleRenewal,
  cancel: cancelSubscription,
};

export const orderChanges = { paid: confirmPayment, failed: confirmPayment, cancel: cancelOrder };

/** What a rule may say to a step. */
export const refusals = new Set([
  'POOL_EXHAUSTED',
  'ORDER_CONFLICT',
  'ORDER_NOT_FOUND',
  'REVERSAL_EXCEEDS_AVAILABLE',
  'CUSTOMER_NOT_FOUND',
  'ACTIVATION_EXCEEDS_AVAILABLE',
  'DRAWDOWN_EXCEEDS_ORDER',
  'DRAWDOWN_NOT_FOUND',
  'DRAWDOWN_STATE',
  'ORDER_STATE',
  'PAYMENT_REFERENCE_MISMATCH',
  'SUBSCRIPTION_NOT_FOUND',
  'SUBSCRIPTION_NOT_ACTIVE',
  'RESIZE_UNDER_WAY',
  'RENEWAL_OFF',
  'WINDOW_CLOSED',
]);

export type Line = { sku: string; quantity: number };
export type Step =
  | { does: 'purchase'; partner: number; order: number; lines: Line[]; passedOnTo?: number }
  | { does: 'reverse'; partner: number; order: number; lines?: Line[] }
  | { does: 'assign'; partner: number; customer: number; lines: Line[] }
  | { does: 'activate'; customer: number; line: Line }
  | { does: 'draw'; partner: number; order: number; customer: number; lines: Line[] }
  | { does: 'decide'; partner: number; which: number; change: keyof typeof drawdownChanges }
  | { does: 'order'; customer: number; lines: Line[]; method: 'invoice' | 'external' }
  | { does: 'settle'; which: number; change: keyof typeof orderChanges }
  | { does: 'subscription'; customer: number; which: number; change: keyof typeof subscriptionChanges; quantity: number; flag: boolean }
  | { does: 'wait'; days: number }
  | { does: 'fire'; account: number }
  | { does: 'repeat'; earlier: number };

/** Each as often as its number says. */
function often<Name extends string>(weights: Record<Name, number>): fc.Arbitrary<Name> {
  return fc.oneof(...(Object.entries(weights) as [Name, number][]).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) })));
}

const line = fc.record({ sku: fc.constantFrom(...skus), quantity: fc.integer({ min: 1, max: 20 }) });
const lines = fc.array(line, { minLength: 1, maxLength: 3 });

const customerNumber = fc.nat({ max: 2 });
const partnerNumber = fc.nat({ max: 1 });
const orderNumber = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('purchase' as const), partner: partnerNumber, order: orderNumber, lines }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('purchase' as const),
      partner: partnerNumber,
      order: orderNumber,
      lines,
      passedOnTo: customerNumber,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { does: fc.constant('reverse' as const), partner: partnerNumber, order: orderNumber, lines },
      { requiredKeys: ['does', 'partner', 'order'] },
    ),
  },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant('assign' as const), partner: partnerNumber, customer: customerNumber, lines }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('activate' as const), customer: customerNumber, line }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('draw' as const),
      partner: partnerNumber,
      order: orderNumber,
      customer: customerNumber,
      lines,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('decide' as const),
      partner: partnerNumber,
      which: fc.constantFrom(0, 0, 1),
      change: often<keyof typeof drawdownChanges>({ approve: 4, accept: 4, reject: 1, cancel: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('order' as const),
      customer: customerNumber,
      lines: fc.array(fc.record({ sku: fc.constantFrom(...skus, subscribed), quantity: fc.integer({ min: 1, max: 20 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      method: fc.constantFrom('invoice' as const, 'external' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('settle' as const),
      which: fc.nat({ max: 1 }),
      change: often<keyof typeof orderChanges>({ paid: 1, failed: 1, cancel: 1 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('subscription' as const),
      customer: fc.constantFrom(0, 0, 0, 1, 2),
      which: fc.nat({ max: 1 }),
      change: often<keyof typeof subscriptionChanges>({ resize: 4, renewal: 3, schedule: 2, unschedule: 2, cancel: 1 }),
      quantity: fc.integer({ min: 1, max: 30 }),
      flag: fc.boolean(),
    }),
  },
  // A month or so: holds lapse, windows close, terms end and renew.
  { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('fire' as const), account: fc.nat({ max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('repeat' as const), earlier: fc.nat() }) },
);
const draw = (quantity: number): Step => ({
  ...{ does: 'draw', partner: 0, order: 0, customer: 0 },
  lines: [{ sku: 'H-YEAR', quantity }],
});
const decide = (change: keyof typeof drawdownChanges): Step => ({ does: 'decide', partner: 0, which: 0, change });
const subscription = (change: keyof typeof subscriptionChanges, quantity = 1, flag = false): Step => ({
  ...{ does: 'subscription', customer: 0, which: 0 },
  ...{ change, quantity, flag },
});
const buy = (sku: string, method: 'invoice' | 'external'): Step => ({
  ...{ does: 'order', customer: 1, method },
  lines: [{ sku, quantity: 3 }],
});
const wait: Step = { does: 'wait', days: 35 };
/** What takes several steps one after the other, which chance alone seldom brings about. */
const plots = fc.constantFrom<Step[]>(
  [draw(3), decide('approve'), decide('accept')],
  [draw(2), decide('approve'), decide('cancel')],
  [draw(1), decide('reject')],
  [draw(4), wait, { does: 'fire', account: 0 }],
  [subscription('renewal'), subscription('renewal', 1, true)],
  [subscription('renewal'), wait, { does: 'fire', account: 2 }],
  [subscription('schedule', 7), wait, { does: 'fire', account: 2 }],
  [subscription('schedule', 4), subscription('unschedule')],
  [subscription('resize', 15), subscription('cancel')],
  [wait, subscription('cancel')],
  [buy('H-MONTH', 'external'), { does: 'settle', which: 0, change: 'failed' }],
  [buy('H-USE', 'invoice'), { does: 'settle', which: 0, change: 'cancel' }],
  [
    { does: 'assign', partner: 0, customer: 1, lines: [{ sku: 'H-USE', quantity: 5 }] },
    { does: 'activate', customer: 1, line: { sku: 'H-USE', quantity: 2 } },
    { does: 'activate', customer: 1, line: { sku: 'H-USE', quantity: 1 } },
  ],
);

/** Something to begin with: most of what may follow needs licenses. */
const stock: Step[] = [0, 1].map((partner) => ({
  ...{ does: 'purchase', partner, order: 0 },
  lines: skus.map((sku) => ({ sku, quantity: 100 })),
}));
const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 5, size: 'max' }), { minLength: 3, maxLength: 6, size: 'max' });
/** Rounds one after the other; the steps of a round are sent at once: the next step of a plot or two, and others by chance. */
export const history = fc
  .tuple(rounds, fc.array(plots, { minLength: 1, maxLength: 2 }))
  .map(([others, chosen]) => [stock, ...others.map((round, index) => [...chosen.flatMap((plot) => plot[index] ?? []), ...round])]);
