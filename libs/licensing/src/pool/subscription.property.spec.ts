import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { customerId } from '../../testing/pool-facts.js';
import { m365, monthly, monthlyForAYear, onOffer, yearly } from '../../testing/subscription-facts.js';
import type { Commanded, Instant } from '../fact.js';
import { Invariants } from '../invariants/invariants.js';
import { Rejected } from '../rejection.js';
import { balanceOf, lotsInForce } from './balance.js';
import { cancelSubscription } from './cancellation.js';
import { fireDeadlines, nextDeadline } from './deadlines.js';
import { issueLicenseFile } from './delivery.js';
import { pool, type PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { provisionOrder } from './provision.js';
import { resizeSubscription } from './resize.js';
import { scheduleRenewal, setAutoRenewal, unscheduleRenewal } from './schedule.js';

const billings = [monthlyForAYear, monthly, yearly];
const ids = ['s-1', 's-2'];
const variants = [
  onOffer({ delivery: 'file' }),
  onOffer({ delivery: 'file', reversibility: 'free', refund: 'proRata' }),
  onOffer({ delivery: 'file', reversibility: 'irreversible' }),
  onOffer({ delivery: 'file', billingOptions: [monthly] }),
  onOffer({ delivery: 'file' }, { withdrawn: true }),
];

/** One pool with its subscriptions, and a product whose policy changes. */
class Customer {
  state: PoolState = pool.initial();
  readonly invariants = new Invariants();
  readonly facts: PoolFact[] = [];
  now: Instant = '2026-01-31T00:00:00.000Z';
  products = variants[0]!;
  private commands = 0;

  ask<Command>(decide: (state: PoolState, command: Command & Commanded, now: Instant) => PoolFact[], command: object): PoolFact[] {
    this.commands += 1;
    const context = { commandId: `command-${this.commands}`, actor: { userId: 'u', role: 'customerAdmin' as const } };
    const before = JSON.stringify([...this.state.subscriptions]);
    let decided: PoolFact[] = [];
    try {
      decided = decide(this.state, { accountId: customerId, products: this.products, ...command, context } as never, this.now);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
    }
    // A decision changes nothing by itself, not even where it tries on a copy what is due first.
    expect(JSON.stringify([...this.state.subscriptions])).toBe(before);
    for (const fact of decided) this.record(fact);
    return decided;
  }

  private record(fact: PoolFact): void {
    this.state = pool.evolve(this.state, fact);
    this.facts.push(fact);
    this.invariants.take({ stream: `pool-${customerId}`, revision: this.state.revision, ...fact });
  }

  /** As the automation does: until there is nothing new. */
  fireAll(): void {
    while (this.ask(fireDeadlines, {}).length > 0);
  }

  get used(): number {
    return this.state.products.get(m365)?.inSeats ?? 0;
  }
}

type Step = (customer: Customer) => void;
const subscriptionId = fc.constantFrom(...ids);
const quantity = fc.integer({ min: 1, max: 9 });
const about = <Command extends object>(fields: fc.Arbitrary<Command>, ask: (customer: Customer, command: Command) => void) =>
  fields.map(
    (command): Step =>
      (customer) =>
        ask(customer, command),
  );

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: about(fc.record({ subscriptionId, quantity, billing: fc.constantFrom(...billings) }), order) },
  about(fc.record({ subscriptionId, quantity }), (customer, command) => {
    // What is in use stays so, unless its term is over.
    const before = customer.used;
    const facts = customer.ask(resizeSubscription, command);
    if (facts.every(({ type }) => type === 'SubscriptionResized')) expect(customer.used).toBe(before);
  }),
  about(fc.record({ subscriptionId, keepRenewal: fc.boolean() }), (customer, command) => {
    customer.ask(cancelSubscription, command);
    // Said twice, it says nothing new.
    expect(customer.ask(cancelSubscription, command)).toEqual([]);
  }),
  about(fc.record({ subscriptionId, enabled: fc.boolean() }), (customer, command) => {
    customer.ask(setAutoRenewal, command);
    expect(customer.ask(setAutoRenewal, command)).toEqual([]);
  }),
  about(
    fc.record({
      subscriptionId,
      quantity: fc.option(quantity, { nil: undefined }),
      billing: fc.option(fc.constantFrom(...billings), { nil: undefined }),
    }),
    (customer, command) => void customer.ask(scheduleRenewal, command),
  ),
  about(fc.record({ subscriptionId }), (customer, command) => void customer.ask(unscheduleRenewal, command)),
  about(
    fc.record({ quantity: fc.integer({ min: 1, max: 4 }) }),
    (customer, { quantity: count }) => void customer.ask(issueLicenseFile, { sku: m365, quantity: count }),
  ),
  fc.constantFrom(...variants).map(
    (products): Step =>
      (customer) =>
        void (customer.products = products),
  ),
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 200 }).map(
      (days): Step =>
        (customer) =>
          later(customer, days),
    ),
  },
  { weight: 3, arbitrary: fc.constant<Step>((customer) => customer.fireAll()) },
);

function order(
  customer: Customer,
  { billing, ...line }: { subscriptionId: string; quantity: number; billing: (typeof billings)[number] },
): void {
  const known = customer.state.subscriptions.get(line.subscriptionId);
  const lines = [{ sku: m365, ...line, billing: known?.billing ?? billing, unitPrice: { currency: 'EUR', amount: '10.00' } }];
  customer.ask(provisionOrder, { orderId: `o-${customer.facts.length}`, lines });
}

function later(customer: Customer, days: number): void {
  customer.now = new Date(Date.parse(customer.now) + days * 86_400_000).toISOString();
}

function played(history: readonly Step[]): Customer {
  const customer = new Customer();
  for (const step of history) step(customer);
  return customer;
}

const histories = fc.array(steps, { minLength: 1, maxLength: 30 });
const runs = { numRuns: 500 };

describe('Whatever is asked of subscriptions, whatever the policy becomes, and however time goes by', () => {
  it('the second set of books finds nothing wrong, and agrees', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { invariants, state } = played(history);
        expect(invariants.violations()).toEqual([]);
        const { purchased = 0, available = 0, inSeats = 0, expired = 0, cancelled = 0 } = state.products.get(m365) ?? {};
        expect(invariants.sums()).toEqual({ purchased, available, held: 0, inSeats, expired, cancelled, inTransit: 0 });
      }),
      runs,
    );
  });

  it('a subscription has what its lots have, ends when they do, and is due at its end or later', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const customer = played(history);
        customer.fireAll();
        const { state, now } = customer;
        for (const { state: is, quantity: count, lots, termEndsAt } of state.subscriptions.values()) {
          const held = lots.map(({ lotId }) => state.lots.get(lotId)!);
          expect(lots.reduce((sum, lot) => sum + lot.quantity, 0)).toBe(count);
          expect(held.map(({ available, inSeats }) => available + inSeats)).toEqual(lots.map((lot) => lot.quantity));
          expect(held.every(({ lot }) => lot.expiresAt === termEndsAt)).toBe(true);
          expect(is === 'active' ? count > 0 && termEndsAt > now : count === 0).toBe(true);
        }
        expect(nextDeadline(state) ?? '9999').toBe(
          [...state.activeSubscriptions].map((id) => state.subscriptions.get(id)!.termEndsAt).sort()[0] ?? '9999',
        );
      }),
      runs,
    );
  });

  it('what counts and can be used is the same before an end of term is recorded, and after, but for what was scheduled', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 40 }), (history, days) => {
        const customer = played(history);
        customer.fireAll();
        for (const id of ids) customer.ask(unscheduleRenewal, { subscriptionId: id });
        later(customer, days);
        const seen = ({ state, now }: Customer) => ({
          balance: balanceOf(state, m365, now),
          lots: [...lotsInForce(state, m365, now)].map(({ lot }) => lot.lotId).sort(),
        });
        const before = seen(customer);
        customer.fireAll();
        expect(seen(customer)).toEqual(before);
      }),
      runs,
    );
  });

  it('money adds up: what a declined cancellation still bills is never more than the whole term', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { type, data } of played(history).facts) {
          if (type !== 'CancellationDeclined' || data.billed === undefined) continue;
          const sum = data.lots.reduce((total, lot) => total + Number(lot.billed?.amount), 0);
          expect(sum.toFixed(2)).toBe(data.billed.amount);
          expect(Number(data.billed.amount)).toBeLessThanOrEqual(Number(data.termTotal!.amount));
        }
      }),
      runs,
    );
  });
});
