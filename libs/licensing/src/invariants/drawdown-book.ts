import type { DrawdownAccepted, DrawdownFact, DrawdownSubmitted } from '../pool/drawdown.events.js';
import type { LotPart } from '../pool/pool.events.js';
import { foldUnique } from '../unique-text.js';
import type { PoolBook, Report } from './books.js';

type Submitted = DrawdownSubmitted['data'];

/** The drawdowns of one pool: which are open, and what is held for each. */
export class DrawdownBook {
  private readonly open = new Map<string, { readonly submitted: Submitted; isApproved: boolean }>();
  private readonly closed = new Map<string, string>();

  constructor(private readonly pool: PoolBook) {}

  take({ type, data }: DrawdownFact, report: Report): void {
    if (type === 'DrawdownSubmitted') {
      this.submit(data, report);
      return;
    }
    const { drawdownId } = data;
    const drawdown = this.open.get(drawdownId);
    if (drawdown === undefined) {
      const end = this.closed.get(drawdownId);
      report(end === undefined ? `there is no drawdown ${drawdownId}` : `drawdown ${drawdownId} was ${end} and is changed by ${type}`);
      return;
    }
    if (type === 'DrawdownApproved') {
      if (drawdown.isApproved) report(`drawdown ${drawdownId} is approved twice`);
      drawdown.isApproved = true;
      return;
    }
    this.open.delete(drawdownId);
    this.closed.set(drawdownId, type);
    if (type === 'DrawdownAccepted') {
      if (!drawdown.isApproved) report(`drawdown ${drawdownId} was accepted before it was approved`);
      compare(partsOf(drawdown.submitted.lines), partsOf(data.lines), `drawdown ${drawdownId} was accepted`, report);
      if (data.orderId !== drawdown.submitted.orderId) report(`drawdown ${drawdownId} was accepted from another order`);
      if (data.customerId !== drawdown.submitted.customerId) report(`drawdown ${drawdownId} went to another customer`);
      return;
    }
    if (type === 'DrawdownRejected' && drawdown.isApproved) report(`drawdown ${drawdownId} was rejected after it was approved`);
    if (type === 'DrawdownLapsed' && data.effectiveAt !== drawdown.submitted.holdUntil)
      report(`the hold of drawdown ${drawdownId} ends at ${drawdown.submitted.holdUntil}, not at ${data.effectiveAt}`);
    compare(partsOf(drawdown.submitted.lines), data.released, `drawdown ${drawdownId} was released`, report);
    for (const part of data.released) this.pool.shift(part, 'held', 'available', report);
  }

  /** What is held, lot by lot, is what the open drawdowns hold together. */
  sumsWrong(): { readonly stream: string; readonly message: string }[] {
    const { stream, lots } = this.pool;
    const promised = sumsByLot([...this.open.values()].flatMap(({ submitted }) => partsOf(submitted.lines)));
    const lotIds = new Set([...promised.keys(), ...[...lots.values()].filter(({ held }) => held !== 0).map(({ lot }) => lot.lotId)]);
    return [...lotIds].flatMap((lotId) => {
      const [held, wanted] = [lots.get(lotId)?.held ?? 0, promised.get(lotId) ?? 0];
      return held === wanted ? [] : [{ stream, message: `lot ${lotId} holds ${held}, its open drawdowns ${wanted}` }];
    });
  }

  private submit(submitted: Submitted, report: Report): void {
    const { drawdownId, orderId, holdUntil, lines } = submitted;
    if (this.open.has(drawdownId) || this.closed.has(drawdownId)) report(`drawdown ${drawdownId} is submitted twice`);
    this.open.set(drawdownId, { submitted, isApproved: false });
    for (const { line, quantity, lots } of lines)
      if (lots.reduce((sum, lot) => sum + lot.quantity, 0) !== quantity) report(`line ${line} says ${quantity} but holds other`);
    for (const part of partsOf(lines)) {
      const source = this.pool.shift(part, 'available', 'held', report);
      if (source === undefined) continue;
      if (!source.isBought || foldUnique(source.lot.orderId) !== foldUnique(orderId))
        report(`lot ${part.lotId} is not of order ${orderId}`);
      if (source.lot.expiresAt !== undefined && source.lot.expiresAt < holdUntil) report(`lot ${part.lotId} ends before its hold`);
    }
  }
}

function partsOf(lines: Submitted['lines'] | DrawdownAccepted['data']['lines']): LotPart[] {
  return lines.flatMap(({ sku, lots }) => lots.map(({ lotId, quantity }) => ({ lotId, sku, quantity })));
}

function compare(held: readonly LotPart[], named: readonly LotPart[], words: string, report: Report): void {
  const text = (parts: readonly LotPart[]) => [...sumsByLot(parts)].sort().join();
  if (text(held) !== text(named)) report(`${words} with other licenses than were held`);
}

function sumsByLot(parts: readonly LotPart[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { lotId, quantity } of parts) sums.set(lotId, (sums.get(lotId) ?? 0) + quantity);
  return sums;
}
