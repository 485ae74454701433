import type { GivenLot, LicenseActivated, LicenseAssigned, LicenseReceived, Lot, LotPart, PoolFact } from './pool/pool.events.js';
import { sameValue } from './same-value.js';
import { foldUnique } from './unique-text.js';

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

interface LotAccount {
  readonly lot: Lot;
  readonly isBought: boolean;
  left: number;
}

interface PoolAccount {
  readonly stream: string;
  readonly lots: Map<string, LotAccount>;
  readonly lotIdsEver: Set<string>;
  readonly orders: Set<string>;
  readonly received: Map<string, number>;
  /** What came in and went out, by sku and by the kind of fact: kept apart from the lots, so that the two can be compared. */
  readonly flows: Map<string, Flow>;
}

interface Flow {
  purchased: number;
  received: number;
  assigned: number;
  expired: number;
  cancelled: number;
}

interface Transit {
  readonly assignmentId: string;
  readonly customerId: string;
  readonly quantity: number;
  readonly lots: readonly (GivenLot & { readonly sku: string })[];
}

type Report = (message: string) => void;

const violationsMax = 100;

/**
 * The rules of design §5 that hold over the whole log, whatever decided what. It is a second set of books, kept without the pool's own `evolve`,
 * so that an error there shows here. Feed it every fact in the log's order.
 */
export class Invariants {
  private readonly pools = new Map<string, PoolAccount>();
  private readonly inTransit = new Map<string, Transit>();
  private readonly found: Violation[] = [];

  take(fact: PlacedFact): void {
    if (!fact.stream.startsWith('pool-')) return;
    const accountId = fact.stream.slice('pool-'.length);
    const pool = this.poolOf(accountId, fact.stream);
    const report = (message: string) => this.report({ stream: fact.stream, revision: fact.revision, message });
    if ((fact.data as { accountId?: string }).accountId !== accountId) report('the fact names another account than its stream');
    const known = fact as PlacedFact & PoolFact;
    switch (known.type) {
      case 'LicensePurchased': {
        const orderKey = foldUnique(known.data.orderId);
        if (pool.orders.has(orderKey)) report(`order ${known.data.orderId} is bought twice`);
        pool.orders.add(orderKey);
        for (const lot of known.data.lots) this.credit(pool, lot, true, report);
        return;
      }
      case 'PurchaseReversed':
        if (!pool.orders.has(foldUnique(known.data.orderId))) report(`order ${known.data.orderId} is reversed but was never bought`);
        for (const part of known.data.lots) this.reverse(pool, part, known.data.orderId, report);
        return;
      case 'LicenseAssigned':
        this.give(pool, known.data, known.revision, report);
        return;
      case 'LicenseReceived':
        this.receive(pool, known.data, report);
        return;
      case 'LicenseActivated':
        this.activate(pool, known.data, report);
        return;
      case 'LicenseExpired':
        for (const part of known.data.lots) this.expire(pool, part, known.data.effectiveAt, report);
        return;
      default:
        report(`a pool knows no fact ${fact.type}`);
    }
  }

  /** The first fact that breaks a rule by itself; undefined while none did. Cheap enough to ask after every fact. */
  get first(): Violation | undefined {
    return this.found[0];
  }

  /** What was found so far, and whether the sums are right; at most 100, the first ones. */
  violations(): Violation[] {
    return [...this.found, ...[...this.pools.values()].flatMap(productSumsWrong), ...this.overallSumWrong()].slice(0, violationsMax);
  }

  /** Over all pools. */
  sums(): Sums {
    const sums: Sums = { purchased: 0, available: 0, held: 0, inSeats: 0, expired: 0, cancelled: 0, inTransit: 0 };
    for (const { lots, flows } of this.pools.values()) {
      for (const { left } of lots.values()) sums.available += left;
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
    pool: PoolAccount,
    { assignmentId, customerId, assignedAt, lines }: LicenseAssigned['data'],
    revision: number,
    report: Report,
  ): void {
    for (const { line, quantity, sku, lots } of lines) {
      const given = lots.reduce((sum, lot) => sum + lot.quantity, 0);
      if (given !== quantity) report(`line ${line} says ${quantity} but its lots have ${given}`);
      for (const lot of lots) {
        const source = this.debit(pool, { lotId: lot.lotId, sku, quantity: lot.quantity }, 'assigned', report);
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

  private receive(
    pool: PoolAccount,
    { accountId, assignmentId, from, giverRevision, lots }: LicenseReceived['data'],
    report: Report,
  ): void {
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
    for (const lot of lots) this.credit(pool, lot, false, report);
  }

  private activate(pool: PoolAccount, fact: LicenseActivated['data'], report: Report): void {
    const activated = fact.lots.reduce((sum, { lot }) => sum + lot.quantity, 0);
    if (activated !== fact.quantity) report(`${fact.quantity} were activated but the lots have ${activated}`);
    for (const { fromLotId, lot } of fact.lots) {
      const source = this.debit(pool, { lotId: fromLotId, sku: lot.sku, quantity: lot.quantity }, undefined, report);
      if (source?.lot.startsAt !== undefined) report(`the term of lot ${fromLotId} had begun before its first use`);
      if (lot.startsAt === undefined) report(`the term of lot ${lot.lotId} did not begin with its first use`);
      this.open(pool, lot, source?.isBought ?? false, report);
    }
  }

  private reverse(pool: PoolAccount, part: LotPart, orderId: string, report: Report): void {
    const source = this.debit(pool, part, 'cancelled', report);
    if (source === undefined) return;
    if (!source.isBought) report(`lot ${part.lotId} was given to this account: no reversal takes it back`);
    else if (foldUnique(source.lot.orderId) !== foldUnique(orderId)) report(`lot ${part.lotId} is not of order ${orderId}`);
  }

  private expire(pool: PoolAccount, part: LotPart, effectiveAt: string, report: Report): void {
    const source = this.debit(pool, part, 'expired', report);
    if (source === undefined) return;
    if (source.lot.expiresAt !== effectiveAt)
      report(`lot ${part.lotId} ends at ${source.lot.expiresAt ?? 'no time'}, not at ${effectiveAt}`);
    if (source.left > 0) report(`${source.left} licenses of lot ${part.lotId} outlived its term`);
  }

  private credit(pool: PoolAccount, lot: Lot, isBought: boolean, report: Report): void {
    flowOf(pool, lot.sku)[isBought ? 'purchased' : 'received'] += lot.quantity;
    this.open(pool, lot, isBought, report);
  }

  private open(pool: PoolAccount, lot: Lot, isBought: boolean, report: Report): void {
    if (!Number.isSafeInteger(lot.quantity) || lot.quantity < 1) report(`lot ${lot.lotId} has ${lot.quantity} licenses`);
    if (pool.lotIdsEver.has(lot.lotId)) report(`lot ${lot.lotId} came in twice`);
    pool.lotIdsEver.add(lot.lotId);
    pool.lots.set(lot.lotId, { lot, isBought, left: lot.quantity });
  }

  /** Takes a part from a lot; a lot that is used up is dropped, so memory grows with what is held and not with history. */
  private debit(
    pool: PoolAccount,
    { lotId, sku, quantity }: LotPart,
    flow: 'assigned' | 'expired' | 'cancelled' | undefined,
    report: Report,
  ): LotAccount | undefined {
    if (flow !== undefined) flowOf(pool, sku)[flow] += quantity;
    if (!Number.isSafeInteger(quantity) || quantity < 1) report(`${quantity} licenses were taken from lot ${lotId}`);
    const source = pool.lots.get(lotId);
    if (source === undefined) {
      report(pool.lotIdsEver.has(lotId) ? `lot ${lotId} was already used up` : `there is no lot ${lotId}`);
      return undefined;
    }
    if (source.lot.sku !== sku) report(`lot ${lotId} is of ${source.lot.sku}, not of ${sku}`);
    source.left -= quantity;
    if (source.left < 0) report(`lot ${lotId} has ${source.left} licenses left`);
    if (source.left === 0) pool.lots.delete(lotId);
    return source;
  }

  private poolOf(accountId: string, stream: string): PoolAccount {
    const known = this.pools.get(accountId);
    if (known !== undefined) return known;
    const opened = {
      stream,
      lots: new Map(),
      lotIdsEver: new Set<string>(),
      orders: new Set<string>(),
      received: new Map(),
      flows: new Map(),
    };
    this.pools.set(accountId, opened);
    return opened;
  }

  private report(violation: Violation): void {
    if (this.found.length < violationsMax) this.found.push(violation);
  }
}

function transitKey(stream: string, revision: number): string {
  return `${stream}@${revision}`;
}

function flowOf(pool: PoolAccount, sku: string): Flow {
  const flow = pool.flows.get(sku) ?? { purchased: 0, received: 0, assigned: 0, expired: 0, cancelled: 0 };
  pool.flows.set(sku, flow);
  return flow;
}

/** What flowed in and out of a product, against what its lots have left. */
function productSumsWrong({ stream, lots, flows }: PoolAccount): Violation[] {
  const left = new Map<string, number>();
  for (const { lot, left: quantity } of lots.values()) left.set(lot.sku, (left.get(lot.sku) ?? 0) + quantity);
  return [...flows].flatMap(([sku, { purchased, received, assigned, expired, cancelled }]) => {
    const expected = purchased + received - assigned - expired - cancelled;
    const actual = left.get(sku) ?? 0;
    return expected === actual ? [] : [{ stream, message: `${sku}: ${expected} should be left, the lots have ${actual}` }];
  });
}
