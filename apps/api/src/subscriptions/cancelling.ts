import type { Ledger } from '#event-store';
import {
  cancellationOutcome,
  cancelSubscription,
  pool,
  sumsOfMoney,
  times,
  type CancellationDeclined,
  type CancellationOutcome,
  type Money,
  type SubscriptionCancelled,
} from '#licensing';
import type { CancellationAnswer } from './subscription.answers.js';
import type { Cancelled, CancelSubscription } from './subscription.commands.js';
import { productOf } from './subscribed-product.js';

/** Cancels what can be; what comes of it is told by the facts, or by how things are when they were so already. */
export async function cancel(ledger: Ledger, command: CancelSubscription): Promise<Cancelled> {
  const products = await productOf(ledger, command);
  let asThingsAre: CancellationOutcome | undefined;
  const receipt = await ledger.record(pool, command.accountId, { ...command, products }, (state, asked, now) => {
    const facts = cancelSubscription(state, asked, now);
    asThingsAre = facts.length === 0 ? cancellationOutcome(state, asked, now) : undefined;
    return facts;
  });
  return { receipt, outcome: asThingsAre ?? toldBy(receipt.facts) };
}

function toldBy(facts: readonly { readonly type: string; readonly data: object }[]): CancellationOutcome {
  const dataOf = (type: string) => facts.find((fact) => fact.type === type)?.data;
  const cancelled = dataOf('SubscriptionCancelled') as SubscriptionCancelled['data'] | undefined;
  const declined = dataOf('CancellationDeclined') as CancellationDeclined['data'] | undefined;
  const { until = '', billed, termTotal } = declined ?? {};
  return {
    cancelled: cancelled?.lots ?? [],
    retained: declined?.lots ?? [],
    until,
    ...(billed && { billed }),
    ...(termTotal && { termTotal }),
  };
}

/** The outcome as it is answered: nothing credited, or to come, is an amount of zero where there are prices at all. */
export function cancellationAnswer({ cancelled, retained, until, billed, termTotal }: CancellationOutcome): CancellationAnswer {
  const credits = cancelled.flatMap(({ credited }) => credited ?? []);
  const price = billed ?? credits[0];
  const zero: Money | null = price === undefined ? null : times(price, 0);
  const credited = sumsOfMoney(credits)[0] ?? zero;
  return {
    outcome: retained.length === 0 ? 'cancelled' : cancelled.length === 0 ? 'retainedUntilTermEnd' : 'mixed',
    lots: [
      ...cancelled.map((lot) => ({ lotId: lot.lotId, quantity: lot.quantity, outcome: 'cancelled', amount: lot.credited ?? null })),
      ...retained.map((lot) => ({
        lotId: lot.lotId,
        quantity: lot.quantity,
        outcome: 'retainedUntilTermEnd',
        until,
        amount: lot.billed ?? null,
      })),
    ],
    credited,
    billed: billed ?? zero,
    termTotal: termTotal ?? zero,
  };
}
