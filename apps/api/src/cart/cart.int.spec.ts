import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { LogUnavailable, type Ledger } from '#event-store';
import { order } from '#licensing';
import { uuidV5 } from '../http/command-context.js';
import { bring, monthly, monthlyForAYear, openMarketplace } from '../testing/marketplace.js';
import { startApi, type Answer, type StartedApi } from '../testing/started-api.js';
import { newCustomer, tokenOf, type Tenant } from '../testing/tenants.js';
import { checkOut as buyCart } from './check-out.js';
import type { CheckOutCart } from './cart.commands.js';

let api: StartedApi;
let customer: Tenant;
/** A new user of the customer, with a cart of its own. */
let token: string;
beforeAll(async () => {
  api = await startApi();
  await openMarketplace(api);
  customer = await newCustomer(api);
});
beforeEach(async () => void (token = await tokenOf(api, 'customerAdmin', customer.id)));
afterAll(() => api.stop());

const call = (method: 'GET' | 'PUT' | 'DELETE' | 'POST', path = '', body?: object, headers = {}): Promise<Answer> =>
  api.call({ method, url: `/v1/cart${path}`, token, body, headers });
const put = (sku: string, body: object) => call('PUT', `/lines/${sku}`, body);
const tools = (quantity: number) => put('TOOL', { quantity });
const checkOut = (body: object = {}, headers = {}, query = '') =>
  call('POST', `/checkout${query}`, { payment: { method: 'invoice' }, ...body }, headers);
const orderAt = async (orderId: string) => (await api.call({ url: `/v1/orders/${orderId}`, token })).body;
const codes = (answers: readonly Answer[]) => answers.map(({ status, body }) => [status, body.code]);
const end = () => api.parts.eventLog.end();
const userOf = (bearer: string): string => JSON.parse(Buffer.from(bearer.split('.')[1]!, 'base64url').toString()).sub;
const tenant = { type: 'new', domain: 'colibri' };

describe('a cart', () => {
  it('is empty at first, and shows what was put into it with its price and what there is to choose', async () => {
    expect((await call('GET')).body).toEqual({ lines: [], totals: [] });
    const { status, body } = await put('M365', { quantity: 5, billing: monthlyForAYear });
    expect([status, body]).toMatchObject([
      200,
      {
        lines: [
          {
            sku: 'M365',
            name: 'Microsoft 365 Business Premium',
            quantity: 5,
            billing: monthlyForAYear,
            unitPrice: { currency: 'EUR', amount: '19.80' },
            amount: { currency: 'EUR', amount: '99.00' },
            withdrawn: false,
            needsTenant: true,
          },
        ],
        totals: [{ currency: 'EUR', amount: '99.00' }],
        revision: 0,
      },
    ]);
    expect(body.lines[0].billingOptions).toHaveLength(3);
    expect((await call('GET')).body).toEqual({ lines: body.lines, totals: body.totals });
  });

  it('has one line a product, in the order in which they came', async () => {
    await tools(1);
    await put('M365', { quantity: 1, billing: monthly });
    await tools(7);
    expect((await call('GET')).body.lines).toMatchObject([
      { sku: 'TOOL', quantity: 7 },
      { sku: 'M365', quantity: 1 },
    ]);
    const removed = await call('DELETE', '/lines/TOOL');
    expect(removed.body.lines).toMatchObject([{ sku: 'M365' }]);
    expect(codes([await call('DELETE', '/lines/TOOL')])).toEqual([[404, 'CART_LINE_NOT_FOUND']]);
  });

  it('is told nothing new by the same line again', async () => {
    await tools(3);
    const before = await end();
    expect((await tools(3)).status).toBe(200);
    expect(await end()).toBe(before);
  });

  it('answers a line sent again under its key as it did the first time', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const first = await call('PUT', '/lines/TOOL', { quantity: 3 }, key);
    await tools(7);
    const again = await call('PUT', '/lines/TOOL', { quantity: 3 }, key);
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([200, first.body, 'true']);
    expect((await call('GET')).body.lines).toMatchObject([{ quantity: 7 }]);
  });

  it('answers lines that come at the same time each as it left the cart, and so again', async () => {
    const calls = [1, 2, 3, 4, 5].map((quantity) => {
      const key = { 'idempotency-key': randomUUID() };
      return () => call('PUT', '/lines/TOOL', { quantity }, key);
    });
    const answers = await Promise.all(calls.map((send) => send()));
    expect(answers.map(({ body }) => body.lines[0].quantity)).toEqual([1, 2, 3, 4, 5]);
    expect((await Promise.all(calls.map((send) => send()))).map(({ body }) => body)).toEqual(answers.map(({ body }) => body));
  });

  it('takes only what is for sale, with a billing option of the product, and a form that is right or still missing', async () => {
    const sim = await put('SIM', { quantity: 1 });
    expect([sim.status, sim.body.lines[0].orderForm.required]).toEqual([200, ['contact']]);
    const answers = await Promise.all([
      put('NONE', { quantity: 1 }),
      put('M365', { quantity: 1 }),
      put('M365', { quantity: 1, billing: { period: 'P1Y', commitment: 'P3Y' } }),
      put('TOOL', { quantity: 1, billing: monthly }),
      put('SIM', { quantity: 1, form: { contact: 5 } }),
      put('TOOL', { quantity: 1, form: {} }),
    ]);
    expect(codes(answers)).toEqual([
      [404, 'PRODUCT_NOT_FOUND'],
      [409, 'BILLING_OPTION_UNKNOWN'],
      [409, 'BILLING_OPTION_UNKNOWN'],
      [409, 'BILLING_OPTION_UNKNOWN'],
      [400, 'INVALID_REQUEST'],
      [400, 'INVALID_REQUEST'],
    ]);
    expect(answers[4]!.body.errors).toMatchObject([{ path: 'form.contact' }]);
  });

  it('is for the administrators of a customer, each with one of its own', async () => {
    await tools(1);
    for (const role of ['operator', 'customerUser', 'partner', 'service'] as const) {
      const other = await tokenOf(api, role, role === 'operator' ? undefined : customer.id);
      expect((await api.call({ url: '/v1/cart', token: other })).body.code).toBe('FORBIDDEN');
    }
    const colleague = await tokenOf(api, 'customerAdmin', customer.id);
    expect((await api.call({ url: '/v1/cart', token: colleague })).body.lines).toEqual([]);
  });

  it('is nothing for the feed: nobody else learns what somebody thinks of buying', async () => {
    await tools(2);
    const { body } = await api.call({ url: '/v1/events?limit=1000&types=CartLineSet', token: api.operator });
    expect(body.items).toEqual([]);
  });
});

/** A checkout as the route makes it of a call. */
function commandOf(more: object = {}): CheckOutCart {
  const actor = { userId: userOf(token), role: 'customerAdmin', accountId: customer.id } as const;
  const context = { commandId: randomUUID(), inputHash: 'a'.repeat(64), correlationId: 'x', actor, ...more };
  return { context, payment: { method: 'invoice' } } as CheckOutCart;
}

/** The ledger, with something that happens before each command. */
function ledgerThat(first: (...asked: any[]) => Promise<void>): Ledger {
  const { ledger } = api.parts;
  const record = async (...asked: Parameters<typeof ledger.record>) => {
    await first(...asked);
    return ledger.record(...asked);
  };
  return Object.create(ledger, { record: { value: record } }) as Ledger;
}

describe('a checkout', () => {
  it('makes one order of all lines, and empties the cart', async () => {
    await tools(2);
    await put('M365', { quantity: 5, billing: monthlyForAYear });
    const { status, body } = await checkOut({ tenant });
    expect([status, body]).toMatchObject([202, { state: 'placed', totals: [{ currency: 'EUR', amount: '109.00' }] }]);
    expect(await orderAt(body.orderId)).toMatchObject({
      accountId: customer.id,
      lines: [{ sku: 'TOOL', quantity: 2 }, { sku: 'M365' }],
      tenant: { type: 'new', domain: 'colibri.onmicrosoft.com' },
    });
    expect((await call('GET')).body).toEqual({ lines: [], totals: [] });
    await tools(1);
    expect((await checkOut()).body.orderId).not.toBe(body.orderId);
  });

  it('sent twice under one key is answered twice and done once, also when the cart has been filled again', async () => {
    await tools(2);
    const key = { 'idempotency-key': randomUUID() };
    const first = await checkOut({}, key);
    await tools(9);
    const before = await end();
    const again = await checkOut({}, key);
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([202, first.body, 'true']);
    expect(await end()).toBe(before);
    expect((await call('GET')).body.lines).toMatchObject([{ quantity: 9 }]);
    expect(codes([await checkOut({ payment: { method: 'external' } }, key)])).toEqual([[422, 'IDEMPOTENCY_KEY_REUSED']]);
  });

  it('asked for by two impatient clicks is one order, and each is answered the same again, however far that has gone', async () => {
    await tools(2);
    const keys = [1, 2, 3].map(() => ({ 'idempotency-key': randomUUID() }));
    const answers = await Promise.all(keys.map((key) => checkOut({}, key)));
    const placed = answers.filter(({ status }) => status === 202);
    expect(new Set(placed.map(({ body }) => body.orderId)).size).toBe(1);
    expect(codes(answers.filter(({ status }) => status !== 202)).every(([, code]) => code === 'CART_EMPTY')).toBe(true);
    expect((await call('GET')).body.lines).toEqual([]);
    await bring.forward(api, placed[0]!.body.orderId);
    await tools(9);
    for (const [index, first] of answers.entries()) {
      if (first.status !== 202) continue;
      const { status, body, headers } = await checkOut({}, keys[index]);
      expect([status, body, headers['idempotent-replayed']]).toEqual([202, first.body, 'true']);
    }
    expect((await call('GET')).body.lines).toMatchObject([{ quantity: 9 }]);
  });

  it('whose process died between the order and the cart is finished by the next one, and buys nothing twice when it comes again', async () => {
    await tools(2);
    const command = commandOf();
    const dying = ledgerThat(async ({ category }, _id, { orderId }: { orderId?: string }) => {
      if (category === 'cart' && orderId !== undefined) throw new LogUnavailable('the process is gone');
    });
    await expect(buyCart(dying, api.parts.eventLog, command)).rejects.toThrow('the process is gone');
    await put('M365', { quantity: 1, billing: monthly });
    const other = { 'idempotency-key': randomUUID() };
    const { status, body } = await checkOut({ tenant }, other);
    const orderId = uuidV5(`cart ${userOf(token)} 0`);
    expect([status, body]).toMatchObject([202, { orderId, totals: [{ amount: '10.00' }] }]);
    const { state } = await api.parts.ledger.load(order, orderId, true);
    expect([state.order?.lines.length, (await call('GET')).body.lines]).toMatchObject([1, [{ sku: 'M365' }]]);

    const before = await end();
    const again = await buyCart(api.parts.ledger, api.parts.eventLog, command);
    expect(again).toMatchObject({ orderId, receipt: { replayed: true, revision: 0 } });
    expect((await checkOut({ tenant }, other)).body).toEqual(body);
    expect(await end()).toBe(before);
  });

  it('that another window overtook is about the order of that one, and so is its repetition', async () => {
    await tools(2);
    const command = commandOf();
    let [overtaken, orderId] = [false, ''];
    const slow = ledgerThat(async ({ category }, _id, { context }) => {
      if (overtaken || category !== 'order' || context.dryRun === true) return;
      overtaken = true;
      orderId = (await checkOut()).body.orderId;
      await tools(9);
    });
    const first = await buyCart(slow, api.parts.eventLog, command);
    const before = await end();
    const again = await buyCart(api.parts.ledger, api.parts.eventLog, command);
    expect([first, again]).toMatchObject([
      { orderId, receipt: { revision: 0, replayed: false } },
      { orderId, receipt: { revision: 0, replayed: true } },
    ]);
    expect(await end()).toBe(before);
    expect((await call('GET')).body.lines).toMatchObject([{ quantity: 9 }]);
  });

  it('that knew the cart is not refused by what was put in while it bought: the order stands', async () => {
    await tools(2);
    const busy = ledgerThat(async ({ category }, _id, { context }) => {
      if (category === 'order' && context.dryRun !== true) await put('M365', { quantity: 1, billing: monthly });
    });
    const { orderId } = await buyCart(busy, api.parts.eventLog, commandOf({ expectedRevision: 0 }));
    expect((await orderAt(orderId)).lines).toMatchObject([{ sku: 'TOOL' }]);
    expect((await call('GET')).body.lines).toMatchObject([{ sku: 'M365' }]);
  });

  it('can be tried without being done', async () => {
    await tools(2);
    const before = await end();
    const { status, body } = await checkOut({}, {}, '?dryRun=true');
    expect([status, body]).toMatchObject([200, { dryRun: true, events: [{ type: 'OrderPlaced' }] }]);
    expect(await end()).toBe(before);
  });

  it('is refused, and the cart stays, when it is empty or cannot be ordered', async () => {
    expect(codes([await checkOut()])).toEqual([[409, 'CART_EMPTY']]);
    await put('SIM', { quantity: 1 });
    const { body } = await checkOut();
    expect(body.errors).toMatchObject([{ path: 'lines[0].form' }]);
    expect((await call('GET')).body.lines).toHaveLength(1);
    await put('SIM', { quantity: 1, form: { contact: 'Jeanne Petit' } });
    expect((await checkOut()).status).toBe(202);
  });
});
