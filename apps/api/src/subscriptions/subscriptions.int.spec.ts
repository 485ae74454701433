import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { order, placeIncrease, pool, product, provisionOrder, type PoolFact } from '#licensing';
import { uuidV5 } from '../http/command-context.js';
import { startApi, type Answer, type StartedApi } from '../testing/started-api.js';
import { newCustomer, newPartner, tokenOf, type Tenant } from '../testing/tenants.js';

const monthlyForAYear = { period: 'P1M', commitment: 'P1Y' };
const monthly = { period: 'P1M', commitment: 'P1M' };
const day = 86_400_000;
const eur = (amount: string) => ({ currency: 'EUR', amount });
let api: StartedApi;
let customer: Tenant;
let other: Tenant;
beforeAll(async () => {
  api = await startApi();
  const policy = { term: 'P1Y', termStarts: 'onPurchase', reversibility: 'windowed', cancellationWindow: 'P7D' };
  const price = (billing: object, amount: string) => ({ currency: 'EUR', amount, validFrom: '2020-01-01T00:00:00.000Z', billing });
  const prices = [price(monthlyForAYear, '10.00'), price(monthly, '12.00')];
  const body = { name: 'Microsoft 365 Business', prices, policy: { ...policy, billingOptions: [monthlyForAYear, monthly] } };
  await api.call({ method: 'PUT', url: '/v1/products/M365', token: api.operator, body });
  [customer, other] = [await newCustomer(api), await newCustomer(api)];
});
afterAll(() => api.stop());

const record = async (accountId: string, ...facts: PoolFact[]) => {
  const actor = { userId: 'orders', role: 'system' as const };
  const inputHash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  const context = { commandId: randomUUID(), inputHash, correlationId: randomUUID(), actor };
  return String((await api.parts.ledger.record(pool, accountId, { context }, () => facts)).position);
};

/** A subscription with five licenses, begun some days ago: in these tests no automation brings orders forward. */
async function subscribed(
  daysAgo = 0,
  quantity = 5,
  accountId = customer.id,
): Promise<{ id: string; lotId: string; url: string; at: string }> {
  const subscriptionId = randomUUID();
  const at = new Date(Date.now() - daysAgo * day).toISOString();
  const context = { commandId: randomUUID(), actor: { userId: 'orders', role: 'system' as const } };
  const unitPrice = eur('10.00');
  const lines = [{ sku: 'M365', quantity, billing: monthlyForAYear, subscriptionId, unitPrice }];
  const products = new Map([['M365', { ...(await api.parts.ledger.load(product, 'M365')).state }]]);
  const facts = provisionOrder(pool.initial(), { accountId, orderId: randomUUID(), lines, products, context }, at);
  await record(accountId, ...facts);
  return { id: subscriptionId, lotId: `${context.commandId}.1`, url: `pools/${accountId}/subscriptions/${subscriptionId}`, at };
}

/** So many more of it, as an order brings them. */
async function grown(subscriptionId: string, quantity: number): Promise<void> {
  const state = structuredClone((await api.parts.ledger.load(pool, customer.id)).state);
  const products = new Map([['M365', { ...(await api.parts.ledger.load(product, 'M365')).state }]]);
  const context = { commandId: randomUUID(), actor: { userId: 'orders', role: 'system' as const } };
  const lines = [{ sku: 'M365', quantity, billing: monthlyForAYear, subscriptionId, unitPrice: eur('10.00') }];
  const order = { accountId: customer.id, orderId: randomUUID(), lines, products, context };
  await record(customer.id, ...provisionOrder(state, order, new Date().toISOString()));
}

const post = (url: string, body: object = {}, token = customer.token, headers = {}) =>
  api.call({ method: 'POST', url: `/v1/${url}`, token, body, headers });
const put = (url: string, body: object) => api.call({ method: 'PUT', url: `/v1/${url}`, token: customer.token, body });
const remove = (url: string) => api.call({ method: 'DELETE', url: `/v1/${url}`, token: customer.token });
const get = async (url: string, token = customer.token) => {
  const mark = url.includes('?') ? '&' : '?';
  return api.call({ url: `/v1/${url}${mark}atLeast=${await api.parts.eventLog.end()}`, token });
};
const codes = (answers: readonly Answer[]) => answers.map(({ status, body }) => [status, body.code]);

describe('the subscriptions of an account', () => {
  it('are listed, and each is told with its history', async () => {
    const { id, lotId, url } = await subscribed();
    const { body } = await get(`pools/${customer.id}/subscriptions?state=active&query=365`);
    const listed = body.items.find(({ subscriptionId }: any) => subscriptionId === id);
    expect(listed).toMatchObject({
      sku: 'M365',
      productName: 'Microsoft 365 Business',
      quantity: 5,
      billing: monthlyForAYear,
      renews: true,
    });
    expect((await get(url)).body).toMatchObject({ ...listed, lots: [{ lotId }], history: [{ type: 'SubscriptionStarted' }] });
    expect((await get(`pools/${customer.id}/subscriptions?state=expired`)).body.items).toEqual([]);
  });

  it('are nobody else’s to see or to change', async () => {
    const { url } = await subscribed();
    const foreign = [
      await get(url, other.token),
      await post(`${url}/cancel`, {}, other.token),
      await get(`pools/${customer.id}/deadlines`, other.token),
    ];
    expect(codes(foreign)).toEqual(Array(3).fill([404, 'POOL_NOT_FOUND']));
    const elsewhere = url.replace(customer.id, other.id);
    expect(codes([await get(elsewhere, other.token), await post(`${elsewhere}/resize`, { quantity: 1 }, other.token)])).toEqual([
      [404, 'SUBSCRIPTION_NOT_FOUND'],
      [404, 'SUBSCRIPTION_NOT_FOUND'],
    ]);
    expect(
      codes([await get(`pools/${randomUUID()}/subscriptions`, api.operator), await get(`pools/${randomUUID()}/deadlines`, api.operator)]),
    ).toEqual([
      [404, 'POOL_NOT_FOUND'],
      [404, 'POOL_NOT_FOUND'],
    ]);
  });

  it('are read by the dealer and by users of the account, and changed by its administrators and the operator only', async () => {
    const partner = await newPartner(api);
    const mine = await newCustomer(api, partner.partnerCode);
    const { url } = await subscribed(0, 5, mine.id);
    const user = await tokenOf(api, 'customerUser', mine.id);
    expect(codes([await get(url, partner.token), await get(url, user)])).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    const change = (token: string) => post(`${url}/auto-renewal`, { enabled: false }, token);
    expect(codes([await change(partner.token), await change(user), await change(api.operator)])).toEqual([
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
      [200, undefined],
    ]);
  });
});

describe('resizing', () => {
  it('to fewer gives back within the window, and says what for (003-59)', async () => {
    const { url, lotId } = await subscribed();
    const { status, body } = await post(`${url}/resize`, { quantity: 3 });
    expect([status, body]).toMatchObject([
      200,
      { quantity: 3, removed: [{ lotId, quantity: 2, credited: eur('20.00') }], credited: eur('20.00') },
    ]);
    expect((await get(url)).body).toMatchObject({ quantity: 3, history: [{}, { type: 'SubscriptionResized' }] });
    expect(await post(`${url}/resize`, { quantity: 3 })).toMatchObject({ status: 200, body: { removed: [], credited: null } });
  });

  it('to fewer after the window is refused, and points to the schedule', async () => {
    const { url, at } = await subscribed(10);
    const { status, body } = await post(`${url}/resize`, { quantity: 3 });
    const windowEndedAt = new Date(Date.parse(at) + 7 * day).toISOString();
    expect([status, body]).toMatchObject([409, { code: 'WINDOW_CLOSED', possible: 0, windowEndedAt, schedule: { quantity: 3 } }]);
    expect((await put(`${url}/schedule`, { quantity: 3 })).body).toMatchObject({ scheduled: { quantity: 3 }, renews: true });
  });

  it('to more is an order, at the price in force (003-59…61)', async () => {
    const { id, url } = await subscribed();
    const { status, body } = await post(`${url}/resize`, { quantity: 8, payment: { method: 'external', reference: 'pay-1' } });
    expect([status, body]).toMatchObject([202, { subscriptionId: id, quantity: 8, order: { state: 'placed' } }]);
    expect(body.stream).toBe(`order-${body.order.orderId}`);
    const placed = [];
    for await (const fact of api.parts.eventLog.readStream(body.stream)) placed.push(fact);
    expect(placed).toMatchObject([
      {
        type: 'OrderPlaced',
        data: {
          lines: [{ sku: 'M365', quantity: 3, billing: monthlyForAYear, subscriptionId: id, unitPrice: eur('10.00') }],
          payment: { method: 'external', reference: 'pay-1' },
        },
      },
    ]);
  });

  it('to more, asked for twice, brings what is missing and nothing twice', async () => {
    const { url } = await subscribed();
    const first = (await post(`${url}/resize`, { quantity: 8 })).body.order.orderId;
    const again = await post(`${url}/resize`, { quantity: 8 });
    expect([again.status, again.body]).toMatchObject([409, { code: 'RESIZE_UNDER_WAY', quantity: 5, ordered: 3, orderIds: [first] }]);
    const more = await post(`${url}/resize`, { quantity: 10 });
    for await (const { data } of api.parts.eventLog.readStream(more.body.stream)) expect(data).toMatchObject({ lines: [{ quantity: 2 }] });
    await post(`orders/${first}/cancel`);
    expect((await post(`${url}/resize?dryRun=true`, { quantity: 8 })).body.events).toMatchObject([
      { type: 'SubscriptionIncreaseOrdered', data: { line: { quantity: 1 }, ordersOver: [first] } },
    ]);
  });

  it('to more, asked for by many at once, is one order, and the story of the subscription has it', async () => {
    const { url } = await subscribed();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => post(`${url}/resize`, { quantity: 8 })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([202, 409, 409, 409, 409]);
    const { orderId } = answers.find(({ status }) => status === 202)!.body.order;
    expect((await get(url)).body).toMatchObject({
      quantity: 5,
      history: [{}, { type: 'SubscriptionIncreaseOrdered', details: { orderId, line: { quantity: 3 } } }],
    });
  });

  it('to more is refused when it has as many lots as one renewal can take', async () => {
    const now = new Date();
    const [termStartsAt, termEndsAt] = [now.toISOString(), new Date(now.getTime() + 365 * day).toISOString()];
    const lots = Array.from({ length: 300 }, (_, index) => ({
      lotId: `many.${index}`,
      quantity: 1,
      addedAt: termStartsAt,
      windowStartsAt: termStartsAt,
    }));
    const subscriptionId = randomUUID();
    const begun = { accountId: customer.id, subscriptionId, orderId: randomUUID(), sku: 'M365', quantity: 300, billing: monthlyForAYear };
    await record(customer.id, { type: 'SubscriptionStarted', data: { ...begun, termStartsAt, termEndsAt, autoRenewal: true, lots } });
    const { status, body } = await post(`pools/${customer.id}/subscriptions/${subscriptionId}/resize`, { quantity: 301 });
    expect([status, body]).toMatchObject([413, { code: 'COMMAND_TOO_LARGE', lots: 301, lotsMax: 300 }]);
  });

  it('to more for less than a period costs the share of it that the term still has', async () => {
    const { url } = await subscribed(350);
    const { body } = await post(`${url}/resize`, { quantity: 6 });
    const order = (await get(`orders/${body.order.orderId}`)).body;
    const amount = Number(order.lines[0].amount.amount);
    expect([order.totals, order.lines[0].unitPrice]).toEqual([[order.lines[0].amount], eur('10.00')]);
    expect(amount).toBeGreaterThan(10 * (14 / 31));
    expect(amount).toBeLessThan(10 * (17 / 28));
  });

  it('is answered again as it was, whatever the subscription has become', async () => {
    const { id, url } = await subscribed();
    const key = { 'idempotency-key': randomUUID() };
    const ask = (quantity: number, token = customer.token) => post(`${url}/resize`, { quantity }, token, key);
    const first = await ask(8);
    await grown(id, 3);
    const again = await ask(8);
    expect([again.status, again.body.order, again.headers['idempotent-replayed']]).toEqual([202, first.body.order, 'true']);
    expect(codes([await ask(9)])).toEqual([[422, 'IDEMPOTENCY_KEY_REUSED']]);

    const smaller = { 'idempotency-key': randomUUID() };
    const shrink = () => post(`${url}/resize`, { quantity: 4 }, customer.token, smaller);
    const one = await shrink();
    await post(`${url}/resize`, { quantity: 2 });
    expect(await shrink()).toMatchObject({ status: 200, body: one.body });
    expect((await get(url)).body.quantity).toBe(2);
  });

  it('is answered again as it was, also when the automation was faster in placing its order', async () => {
    const { id, url } = await subscribed();
    const key = randomUUID();
    const ask = () => post(`${url}/resize`, { quantity: 8 }, customer.token, { 'idempotency-key': key });
    const route = 'POST /v1/pools/:accountId/subscriptions/:subscriptionId/resize';
    const orderId = uuidV5([customer.id, route, customer.id, id, key].join('\n'));
    const line = { sku: 'M365', quantity: 3, billing: monthlyForAYear, subscriptionId: id };
    const how = { placedBy: 'user', line, payment: { method: 'external' as const }, fulfilment: 'automatic' as const };
    const actor = { userId: 'orders', role: 'system' as const };
    const context = { commandId: randomUUID(), inputHash: 'a'.repeat(64), correlationId: randomUUID(), actor };
    const increase = { accountId: customer.id, subscriptionId: id, orderId, ...how };
    const placed = await api.parts.ledger.record(order, orderId, { increase, context }, placeIncrease);
    const first = await ask();
    expect(first.body).toMatchObject({ order: { orderId }, revision: 0, position: String(placed.position) });
    await post(`orders/${orderId}/cancel`);
    const again = await ask();
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([202, first.body, 'true']);
  });

  it('says beforehand what would happen, and nothing happens', async () => {
    const { url } = await subscribed();
    expect((await post(`${url}/resize?dryRun=true`, { quantity: 3 })).body).toMatchObject({
      dryRun: true,
      events: [{ type: 'SubscriptionResized' }],
    });
    expect(await post(`${url}/resize?dryRun=true`, { quantity: 8 })).toMatchObject({
      status: 200,
      body: { dryRun: true, events: [{ type: 'SubscriptionIncreaseOrdered' }] },
    });
    expect((await get(url)).body).toMatchObject({ quantity: 5, history: { length: 1 } });
  });
});

describe('cancelling', () => {
  it('within the window ends it and credits it (003-65, 67)', async () => {
    const { url, lotId } = await subscribed(3);
    const { status, body } = await post(`${url}/cancel`);
    expect([status, body]).toMatchObject([
      200,
      {
        outcome: 'cancelled',
        lots: [{ lotId, quantity: 5, outcome: 'cancelled', amount: eur('50.00') }],
        credited: eur('50.00'),
        billed: eur('0.00'),
        termTotal: eur('0.00'),
      },
    ]);
    expect((await get(url)).body).toMatchObject({ state: 'cancelled', quantity: 0, lots: [] });
    expect(codes([await post(`${url}/cancel`), await post(`${url}/resize`, { quantity: 3 })])).toEqual(
      Array(2).fill([409, 'SUBSCRIPTION_NOT_ACTIVE']),
    );
  });

  it('after the window is an outcome: it stays, and is billed until the term ends (003-68); again, it is the same', async () => {
    const { url, lotId } = await subscribed(10);
    const retained = {
      outcome: 'retainedUntilTermEnd',
      lots: [{ lotId, quantity: 5, outcome: 'retainedUntilTermEnd', amount: eur('550.00') }],
      credited: eur('0.00'),
      billed: eur('550.00'),
      termTotal: eur('600.00'),
    };
    const before = (await post(`${url}/cancel?dryRun=true`)).body;
    expect(before).toMatchObject({ dryRun: true, ...retained, events: [{ type: 'CancellationDeclined' }] });
    const first = await post(`${url}/cancel`);
    expect([first.status, first.body]).toMatchObject([200, retained]);
    const again = await post(`${url}/cancel`);
    expect([again.body.lots, again.body.revision]).toEqual([first.body.lots, first.body.revision]);
    const { body } = await get(url);
    expect(body).toMatchObject({ quantity: 5, renews: false, autoRenewal: true, history: { length: 2 } });
    expect(first.body.lots[0].until).toBe(body.termEndsAt);
  });

  it('is decided lot by lot, and takes only those that are named', async () => {
    const { id, url, lotId } = await subscribed(10);
    await grown(id, 2);
    expect((await post(`${url}/cancel?dryRun=true`, { lots: [lotId] })).body.outcome).toBe('retainedUntilTermEnd');
    expect(codes([await post(`${url}/cancel`, { lots: ['no-such-lot'] })])).toEqual([[404, 'LOT_NOT_FOUND']]);
    const { body } = await post(`${url}/cancel`);
    expect(body).toMatchObject({ outcome: 'mixed', credited: eur('20.00'), termTotal: eur('600.00') });
    expect(body.lots.map(({ quantity, outcome }: any) => [quantity, outcome])).toEqual([
      [2, 'cancelled'],
      [5, 'retainedUntilTermEnd'],
    ]);
    const key = { 'idempotency-key': randomUUID() };
    const keep = () => post(`${url}/cancel`, { keepRenewal: true }, customer.token, key);
    const kept = await keep();
    expect((await get(url)).body.renews).toBe(true);
    expect((await keep()).body).toEqual(kept.body);
  });
});

describe('renewal', () => {
  it('is switched off and on (003-62…64)', async () => {
    const { url } = await subscribed();
    const set = async (enabled: boolean) => (await post(`${url}/auto-renewal`, { enabled })).body;
    const off = await set(false);
    expect(off).toMatchObject({ autoRenewal: false, renews: false });
    expect((await set(false)).revision).toBe(off.revision);
    expect(codes([await put(`${url}/schedule`, { quantity: 3 })])).toEqual([[409, 'RENEWAL_OFF']]);
    expect(await set(true)).toMatchObject({ autoRenewal: true, renews: true });
  });

  it('is answered again as it stood, whatever was changed since', async () => {
    const { url } = await subscribed();
    const key = { 'idempotency-key': randomUUID() };
    const off = () => post(`${url}/auto-renewal`, { enabled: false }, customer.token, key);
    const first = await off();
    await post(`${url}/auto-renewal`, { enabled: true });
    await put(`${url}/schedule`, { quantity: 7 });
    const again = await off();
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([200, first.body, 'true']);
    expect((await get(url)).body).toMatchObject({ renews: true, scheduled: { quantity: 7 } });
  });

  it('has a change scheduled, and taken back', async () => {
    const { url } = await subscribed();
    expect((await put(`${url}/schedule`, { quantity: 7, billing: monthly })).body.scheduled).toEqual({ quantity: 7, billing: monthly });
    expect((await get(url)).body.scheduled).toEqual({ quantity: 7, billing: monthly });
    const taken = await remove(`${url}/schedule`);
    expect([taken.status, taken.body.scheduled]).toEqual([200, undefined]);
    expect(
      codes([await put(`${url}/schedule`, {}), await put(`${url}/schedule`, { billing: { period: 'P1Y', commitment: 'P3Y' } })]),
    ).toEqual([
      [400, 'INVALID_REQUEST'],
      [409, 'BILLING_OPTION_UNKNOWN'],
    ]);
  });
});

describe('what comes', () => {
  it('is listed in the order of time, by kind and before a moment', async () => {
    const fresh = await newCustomer(api);
    const { id, at, url } = await subscribed(0, 5, fresh.id);
    const list = async (query = '') => (await get(`pools/${fresh.id}/deadlines${query}`, fresh.token)).body.items;
    const windowEndsAt = new Date(Date.parse(at) + 7 * day).toISOString();
    expect(await list()).toMatchObject([
      { kind: 'cancellationWindowEnds', at: windowEndsAt, accountId: fresh.id, subject: { type: 'subscription', id }, quantity: 5 },
      { kind: 'termRenews', subject: { type: 'subscription', id }, effect: expect.stringContaining('renews with 5 of M365') },
    ]);
    expect(await list(`?before=${windowEndsAt}`)).toEqual([]);
    expect(await list('?kinds=termRenews,activationLinkExpires')).toHaveLength(1);
    await post(`${url}/auto-renewal`, { enabled: false }, fresh.token);
    expect(await list('?kinds=termEnds')).toHaveLength(1);
    expect(codes([await get(`pools/${fresh.id}/deadlines?kinds=other`, fresh.token)])).toEqual([[400, 'INVALID_REQUEST']]);
  });
});
