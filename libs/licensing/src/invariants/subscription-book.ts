import { type Money, sumsOfMoney } from '../money.js';
import { sameValue } from '../same-value.js';
import type { LotPart } from '../pool/pool.events.js';
import type { SubscriptionFact } from '../pool/subscription.events.js';
import { leftIn, type PoolBook, type Report } from './books.js';

interface Known {
  state: 'active' | 'cancelled' | 'expired';
  termEndsAt: string;
  readonly lotIds: Set<string>;
}

/** The subscriptions of one pool: that their quantities are those of their lots, and that nothing happens to one that is over. */
export class SubscriptionBook {
  private readonly known = new Map<string, Known>();

  constructor(private readonly pool: PoolBook) {}

  take({ type, data }: SubscriptionFact, report: Report): void {
    const { subscriptionId } = data;
    if (type === 'SubscriptionStarted') {
      if (this.known.has(subscriptionId)) report(`subscription ${subscriptionId} is started twice`);
      const lotIds = new Set(data.lots.map(({ lotId }) => lotId));
      this.known.set(subscriptionId, { state: 'active', termEndsAt: data.termEndsAt, lotIds });
      this.checkLots(subscriptionId, data.quantity, report);
      return;
    }
    const subscription = this.known.get(subscriptionId);
    if (subscription === undefined) {
      report(`there is no subscription ${subscriptionId}`);
      return;
    }
    if (subscription.state !== 'active') report(`subscription ${subscriptionId} was ${subscription.state} and is changed by ${type}`);
    switch (type) {
      case 'SubscriptionResized':
        for (const { lotId } of data.added) subscription.lotIds.add(lotId);
        this.takeOut(subscriptionId, data.removed, 'cancelled', report);
        this.checkLots(subscriptionId, data.quantity, report);
        return;
      case 'SubscriptionRenewed':
        this.checkEnd(subscriptionId, data.effectiveAt, report);
        if (data.termStartsAt !== data.effectiveAt) report(`the next term of subscription ${subscriptionId} leaves a gap`);
        this.takeOut(subscriptionId, data.removed, 'expired', report);
        subscription.termEndsAt = data.termEndsAt;
        for (const { lotId } of data.lots) {
          subscription.lotIds.add(lotId);
          const book = this.pool.lots.get(lotId);
          if (book) book.lot = { ...book.lot, expiresAt: data.termEndsAt };
        }
        this.checkLots(subscriptionId, data.quantity, report);
        return;
      case 'SubscriptionCancelled':
        this.takeOut(subscriptionId, data.lots, 'cancelled', report);
        this.checkLots(subscriptionId, data.quantity, report);
        checkSum(
          data.credited,
          data.lots.map(({ credited }) => credited),
          `subscription ${subscriptionId} is credited`,
          report,
        );
        if (data.quantity === 0) subscription.state = 'cancelled';
        return;
      case 'SubscriptionExpired':
        this.checkEnd(subscriptionId, data.effectiveAt, report);
        this.takeOut(subscriptionId, data.lots, 'expired', report);
        this.checkLots(subscriptionId, 0, report);
        subscription.state = 'expired';
        return;
      case 'CancellationDeclined':
        for (const { lotId } of data.lots) if (!this.pool.lots.has(lotId)) report(`lot ${lotId} is retained, of which nothing was left`);
        if (data.until !== subscription.termEndsAt)
          report(`what is retained of subscription ${subscriptionId} ends at another time than its term`);
        checkSum(
          data.billed,
          data.lots.map(({ billed }) => billed),
          `subscription ${subscriptionId} is billed`,
          report,
        );
        return;
    }
  }

  private takeOut(subscriptionId: string, parts: readonly LotPart[], flow: 'cancelled' | 'expired', report: Report): void {
    for (const part of parts) {
      const source = this.pool.debit(part, flow, report);
      if (source !== undefined && source.lot.subscriptionId !== subscriptionId)
        report(`lot ${part.lotId} is not of subscription ${subscriptionId}`);
    }
  }

  private checkEnd(subscriptionId: string, effectiveAt: string, report: Report): void {
    const { termEndsAt } = this.known.get(subscriptionId)!;
    if (effectiveAt !== termEndsAt) report(`the term of subscription ${subscriptionId} ends at ${termEndsAt}, not at ${effectiveAt}`);
  }

  private checkLots(subscriptionId: string, quantity: number, report: Report): void {
    const { lotIds, termEndsAt } = this.known.get(subscriptionId)!;
    let left = 0;
    for (const lotId of lotIds) {
      const book = this.pool.lots.get(lotId);
      if (book === undefined) {
        lotIds.delete(lotId);
        continue;
      }
      left += leftIn(book);
      if (book.lot.subscriptionId !== subscriptionId) report(`lot ${lotId} is not of subscription ${subscriptionId}`);
      if (book.lot.expiresAt !== termEndsAt) report(`lot ${lotId} ends at ${book.lot.expiresAt ?? 'no time'}, its term at ${termEndsAt}`);
    }
    if (left !== quantity) report(`subscription ${subscriptionId} says ${quantity} but its lots have ${left}`);
  }
}

/** Amounts of one fact add up to what it says in all. */
function checkSum(total: Money | undefined, parts: readonly (Money | undefined)[], words: string, report: Report): void {
  const sums = sumsOfMoney(parts.filter((part) => part !== undefined));
  if (!sameValue(sums, total === undefined ? [] : [total]))
    report(`${words} ${total?.amount ?? 'nothing'}, but its lots come to ${sums.map(({ amount }) => amount).join(' and ') || 'nothing'}`);
}
