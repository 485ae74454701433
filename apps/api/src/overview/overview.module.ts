import { Controller, Inject, Module } from '@nestjs/common';
import { Ledger } from '#event-store';
import type { Actor, Role } from '#licensing';
import { access, type Clock, type Settings } from '#platform';
import {
  balanceOf,
  findProducts,
  listDeadlines,
  listSubscriptions,
  openOrders,
  productNames,
  type ListedOrder,
  type ListedSubscription,
} from '#projections';
import type { ReadStore } from '#read-store';
import { Input } from '../http/input.js';
import { Reads, Section } from '../http/route.js';
import { CLOCK, READ_STORE, SETTINGS } from '../parts.js';
import { accountKind } from '../pool/pool.references.js';
import {
  OverviewAnswer,
  ReadOverview,
  type OpenOrderAnswer,
  type OwnProductAnswer,
  type OwnSubscriptionAnswer,
} from './overview.answers.js';

/** So many of each, the next or latest first: a home is looked at, not searched. */
const shownMax = 20;

@Section('Marketplace')
@Controller('v1/pools/:accountId/overview')
export class OverviewController {
  constructor(
    private readonly ledger: Ledger,
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Reads('', {
    may: 'readPool',
    summary: 'The home of an account: its products with their links, subscriptions, orders under way, next deadlines',
    models: ['pool-balance', 'catalogue', 'subscription-list', 'order-list', 'deadline-list'],
    answer: OverviewAnswer,
  })
  async read(@Input() { principal, accountId }: ReadOverview): Promise<OverviewAnswer> {
    const now = this.clock.nowText();
    const { supportEmail } = this.settings;
    const [held, subscriptions, open, deadlines] = await Promise.all([
      balanceOf(this.store, { accountId }),
      listSubscriptions(this.store, { accountId, states: ['active'], limit: shownMax }, now),
      openOrders(this.store, accountId, shownMax),
      listDeadlines(this.store, { accountId, limit: shownMax }, now),
    ]);
    // Who has something exists; of the others it has to be asked.
    if (held.products.length === 0) await accountKind(this.ledger, accountId);
    return {
      accountId,
      total: held.total,
      products: await this.ownProducts(held.products),
      subscriptions: subscriptions.items.map((subscription) => ownSubscription(accountId, subscription)),
      orders: await this.openOrders(open.items, principal),
      ordersOpen: open.total,
      deadlines: deadlines.items.map(({ kind, at, subject, effect }) => ({ kind, at, subject, effect })),
      ...(supportEmail !== undefined && { supportEmail }),
      position: held.position,
    };
  }

  private async openOrders(orders: readonly ListedOrder[], { role }: Actor): Promise<OpenOrderAnswer[]> {
    const names = await productNames(
      this.store,
      orders.flatMap(({ lines }) => lines.map(({ sku }) => sku)),
    );
    const readers: readonly Role[] = access.readOrders.roles;
    return orders.map(({ orderId, state, placedAt, lines }) => {
      const shown = lines.map(({ sku, quantity }) => ({ sku, name: names.get(sku) ?? sku, quantity }));
      return { orderId, state, placedAt, lines: shown, ...(readers.includes(role) && { href: `/v1/orders/${orderId}` }) };
    });
  }

  private async ownProducts(held: Awaited<ReturnType<typeof balanceOf>>['products']): Promise<OwnProductAnswer[]> {
    const left = held.filter((product) => product.available + product.held + product.inSeats + product.assigned > 0);
    const listed = await findProducts(
      this.store,
      left.map(({ sku }) => sku),
    );
    return left.map(({ sku, name, available, held: kept, assigned, inSeats }) => {
      const link = listed.get(sku)?.link;
      return { sku, name, available, held: kept, assigned, inSeats, ...(link !== undefined && { link }), href: `/v1/products/${sku}` };
    });
  }
}

function ownSubscription(accountId: string, subscription: ListedSubscription): OwnSubscriptionAnswer {
  const { subscriptionId, sku, productName, quantity, billing, termEndsAt, renews } = subscription;
  const href = `/v1/pools/${accountId}/subscriptions/${subscriptionId}`;
  return { subscriptionId, sku, name: productName, quantity, billing, termEndsAt, renews, href };
}

/** What a customer sees first when it has signed in (003-01, 57). */
@Module({ controllers: [OverviewController] })
export class OverviewModule {}
