import type { Commanded, Instant } from '../fact.js';
import type { ProductState } from '../product/product.js';
import { lapsedDrawdown } from './drawdown.js';
import { nextExpiry, overdueLots, partsLeft } from './expiry.js';
import { lotsPerCommandMax } from './lines.js';
import type { PoolState } from './pool.js';
import type { LotPart, PoolFact } from './pool.events.js';
import { type Amounts, endTerm } from './renewal.js';
import { amountsOf } from './resize.js';
import type { Subscription } from './subscription-state.js';

export interface FireDeadlines extends Commanded {
  readonly accountId: string;
  /** The products of the subscriptions that may renew, by sku: as `skusDue` says. One whose product is not here waits. */
  readonly products: ReadonlyMap<string, ProductState>;
}

/** Something that is due, and how many lots it touches. What it says is asked for in the order of time. */
interface Due {
  readonly at: Instant;
  /** Of what is due at the same moment: a hold lapses before what it holds ends. */
  readonly rank: number;
  readonly lots: number;
  readonly facts: () => readonly PoolFact[] | undefined;
}

/**
 * Records all that is due in a pool, in the order of time, however late it is noticed: holds lapse, licenses and subscriptions end, subscriptions renew
 * (000-22/25, 003-62…64, 004-36). At most 300 lots at a time, and no further than where a subscription that was renewed is due again: to be asked
 * again until it says nothing new.
 */
export function fireDeadlines(state: PoolState, command: FireDeadlines, now: Instant): PoolFact[] {
  const { accountId } = command;
  const lapsed = new Map<string, number>();
  const facts: PoolFact[] = [];
  let lots = 0;
  let until = now;
  for (const due of allDue(state, command, lapsed, now)) {
    if (due.at > until || (lots > 0 && lots + due.lots > lotsPerCommandMax)) break;
    const news = due.facts() ?? [];
    for (const fact of news) {
      if (fact.type === 'LicenseExpired') addExpired(facts, accountId, due.at, fact.data.lots);
      else facts.push(fact);
      if (fact.type === 'SubscriptionRenewed' && fact.data.termEndsAt < until) until = fact.data.termEndsAt;
    }
    if (news.length > 0) lots += due.lots;
  }
  return facts;
}

/** When something is due next; undefined when nothing ever is. */
export function nextDeadline(state: PoolState): Instant | undefined {
  const holds = [...state.openDrawdowns].map((drawdownId) => state.drawdowns.get(drawdownId)!.holdUntil);
  const expiry = nextExpiry(state);
  return [...holds, ...(expiry === undefined ? [] : [expiry])].sort()[0];
}

/** The products that firing what is due at a moment has to know. */
export function skusDue(state: PoolState, now: Instant): string[] {
  return [...new Set(termsDue(state, now).map(({ sku }) => sku))];
}

function allDue(state: PoolState, { accountId, products }: FireDeadlines, lapsed: Map<string, number>, now: Instant): Due[] {
  const amounts = (lotId: string): Amounts => afterLapse(amountsOf(state, lotId), lapsed.get(lotId) ?? 0);
  const holds = [...state.openDrawdowns].map((drawdownId) => state.drawdowns.get(drawdownId)!).filter(({ holdUntil }) => holdUntil <= now);
  const due: Due[] = [
    ...holds.map((drawdown) => {
      const fact = lapsedDrawdown(accountId, drawdown);
      const { effectiveAt, released } = fact.data;
      const facts = (): PoolFact[] => {
        for (const { lotId, quantity } of released) lapsed.set(lotId, (lapsed.get(lotId) ?? 0) + quantity);
        return [fact];
      };
      return { at: effectiveAt, rank: 0, lots: released.length, facts };
    }),
    ...overdueLots(state, now).map(({ lot }) => {
      const facts = (): PoolFact[] => [
        { type: 'LicenseExpired', data: { accountId, effectiveAt: lot.expiresAt!, lots: partsLeft(lot, amounts(lot.lotId)) } },
      ];
      return { at: lot.expiresAt!, rank: 1, lots: 1, facts };
    }),
    ...termsDue(state, now).map((subscription) => ({
      at: subscription.termEndsAt,
      rank: 2,
      lots: subscription.lots.length,
      facts: () => endTerm(state, accountId, subscription, products, amounts),
    })),
  ];
  // The sort is stable: what is due at one moment keeps the order in which it came into the pool.
  return due.sort((one, other) => (one.at === other.at ? one.rank - other.rank : one.at < other.at ? -1 : 1));
}

function termsDue(state: PoolState, now: Instant): Subscription[] {
  return [...state.activeSubscriptions].map((id) => state.subscriptions.get(id)!).filter(({ termEndsAt }) => termEndsAt <= now);
}

/** What a hold gave back earlier in the same append is available. */
function afterLapse({ available, held, inSeats }: Amounts, lapsed: number): Amounts {
  return { available: available + lapsed, held: held - lapsed, inSeats };
}

/** Lots that end at one moment are one fact. */
function addExpired(facts: PoolFact[], accountId: string, effectiveAt: Instant, lots: readonly LotPart[]): void {
  const last = facts.at(-1);
  const isSame = last?.type === 'LicenseExpired' && last.data.effectiveAt === effectiveAt;
  if (isSame) facts.pop();
  facts.push({ type: 'LicenseExpired', data: { accountId, effectiveAt, lots: [...(isSame ? last.data.lots : []), ...lots] } });
}
