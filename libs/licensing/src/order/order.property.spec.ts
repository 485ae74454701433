import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stateAfter } from '../../testing/given.js';
import { onSale } from '../../testing/pool-facts.js';
import type { Commanded } from '../fact.js';
import { Rejected } from '../rejection.js';
import { finalOrderStates, order, type OrderState } from './order.js';
import type { Fulfilment, OrderFact, Payment } from './order.events.js';
import { placeOrder } from './place.js';
import { advanceOrder, cancelOrder, completeFulfilment, confirmPayment, failFulfilment, finishOrder, giveOrderUp } from './progress.js';

type Decide = (state: OrderState, command: any, now: string) => OrderFact[];
interface Step {
  readonly decide: Decide;
  readonly command: object;
}

const steps: Record<string, Step> = {
  advance: { decide: advanceOrder, command: {} },
  paid: { decide: confirmPayment, command: { reference: 'r', outcome: 'paid' } },
  notPaid: { decide: confirmPayment, command: { reference: 'r', outcome: 'failed' } },
  complete: { decide: completeFulfilment, command: {} },
  fail: { decide: failFulfilment, command: { reason: 'no' } },
  finish: { decide: finishOrder, command: {} },
  giveUp: { decide: giveOrderUp, command: { reason: 'no' } },
  cancel: { decide: cancelOrder, command: {} },
};

/**
 * The same order in the plainest way: which step leads from where to where. A step that is not listed must leave the state alone, by a refusal or by
 * saying nothing. `provisioning+` is an order that is delivered and not yet in the pool.
 */
function expected(from: string, step: string, payment: Payment['method'], fulfilment: Fulfilment): string {
  const isAutomatic = fulfilment === 'automatic';
  const next: Record<string, Record<string, string>> = {
    placed: {
      ...(payment === 'invoice' ? { advance: isAutomatic ? 'provisioning+' : 'provisioning' } : { paid: 'paid', notPaid: 'paymentFailed' }),
      cancel: 'cancelled',
    },
    paid: { advance: isAutomatic ? 'provisioning+' : 'provisioning', cancel: 'cancelled' },
    provisioning: { complete: 'provisioning+', fail: 'failed' },
    'provisioning+': { finish: 'provisioned', giveUp: 'failed' },
  };
  return next[from]?.[step] ?? from;
}

const shown = ({ order: known }: OrderState) =>
  known && (known.state === 'provisioning' && known.fulfilled ? 'provisioning+' : known.state);
const context = { commandId: 'c', actor: { userId: 'u', role: 'customerAdmin' } } satisfies Commanded['context'];

function begun(method: Payment['method'], fulfilment: Fulfilment): OrderFact[] {
  const products = onSale({ tool: { term: null, fulfilment } });
  const lines = [{ sku: 'tool', quantity: 1 }];
  const request = { context, orderId: 'o', accountId: 'a', lines, payment: { method }, products, subscriptionIds: [], checkForm: () => [] };
  return placeOrder(order.initial(), request, '2026-04-01T00:00:00.000Z');
}

const ways = fc.tuple(
  fc.constantFrom<Payment['method']>('invoice', 'external'),
  fc.constantFrom<Fulfilment>('automatic', 'provider'),
  fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 12 }),
);

describe('Whatever is done to an order in whatever sequence', () => {
  it('it goes through its states as a small table says, and every other step is refused or changes nothing', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(ways, ([method, fulfilment, names]) => {
        const facts = begun(method, fulfilment);
        for (const name of names) {
          const before = shown(stateAfter(order, facts))!;
          const { decide, command } = steps[name]!;
          try {
            facts.push(...decide(stateAfter(order, facts), { context, orderId: 'o', ...command }, '2026-04-01T00:00:00.000Z'));
          } catch (error) {
            if (!(error instanceof Rejected)) throw error;
            expect([error.code, error.members]).toEqual(['ORDER_STATE', { orderId: 'o', state: before.replace('+', '') }]);
          }
          const after = shown(stateAfter(order, facts));
          expect([name, before, after]).toEqual([name, before, expected(before, name, method, fulfilment)]);
          if (finalOrderStates.includes(before as never)) expect(after).toBe(before);
          seen.add(after!);
        }
        expect(facts.filter(({ type }) => type === 'OrderFulfilled').length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 3_000 },
    );
    expect([...seen].sort()).toEqual([
      'cancelled',
      'failed',
      'paid',
      'paymentFailed',
      'placed',
      'provisioned',
      'provisioning',
      'provisioning+',
    ]);
  });
});
