import {
  acceptDrawdown,
  activateLicenses,
  advanceOrder,
  approveDrawdown,
  assignLicenses,
  cancelDrawdown,
  cancelOrder,
  cancelSubscription,
  changeCustomerProfile,
  completeFulfilment,
  completeProvisioning,
  confirmPayment,
  customer,
  failFulfilment,
  failProvisioning,
  finishOrder,
  fireDeadlines,
  givenBy,
  giveOrderUp,
  isGiving,
  issueLicenseFile,
  linkDealer,
  listProduct,
  order,
  placeIncrease,
  placeOrder,
  pool,
  product,
  provisionOrder,
  purchaseLicenses,
  receiveLicenses,
  registerCustomer,
  rejectDrawdown,
  Rejected,
  requestProvisioning,
  resizeSubscription,
  reversePurchase,
  scheduleRenewal,
  setAutoRenewal,
  submitDrawdown,
  unlinkDealer,
  unscheduleRenewal,
  withdrawProduct,
  serviceIdOf,
  type CustomerState,
  type Giving,
  type OrderState,
  type Policy,
  type PoolState,
  type ProductState,
} from '#licensing';
import type { ProjectedEvent } from '#read-store';

const day = 86_400_000;
const irreversible = { reversibility: 'irreversible' } as const;
const monthly = { period: 'P1M', commitment: 'P1M' };
const yearly = { period: 'P1M', commitment: 'P1Y' };
const windowed = { term: 'P1M', termStarts: 'onPurchase', reversibility: 'windowed', cancellationWindow: 'P7D' } as const;
/** What is sold: every way in which a term begins, and in which a product is handed over or subscribed to. */
const policies: Record<string, Policy> = {
  Y: { term: 'P1Y', termStarts: 'onAssignment', ...irreversible },
  U: { term: 'P1M', termStarts: 'onFirstUse', ...irreversible },
  P: { term: null, termStarts: 'onPurchase', ...irreversible },
  F: { term: 'P3M', termStarts: 'onFirstUse', delivery: 'file', ...irreversible },
  K: { term: 'P2M', termStarts: 'onFirstUse', delivery: 'cloud', ...irreversible },
  K2: { term: 'P2M', termStarts: 'onPurchase', delivery: 'cloud', ...irreversible },
  S: { ...windowed, billingOptions: [monthly, yearly] },
  SC: { ...windowed, billingOptions: [monthly], delivery: 'cloud', fulfilment: 'provider' },
};
/** With much in common when folded, and letters of every width. */
const names = ['Yamada', 'YAMADA Oy', 'ヤマダ', '山田', 'Tanaka', 'Tanka', 'Straße', 'STRASSE', 'Ångström', 'k', 'ｱｲｳ', '😀 Ltd'];

/** A small ledger in which anything happens, by the rules of the domain, from a seed: the facts in the log's order, and the states they lead to. */
export class RandomWorld {
  readonly events: ProjectedEvent[] = [];
  readonly states = new Map<string, any>();
  readonly partners = ['p-0', 'p-1'];
  readonly customers = ['c-0', 'c-1', 'c-2', 'c-3'];
  now = Date.parse('2026-01-31T10:00:00.000Z');
  private readonly revisions = new Map<string, number>();
  private position = 0n;
  private commands = 0;
  private readonly undelivered: { event: ProjectedEvent }[] = [];
  private readonly recordedAt = new Map<string, number>();
  private readonly orderIds: string[] = [];

  constructor(private seed: number) {
    for (const [sku, policy] of Object.entries(policies)) this.list(sku, `Product ${sku}`, policy);
    this.customers.forEach((customerId, index) => {
      const registeredBy = index === 3 ? { registeredBy: this.partners[0] } : {};
      this.do(customer, customerId, registerCustomer, { customerId, name: names[index], email: `c${index}@example.com`, ...registeredBy });
      if (index < 3) this.do(customer, customerId, linkDealer, { customerId, partnerId: this.partners[index % 2], partnerCode: 'P' });
    });
    for (const partner of this.partners)
      this.purchase(
        partner,
        'PO-0',
        Object.keys(policies)
          .slice(0, 6)
          .map((sku) => ({ sku, quantity: 50 })),
      );
    for (const buyer of this.customers.slice(0, 2)) this.placeAnOrder(buyer, 'S', 'invoice');
    this.advanceOrders();
  }

  step(): void {
    const partner = this.pick(this.partners);
    const buyer = this.pick(this.customers);
    const anyone = this.pick([...this.partners, ...this.customers]);
    const sku = this.pick(Object.keys(policies).slice(0, 6));
    const quantity = 1 + this.below(12);
    const lines = this.chance(3)
      ? [
          { sku, quantity },
          { sku: this.pick(['Y', 'U', 'K']), quantity: 2 },
        ]
      : [{ sku, quantity }];
    const products = this.products;
    const actions: (() => void)[] = [
      () => this.purchase(partner, `PO-${this.below(4)}`, lines),
      () =>
        this.do(pool, partner, purchaseLicenses, {
          ...{ orderId: `PX-${this.commands}`, lines, source: 'operator', accountKind: 'partner', products },
          ...{ purchasedFor: buyer, customer: this.state(customer, buyer), accountId: partner },
        }),
      () =>
        this.do(pool, partner, reversePurchase, {
          ...{ accountId: partner, orderId: `PO-${this.below(4)}`, reason: 'r' },
          ...(this.chance(2) && { lines }),
        }),
      () => this.assign(partner, buyer, lines),
      () => this.assign(partner, buyer, lines),
      () => this.do(pool, buyer, activateLicenses, { accountId: buyer, sku: 'U', quantity: 1 + this.below(4), products }),
      () => this.do(pool, anyone, issueLicenseFile, { accountId: anyone, sku: 'F', quantity: 1 + this.below(4), products }),
      () => this.provision(anyone),
      () => this.provision(anyone),
      () => this.draw(partner, buyer, lines),
      () => this.draw(partner, buyer, [lines[0]!]),
      () => this.decide(partner),
      () => this.decide(partner),
      () => this.decide(partner),
      () => this.placeAnOrder(buyer, this.pick(['S', 'SC', 'Y', 'K2', 'S']), this.chance(3) ? 'external' : 'invoice'),
      () => this.settle(),
      () => this.settle(),
      () => this.advanceOrders(),
      () => this.subscription(buyer),
      () => this.subscription(buyer),
      () => this.subscription(buyer),
      () => this.subscription(buyer),
      () => this.fire(anyone),
      () => this.fire(anyone),
      () => this.deliver(),
      () => this.deliver(),
      () => this.deliver(),
      () => this.rename(buyer),
      () => this.relink(buyer),
      () => this.list(sku, this.pick(names) + sku, policies[sku]!),
      () => this.chance(3) && this.do(product, sku, withdrawProduct, { sku }),
      () => (this.now += this.pick([0, 1, 1, day, 9 * day, 25 * day])),
    ];
    this.pick(actions)();
  }

  state<State>(of: { category: string; initial(): State }, id: string): State {
    const stream = `${of.category}-${id}`;
    let state = this.states.get(stream);
    if (!state) this.states.set(stream, (state = of.initial()));
    return state;
  }

  get products(): Map<string, ProductState> {
    return new Map(Object.keys(policies).map((sku) => [sku, this.state(product, sku)]));
  }

  tell(stream: string, type: string, data: object, actor: object = { userId: 'u-1', role: 'partner' }): ProjectedEvent {
    this.position += 1n + BigInt(this.below(3));
    const revision = (this.revisions.get(stream) ?? -1) + 1;
    this.revisions.set(stream, revision);
    // Clocks differ from process to process, but never go back within a stream.
    const skew = stream.startsWith('customer-') ? -2 : 0;
    const at = Math.max(this.now + skew, this.recordedAt.get(stream) ?? 0);
    this.recordedAt.set(stream, at);
    const event = {
      ...{ stream, revision, position: this.position, id: `e-${this.position}`, type, data },
      metadata: { recordedAt: new Date(at).toISOString(), actor },
    };
    this.events.push(event);
    if (isGiving(event)) this.undelivered.push({ event });
    return event;
  }

  do(of: any, id: string, decide: (...input: any[]) => any[], command: object, by = 'u-1'): boolean {
    const context = { commandId: uuid(++this.commands), actor: { userId: by, role: 'partner' } };
    const stream = `${of.category}-${id}`;
    let facts;
    try {
      facts = decide(structuredClone(this.state(of, id)), { ...command, context }, new Date(this.now).toISOString());
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      return false;
    }
    for (const fact of facts) {
      const event = this.tell(stream, fact.type, fact.data, context.actor);
      this.states.set(stream, of.evolve(this.state(of, id), structuredClone({ ...fact, metadata: event.metadata })));
    }
    return facts.length > 0;
  }

  purchase(accountId: string, orderId: string, lines: readonly object[]): void {
    const command = { accountId, orderId, lines, source: 'operator', accountKind: 'partner', products: this.products };
    this.do(pool, accountId, purchaseLicenses, command);
  }

  private assign(accountId: string, customerId: string, lines: readonly object[]): void {
    const command = { accountId, customerId, lines, customer: this.state<CustomerState>(customer, customerId), products: this.products };
    this.do(pool, accountId, assignLicenses, command);
  }

  private provision(accountId: string): void {
    const { lots, services } = this.state<PoolState>(pool, accountId);
    const ids = [
      ...[...lots.values()].filter(({ lot }) => lot.delivery === 'cloud').map(({ lot }) => serviceIdOf(accountId, lot.lotId)),
      ...services.keys(),
    ];
    if (ids.length === 0) return;
    const serviceId = this.pick(ids);
    const decide = this.pick([requestProvisioning, completeProvisioning, failProvisioning]);
    this.do(pool, accountId, decide, { accountId, serviceId, products: this.products, ...(this.chance(2) && { details: 'said' }) });
  }

  private draw(accountId: string, customerId: string, lines: readonly object[]): void {
    const typed = { accountName: this.pick(names), website: 'https://a.example', contactName: 'I', contactEmail: 'i@example.com' };
    this.do(pool, accountId, submitDrawdown, {
      ...{ accountId, customerId, lines, orderId: `PO-${this.below(3)}`, products: this.products },
      ...{ customer: this.state<CustomerState>(customer, customerId) },
      ...(this.chance(2) && { typed }),
    });
  }

  private decide(accountId: string): void {
    const { openDrawdowns } = this.state<PoolState>(pool, accountId);
    if (openDrawdowns.size === 0) return;
    const decide = this.pick([approveDrawdown, approveDrawdown, acceptDrawdown, acceptDrawdown, rejectDrawdown, cancelDrawdown]);
    this.do(pool, accountId, decide, { accountId, drawdownId: this.pick([...openDrawdowns]), reason: 'because' }, 'approver');
  }

  private placeAnOrder(accountId: string, sku: string, method: 'invoice' | 'external'): void {
    const orderId = uuid(++this.commands);
    const billing = policies[sku]!.billingOptions && { billing: this.pick(policies[sku]!.billingOptions as object[]) };
    const lines = [{ sku, quantity: 1 + this.below(9), ...billing }];
    if (sku === 'S' && this.chance(3)) lines.push({ sku: 'Y', quantity: 3 } as never);
    const subscriptionIds = lines.map((_, index) => `${orderId}/${index}`);
    const command = { orderId, accountId, lines, payment: { method }, products: this.products, subscriptionIds, checkForm: () => [] };
    if (this.do(order, orderId, placeOrder, command)) this.orderIds.push(orderId);
  }

  private settle(): void {
    if (this.orderIds.length === 0) return;
    const orderId = this.pick(this.orderIds);
    const [decide, command] = this.pick<[any, object]>([
      [confirmPayment, { reference: 'r', outcome: 'paid' }],
      [confirmPayment, { reference: 'r', outcome: 'failed', reason: 'no' }],
      [cancelOrder, { reason: 'changed' }],
      [completeFulfilment, { reference: 'x' }],
      [completeFulfilment, {}],
      [failFulfilment, { reason: 'cannot' }],
    ]);
    this.do(order, orderId, decide, { orderId, ...command });
  }

  advanceOrders(): void {
    for (const orderId of this.orderIds) {
      this.do(order, orderId, advanceOrder, { orderId });
      const { order: known } = this.state<OrderState>(order, orderId);
      if (known?.state !== 'provisioning' || !known.fulfilled || this.chance(3)) continue;
      const { accountId, lines } = known;
      const isIn = [...this.state<PoolState>(pool, accountId).orders.values()].some((bought) => bought.orderId === orderId);
      const done = isIn || this.do(pool, accountId, provisionOrder, { accountId, orderId, lines, products: this.products });
      this.do(order, orderId, done ? finishOrder : giveOrderUp, { orderId, reason: 'refused' });
    }
  }

  private subscription(accountId: string): void {
    const { subscriptions } = this.state<PoolState>(pool, accountId);
    if (subscriptions.size === 0) return;
    const subscriptionId = this.pick([...subscriptions.keys()]);
    const decide = this.pick([
      resizeSubscription,
      resizeSubscription,
      setAutoRenewal,
      scheduleRenewal,
      scheduleRenewal,
      unscheduleRenewal,
      cancelSubscription,
    ] as any[]);
    const flag = this.chance(2);
    const before = this.events.length;
    this.do(pool, accountId, decide, {
      ...{ accountId, subscriptionId, quantity: 1 + this.below(14), enabled: flag, keepRenewal: flag, products: this.products },
      ...(decide === scheduleRenewal && this.chance(2) && { billing: this.pick([monthly, yearly]) }),
    });
    for (const event of this.events.slice(before)) {
      if (event.type !== 'SubscriptionIncreaseOrdered') continue;
      const increase = event.data as { orderId: string };
      if (this.do(order, increase.orderId, placeIncrease, { increase })) this.orderIds.push(increase.orderId);
    }
  }

  private fire(accountId: string): void {
    this.do(pool, accountId, fireDeadlines, { accountId, products: this.products });
  }

  /** Delivers what was given, in the giver's order to each receiver, perhaps late. */
  private deliver(): void {
    const place = this.undelivered.findIndex(() => this.chance(2));
    if (place === -1) return;
    const { customerId, accountId } = givenBy(this.undelivered[place]!.event as never);
    const first = this.undelivered.findIndex(({ event }) => {
      const given = givenBy(event as never);
      return given.customerId === customerId && given.accountId === accountId;
    });
    const [{ event }] = this.undelivered.splice(first, 1) as [{ event: ProjectedEvent }];
    const assignment = givenBy(event as unknown as Giving);
    this.do(pool, customerId, receiveLicenses, { from: accountId, giverRevision: event.revision, assignment });
  }

  private rename(customerId: string): void {
    const reading = this.pick([{ nameReading: null }, { nameReading: this.pick(names) }, {}]);
    const email = this.chance(3) ? { email: `${this.pick(['x', 'Info', 'ｉｎｆｏ'])}@example.com` } : {};
    this.do(customer, customerId, changeCustomerProfile, {
      customerId,
      ...(this.chance(3) ? {} : { name: this.pick(names) }),
      ...reading,
      ...email,
    });
  }

  private relink(customerId: string): void {
    if (this.chance(3)) this.do(customer, customerId, unlinkDealer, { customerId });
    else this.do(customer, customerId, linkDealer, { customerId, partnerId: this.pick(this.partners), partnerCode: 'P' });
  }

  private list(sku: string, name: string, policy: Policy): void {
    this.do(product, sku, listProduct, { sku, name, category: this.pick(['録画', 'Cloud', 'ｃｌｏｕｄ', '']) || undefined, policy });
  }

  below(limit: number): number {
    // Mulberry32.
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }
  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }
  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
}

function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
