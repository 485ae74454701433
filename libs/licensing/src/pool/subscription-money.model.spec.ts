import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { customerId } from '../../testing/pool-facts.js';
import { monthly, monthlyForAYear, onOffer, ordered, subscriptionId, yearly } from '../../testing/subscription-facts.js';
import type { Price } from '../product/product.events.js';
import { Rejected } from '../rejection.js';
import { cancellationOutcome, cancelSubscription } from './cancellation.js';
import { fireDeadlines } from './deadlines.js';
import { pool, type PoolState } from './pool.js';
import type { PoolFact } from './pool.events.js';
import { amountOf, provisionOrder, type OrderedLine } from './provision.js';
import { resizeSubscription } from './resize.js';
import { scheduleRenewal } from './schedule.js';
import type { Billing, CancelledPart } from './subscription.events.js';

/**
 * The books of an accountant: a calendar of dates that are counted on fingers, amounts in whole millionths, and a bill a period, written one after the
 * other. Nothing of it is taken from the product, whose every amount has to come to the same.
 */
const day = 86_400_000;
const monthsOf = (text: string): number => ({ P1M: 1, P1Y: 12 })[text]!;
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number, month: number): number => [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]!;

/** So many months after a moment; a day that the month has not is its last. */
function after(moment: number, months: number): number {
  const date = new Date(moment);
  const count = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const [year, month] = [Math.floor(count / 12), count % 12];
  return Date.UTC(year, month, Math.min(date.getUTCDate(), daysIn(year, month))) + (moment % day);
}

interface Unit {
  readonly currency: string;
  readonly amount: string;
}
const digits: Readonly<Record<string, number>> = { JPY: 0, EUR: 2, KWD: 3 };

/** A part of so many times a price in the least that its currency has, half to even. */
function pay({ currency, amount }: Unit, quantity: number, part = 1, whole = 1): bigint {
  const [ones, fraction = ''] = amount.split('.');
  const top = BigInt(ones! + fraction.padEnd(6, '0')) * BigInt(quantity) * BigInt(part) * 10n ** BigInt(digits[currency]!);
  const bottom = 1_000_000n * BigInt(whole);
  const [floor, rest] = [top / bottom, top % bottom];
  return rest * 2n > bottom || (rest * 2n === bottom && floor % 2n === 1n) ? floor + 1n : floor;
}

const least = ({ amount }: { readonly amount: string }): bigint => BigInt(amount.replace('.', ''));
const total = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n);

/** Compared as texts first: jest's own comparison of every step would take most of the time. */
function expectSame(actual: unknown, wanted: unknown): void {
  const text = (value: unknown) => JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  if (text(actual) !== text(wanted)) expect(actual).toEqual(wanted);
}

/** A lot as the accountant knows it. `paid` is what was billed for it in this term less what was credited. */
interface LotInBooks {
  readonly id: string;
  quantity: number;
  unit: Unit;
  from: number;
  paid: bigint;
  periodsPaid: number;
}
interface More {
  readonly orderId: string;
  readonly line: OrderedLine;
  readonly at: number;
  readonly billing: Billing;
  readonly until: number;
}

const start = Date.parse('2026-01-31T00:00:00.000Z');
const billings = [monthlyForAYear, monthly, yearly];
const unitPrices = ['9.99', '0.015', '110', '3.335', '10'];
const instant = (moment: number): string => new Date(moment).toISOString();
const context = { commandId: 'c', actor: { userId: 'u', role: 'customerAdmin' as const } };

class Books {
  now = start;
  state: PoolState;
  private readonly lots: LotInBooks[];
  private readonly more: More[] = [];
  private billing: Billing;
  private next: Billing | undefined;
  private anchor = start;
  private termStart = start;
  private termEnd: number;
  private terms = 1;
  private orders = 0;

  constructor(
    private readonly currency: string,
    private prices: readonly string[],
    billing: Billing,
  ) {
    this.billing = billing;
    this.termEnd = after(start, monthsOf(billing.commitment));
    const unit = this.priceOf(billing);
    const facts = ordered([], 5, { at: instant(start), billing, unitPrice: unit });
    this.state = facts.reduce((state, fact) => pool.evolve(state, fact), pool.initial());
    this.lots = [{ id: 'o-1.1', quantity: 5, unit, from: start, paid: 0n, periodsPaid: 0 }];
    this.writeBills();
  }

  private priceOf(billing: Billing): Unit {
    return { currency: this.currency, amount: this.prices[billings.indexOf(billing) % this.prices.length]! };
  }

  private products(refund: 'full' | 'proRata' = 'full', reversibility: 'free' | 'irreversible' = 'free') {
    const validFrom = instant(start);
    const prices: Price[] = billings.map((billing) => ({ billing, ...this.priceOf(billing), validFrom }));
    return onOffer({ refund, reversibility }, { prices });
  }

  private about(refund?: 'full' | 'proRata', reversibility?: 'free' | 'irreversible') {
    return { accountId: customerId, subscriptionId, context, products: this.products(refund, reversibility) };
  }

  /** What is recorded; a refusal records nothing. */
  private record(decide: () => PoolFact[]): PoolFact[] {
    try {
      const facts = decide();
      this.state = facts.reduce((state, fact) => pool.evolve(state, fact), this.state);
      return facts;
    } catch (error) {
      if (error instanceof Rejected) return [];
      throw error;
    }
  }

  /** When the periods of a lot begin: with the terms' own months when the lot began with one, else by its own. */
  private periodStarts({ from }: Pick<LotInBooks, 'from'>): (number: number) => number {
    const months = monthsOf(this.billing.period);
    let before = 0;
    while (after(this.anchor, before * months) < from) before += 1;
    const isOfTerms = after(this.anchor, before * months) === from;
    return (number) => (isOfTerms ? after(this.anchor, (before + number) * months) : after(from, number * months));
  }

  /** All bills of a lot in this term, had it always had so many. */
  private bills(lot: Pick<LotInBooks, 'from' | 'unit'>, quantity: number): bigint[] {
    const amounts: bigint[] = [];
    const starts = this.periodStarts(lot);
    for (let number = 0; starts(number) < this.termEnd; number += 1) {
      const [begin, end] = [starts(number), starts(number + 1)];
      amounts.push(pay(lot.unit, quantity, Math.min(end, this.termEnd) - begin, end - begin));
    }
    return amounts;
  }

  private writeBills(): void {
    for (const lot of this.lots) {
      const starts = this.periodStarts(lot);
      for (const amount of this.bills(lot, lot.quantity).slice(lot.periodsPaid)) {
        if (starts(lot.periodsPaid) > this.now) break;
        lot.paid += amount;
        lot.periodsPaid += 1;
      }
    }
  }

  private unused(lot: LotInBooks, quantity: number): bigint {
    const starts = this.periodStarts(lot);
    const [begin, end] = [starts(lot.periodsPaid - 1), starts(lot.periodsPaid)];
    return pay(lot.unit, quantity, Math.min(end, this.termEnd) - Math.max(begin, this.now), end - begin);
  }

  /** What goes of lots is credited what was paid for them, and never more. */
  private giveBack(parts: readonly CancelledPart[]): void {
    for (const part of parts) {
      const lot = this.lots.find(({ id }) => id === part.lotId)!;
      lot.quantity -= part.quantity;
      const stays = total(this.bills(lot, lot.quantity).slice(0, lot.periodsPaid));
      expectSame([part.lotId, least(part.credited!)], [part.lotId, lot.paid - stays]);
      lot.paid = stays;
      if (lot.quantity === 0) this.lots.splice(this.lots.indexOf(lot), 1);
    }
  }

  shrink(quantity: number): void {
    const facts = this.record(() =>
      resizeSubscription(this.state, { ...this.about(), quantity: Math.min(quantity, this.size) }, instant(this.now)),
    );
    this.giveBack(facts.flatMap((fact) => (fact.type === 'SubscriptionResized' ? fact.data.removed : [])));
  }

  cancelOne(which: number): void {
    if (this.lots.length < 2) return;
    const { id } = this.lots[which % this.lots.length]!;
    const facts = this.record(() => cancelSubscription(this.state, { ...this.about(), lots: [id] }, instant(this.now)));
    this.giveBack(facts.flatMap((fact) => (fact.type === 'SubscriptionCancelled' ? fact.data.lots : [])));
  }

  order(quantity: number): void {
    this.orders += 1;
    const orderId = `more-${this.orders}`;
    const underWay = this.more.reduce((sum, { line }) => sum + line.quantity, 0);
    const wanted = this.size + underWay + quantity;
    const command = { ...this.about(), context: { ...context, commandId: orderId }, quantity: wanted };
    const [fact] = this.record(() => resizeSubscription(this.state, command, instant(this.now)));
    if (fact?.type !== 'SubscriptionIncreaseOrdered') return;
    const { line } = fact.data;
    const [first] = this.bills({ from: this.now, unit: this.priceOf(this.billing) }, line.quantity);
    expectSame(least(amountOf(line)!), first);
    this.more.push({ orderId, line, at: this.now, billing: this.billing, until: this.periodStarts({ from: this.now })(1) });
  }

  deliver(which: number): void {
    const [order] = this.more.splice(which, 1);
    if (order === undefined) return;
    const { orderId, line, at, billing, until } = order;
    const command = {
      accountId: customerId,
      orderId,
      lines: [line],
      products: this.products(),
      context: { ...context, commandId: orderId },
    };
    const resized = this.record(() => provisionOrder(this.state, command, instant(this.now))).at(-1)!;
    const isInTime = at >= this.termStart && this.now < until && billing === this.billing;
    const unit = billing === this.billing ? line.unitPrice! : this.priceOf(this.billing);
    this.lots.push({ id: `${orderId}.1`, quantity: line.quantity, unit, from: isInTime ? at : this.now, paid: 0n, periodsPaid: 0 });
    this.writeBills();
    // A period that passed without them is not paid for; one that did not is billed as it was ordered.
    const credited = resized.type === 'SubscriptionResized' ? resized.data.credited : undefined;
    expectSame(credited, isInTime ? undefined : amountOf(line));
    if (isInTime) expectSame(this.lots.at(-1)!.paid, least(amountOf(line)!));
  }

  schedule(billing: Billing): void {
    this.record(() => scheduleRenewal(this.state, { ...this.about(), billing }, instant(this.now)));
    this.next = billing;
  }

  changePrices(prices: readonly string[]): void {
    this.prices = prices;
  }

  /** Time goes on; the automation comes when it likes, and then records all that is due. */
  wait(days: number): void {
    this.now += days * day;
    while (this.termEnd <= this.now) {
      const isAsLong = (this.next ?? this.billing).commitment === this.billing.commitment;
      [this.anchor, this.terms] = isAsLong ? [this.anchor, this.terms + 1] : [this.termEnd, 1];
      this.billing = this.next ?? this.billing;
      this.next = undefined;
      this.termStart = this.termEnd;
      this.termEnd = after(this.anchor, this.terms * monthsOf(this.billing.commitment));
      for (const lot of this.lots) Object.assign(lot, { unit: this.priceOf(this.billing), from: this.termStart, paid: 0n, periodsPaid: 0 });
    }
    this.writeBills();
    while (this.record(() => fireDeadlines(this.state, this.about(), instant(this.now))).length > 0);
  }

  private get size(): number {
    return this.lots.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  /** What a customer is told before it cancels, under each policy, is what stands in the books. */
  compare(): void {
    const outcome = (...policy: Parameters<Books['about']>) => cancellationOutcome(this.state, this.about(...policy), instant(this.now));
    const credits = (refund: 'full' | 'proRata') => outcome(refund).cancelled.map(({ lotId, credited }) => [lotId, least(credited!)]);
    const { retained, termTotal } = outcome('full', 'irreversible');
    const told = {
      until: this.state.subscriptions.get(subscriptionId)!.termEndsAt,
      ...{ paid: credits('full'), unused: credits('proRata') },
      ...{ toCome: retained.map(({ lotId, billed }) => [lotId, least(billed!)]), total: least(termTotal!) },
    };
    const ofLots = (amount: (lot: LotInBooks) => bigint) => this.lots.map((lot) => [lot.id, amount(lot)]);
    const all = (lot: LotInBooks) => total(this.bills(lot, lot.quantity));
    expectSame(told, {
      until: instant(this.termEnd),
      ...{ paid: ofLots(({ paid }) => paid), unused: ofLots((lot) => this.unused(lot, lot.quantity)) },
      ...{ toCome: ofLots((lot) => all(lot) - lot.paid), total: total(this.lots.map(all)) },
    });
  }
}

type Step = (books: Books) => void;
const quantity = fc.integer({ min: 1, max: 7 });
const which = fc.nat({ max: 2 });
const priceList = fc.array(fc.constantFrom(...unitPrices), { minLength: 1, maxLength: 3 });
const days = fc.constantFrom(1, 5, 10, 28, 30, 31, 90, 366);
const steps = fc.oneof(
  quantity.map<Step>((count) => (books) => books.shrink(count)),
  which.map<Step>((number) => (books) => books.cancelOne(number)),
  { weight: 2, arbitrary: quantity.map<Step>((count) => (books) => books.order(count)) },
  { weight: 2, arbitrary: which.map<Step>((number) => (books) => books.deliver(number)) },
  fc.tuple(quantity, fc.constantFrom(...billings), days).map<Step>(([count, billing, late]) => (books) => {
    books.order(count);
    books.schedule(billing);
    books.wait(late);
    books.deliver(0);
  }),
  fc.constantFrom(...billings).map<Step>((billing) => (books) => books.schedule(billing)),
  priceList.map<Step>((prices) => (books) => books.changePrices(prices)),
  { weight: 4, arbitrary: days.map<Step>((count) => (books) => books.wait(count)) },
);

describe('The money of a subscription', () => {
  it('is what an accountant would write, to the cent: bills, credits, what is to come and what a late order is given back', () => {
    const begin = fc.tuple(fc.constantFrom('EUR', 'JPY', 'KWD'), priceList, fc.constantFrom(...billings));
    fc.assert(
      fc.property(begin, fc.array(steps, { maxLength: 20 }), (begun, history) => {
        const books = new Books(...begun);
        books.compare();
        for (const step of history) {
          step(books);
          books.compare();
        }
      }),
      { numRuns: 150 },
    );
  });
});
