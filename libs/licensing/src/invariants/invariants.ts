import type { OrderFact } from '../order/order.events.js';
import { isDeliveryFact } from '../pool/delivery.events.js';
import { isDrawdownFact } from '../pool/drawdown.events.js';
import type { AssignedLine, GivenLot, LicenseActivated, LicenseReceived, LotPart, PoolFact } from '../pool/pool.events.js';
import { isSubscriptionFact } from '../pool/subscription.events.js';
import { sameValue } from '../same-value.js';
import { foldUnique } from '../unique-text.js';
import { leftIn, PoolBook, type Report } from './books.js';
import { DeliveryBook } from './delivery-book.js';
import { DrawdownBook } from './drawdown-book.js';
import { OrderBook } from './order-book.js';
import { SubscriptionBook } from './subscription-book.js';

/** A fact with its place in its stream. */
export interface PlacedFact {
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: object;
}

/** A fact that breaks a rule that always holds; without a revision when the sums of a whole pool, or of all pools, do. */
export interface Violation {
  readonly stream: string;
  readonly revision?: number;
  readonly message: string;
}

/** Licenses over all pools. `inTransit` is part of no pool: given, and not yet received. */
export interface Sums {
  purchased: number;
  available: number;
  held: number;
  inSeats: number;
  expired: number;
  cancelled: number;
  inTransit: number;
}

interface Books {
  readonly pool: PoolBook;
  readonly drawdowns: DrawdownBook;
  readonly subscriptions: SubscriptionBook;
  readonly deliveries: DeliveryBook;
}

/** What leaves a pool for a customer's, by an assignment or an accepted drawdown. */
interface Given {
  readonly assignmentId: string;
  readonly customerId: string;
  readonly assignedAt: string;
  readonly lines: readonly AssignedLine[];
}

interface Transit {
  readonly assignmentId: string;
  readonly customerId: string;
  readonly quantity: number;
  readonly lots: readonly (GivenLot & { readonly sku: string })[];
}

const violationsMax = 100;

/**
 * The rules that hold over the whole log, whatever decided what (ADR 032). It is a second set of books, kept without the pool's own `evolve`,
 * so that an error there shows here. Feed it every fact in the log's order.
 */
export class Invariants {
  private readonly pools = new Map<string, Books>();
  private readonly inTransit = new Map<string, Transit>();
  private readonly orders = new OrderBook();
  private readonly found: Violation[] = [];

  take(fact: PlacedFact): void {
    const report = (message: string) => this.report({ stream: fact.stream, revision: fact.revision, message });
    if (fact.stream.startsWith('order-')) this.orders.take(fact as PlacedFact & OrderFact, report);
    if (!fact.stream.startsWith('pool-')) return;
    const accountId = fact.stream.slice('pool-'.length);
    const { pool, drawdowns, subscriptions, deliveries } = this.booksOf(accountId, fact.stream);
    if ((fact.data as { accountId?: string }).accountId !== accountId) report('the fact names another account than its stream');
    const known = fact as PlacedFact & PoolFact;
    switch (known.type) {
      case 'LicensePurchased': {
        const orderKey = foldUnique(known.data.orderId);
        if (pool.orders.has(orderKey)) report(`order ${known.data.orderId} is bought twice`);
        pool.orders.add(orderKey);
        for (const lot of known.data.lots) pool.credit(lot, true, report);
        this.orders.credit(known.data, report);
        return;
      }
      case 'PurchaseReversed':
        if (!pool.orders.has(foldUnique(known.data.orderId))) report(`order ${known.data.orderId} is reversed but was never bought`);
        for (const part of known.data.lots) this.reverse(pool, part, known.data.orderId, report);
        return;
      case 'LicenseAssigned':
        this.give(pool, known.data, 'available', known.revision, report);
        return;
      case 'LicenseReceived':
        this.receive(pool, known.data, report);
        return;
      case 'LicenseActivated':
        this.activate(pool, known.data, report);
        return;
      case 'LicenseExpired':
        for (const part of known.data.lots) this.expire(pool, part, known.data.effectiveAt, report);
        for (const { lotId } of known.data.lots) {
          const left = pool.lots.get(lotId);
          if (left) report(`${leftIn(left)} licenses of lot ${lotId} outlived its term`);
        }
        return;
      case 'DrawdownAccepted': {
        drawdowns.take(known, report);
        const { drawdownId, acceptedAt, customerId, lines } = known.data;
        this.give(pool, { assignmentId: drawdownId, customerId, assignedAt: acceptedAt, lines }, 'held', known.revision, report);
        return;
      }
      default:
        if (isDrawdownFact(known)) drawdowns.take(known, report);
        else if (isSubscriptionFact(known)) {
          subscriptions.take(known, report);
          if (known.type === 'SubscriptionResized') this.orders.giveBack(known.data, report);
        } else if (isDeliveryFact(known)) deliveries.take(known, report);
        else report(`a pool knows no fact ${fact.type}`);
    }
  }

  /** The first fact that breaks a rule by itself; undefined while none did. Cheap enough to ask after every fact. */
  get first(): Violation | undefined {
    return this.found[0];
  }

  /** What was found so far, and whether the sums are right; at most 100, the first ones. */
  violations(): Violation[] {
    const sumsWrong = [...this.pools.values()].flatMap(({ pool, drawdowns }) => [...productSumsWrong(pool), ...drawdowns.sumsWrong()]);
    return [...this.found, ...sumsWrong, ...this.overallSumWrong()].slice(0, violationsMax);
  }

  /** Over all pools. */
  sums(): Sums {
    const sums: Sums = { purchased: 0, available: 0, held: 0, inSeats: 0, expired: 0, cancelled: 0, inTransit: 0 };
    for (const {
      pool: { lots, flows },
    } of this.pools.values()) {
      for (const { available, held, inSeats } of lots.values()) {
        sums.available += available;
        sums.held += held;
        sums.inSeats += inSeats;
      }
      for (const flow of flows.values()) {
        sums.purchased += flow.purchased;
        sums.expired += flow.expired;
        sums.cancelled += flow.cancelled;
      }
    }
    for (const { quantity } of this.inTransit.values()) sums.inTransit += quantity;
    return sums;
  }

  private overallSumWrong(): Violation[] {
    const { purchased, ...parts } = this.sums();
    const accounted = Object.values(parts).reduce((sum, part) => sum + part, 0);
    if (accounted === purchased) return [];
    return [{ stream: 'all pools', message: `${purchased} licenses were purchased, ${accounted} are accounted for` }];
  }

  private give(
    pool: PoolBook,
    { assignmentId, customerId, assignedAt, lines }: Given,
    from: 'available' | 'held',
    revision: number,
    report: Report,
  ): void {
    for (const { line, quantity, sku, lots } of lines) {
      const given = lots.reduce((sum, lot) => sum + lot.quantity, 0);
      if (given !== quantity) report(`line ${line} says ${quantity} but its lots have ${given}`);
      for (const lot of lots) {
        const source = pool.debit({ lotId: lot.lotId, sku, quantity: lot.quantity, ...(from === 'held' && { from }) }, 'assigned', report);
        if (source === undefined) continue;
        const { startsAt, expiresAt } = source.lot;
        if (expiresAt !== undefined && expiresAt <= assignedAt) report(`lot ${lot.lotId} was over at ${expiresAt}, before it was given`);
        if (startsAt !== undefined && (lot.startsAt !== startsAt || lot.expiresAt !== expiresAt))
          report(`lot ${lot.lotId} was given with another term than it has`);
      }
    }
    const lots = lines.flatMap((line) => line.lots.map((lot) => ({ ...lot, sku: line.sku })));
    const quantity = lots.reduce((sum, lot) => sum + lot.quantity, 0);
    this.inTransit.set(transitKey(pool.stream, revision), { assignmentId, customerId, quantity, lots });
  }

  private receive(pool: PoolBook, { accountId, assignmentId, from, giverRevision, lots }: LicenseReceived['data'], report: Report): void {
    const highest = pool.received.get(from) ?? -1;
    if (giverRevision <= highest) report(`revision ${giverRevision} of ${from} was received after revision ${highest}`);
    pool.received.set(from, Math.max(highest, giverRevision));
    const key = transitKey(`pool-${from}`, giverRevision);
    const transit = this.inTransit.get(key);
    if (transit === undefined) report(`nothing was in transit from revision ${giverRevision} of ${from}`);
    else {
      if (transit.customerId !== accountId || transit.assignmentId !== assignmentId)
        report(`assignment ${assignmentId} was given to another account`);
      const arrived = lots.map(({ fromLotId, ...lot }) => ({ ...lot, lotId: fromLotId }));
      if (!sameValue(arrived, transit.lots)) report(`assignment ${assignmentId} arrived with other lots than were given`);
      this.inTransit.delete(key);
    }
    for (const lot of lots) pool.credit(lot, false, report);
  }

  private activate(pool: PoolBook, fact: LicenseActivated['data'], report: Report): void {
    const activated = fact.lots.reduce((sum, { lot }) => sum + lot.quantity, 0);
    if (activated !== fact.quantity) report(`${fact.quantity} were activated but the lots have ${activated}`);
    for (const { fromLotId, lot } of fact.lots) {
      const source = pool.debit({ lotId: fromLotId, sku: lot.sku, quantity: lot.quantity }, undefined, report);
      if (source?.lot.startsAt !== undefined) report(`the term of lot ${fromLotId} had begun before its first use`);
      if (lot.startsAt === undefined) report(`the term of lot ${lot.lotId} did not begin with its first use`);
      pool.open(lot, source?.isBought ?? false, report);
    }
  }

  private reverse(pool: PoolBook, part: LotPart, orderId: string, report: Report): void {
    const source = pool.debit(part, 'cancelled', report);
    if (source === undefined) return;
    if (!source.isBought) report(`lot ${part.lotId} was given to this account: no reversal takes it back`);
    else if (foldUnique(source.lot.orderId) !== foldUnique(orderId)) report(`lot ${part.lotId} is not of order ${orderId}`);
  }

  private expire(pool: PoolBook, part: LotPart, effectiveAt: string, report: Report): void {
    const source = pool.debit(part, 'expired', report);
    if (source === undefined) return;
    if (source.lot.expiresAt !== effectiveAt)
      report(`lot ${part.lotId} ends at ${source.lot.expiresAt ?? 'no time'}, not at ${effectiveAt}`);
    if (source.lot.subscriptionId !== undefined)
      report(`lot ${part.lotId} ends with subscription ${source.lot.subscriptionId}, not by itself`);
  }

  private booksOf(accountId: string, stream: string): Books {
    const known = this.pools.get(accountId);
    if (known !== undefined) return known;
    const pool = new PoolBook(stream);
    const books = {
      pool,
      drawdowns: new DrawdownBook(pool),
      subscriptions: new SubscriptionBook(pool),
      deliveries: new DeliveryBook(pool),
    };
    this.pools.set(accountId, books);
    return books;
  }

  private report(violation: Violation): void {
    if (this.found.length < violationsMax) this.found.push(violation);
  }
}

function transitKey(stream: string, revision: number): string {
  return `${stream}@${revision}`;
}

/** What flowed in and out of a product, against what its lots have left. */
function productSumsWrong({ stream, lots, flows }: PoolBook): Violation[] {
  const left = new Map<string, number>();
  for (const book of lots.values()) left.set(book.lot.sku, (left.get(book.lot.sku) ?? 0) + leftIn(book));
  return [...flows].flatMap(([sku, { purchased, received, assigned, expired, cancelled }]) => {
    const expected = purchased + received - assigned - expired - cancelled;
    const actual = left.get(sku) ?? 0;
    return expected === actual ? [] : [{ stream, message: `${sku}: ${expected} should be left, the lots have ${actual}` }];
  });
}
