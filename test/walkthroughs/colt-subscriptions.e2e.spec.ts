import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLedger, type RunningLedger } from '../support/running-ledger.js';
import { Colt, monthly, monthlyForAYear } from './colt.js';
import { places } from './places.js';
import { expectStatus, type Party } from './remo.js';

const eur = (amount: string) => ({ currency: 'EUR', amount });
const tenant = { type: 'existing', domain: 'colibri.onmicrosoft.com' };
const days = (number: number): number => number * 86_400_000;

/** What a customer does with its subscriptions, and what it sees of them. */
class Subscriber {
  /** What it reads knows of all that it did. */
  private atLeast: string | undefined;

  private constructor(
    readonly colt: Colt,
    readonly party: Party,
  ) {}

  static async at(ledger: RunningLedger): Promise<Subscriber> {
    const colt = await Colt.at(ledger);
    await colt.openMarketplace();
    return new Subscriber(colt, await colt.customer('Colibri SARL', 'admin@colibri.example'));
  }

  /** Buys so many, and answers the subscription once it is there. */
  async buys(quantity: number, billing: object): Promise<string> {
    const order = {
      accountId: this.party.id,
      lines: [{ sku: this.colt.business, quantity, billing }],
      payment: { method: 'invoice' },
      tenant,
    };
    const { body } = await expectStatus(202, this.party.user.post('/v1/orders', order));
    const { body: provisioned } = await this.delivered(body.orderId);
    return provisioned.lines[0].subscriptionId;
  }

  async delivered(orderId: string) {
    const answer = await this.colt.reaches(this.party, orderId, 'provisioned');
    const { items } = (await this.colt.operator.get('/v1/events', { account: this.party.id, limit: 1000 })).body;
    this.atLeast = items.at(-1).position;
    return answer;
  }

  async list(query: object = {}) {
    return (await this.get('subscriptions', query)).items;
  }

  one(id: string) {
    return this.get(`subscriptions/${id}`);
  }

  async deadlines(query: object = {}) {
    return (await this.get('deadlines', query)).items;
  }

  async balance() {
    return (await this.get('')).products.find(({ sku }: any) => sku === this.colt.business);
  }

  async does(id: string, action: string, body: object = {}, status = 200) {
    const answer = await this.party.user.post(`/v1/pools/${this.party.id}/subscriptions/${id}/${action}`, body);
    return this.noted(status, answer);
  }

  async schedules(id: string, body: object, status = 200) {
    return this.noted(status, await this.party.user.put(`/v1/pools/${this.party.id}/subscriptions/${id}/schedule`, body));
  }

  /** Time goes on; all that is due by then has happened. Answers how many facts came of it. */
  async waitsUntil(now: string): Promise<number> {
    const answer = await this.noted(200, await this.colt.operator.put('/v1/sandbox/clock', { now }));
    return answer.fired;
  }

  private async noted(status: number, answer: Awaited<ReturnType<Subscriber['colt']['signIn']>>) {
    const { body, position } = await expectStatus(status, Promise.resolve(answer));
    this.atLeast = position ?? this.atLeast;
    return body;
  }

  private async get(path: string, query: object = {}) {
    const url = `/v1/pools/${this.party.id}${path === '' ? '' : `/${path}`}`;
    return (await expectStatus(200, this.party.user.get(url, { ...query, atLeast: this.atLeast }))).body;
  }
}

/**
 * What happens to subscriptions at Colt (« Augmentation et diminution de la taille d'un abonnement », « Désactiver le renouvellement automatique »,
 * « Annuler les abonnements existants »), step by step over HTTP; the titles carry the rows of the source (CONTRIBUTING.md). Buying is told in
 * colt-marketplace.e2e.spec.ts. What takes years is told below, in the sandbox.
 */
describe.each(places)('Colt: subscriptions, on $name', ({ start }) => {
  let ledger: RunningLedger;
  let colibri: Subscriber;
  let id: string;

  beforeAll(async () => {
    ledger = await start();
    colibri = await Subscriber.at(ledger);
    id = await colibri.buys(5, monthlyForAYear);
  });
  afterAll(() => ledger?.stop());

  it('003-02, 003-58: the customer opens « Abonnements » and the name of one of them', async () => {
    const listed = await colibri.list({ query: '365 business prem' });
    expect(listed).toMatchObject([
      { subscriptionId: id, productName: 'Microsoft 365 Business Premium', quantity: 5, billing: monthlyForAYear, state: 'active' },
    ]);
    expect(await colibri.one(id)).toMatchObject({ ...listed[0], history: [{ type: 'SubscriptionStarted' }] });
    expect(await colibri.list({ state: 'expired' })).toEqual([]);
  });

  it('003-06, 003-59…61: it asks for more licenses, chooses how to pay, and waits until the order is processed', async () => {
    const { order } = await colibri.does(id, 'resize', { quantity: 8, payment: { method: 'invoice' } }, 202);
    await colibri.delivered(order.orderId);
    const { quantity, lots, termEndsAt, history } = await colibri.one(id);
    expect([quantity, lots.map((lot: any) => lot.quantity)]).toEqual([8, [5, 3]]);
    expect(history.slice(-2)).toMatchObject([
      { type: 'SubscriptionIncreaseOrdered', details: { orderId: order.orderId, payment: { method: 'invoice' } } },
      { type: 'SubscriptionResized', details: { orderId: order.orderId } },
    ]);
    expect(await colibri.balance()).toMatchObject({ purchased: 8, available: 8 });
    expect(await colibri.deadlines({ kinds: 'termRenews' })).toMatchObject([{ at: termEndsAt, quantity: 8 }]);
  });

  it('003-06, 003-59: it asks for fewer: the newest go first, and what was billed for them comes back', async () => {
    expect(await colibri.does(id, 'resize', { quantity: 4 })).toMatchObject({
      quantity: 4,
      removed: [{ quantity: 3 }, { quantity: 1 }],
      credited: eur('79.20'),
    });
    expect(await colibri.balance()).toMatchObject({ available: 4, cancelled: 4 });
  });

  it('003-62…64: renewal is on until the customer switches it off; then the subscription ends with its term', async () => {
    const { termEndsAt } = await colibri.one(id);
    expect(await colibri.does(id, 'auto-renewal', { enabled: false })).toMatchObject({ autoRenewal: false, renews: false, termEndsAt });
    expect(await colibri.deadlines({ kinds: 'termEnds,termRenews' })).toMatchObject([{ kind: 'termEnds', at: termEndsAt }]);
    expect(await colibri.does(id, 'auto-renewal', { enabled: true })).toMatchObject({ autoRenewal: true, renews: true });
  });

  it('003-65…67, 003-74: it cancels within seven days, sees beforehand what that comes to, and is credited', async () => {
    const before = await colibri.does(id, 'cancel?dryRun=true');
    expect(before).toMatchObject({ dryRun: true, outcome: 'cancelled', credited: eur('79.20'), billed: eur('0.00') });
    expect((await colibri.one(id)).state).toBe('active');
    expect(await colibri.does(id, 'cancel')).toMatchObject({ outcome: 'cancelled', credited: before.credited });
    expect(await colibri.list({ state: 'cancelled' })).toMatchObject([{ subscriptionId: id, quantity: 0 }]);
    expect(await colibri.balance()).toMatchObject({ available: 0, cancelled: 8 });
    expect(await colibri.deadlines()).toEqual([]);
  });

  it('003-66: the policy is the product’s as it is when the request is processed, and so is each product’s own', async () => {
    const strict = await colibri.buys(2, monthly);
    const { body } = await colibri.colt.operator.get(`/v1/products/${colibri.colt.business}`);
    const { name, category, prices, policy } = body;
    const product = { name, category, prices, policy: { ...policy, reversibility: 'irreversible' } };
    await expectStatus(200, colibri.colt.operator.put(`/v1/products/${colibri.colt.business}`, product));
    expect(await colibri.does(strict, 'cancel')).toMatchObject({
      outcome: 'retainedUntilTermEnd',
      billed: eur('0.00'),
      termTotal: eur('47.52'),
    });
  });
});

describe('Colt: subscriptions over the years, in the sandbox', () => {
  let ledger: RunningLedger;
  let colibri: Subscriber;
  let begun: number;
  let yearly: string;
  let byTheMonth: string;
  let termEndsAt: string;
  const after = (number: number): string => new Date(begun + days(number)).toISOString();

  beforeAll(async () => {
    ledger = await startLedger({}, ['--sandbox']);
    colibri = await Subscriber.at(ledger);
    await colibri.waitsUntil('2030-01-31T09:00:00.000Z');
    begun = Date.parse('2030-01-31T09:00:00.000Z');
    yearly = await colibri.buys(5, monthlyForAYear);
    byTheMonth = await colibri.buys(2, monthly);
    ({ termEndsAt } = await colibri.one(yearly));
  });
  afterAll(() => ledger?.stop());

  it('003-67: the seven days count for each lot of licenses by itself', async () => {
    await colibri.waitsUntil(after(5));
    const { order } = await colibri.does(yearly, 'resize', { quantity: 8 }, 202);
    await colibri.delivered(order.orderId);
    await colibri.waitsUntil(after(7));
    expect(await colibri.does(yearly, 'cancel?dryRun=true')).toMatchObject({
      outcome: 'mixed',
      lots: [
        { quantity: 3, outcome: 'cancelled', amount: eur('59.40') },
        { quantity: 5, outcome: 'retainedUntilTermEnd', until: termEndsAt },
      ],
    });
  });

  it('003-59, 003-76: after them fewer is refused with what to do instead, and done at the renewal', async () => {
    await colibri.waitsUntil(after(12));
    expect(await colibri.does(yearly, 'resize', { quantity: 6 }, 409)).toMatchObject({
      code: 'WINDOW_CLOSED',
      windowEndedAt: after(12),
      termEndsAt,
    });
    expect(await colibri.schedules(yearly, { quantity: 6 })).toMatchObject({ scheduled: { quantity: 6 } });
    expect(await colibri.deadlines({ kinds: 'termRenews' })).toMatchObject([
      { at: '2030-02-28T09:00:00.000Z', quantity: 2 },
      { at: termEndsAt, effect: expect.stringContaining('renews with 6 of') },
    ]);
  });

  it('003-62, 003-75: what is bound by the month renews at the end of each month', async () => {
    expect(await colibri.waitsUntil('2030-04-01T00:00:00.000Z')).toBe(2);
    const { history } = await colibri.one(byTheMonth);
    expect(history.map(({ type, at }: any) => [type, at.slice(0, 10)])).toEqual([
      ['SubscriptionStarted', '2030-01-31'],
      ['SubscriptionRenewed', '2030-02-28'],
      ['SubscriptionRenewed', '2030-03-31'],
    ]);
  });

  it('003-67: renewal begins the seven days again', async () => {
    expect(await colibri.does(byTheMonth, 'cancel')).toMatchObject({ outcome: 'cancelled', credited: eur('47.52') });
  });

  it('003-62: a year goes by, and the subscription renews with what was scheduled', async () => {
    expect(await colibri.waitsUntil(termEndsAt)).toBe(1);
    expect(await colibri.one(yearly)).toMatchObject({ quantity: 6, termStartsAt: termEndsAt, termEndsAt: '2032-01-31T09:00:00.000Z' });
    expect(await colibri.balance()).toMatchObject({ available: 6, expired: 2, cancelled: 2 });
    const windows = await colibri.deadlines({ kinds: 'cancellationWindowEnds' });
    expect(windows).toMatchObject([{ at: '2031-02-07T09:00:00.000Z', quantity: 6 }]);
  });

  it('003-68: cancelled too late, it stays and is billed to the end of the term that was agreed', async () => {
    await colibri.waitsUntil('2031-03-10T00:00:00.000Z');
    const retained = { outcome: 'retainedUntilTermEnd', credited: eur('0.00'), billed: eur('1188.00'), termTotal: eur('1425.60') };
    expect(await colibri.does(yearly, 'cancel')).toMatchObject(retained);
    expect(await colibri.does(yearly, 'cancel')).toMatchObject(retained);
    expect(await colibri.one(yearly)).toMatchObject({ quantity: 6, state: 'active', renews: false, history: { length: 6 } });
    expect(await colibri.balance()).toMatchObject({ available: 6 });
  });

  it('003-64: with its term it is over, and nothing of it counts; the order of the past is still told', async () => {
    expect(await colibri.waitsUntil('2032-01-31T08:59:59.999Z')).toBe(0);
    expect(await colibri.waitsUntil('2032-01-31T09:00:00.000Z')).toBe(1);
    expect(await colibri.list({ state: 'expired' })).toMatchObject([
      { subscriptionId: yearly, quantity: 0, endedAt: '2032-01-31T09:00:00.000Z' },
    ]);
    expect(await colibri.balance()).toMatchObject({ available: 0, expired: 8 });
    expect((await colibri.one(yearly)).history.at(-1)).toMatchObject({ type: 'SubscriptionExpired', by: { userId: 'deadlines' } });
    expect(await colibri.deadlines()).toEqual([]);
  });
});
