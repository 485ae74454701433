import { expect } from '@jest/globals';
import { randomInt } from 'node:crypto';
import type { Caller } from '../support/caller.js';
import type { LaunchedLedger } from '../support/launched-ledger.js';
import { eventually } from '../support/until.js';
import { expectStatus, Remo, type Party } from '../walkthroughs/remo.js';
import { acknowledged } from './acknowledged.js';
import { balance, operatorPassword, storeSecret } from './assignments.js';

const bought = 1_000_000;
const orderId = 'PO-OF-DRAWDOWNS';
/** The callers write down the same few customers, so that several register one at the same time. */
const customersMax = 12;
const password = 'a password that is long enough';

/** A partner whose callers draw down, with accounting's approval, for customers that nobody registered; and what must be true afterwards. */
export class Drawdowns {
  /** What was acknowledged as accepted, by the drawdown's id. */
  private readonly accepted = new Map<string, { customerId: string; quantity: number }>();
  private readonly customers = new Map<string, Set<string>>();
  private isOver = false;
  private callers: Promise<void>[] = [];

  private constructor(
    private readonly partner: Party,
    private readonly accounting: Caller,
    private readonly operator: Caller,
  ) {}

  static async prepare(ledger: LaunchedLedger): Promise<Drawdowns> {
    const { apiUrl: url } = ledger.address;
    const output = (): string => ledger.printed;
    const remo = await Remo.at({ url, operatorLogin: 'operator', operatorPassword, storeSecret, output, stop: async () => {} });
    const partner = await remo.partner('みどり通信株式会社', 'license@midori.example', 'MIDORI');
    await expectStatus(201, remo.operator.post('/v1/users', { login: 'accounting', role: 'accounting', password }));
    const order = { orderId, lines: [{ sku: 'REMO-EDGE-1Y', quantity: bought }] };
    await expectStatus(201, remo.operator.post(`/v1/pools/${partner.id}/purchases`, order));
    return new Drawdowns(partner, await remo.anyone.signIn('accounting', password), remo.operator);
  }

  get size(): number {
    return this.accepted.size;
  }

  start(callersAtOnce: number): void {
    this.callers = Array.from({ length: callersAtOnce }, () => this.drawDown());
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.callers);
  }

  /** Every accepted drawdown is in the log once, what it held has arrived once, and each customer was registered once. */
  async check(): Promise<void> {
    const given = [...this.accepted.values()].reduce((sum, { quantity }) => sum + quantity, 0);
    const left = await eventually(
      () => balance(this.partner),
      (product) => product?.inTransit === 0 && product.held === 0 && product.assigned >= given,
    );
    expect(left).toMatchObject({ purchased: bought, assigned: given, available: bought - given, held: 0, inTransit: 0 });
    expect([...this.customers.values()].map(({ size }) => size)).toEqual([...this.customers].map(() => 1));
    expect(await this.timesInTheLog('DrawdownAccepted', 'drawdownId')).toEqual(new Map([...this.accepted.keys()].map((id) => [id, 1])));
    const registered = await this.timesInTheLog('CustomerRegistered', 'customerId');
    for (const [customerId] of [...this.customers.values()].map((ids) => [...ids])) {
      expect(registered.get(customerId!)).toBe(1);
      const quantity = [...this.accepted.values()].reduce((sum, one) => sum + (one.customerId === customerId ? one.quantity : 0), 0);
      if (quantity === 0) continue;
      const product = await eventually(
        () => balance({ id: customerId!, user: this.operator, login: '' }),
        (received) => (received?.received ?? 0) >= quantity,
      );
      expect(product.received).toBe(quantity);
    }
  }

  /** One caller: it submits, has it approved and accepts, each until it is acknowledged. */
  private async drawDown(): Promise<void> {
    const drawdowns = `/v1/pools/${this.partner.id}/drawdowns`;
    while (!this.isOver) {
      const name = `Fjordline ${randomInt(customersMax)}`;
      const website = `https://${name.replace(' ', '-').toLowerCase()}.example`;
      const customer = { accountName: name, website, contactName: 'Ingrid Solberg', contactEmail: 'ingrid@fjordline.example' };
      const quantity = randomInt(1, 4);
      const body = { orderId, customer, lines: [{ sku: 'REMO-EDGE-1Y', quantity }] };
      const { drawdownId, customerId } = (await acknowledged(201, this.partner.user, drawdowns, body)).body;
      this.customers.set(name, (this.customers.get(name) ?? new Set()).add(customerId));
      await acknowledged(200, this.accounting, `${drawdowns}/${drawdownId}/approve`);
      await acknowledged(200, this.partner.user, `${drawdowns}/${drawdownId}/accept`);
      this.accepted.set(drawdownId, { customerId, quantity });
    }
  }

  private async timesInTheLog(type: string, name: string): Promise<Map<string, number>> {
    const times = new Map<string, number>();
    for (let after: string | undefined, end = false; !end;) {
      const { body } = await this.operator.get('/v1/events', { types: type, limit: 1_000, after });
      for (const { data: fact } of body.items) {
        if (type === 'DrawdownAccepted' || fact.registeredBy === this.partner.id) times.set(fact[name], (times.get(fact[name]) ?? 0) + 1);
      }
      ({ next: after, end } = body);
    }
    return times;
  }
}
