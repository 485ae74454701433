import { willRenew, type Instant } from '#licensing';
import { viewOf, type ReadStore } from '#read-store';
import { productNames } from '../catalogue/catalogue.query.js';
import { fold, part } from '../folding.js';
import { cursorOf, limitOf, pageLimitMax, placeOf, type Page } from '../pages.js';
import { findUsers } from '../user-list/user-list.query.js';
import type { SubscriptionDocument } from './subscription-document.js';
import { subscriptionIndex, subscriptionKey, subscriptionList, type HistoryEntry } from './subscription-list.projection.js';

export interface ListedSubscription extends SubscriptionDocument {
  readonly productName: string;
  /** Whether another term follows, as things stand. */
  readonly renews: boolean;
}
export interface SubscriptionStory extends Omit<HistoryEntry, 'kind' | 'subscriptionId' | 'by'> {
  readonly by: { readonly userId: string; readonly login: string };
}

/** So many entries are looked at in one go: an account has dozens. */
const chunk = 200;

/** The subscriptions of an account that pass all filters given, the latest begun first. `query` is any part of the product's name or sku. */
export async function listSubscriptions(
  store: ReadStore,
  question: {
    readonly accountId: string;
    readonly states?: readonly string[];
    readonly skus?: readonly string[];
    readonly query?: string;
    readonly limit?: number;
    readonly cursor?: string;
  },
  now: Instant,
): Promise<Page<ListedSubscription>> {
  const { accountId, states, skus } = question;
  const limit = limitOf(question.limit);
  const wanted = part(question.query);
  const view = await viewOf(store, subscriptionList);
  const found: { readonly item: ListedSubscription; readonly place: { sort: string; key: string } }[] = [];
  const asked = [subscriptionList.name, accountId, states && [...states].sort(), skus && [...skus].sort(), question.query];
  let after = placeOf(question.cursor, asked);
  for (let full = true; full && found.length <= limit;) {
    const places = await view.range(accountId, { index: subscriptionIndex.all, after, direction: 'descending', limit: chunk });
    const entries = await view.documents(
      accountId,
      places.map(({ key }) => key),
    );
    const shown = await named(
      store,
      entries.map((entry) => (entry?.kind === 'subscription' ? entry.subscription : undefined)),
      now,
    );
    for (const [index, item] of shown.entries()) {
      if (item === undefined || (states && !states.includes(item.state)) || (skus && !skus.includes(item.sku))) continue;
      if (wanted && !wanted(`${fold(item.productName)}\n${fold(item.sku)}`)) continue;
      found.push({ item, place: places[index]! });
    }
    after = places.at(-1) ?? after;
    full = places.length === chunk;
  }
  const page = found.slice(0, limit);
  return { items: page.map(({ item }) => item), next: found.length > limit ? cursorOf(page.at(-1)!.place, asked) : null };
}

/** One subscription with its history, oldest first: the first 500 facts. Undefined when the account has none of this id. */
export async function findSubscription(
  store: ReadStore,
  { accountId, subscriptionId }: { readonly accountId: string; readonly subscriptionId: string },
  now: Instant,
): Promise<(ListedSubscription & { readonly history: readonly SubscriptionStory[] }) | undefined> {
  const view = await viewOf(store, subscriptionList);
  const entry = await view.document(accountId, subscriptionKey(subscriptionId));
  if (entry?.kind !== 'subscription') return undefined;
  const index = subscriptionIndex.historyOf(subscriptionId);
  const places = await view.range(accountId, { index, direction: 'ascending', limit: pageLimitMax });
  const facts = await view.documents(
    accountId,
    places.map(({ key }) => key),
  );
  const told = facts.flatMap((fact) => (fact?.kind === 'fact' ? [fact] : []));
  const users = await findUsers(
    store,
    told.map(({ by }) => by),
  );
  const history = told.map(({ kind: _, subscriptionId: __, by, ...fact }) => ({
    ...fact,
    by: { userId: by.userId, login: users.get(by.userId)?.login ?? by.userId },
  }));
  const [subscription] = await named(store, [entry.subscription], now);
  return { ...subscription!, history };
}

/** With the product's name of today. What does not renew is over at the end of its term, recorded or not. */
async function named(
  store: ReadStore,
  subscriptions: readonly (SubscriptionDocument | undefined)[],
  now: Instant,
): Promise<(ListedSubscription | undefined)[]> {
  const names = await productNames(
    store,
    subscriptions.flatMap((subscription) => subscription?.sku ?? []),
  );
  return subscriptions.map((subscription) => {
    if (subscription === undefined) return undefined;
    const renews = willRenew(subscription);
    const isOver = subscription.state === 'active' && !renews && subscription.termEndsAt <= now;
    const end = isOver ? ({ state: 'expired', quantity: 0, lots: [], endedAt: subscription.termEndsAt } as const) : {};
    return { ...subscription, ...end, productName: names.get(subscription.sku) ?? subscription.sku, renews };
  });
}
