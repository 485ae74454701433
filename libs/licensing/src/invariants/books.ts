import type { Lot, LotPart } from '../pool/pool.events.js';

export type Report = (message: string) => void;
type Place = 'available' | 'held' | 'inSeats';

/** What the books know of a lot: what it came in as, and where its licenses are. */
export interface LotBook {
  lot: Lot;
  readonly isBought: boolean;
  available: number;
  held: number;
  inSeats: number;
}

export interface Flow {
  purchased: number;
  received: number;
  assigned: number;
  expired: number;
  cancelled: number;
}

/** The second books of one pool: its lots, and apart from them what came in and went out, so that the two can be compared. */
export class PoolBook {
  readonly lots = new Map<string, LotBook>();
  readonly orders = new Set<string>();
  /** By giver, the highest revision received. */
  readonly received = new Map<string, number>();
  /** By sku. */
  readonly flows = new Map<string, Flow>();
  private readonly lotIdsEver = new Set<string>();

  constructor(readonly stream: string) {}

  credit(lot: Lot, isBought: boolean, report: Report): void {
    this.flowOf(lot.sku)[isBought ? 'purchased' : 'received'] += lot.quantity;
    this.open(lot, isBought, report);
  }

  open(lot: Lot, isBought: boolean, report: Report): void {
    if (!Number.isSafeInteger(lot.quantity) || lot.quantity < 1) report(`lot ${lot.lotId} has ${lot.quantity} licenses`);
    if (this.lotIdsEver.has(lot.lotId)) report(`lot ${lot.lotId} came in twice`);
    this.lotIdsEver.add(lot.lotId);
    this.lots.set(lot.lotId, { lot, isBought, available: lot.quantity, held: 0, inSeats: 0 });
  }

  /** Takes a part out of the pool; a lot that is used up is dropped, so memory grows with what is held and not with history. */
  debit(part: LotPart, flow: 'assigned' | 'expired' | 'cancelled' | undefined, report: Report): LotBook | undefined {
    if (flow !== undefined) this.flowOf(part.sku)[flow] += part.quantity;
    const source = this.take(part, part.from ?? 'available', report);
    if (source !== undefined && leftIn(source) === 0) this.lots.delete(part.lotId);
    return source;
  }

  /** Moves a part within its lot. */
  shift(part: Omit<LotPart, 'from'>, from: Place, to: Place, report: Report): LotBook | undefined {
    const source = this.take(part, from, report);
    if (source !== undefined) source[to] += part.quantity;
    return source;
  }

  private take({ lotId, sku, quantity }: Omit<LotPart, 'from'>, from: Place, report: Report): LotBook | undefined {
    if (!Number.isSafeInteger(quantity) || quantity < 1) report(`${quantity} licenses were taken from lot ${lotId}`);
    const source = this.lots.get(lotId);
    if (source === undefined) {
      report(this.lotIdsEver.has(lotId) ? `lot ${lotId} was already used up` : `there is no lot ${lotId}`);
      return undefined;
    }
    if (source.lot.sku !== sku) report(`lot ${lotId} is of ${source.lot.sku}, not of ${sku}`);
    source[from] -= quantity;
    if (source[from] < 0) report(`lot ${lotId} has ${source[from]} licenses ${words[from]}`);
    return source;
  }

  private flowOf(sku: string): Flow {
    const flow = this.flows.get(sku) ?? { purchased: 0, received: 0, assigned: 0, expired: 0, cancelled: 0 };
    this.flows.set(sku, flow);
    return flow;
  }
}

export const leftIn = ({ available, held, inSeats }: LotBook): number => available + held + inSeats;
const words = { available: 'left', held: 'held', inSeats: 'in use' };
