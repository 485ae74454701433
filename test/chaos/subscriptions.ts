import { expect } from '@jest/globals';
import type { Caller } from '../support/caller.js';
import type { LaunchedLedger } from '../support/launched-ledger.js';
import { eventually } from '../support/until.js';
import { expectStatus, type Party } from '../walkthroughs/remo.js';
import { acknowledged } from './acknowledged.js';
import { operatorPassword } from './assignments.js';

const sku = 'SUBSCRIBED';
const billing = { period: 'P1M', commitment: 'P1Y' };
const [smallest, more] = [5, 2];
const login = 'subscriber';
const password = 'a password that is long enough';

/** A customer whose callers have a subscription each, and make it larger and smaller again; and what must be true afterwards. */
export class Subscriptions {
  /** How many licenses each has by what was acknowledged. */
  private readonly sizes = new Map<string, number>();
  private readonly orders: string[] = [];
  private isOver = false;
  private callers: Promise<void>[] = [];

  private constructor(
    private readonly customer: Party,
    private readonly operator: Caller,
  ) {}

  static async prepare({ caller }: LaunchedLedger): Promise<Subscriptions> {
    const operator = await caller.signIn('operator', operatorPassword);
    const policy = {
      ...{ term: 'P1Y', termStarts: 'onPurchase', reversibility: 'windowed', cancellationWindow: 'P7D' },
      billingOptions: [billing],
    };
    await expectStatus(200, operator.put(`/v1/products/${sku}`, { name: sku, policy }));
    const { body } = await expectStatus(201, operator.post('/v1/customers', { name: 'Colibri SARL', email: 'admin@colibri.example' }));
    const { customerId: id } = body;
    await expectStatus(201, operator.post('/v1/users', { login, role: 'customerAdmin', accountId: id, password }));
    return new Subscriptions({ id, login, user: await caller.signIn(login, password) }, operator);
  }

  get size(): number {
    return this.orders.length;
  }

  start(callersAtOnce: number): void {
    this.callers = Array.from({ length: callersAtOnce }, () => this.subscribe());
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.callers);
  }

  /** Every subscription has what was acknowledged last, and every order was delivered once. */
  async check(): Promise<void> {
    for (const [subscriptionId, quantity] of this.sizes) {
      const path = `/v1/pools/${this.customer.id}/subscriptions/${subscriptionId}`;
      const { body } = await eventually(
        () => this.customer.user.get(path),
        (answer) => answer.body.quantity === quantity,
      );
      expect(body.lots.reduce((sum: number, lot: { quantity: number }) => sum + lot.quantity, 0)).toBe(quantity);
    }
    expect((await this.deliveries()).sort()).toEqual([...this.orders].sort());
  }

  /** One caller: it waits for what it ordered before it gives that back. */
  private async subscribe(): Promise<void> {
    const { id, user } = this.customer;
    const order = { accountId: id, lines: [{ sku, quantity: smallest, billing }], payment: { method: 'invoice' } };
    const { orderId } = (await acknowledged(202, user, '/v1/orders', order)).body;
    const subscriptionId = (await this.delivered(orderId)).lines[0].subscriptionId;
    this.sizes.set(subscriptionId, smallest);
    const resize = `/v1/pools/${id}/subscriptions/${subscriptionId}/resize`;
    while (!this.isOver) {
      const grown = await acknowledged(202, user, resize, { quantity: smallest + more });
      await this.delivered(grown.body.order.orderId);
      this.sizes.set(subscriptionId, smallest + more);
      if (this.isOver) return;
      await acknowledged(200, user, resize, { quantity: smallest });
      this.sizes.set(subscriptionId, smallest);
    }
  }

  private async delivered(orderId: string): Promise<any> {
    this.orders.push(orderId);
    const answer = await eventually(
      () => this.customer.user.get(`/v1/orders/${orderId}`).catch(() => undefined),
      (found) => found?.body.state === 'provisioned',
    );
    return answer!.body;
  }

  /** The orders that the pool was credited for, as often as it was. */
  private async deliveries(): Promise<string[]> {
    const found: string[] = [];
    for (let after: string | undefined, end = false; !end;) {
      const { body } = await this.operator.get('/v1/events', { types: 'LicensePurchased', account: this.customer.id, limit: 1_000, after });
      found.push(...body.items.map(({ data }: { data: { orderId: string } }) => data.orderId));
      ({ next: after, end } = body);
    }
    return found;
  }
}
