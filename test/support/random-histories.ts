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
export const billing = { period: 'P1M', commitment: 'P1Y' };

/** The products of the histories. */
export const policies: Record<string, Policy> = {
  ...held,
  [subscribed]: { term: 'P1Y', termStarts: 'onPurchase', reversibility: 'windowed', cancellationWindow: 'P7D', billingOptions: [billing] },
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
  | { does: 'repeat'; earlier: number };

const line = fc.record({ sku: fc.constantFrom(...skus), quantity: fc.integer({ min: 1, max: 20 }) });
const lines = fc.array(line, { minLength: 1, maxLength: 3 });
const partnerNumber = fc.nat({ max: 1 });
const customerNumber = fc.nat({ max: 2 });
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
  { weight: 1, arbitrary: fc.record({ does: fc.constant('activate' as const), customer: customerNumber, line }) },
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
      which: fc.nat({ max: 3 }),
      change: fc.constantFrom(
        'approve' as const,
        'approve' as const,
        'accept' as const,
        'accept' as const,
        'reject' as const,
        'cancel' as const,
      ),
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
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('settle' as const),
      which: fc.nat({ max: 2 }),
      change: fc.constantFrom('paid' as const, 'paid' as const, 'failed' as const, 'cancel' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('subscription' as const),
      customer: fc.constantFrom(0, 0, 0, 1, 2),
      which: fc.nat({ max: 1 }),
      change: fc.constantFrom(
        'resize' as const,
        'resize' as const,
        'resize' as const,
        'renewal' as const,
        'schedule' as const,
        'unschedule' as const,
        'cancel' as const,
      ),
      quantity: fc.integer({ min: 1, max: 30 }),
      flag: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('repeat' as const), earlier: fc.nat() }) },
);
/** Rounds one after the other; the steps of a round are sent at once. */
export const history = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });
