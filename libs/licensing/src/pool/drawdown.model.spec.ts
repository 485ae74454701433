import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bought, linkedTo, lot, onSale, partnerId, sku } from '../../testing/pool-facts.js';
import { Invariants } from '../invariants/invariants.js';
import { Rejected } from '../rejection.js';
import { acceptDrawdown, approveDrawdown, cancelDrawdown, lapsedDrawdown, rejectDrawdown, submitDrawdown } from './drawdown.js';
import { pool, type PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';

const day = 86_400_000;
const holdInDays = 30;
const orders = { 'PO-1': 7, 'PO-2': 4 } as const;
type OrderId = keyof typeof orders;

/** The drawdowns of two orders, in the plainest words: how many each order has left, and of each drawdown how many and where it stands. */
interface Model {
  day: number;
  readonly left: Record<OrderId, number>;
  readonly drawdowns: { readonly order: OrderId; readonly quantity: number; readonly since: number; state: string }[];
}

/** The pool itself, with everything that was recorded. */
class Real {
  state: PoolState = pool.initial();
  readonly books = new Invariants();
  private commands = 0;

  constructor() {
    for (const [orderId, quantity] of Object.entries(orders)) this.record([bought(lot({ lotId: `lot of ${orderId}`, orderId, quantity }))]);
  }

  /** The facts, or the refusal's code with the state it names. */
  ask(decide: (context: { commandId: string; actor: { userId: string; role: 'partner' } }) => PoolFact[], userId = 'partner'): string {
    this.commands += 1;
    try {
      const facts = decide({ commandId: `d-${this.commands}`, actor: { userId, role: 'partner' } });
      this.record(facts);
      return facts.map(({ type }) => type).join();
    } catch (error) {
      if (error instanceof Rejected) return [error.code, error.members['state']].filter(Boolean).join(' ');
      throw error;
    }
  }

  record(facts: readonly PoolFact[]): void {
    for (const fact of facts) {
      this.state = pool.evolve(this.state, fact);
      this.books.take({ stream: `pool-${partnerId}`, revision: this.state.revision, ...fact });
    }
  }

  /** By its number, in the order in which they were submitted. */
  idOf(number: number): string {
    return [...this.state.drawdowns.keys()][number] ?? 'nobody';
  }
}

const timeOf = ({ day: days }: Model): string => new Date(Date.parse('2026-04-01T00:00:00.000Z') + days * day).toISOString();

/** Compared as texts first: jest's own comparison of every step would take most of the time. */
function expectSame(model: Model, real: Real): void {
  const states = [...real.state.drawdowns.values()].map(({ state }) => state);
  const { available, held, assigned } = real.state.products.get(sku)!;
  const sum = (...standing: string[]) =>
    model.drawdowns.reduce((total, { quantity, state }) => total + (standing.includes(state) ? quantity : 0), 0);
  const wanted = {
    states: model.drawdowns.map(({ state }) => state),
    ...{ available: model.left['PO-1'] + model.left['PO-2'], held: sum('submitted', 'approved'), assigned: sum('accepted') },
    first: undefined,
  };
  const actual = { states, available, held, assigned, first: real.books.first };
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) expect(actual).toEqual(wanted);
}

function expectOutcome(outcome: string, wanted: string): void {
  if (outcome !== wanted) expect(outcome).toBe(wanted);
}

const products = onSale({ [sku]: {} });
const customer = linkedTo(partnerId);

class Submit implements fc.Command<Model, Real> {
  constructor(
    readonly order: OrderId,
    readonly quantity: number,
  ) {}
  check = () => true;
  run(model: Model, real: Real): void {
    const fits = this.quantity <= model.left[this.order];
    const outcome = real.ask((context) =>
      submitDrawdown(
        real.state,
        {
          context,
          accountId: partnerId,
          orderId: this.order,
          lines: [{ sku, quantity: this.quantity }],
          customerId: 'c-1',
          customer,
          products,
        },
        timeOf(model),
      ),
    );
    expectOutcome(outcome, fits ? 'DrawdownSubmitted' : 'DRAWDOWN_EXCEEDS_ORDER');
    if (fits) {
      model.left[this.order] -= this.quantity;
      model.drawdowns.push({ order: this.order, quantity: this.quantity, since: model.day, state: 'submitted' });
    }
    expectSame(model, real);
  }
  toString = () => `submit ${this.quantity} of ${this.order}`;
}

const changes = {
  approve: { from: ['submitted'], to: 'approved', fact: 'DrawdownApproved', decide: approveDrawdown },
  reject: { from: ['submitted'], to: 'rejected', fact: 'DrawdownRejected', decide: rejectDrawdown },
  accept: { from: ['approved'], to: 'accepted', fact: 'DrawdownAccepted', decide: acceptDrawdown },
  cancel: { from: ['submitted', 'approved'], to: 'cancelled', fact: 'DrawdownCancelled', decide: cancelDrawdown },
} as const;

class Change implements fc.Command<Model, Real> {
  constructor(
    readonly change: keyof typeof changes,
    readonly which: number,
    readonly byRequester: boolean,
  ) {}
  check = () => true;
  run(model: Model, real: Real): void {
    const number = this.which % (model.drawdowns.length + 1);
    const drawdown = model.drawdowns[number];
    const { to, fact, decide } = changes[this.change];
    const command = { accountId: partnerId, drawdownId: real.idOf(number), reason: 'because' };
    const outcome = real.ask(
      (context) => decide(real.state, { ...command, context }, timeOf(model)),
      this.byRequester ? 'partner' : 'approver',
    );
    expectOutcome(outcome, this.expected(model, drawdown));
    if (outcome === fact) {
      if (to === 'rejected' || to === 'cancelled') model.left[drawdown!.order] += drawdown!.quantity;
      drawdown!.state = to;
    }
    expectSame(model, real);
  }
  private expected(model: Model, drawdown: Model['drawdowns'][number] | undefined): string {
    const { from, fact } = changes[this.change];
    if (drawdown === undefined) return 'DRAWDOWN_NOT_FOUND';
    const isOpen = drawdown.state === 'submitted' || drawdown.state === 'approved';
    const standing = isOpen && model.day >= drawdown.since + holdInDays ? 'lapsed' : drawdown.state;
    if (!(from as readonly string[]).includes(standing)) return `DRAWDOWN_STATE ${standing}`;
    const decides = this.change === 'approve' || this.change === 'reject';
    return decides && this.byRequester ? 'DRAWDOWN_SELF_APPROVAL' : fact;
  }
  toString = () => `${this.change} ${this.which}${this.byRequester ? ' by the requester' : ''}`;
}

class Wait implements fc.Command<Model, Real> {
  constructor(readonly days: number) {}
  check = () => true;
  run(model: Model, real: Real): void {
    model.day += this.days;
    expectSame(model, real);
  }
  toString = () => `wait ${this.days} days`;
}

/** Somebody notices which holds are over. */
class Notice implements fc.Command<Model, Real> {
  check = () => true;
  run(model: Model, real: Real): void {
    const now = timeOf(model);
    const open = [...real.state.openDrawdowns].map((drawdownId) => real.state.drawdowns.get(drawdownId)!);
    real.record(open.filter(({ holdUntil }) => holdUntil <= now).map((drawdown) => lapsedDrawdown(partnerId, drawdown)));
    for (const drawdown of model.drawdowns) {
      const isOpen = drawdown.state === 'submitted' || drawdown.state === 'approved';
      if (!isOpen || model.day < drawdown.since + holdInDays) continue;
      drawdown.state = 'lapsed';
      model.left[drawdown.order] += drawdown.quantity;
    }
    expectSame(model, real);
  }
  toString = () => 'notice what is over';
}

const commands = fc.commands<Model, Real>(
  [
    fc
      .record({ order: fc.constantFrom(...(Object.keys(orders) as OrderId[])), quantity: fc.integer({ min: 1, max: 5 }) })
      .map(({ order, quantity }) => new Submit(order, quantity)),
    fc
      .record({
        change: fc.constantFrom(...(Object.keys(changes) as (keyof typeof changes)[])),
        which: fc.nat({ max: 20 }),
        byRequester: fc.boolean(),
      })
      .map(({ change, which, byRequester }) => new Change(change, which, byRequester)),
    fc.integer({ min: 1, max: 20 }).map((days) => new Wait(days)),
    fc.constant(new Notice()),
  ],
  { maxCommands: 30 },
);

it('Drawdowns do what a model of them in plain words does, whatever is asked of them, allowed or not', () => {
  fc.assert(
    fc.property(commands, (asked) => {
      const real = new Real();
      fc.modelRun(() => ({ model: { day: 0, left: { ...orders }, drawdowns: [] }, real }), asked);
      expect(real.books.violations()).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});
