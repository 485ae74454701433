import { expect } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { Ledger, type EventLog, type Receipt } from '#event-store';
import {
  activateLicenses,
  assignLicenses,
  balances,
  type confirmPayment,
  customer,
  fireDeadlines,
  linkDealer,
  listProduct,
  order,
  placeOrder,
  pool,
  product,
  type PoolFact,
  type PoolState,
  type ProductState,
  purchaseLicenses,
  Rejected,
  registerCustomer,
  reversePurchase,
  type SubscriptionStarted,
  submitDrawdown,
} from '#licensing';
import { bookedBy } from './booked.js';
import {
  billing,
  drawdownChanges,
  orderChanges,
  policies,
  refusals,
  subscribed,
  subscriptionChanges,
  type Line,
  type Step,
} from './random-histories.js';

type PoolReceipt = Receipt<PoolFact, PoolState>;
type Send = () => Promise<PoolReceipt>;
interface Sent {
  readonly send: Send;
  answer?: PoolReceipt;
}
type Products = ReadonlyMap<string, ProductState>;

const day = 86_400_000;

/** A random history on accounts of its own, at a time of its own: the clocks of other processes stay behind, as clocks differ. */
export class PlayedHistory {
  private readonly partners = [randomUUID(), randomUUID()];
  private readonly customers: string[];
  private readonly ledger: Ledger;
  private readonly sent: Sent[] = [];
  private readonly orders: string[] = [];
  private ahead = 0;

  /** `subscriber` is its first customer. */
  constructor(
    log: EventLog,
    private readonly products: Products,
    subscriber: string,
  ) {
    this.customers = [subscriber, randomUUID(), randomUUID()];
    this.ledger = new Ledger({ log, now: () => new Date(Date.now() + this.ahead).toISOString() });
  }

  get accounts(): string[] {
    return [...this.partners, ...this.customers];
  }

  /** Plays it, then holds what the pools say against what the commands were answered. */
  async play(rounds: Step[][]): Promise<void> {
    // The third customer belongs to the second partner: what the first one gives it is refused.
    await Promise.all(this.customers.map((id, index) => this.linkedCustomer(id, this.partners[index === 2 ? 1 : 0]!)));
    for (const round of rounds) {
      const earlier = [...this.sent];
      await Promise.all(round.map((step) => this.take(step, earlier)));
    }
    for (const partnerId of this.partners) await this.expectBooked(partnerId);
  }

  private async take(step: Step, earlier: readonly Sent[]): Promise<void> {
    if (step.does === 'repeat') return repeated(earlier, step.earlier);
    if (step.does === 'wait') return void (this.ahead += step.days * day);
    const command: Sent = { send: this.sender(step) };
    this.sent.push(command);
    command.answer = await answered(command.send);
  }

  private async linkedCustomer(customerId: string, partnerId: string): Promise<void> {
    const registered = { customerId, name: `顧客 ${customerId}`, email: `${customerId}@example.com`, context: context() };
    await this.ledger.record(customer, customerId, registered, registerCustomer);
    await this.ledger.record(customer, customerId, { customerId, partnerId, partnerCode: 'P-1', context: context() }, linkDealer);
  }

  /** The command of a step; the same command however often it is sent. */
  private sender(step: Exclude<Step, { does: 'repeat' | 'wait' }>): Send {
    switch (step.does) {
      case 'fire':
        return this.toPool(this.accounts[step.account]!, {}, fireDeadlines);
      case 'activate':
        return this.toPool(this.customers[step.customer]!, step.line, activateLicenses);
      case 'reverse': {
        const command = { orderId: `PO-${step.order}`, reason: 'returned', ...(step.lines && { lines: step.lines }) };
        return this.toPool(this.partners[step.partner]!, command, reversePurchase);
      }
      case 'purchase':
        return this.purchase(step);
      case 'assign': {
        const customerId = this.customers[step.customer]!;
        const command = async () => ({ customerId, customer: await this.customerNow(customerId), lines: step.lines });
        return this.toPool(this.partners[step.partner]!, command, assignLicenses);
      }
      case 'draw': {
        const customerId = this.customers[step.customer]!;
        const asked = { orderId: `PO-${step.order}`, lines: step.lines, customerId };
        const command = async () => ({ ...asked, customer: await this.customerNow(customerId) });
        return this.toPool(this.partners[step.partner]!, command, submitDrawdown);
      }
      case 'decide': {
        const accountId = this.partners[step.partner]!;
        const drawdown = this.nth(accountId, step.which, (state) => state.drawdowns.keys());
        const command = async () => ({ drawdownId: await drawdown(), reason: 'because' });
        return this.toPool(accountId, command, drawdownChanges[step.change], 'approver');
      }
      case 'subscription': {
        const { quantity, flag } = step;
        const accountId = this.customers[step.customer]!;
        const subscription = this.nth(accountId, step.which, (state) => state.subscriptions.keys());
        const command = async () => ({ subscriptionId: await subscription(), quantity, enabled: flag, keepRenewal: flag });
        return this.toPool(accountId, command, subscriptionChanges[step.change]);
      }
      case 'settle': {
        const orderId = this.orders[step.which] ?? randomUUID();
        const outcome = step.change === 'paid' ? ('paid' as const) : ('failed' as const);
        const command = { orderId, reference: 'a payment', outcome, context: context() };
        return () => recorded(this.ledger.record(order, orderId, command, orderChanges[step.change] as typeof confirmPayment));
      }
      case 'order': {
        const { orderId, place } = orderOf(this.ledger, this.products, this.customers[step.customer]!, step);
        this.orders.push(orderId);
        return () => recorded(place());
      }
    }
  }

  private purchase({ partner, order: number, lines, passedOnTo }: Extract<Step, { does: 'purchase' }>): Send {
    const purchasedFor = passedOnTo === undefined ? undefined : this.customers[passedOnTo]!;
    const asked = { orderId: `PO-${number}`, lines, source: 'operator' as const, accountKind: 'partner' as const };
    const command = async () =>
      purchasedFor === undefined ? asked : { ...asked, purchasedFor, customer: await this.customerNow(purchasedFor) };
    return this.toPool(this.partners[partner]!, command, purchaseLicenses);
  }

  /** A command to a pool. What has to be looked up first is looked up each time it is sent, as a handler does. */
  private toPool(
    accountId: string,
    asked: object | (() => Promise<object>),
    decide: (...input: any[]) => PoolFact[],
    by = 'histories',
  ): Send {
    const { products } = this;
    const fixed = { accountId, products, context: context(by) };
    return async () => {
      const command = { ...(typeof asked === 'function' ? await asked() : asked), ...fixed };
      return this.ledger.record(pool, accountId, command, decide);
    };
  }

  /** The one that is meant is found once: a repetition is about the same. */
  private nth(accountId: string, which: number, keysOf: (state: PoolState) => Iterable<string>): () => Promise<string> {
    let found: string | undefined;
    return async () => (found ??= [...keysOf((await this.ledger.load(pool, accountId, true)).state)][which] ?? 'none');
  }

  private async customerNow(customerId: string) {
    return (await this.ledger.load(customer, customerId)).state;
  }

  private async expectBooked(partnerId: string): Promise<void> {
    const own = this.sent.filter(({ answer }) => answer?.stream === `pool-${partnerId}`);
    const facts = own.flatMap(({ answer }) => answer!.facts as readonly PoolFact[]);
    const actual = balances((await this.ledger.load(pool, partnerId)).state);
    const counts = actual.map(({ sku, purchased, cancelled, assigned, held, expired, available }) => {
      expect(available).toBeGreaterThanOrEqual(0);
      return [sku, { purchased, cancelled, assigned, held, expired, available }] as const;
    });
    expect(new Map(counts)).toEqual(bookedBy(facts));
  }
}

/** Lists the products of the histories. */
export async function listedProducts(log: EventLog): Promise<Products> {
  const ledger = new Ledger({ log, now: () => new Date().toISOString() });
  const products = new Map<string, ProductState>();
  for (const [sku, policy] of Object.entries(policies)) {
    await ledger.record(product, sku, { sku, name: sku, policy, context: context() }, listProduct);
    products.set(sku, (await ledger.load(product, sku)).state);
  }
  return products;
}

/** Customers whose first order has been delivered: each has a subscription. */
export async function newSubscribers(log: EventLog, products: Products, count: number): Promise<string[]> {
  const accountIds = Array.from({ length: count }, () => randomUUID());
  const ledger = new Ledger({ log, now: () => new Date().toISOString() });
  const asked = { lines: [{ sku: subscribed, quantity: 10 }], method: 'invoice' as const };
  await Promise.all(accountIds.map((accountId) => orderOf(ledger, products, accountId, asked).place()));
  const waiting = new Set<string>(accountIds);
  const { signal } = new AbortController();
  for await (const item of log.follow({ filter: { types: ['SubscriptionStarted'] }, signal })) {
    if (item.kind === 'event') waiting.delete((item.event.data as SubscriptionStarted['data']).accountId);
    if (waiting.size === 0) break;
  }
  return accountIds;
}

function orderOf(
  ledger: Ledger,
  products: Products,
  accountId: string,
  asked: { readonly lines: readonly Line[]; readonly method: 'invoice' | 'external' },
) {
  const orderId = randomUUID();
  const lines = asked.lines.map((line) => (line.sku === subscribed ? { ...line, billing } : line));
  const subscriptionIds = lines.map(() => randomUUID());
  const payment = { method: asked.method };
  const command = { orderId, accountId, lines, payment, products, subscriptionIds, checkForm: () => [], context: context() };
  return { orderId, place: () => ledger.record(order, orderId, command, placeOrder) };
}

/** Undefined when the command was refused by a rule; anything else that goes wrong is a defect. */
async function answered(send: Send): Promise<PoolReceipt | undefined> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof Rejected && refusals.has(error.code)) return undefined;
    throw error;
  }
}

/** What was recorded is answered as it was the first time; what was refused may be decided otherwise by now, so it is left alone. */
async function repeated(earlier: readonly Sent[], index: number): Promise<void> {
  const known = earlier.filter(({ answer }) => answer !== undefined && answer.facts.length > 0);
  const first = known[index % Math.max(known.length, 1)];
  if (first === undefined) return;
  const again = await first.send();
  expect(again).toMatchObject({ replayed: true, revision: first.answer!.revision, position: first.answer!.position });
  expect(again.facts.map(({ id }) => id)).toEqual(first.answer!.facts.map(({ id }) => id));
}

const recorded = (sent: Promise<unknown>) => sent as Promise<PoolReceipt>;

function context(userId = 'histories') {
  const commandId = randomUUID();
  const inputHash = createHash('sha256').update(commandId).digest('hex');
  return { commandId, inputHash, correlationId: commandId, actor: { userId, role: 'operator' as const } };
}
