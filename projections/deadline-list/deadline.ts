import { sumsOf, type Instant } from '#licensing';
import { timeSort } from '../sort-text.js';
import type { SubscriptionDocument } from '../subscription-list/subscription-document.js';
import { firedAs, type DeadlineDocument, type DeadlineKind } from './deadline-list.projection.js';

export interface Deadline {
  readonly kind: DeadlineKind;
  /** When it happens: from this moment on. */
  readonly at: Instant;
  readonly accountId: string;
  readonly subject: { readonly type: 'lot' | 'drawdown' | 'subscription'; readonly id: string };
  /** What happens then, in words. */
  readonly effect: string;
  /** What it is about; absent when there are several products. */
  readonly sku?: string;
  /** Licenses, over all products. */
  readonly quantity: number;
}

/** What an entry of the list says. `sort` tells which of a subscription's windows is meant; undefined when that one is there no longer. */
export function deadlineOf(document: DeadlineDocument, sort: string): Deadline | undefined {
  const { accountId } = document;
  if (document.about === 'windows') return windowEnd(accountId, document.subscription, sort);
  const [kind, at] = firedAs(document);
  if (document.about === 'lot') {
    const { lotId, sku, quantity } = document;
    const effect = `${quantity} of ${sku} ${quantity === 1 ? 'ends with its term' : 'end with their term'}`;
    return { kind, at, accountId, subject: { type: 'lot', id: lotId }, effect, sku, quantity };
  }
  if (document.about === 'hold') {
    // Not that they can be used again: a hold that lasts as long as its licenses ends with them (ADR 035).
    const { drawdownId, lines } = document;
    const sums = [...sumsOf(lines)];
    const effect = `The drawdown lapses, unless it is accepted before: ${sums.map(([sku, count]) => `${count} of ${sku}`).join(', ')} are no longer held`;
    const quantity = sums.reduce((sum, [, count]) => sum + count, 0);
    return {
      kind,
      at,
      accountId,
      subject: { type: 'drawdown', id: drawdownId },
      effect,
      ...(sums.length === 1 && { sku: sums[0]![0] }),
      quantity,
    };
  }
  const { subscriptionId, sku, quantity } = document.subscription;
  const effect = kind === 'termEnds' ? `The subscription ends: ${quantity} of ${sku} count no longer` : renewal(document.subscription);
  return { kind, at, accountId, subject: { type: 'subscription', id: subscriptionId }, effect, sku, quantity };
}

/** A window has no fact of its own: only what is possible changes. None ends after its term does: it is over with that, or begins anew. */
function windowEnd(accountId: string, { subscriptionId, sku, lots, termEndsAt }: SubscriptionDocument, sort: string): Deadline | undefined {
  const ending = lots.filter(({ windowEndsAt }) => windowEndsAt !== undefined && timeSort(windowEndsAt) === sort);
  const at = ending[0]?.windowEndsAt;
  if (at === undefined || at > termEndsAt) return undefined;
  const quantity = ending.reduce((sum, lot) => sum + lot.quantity, 0);
  const effect = `Until then ${quantity} of ${sku} can be cancelled and credited, but for what is in use; from then on they stay, and are billed, until the term ends`;
  return { kind: 'cancellationWindowEnds', at, accountId, subject: { type: 'subscription', id: subscriptionId }, effect, sku, quantity };
}

function renewal({ sku, billing, lots, scheduled }: SubscriptionDocument): string {
  const renewing = lots.reduce((sum, { quantity, endsWithTerm }) => sum + (endsWithTerm === true ? 0 : quantity), 0);
  const { period, commitment } = scheduled?.billing ?? billing;
  const wanted = scheduled?.quantity ?? renewing;
  const orMore = wanted < renewing ? ', or as many as are in use,' : ',';
  return `The subscription renews with ${wanted} of ${sku}${orMore} billed every ${period} for ${commitment}`;
}
