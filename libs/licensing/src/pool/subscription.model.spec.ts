import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stateAfter } from '../../testing/given.js';
import { customerId } from '../../testing/pool-facts.js';
import { m365, monthly, onOffer, ordered, subscriptionId, used } from '../../testing/subscription-facts.js';
import { Rejected } from '../rejection.js';
import { cancelSubscription } from './cancellation.js';
import { fireDeadlines } from './deadlines.js';
import { pool, type PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { provisionOrder } from './provision.js';
import { resizeSubscription } from './resize.js';
import { scheduleRenewal, setAutoRenewal, unscheduleRenewal } from './schedule.js';

/**
 * A subscription as one would explain it at a white board: days are whole numbers, a term has thirty of them, a window seven. It is kept apart from the
 * decisions on purpose; what they do to the real one has to come to the same.
 */
interface Model {
  state: 'active' | 'cancelled' | 'expired';
  today: number;
  termEnds: number;
  renews: boolean;
  next?: number;
  /** Oldest first. */
  lots: { free: number; used: number; since: number; fate: 'renews' | 'ends' | 'declinedButRenews' }[];
  /** Quantities of the orders for more of it that are under way. */
  ordered: number[];
}
interface Real {
  pool: PoolState;
  /** Orders that came to nothing. */
  readonly over: Set<string>;
}
type Outcome = string | 'done' | 'nothing';

const dayZero = Date.parse('2026-01-01T00:00:00.000Z');
const at = (day: number): string => new Date(dayZero + day * 86_400_000).toISOString();
const termDays = 30;
const windowDays = 7;
const billing = { period: 'P30D', commitment: 'P30D' };
const price = { billing, currency: 'EUR', amount: '10.00', validFrom: at(0) };
const products = onOffer({ billingOptions: [billing, monthly] }, { prices: [price] });
const sizeOf = ({ lots }: Model): number => lots.reduce((sum, { free, used: inUse }) => sum + free + inUse, 0);
const usedOf = ({ lots }: Model): number => lots.reduce((sum, lot) => sum + lot.used, 0);
const isOpen = ({ today }: Model, { since }: Model['lots'][number]): boolean => today < since + windowDays;
const goesOn = ({ renews, lots }: Model): boolean => renews && lots.some(({ fate }) => fate !== 'ends');

/** Terms that are over are over, recorded or not. */
function settle(model: Model): void {
  while (model.state === 'active' && model.termEnds <= model.today) {
    if (!goesOn(model)) {
      Object.assign(model, { state: 'expired', lots: [], next: undefined });
      return;
    }
    const renewing = model.lots.filter(({ fate }) => fate !== 'ends');
    const size = renewing.reduce((sum, { free, used: inUse }) => sum + free + inUse, 0);
    let tooMany = Math.max(size - (model.next ?? size), 0);
    let missing = Math.max((model.next ?? size) - size, 0);
    for (const lot of renewing.toReversed()) {
      const gone = Math.min(tooMany, lot.free);
      lot.free -= gone;
      tooMany -= gone;
    }
    for (const lot of model.lots.filter(({ fate }) => fate === 'ends')) {
      const kept = Math.min(missing, lot.free + lot.used);
      missing -= kept;
      // What is used is what goes last.
      lot.used = Math.min(lot.used, kept);
      lot.free = kept - lot.used;
    }
    if (missing > 0) model.lots.push({ free: missing, used: 0, since: model.termEnds, fate: 'renews' });
    model.lots = model.lots.filter(({ free, used: inUse }) => free + inUse > 0);
    for (const lot of model.lots) Object.assign(lot, { since: model.termEnds, fate: 'renews' });
    model.termEnds += termDays;
    model.next = undefined;
  }
}

/** What is answered before anything else is looked at. */
function whenOver(model: Model): Outcome | undefined {
  settle(model);
  return model.state === 'active' ? undefined : 'SUBSCRIPTION_NOT_ACTIVE';
}

abstract class Step implements fc.Command<Model, Real> {
  check = (): boolean => true;
  abstract expected(model: Model): Outcome;
  abstract decide(state: PoolState, now: string, over: Set<string>): PoolFact[];

  run(model: Model, real: Real): void {
    const now = at(model.today);
    let outcome: Outcome;
    try {
      const facts = this.decide(real.pool, now, real.over);
      real.pool = facts.reduce((state, fact) => pool.evolve(state, fact), real.pool);
      const news = facts.filter(({ type }) => type !== 'SubscriptionRenewed' && type !== 'SubscriptionExpired');
      outcome = news.some(({ data }) => !('source' in data && data.source === 'renewal')) ? 'done' : 'nothing';
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      outcome = error.code;
    }
    expect([this.toString(), outcome]).toEqual([this.toString(), this.expected(model)]);
    compare(model, real);
  }
}

/** Both say the same once all that is due is recorded. */
function compare(model: Model, real: Real): void {
  settle(model);
  const { settled: state } = allDue(real.pool, at(model.today));
  const { state: is, termEndsAt, lots, scheduled } = state.subscriptions.get(subscriptionId)!;
  const held = lots.map(({ lotId, endsWithTerm, isDeclined }) => {
    const { available: free, inSeats } = state.lots.get(lotId)!;
    return { free, used: inSeats, fate: endsWithTerm === true ? 'ends' : isDeclined === true ? 'declinedButRenews' : 'renews' };
  });
  expect({ is, held, next: scheduled?.quantity, ...(is === 'active' && { termEndsAt }) }).toEqual({
    is: model.state,
    held: model.lots.map(({ since: _, ...lot }) => lot),
    next: model.next,
    ...(model.state === 'active' && { termEndsAt: at(model.termEnds) }),
  });
}

const context = { commandId: 'c', actor: { userId: 'u', role: 'customerAdmin' as const } };
const about = { accountId: customerId, subscriptionId, products, context };
const fire = (state: PoolState, now: string): PoolFact[] => fireDeadlines(state, { accountId: customerId, products, context }, now);

/** What the automation would record by now, and what the pool is then. */
function allDue(state: PoolState, now: string): { readonly due: PoolFact[]; readonly settled: PoolState } {
  const due: PoolFact[] = [];
  let settled = structuredClone(state);
  for (let facts = fire(settled, now); facts.length > 0; facts = fire(settled, now)) {
    due.push(...facts);
    settled = facts.reduce((folded, fact) => pool.evolve(folded, fact), settled);
  }
  return { due, settled };
}

/** What an order for more of it brings. */
function arrive(state: PoolState, { orderId, quantity }: { readonly orderId: string; readonly quantity: number }, now: string): PoolFact[] {
  const lines = [{ sku: m365, quantity, billing: state.subscriptions.get(subscriptionId)!.billing, subscriptionId }];
  return provisionOrder(state, { accountId: customerId, orderId, lines, products, context: { ...context, commandId: orderId } }, now);
}

class Resize extends Step {
  private static orders = 0;
  constructor(readonly quantity: number) {
    super();
  }
  expected(model: Model): Outcome {
    const over = whenOver(model);
    if (over !== undefined) return over;
    const size = sizeOf(model);
    if (this.quantity === size) return 'nothing';
    if (this.quantity > size) {
      const missing = this.quantity - model.ordered.reduce((sum, count) => sum + count, size);
      if (missing <= 0) return 'RESIZE_UNDER_WAY';
      model.ordered.push(missing);
      return 'done';
    }
    if (this.quantity < usedOf(model)) return 'SEATS_IN_USE';
    let tooMany = size - this.quantity;
    const possible = model.lots.filter((lot) => isOpen(model, lot)).reduce((sum, { free }) => sum + free, 0);
    if (possible < tooMany) return 'WINDOW_CLOSED';
    for (const lot of model.lots.filter((one) => isOpen(model, one)).toReversed()) {
      const gone = Math.min(tooMany, lot.free);
      lot.free -= gone;
      tooMany -= gone;
    }
    model.lots = model.lots.filter(({ free, used: inUse }) => free + inUse > 0);
    return 'done';
  }
  decide = (state: PoolState, now: string, ordersOver: Set<string>) => {
    const orderId = `increase-${(Resize.orders += 1)}`;
    return resizeSubscription(state, { ...about, context: { ...context, commandId: orderId }, quantity: this.quantity, ordersOver }, now);
  };
  override toString = () => `resize to ${this.quantity}`;
}

class Grow extends Step {
  private static orders = 0;
  constructor(readonly quantity: number) {
    super();
  }
  expected(model: Model): Outcome {
    const over = whenOver(model);
    if (over !== undefined) return over;
    model.lots.push({ free: this.quantity, used: 0, since: model.today, fate: 'renews' });
    return 'done';
  }
  decide = (state: PoolState, now: string) => {
    Grow.orders += 1;
    return arrive(state, { orderId: `more-${Grow.orders}`, quantity: this.quantity }, now);
  };
  override toString = () => `${this.quantity} more arrive`;
}

/** One of the orders under way is delivered, or comes to nothing. */
class Settle extends Step {
  constructor(
    readonly which: number,
    readonly isDelivered: boolean,
  ) {
    super();
  }
  expected(model: Model): Outcome {
    const quantity = model.ordered[this.which];
    const over = this.isDelivered && quantity !== undefined ? whenOver(model) : undefined;
    if (over !== undefined) return over;
    model.ordered.splice(this.which, 1);
    if (quantity === undefined || !this.isDelivered) return 'nothing';
    model.lots.push({ free: quantity, used: 0, since: model.today, fate: 'renews' });
    return 'done';
  }
  decide = (state: PoolState, now: string, over: Set<string>) => {
    const { increases } = state.subscriptions.get(subscriptionId)!;
    const order = increases.filter(({ orderId }) => !over.has(orderId))[this.which];
    if (order === undefined) return [];
    if (this.isDelivered) return arrive(state, order, now);
    over.add(order.orderId);
    return [];
  };
  override toString = () => `order ${this.which} ${this.isDelivered ? 'arrives' : 'fails'}`;
}

class Cancel extends Step {
  constructor(readonly keepRenewal: boolean) {
    super();
  }
  expected(model: Model): Outcome {
    const over = whenOver(model);
    if (over !== undefined) return over;
    const fate = this.keepRenewal ? 'declinedButRenews' : 'ends';
    const isNews = model.lots.some((lot) => (isOpen(model, lot) && lot.free > 0) || lot.fate !== fate);
    for (const lot of model.lots) if (isOpen(model, lot)) lot.free = 0;
    model.lots = model.lots.filter(({ free, used: inUse }) => free + inUse > 0);
    for (const lot of model.lots) lot.fate = fate;
    if (model.lots.length === 0) Object.assign(model, { state: 'cancelled', next: undefined });
    else if (isNews && !this.keepRenewal) model.next = undefined;
    return isNews ? 'done' : 'nothing';
  }
  decide = (state: PoolState, now: string) => cancelSubscription(state, { ...about, keepRenewal: this.keepRenewal }, now);
  override toString = () => `cancel${this.keepRenewal ? ', keeping renewal' : ''}`;
}

class SetRenewal extends Step {
  constructor(readonly enabled: boolean) {
    super();
  }
  expected(model: Model): Outcome {
    const over = whenOver(model);
    if (over !== undefined) return over;
    const isNews = model.renews !== this.enabled || (this.enabled && model.lots.some(({ fate }) => fate === 'ends'));
    model.renews = this.enabled;
    if (isNews && this.enabled) for (const lot of model.lots) lot.fate = 'renews';
    return isNews ? 'done' : 'nothing';
  }
  decide = (state: PoolState, now: string) => setAutoRenewal(state, { ...about, enabled: this.enabled }, now);
  override toString = () => `auto-renewal ${this.enabled ? 'on' : 'off'}`;
}

class Schedule extends Step {
  constructor(readonly quantity: number | undefined) {
    super();
  }
  expected(model: Model): Outcome {
    const over = whenOver(model);
    if (over !== undefined) return over;
    if (this.quantity !== undefined && !goesOn(model)) return 'RENEWAL_OFF';
    const isNews = model.next !== this.quantity;
    model.next = this.quantity;
    return isNews ? 'done' : 'nothing';
  }
  decide = (state: PoolState, now: string) =>
    this.quantity === undefined ? unscheduleRenewal(state, about, now) : scheduleRenewal(state, { ...about, quantity: this.quantity }, now);
  override toString = () => (this.quantity === undefined ? 'unschedule' : `schedule ${this.quantity}`);
}

/** A license of the newest lot that has one free is put into a file. */
class Use extends Step {
  expected(model: Model): Outcome {
    const lot = model.lots.findLast(({ free }) => free > 0);
    if (lot === undefined) return 'nothing';
    lot.free -= 1;
    lot.used += 1;
    return 'done';
  }
  decide = (state: PoolState, now: string) => {
    const { due, settled } = allDue(state, now);
    const lots = settled.subscriptions.get(subscriptionId)!.lots.map(({ lotId }) => settled.lots.get(lotId)!);
    const lot = lots.findLast(({ available }) => available > 0);
    return lot === undefined ? due : [...due, used(lot.lot.lotId, 1)];
  };
  override toString = () => 'use one';
}

class Fire extends Step {
  expected(model: Model): Outcome {
    settle(model);
    return 'nothing';
  }
  decide = (state: PoolState, now: string) => fire(state, now);
  override toString = () => 'deadlines fire';
}

class Wait implements fc.Command<Model, Real> {
  constructor(readonly days: number) {}
  check = (): boolean => true;
  run(model: Model, real: Real): void {
    model.today += this.days;
    compare(model, real);
  }
  toString = () => `${this.days} days later`;
}

const quantity = fc.integer({ min: 1, max: 9 });
const commands = fc.commands(
  [
    quantity.map((count) => new Resize(count)),
    fc.integer({ min: 1, max: 4 }).map((count) => new Grow(count)),
    fc.tuple(fc.nat({ max: 1 }), fc.boolean()).map((settled) => new Settle(...settled)),
    fc.boolean().map((keepRenewal) => new Cancel(keepRenewal)),
    fc.boolean().map((enabled) => new SetRenewal(enabled)),
    fc.option(quantity, { nil: undefined }).map((count) => new Schedule(count)),
    fc.constant(new Use()),
    fc.constant(new Fire()),
    fc.integer({ min: 1, max: 12 }).map((days) => new Wait(days)),
  ],
  { maxCommands: 25 },
);

describe('A subscription', () => {
  it('does what the model of it does, whatever is asked of it in whatever state', () => {
    const begin = () => ({
      model: {
        state: 'active' as const,
        today: 0,
        termEnds: termDays,
        renews: true,
        lots: [{ free: 5, used: 0, since: 0, fate: 'renews' as const }],
        ordered: [],
      } satisfies Model as Model,
      real: {
        pool: stateAfter(pool, ordered([], 5, { at: at(0), billing })),
        over: new Set<string>(),
      },
    });
    fc.assert(
      fc.property(commands, (steps) => fc.modelRun(begin, steps)),
      { numRuns: 2_000 },
    );
  });
});
