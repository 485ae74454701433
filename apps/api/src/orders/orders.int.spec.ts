import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { bring, monthly, monthlyForAYear, openMarketplace, signed } from '../testing/marketplace.js';
import { startApi, type Answer, type StartedApi } from '../testing/started-api.js';
import { bought, newCustomer, newPartner, tokenOf, type Tenant } from '../testing/tenants.js';

let api: StartedApi;
let customer: Tenant;
let other: Tenant;
beforeAll(async () => {
  api = await startApi();
  await openMarketplace(api);
  [customer, other] = [await newCustomer(api), await newCustomer(api)];
});
afterAll(() => api.stop());

const tenant = { type: 'existing', domain: 'colibri.onmicrosoft.com' };
const line = { sku: 'M365', quantity: 5, billing: monthlyForAYear };
const order = (changes: object = {}) => ({ accountId: customer.id, lines: [line], payment: { method: 'invoice' }, tenant, ...changes });
const tool = (changes: object = {}) => order({ lines: [{ sku: 'TOOL', quantity: 1 }], tenant: undefined, ...changes });
const post = (url: string, body: object = {}, token = customer.token, headers = {}) =>
  api.call({ method: 'POST', url: `/v1/${url}`, token, body, headers });
const place = (body: object = order(), token = customer.token, headers = {}) => post('orders', body, token, headers);
const get = (url: string, token = customer.token) => api.call({ url: `/v1/${url}`, token });
const end = () => api.parts.eventLog.end();
const codes = (answers: readonly Answer[]) => answers.map(({ status, body }) => [status, body.code]);

describe('an order', () => {
  it('is placed with its totals, and then told as it stands', async () => {
    const { status, body } = await place();
    expect([status, body]).toMatchObject([202, { state: 'placed', totals: [{ currency: 'EUR', amount: '99.00' }], revision: 0 }]);
    expect(body.stream).toBe(`order-${body.orderId}`);
    expect((await get(`orders/${body.orderId}?atLeast=${body.position}`)).body).toMatchObject({
      orderId: body.orderId,
      accountId: customer.id,
      state: 'placed',
      lines: [{ line: 1, ...line, name: 'Microsoft 365 Business Premium', unitPrice: { amount: '19.80' }, amount: { amount: '99.00' } }],
      totals: body.totals,
      payment: { method: 'invoice' },
      tenant,
      fulfilment: 'automatic',
      history: [{ state: 'placed', by: { role: 'customerAdmin' } }],
    });
  });

  it('sent twice under one key is one order, and under another key another', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const [first, again, next] = [await place(order(), undefined, key), await place(order(), undefined, key), await place()];
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(next.body.orderId).not.toBe(first.body.orderId);
  });

  it('is answered again although its product has been withdrawn since', async () => {
    const put = () => openMarketplace(api);
    const key = { 'idempotency-key': randomUUID() };
    const first = await place(tool(), undefined, key);
    await api.call({ method: 'DELETE', url: '/v1/products/TOOL', token: api.operator });
    expect((await place(tool(), undefined, key)).body).toEqual(first.body);
    expect(codes([await place(tool())])).toEqual([[409, 'PRODUCT_WITHDRAWN']]);
    await put();
  });

  it('can be tried without being placed', async () => {
    const before = await end();
    const { status, body } = await post('orders?dryRun=true', order());
    expect([status, body]).toMatchObject([
      200,
      { dryRun: true, events: [{ type: 'OrderPlaced', data: { totals: [{ amount: '99.00' }] } }] },
    ]);
    expect(await end()).toBe(before);
  });

  it('is priced in the currency asked for', async () => {
    const answers = [await place(order({ currency: 'USD' })), await place(order({ currency: 'JPY' }))];
    expect(answers[0]!.body.totals).toEqual([{ currency: 'USD', amount: '125.00' }]);
    expect(answers[1]).toMatchObject({ status: 409, body: { code: 'PRICE_NOT_IN_FORCE', currencies: ['EUR', 'USD'] } });
  });

  it('is refused, and nothing is recorded, when it cannot be', async () => {
    const partner = await newPartner(api);
    const before = await end();
    const answers = await Promise.all([
      place(order({ accountId: other.id })),
      place(order({ accountId: randomUUID() }), api.operator),
      place(order({ accountId: partner.id }), api.operator),
      place(order(), partner.token),
      place(order(), await tokenOf(api, 'customerUser', customer.id)),
      place(order({ lines: [{ ...line, billing: { period: 'P1Y', commitment: 'P2Y' } }] })),
      place(order({ lines: [{ sku: 'M365', quantity: 1 }] })),
      place(order({ lines: [{ sku: 'ADDON', quantity: 1 }], tenant: undefined })),
      place(order({ tenant: undefined })),
      place(tool({ tenant })),
      place(order({ tenant: { type: 'existing', domain: 'colibri.com' } })),
    ]);
    expect(codes(answers)).toEqual([
      [404, 'CUSTOMER_NOT_FOUND'],
      [404, 'CUSTOMER_NOT_FOUND'],
      [404, 'CUSTOMER_NOT_FOUND'],
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
      [409, 'BILLING_OPTION_UNKNOWN'],
      [409, 'BILLING_OPTION_UNKNOWN'],
      [409, 'REQUIRED_PRODUCT_MISSING'],
      [400, 'INVALID_REQUEST'],
      [400, 'INVALID_REQUEST'],
      [400, 'INVALID_REQUEST'],
    ]);
    expect(await end()).toBe(before);
  });

  it('may have what it requires, or bring it, and is placed by the operator on behalf of a customer', async () => {
    const both = tool({ lines: ['ADDON', 'TOOL'].map((sku) => ({ sku, quantity: 1 })) });
    expect((await place(both, api.operator)).status).toBe(202);
    await bought(api, customer.id, 'TOOL', 1);
    expect((await place(tool({ lines: [{ sku: 'ADDON', quantity: 1 }] }))).status).toBe(202);
  });

  it('is for its own account and the vendor to see', async () => {
    const { orderId } = (await place()).body;
    const path = `orders/${orderId}`;
    const answers = [await get(path, other.token), await get(path, api.operator), await get(`orders/${randomUUID()}`)];
    expect(codes(answers)).toEqual([
      [404, 'ORDER_NOT_FOUND'],
      [200, undefined],
      [404, 'ORDER_NOT_FOUND'],
    ]);
    expect(codes([await post(`${path}/cancel`, {}, other.token), await get(`${path}/stream`, other.token)])).toEqual([
      [404, 'ORDER_NOT_FOUND'],
      [404, 'ORDER_NOT_FOUND'],
    ]);
  });

  it('is cancelled until its delivery begins', async () => {
    const [early, late] = [(await place()).body.orderId, (await place(tool())).body.orderId];
    const cancelled = await post(`orders/${early}/cancel`, { reason: 'too many' });
    expect(cancelled).toMatchObject({ status: 200, body: { orderId: early, state: 'cancelled' } });
    expect((await get(`orders/${early}`)).body.history).toMatchObject([{ state: 'placed' }, { state: 'cancelled', reason: 'too many' }]);
    await bring.forward(api, late);
    expect(await post(`orders/${late}/cancel`)).toMatchObject({ status: 409, body: { code: 'ORDER_STATE', state: 'provisioning' } });
  });
});

describe('the answers to an order form', () => {
  const sim = (form?: object) => tool({ lines: [{ sku: 'SIM', quantity: 1, form }] });

  it('are kept with the order', async () => {
    const form = { contact: 'Jeanne Petit', site: { zip: '75001' } };
    const { orderId } = (await place(sim(form))).body;
    expect((await get(`orders/${orderId}`)).body.lines).toMatchObject([{ form }]);
  });

  it.each([
    [undefined, 'lines[0].form'],
    [{}, 'lines[0].form'],
    [{ contact: 5 }, 'lines[0].form.contact'],
    [{ contact: 'x', site: {} }, 'lines[0].form.site'],
    [{ contact: 'x', color: 'red' }, 'lines[0].form'],
  ])('are refused where they are wrong: %j', async (form, path) => {
    expect(await place(sim(form))).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', errors: [{ path }] } });
  });

  it('are refused where nothing is asked', async () => {
    const { body } = await place(tool({ lines: [{ sku: 'TOOL', quantity: 1, form: {} }] }));
    expect(body.errors).toEqual([{ path: 'lines[0].form', message: 'is not asked for: TOOL has no order form' }]);
  });
});

describe('a payment from outside', () => {
  const confirm = (orderId: string, changes: object = {}, id?: string) =>
    signed(api, 'paymentSecret', '/v1/payments/confirmations', { orderId, reference: 'pay-1', outcome: 'paid', ...changes }, id);
  const placed = async (reference?: string): Promise<string> =>
    (await place(tool({ payment: { method: 'external', ...(reference && { reference }) } }))).body.orderId;

  it('is confirmed by a signed call, once however often it is told', async () => {
    const orderId = await placed('pay-1');
    const first = await confirm(orderId, {}, 'msg_1');
    expect(first).toMatchObject({ status: 200, body: { orderId, state: 'paid', revision: 1 } });
    const before = await end();
    const [sameCall, sameNews] = [await confirm(orderId, {}, 'msg_1'), await confirm(orderId)];
    expect([sameCall.body, sameNews.body.state, await end()]).toEqual([first.body, 'paid', before]);
  });

  it('may fail, which ends the order with its reason', async () => {
    const orderId = await placed();
    expect((await confirm(orderId, { outcome: 'failed', reason: 'The card has expired' })).body.state).toBe('paymentFailed');
    expect((await get(`orders/${orderId}`)).body).toMatchObject({
      state: 'paymentFailed',
      history: [
        {},
        { state: 'paymentFailed', reason: 'The card has expired', reference: 'pay-1', by: { userId: 'payment', role: 'system' } },
      ],
    });
    expect(await confirm(orderId)).toMatchObject({ status: 409, body: { code: 'ORDER_STATE', state: 'paymentFailed' } });
  });

  it('is refused with another reference, for an invoice, for no order, unsigned, or signed by somebody else', async () => {
    const orderId = await placed('pay-1');
    const invoiced = (await place(tool())).body.orderId;
    const body = { orderId, reference: 'pay-1', outcome: 'paid' };
    const answers = [
      await confirm(orderId, { reference: 'pay-2' }),
      await confirm(invoiced),
      await confirm(randomUUID()),
      await post('payments/confirmations', body, api.operator),
      await signed(api, 'provisioningSecret', '/v1/payments/confirmations', body),
    ];
    expect(codes(answers)).toEqual([
      [409, 'PAYMENT_REFERENCE_MISMATCH'],
      [409, 'ORDER_STATE'],
      [404, 'ORDER_NOT_FOUND'],
      [403, 'FORBIDDEN'],
      [401, 'SIGNATURE_INVALID'],
    ]);
  });
});

describe('a delivery by a provider', () => {
  const waiting = async (): Promise<[string, string]> => {
    const { orderId } = (await place(tool({ lines: [{ sku: 'SIM', quantity: 2, form: { contact: 'Jeanne Petit' } }] }))).body;
    return [orderId, await bring.forward(api, orderId)];
  };
  const listed = async (atLeast: string, token = api.operator): Promise<string[]> =>
    (await get(`fulfilments?limit=500&atLeast=${atLeast}`, token)).body.items.map(({ fulfilmentId }: any) => fulfilmentId);

  it('waits in the list of what is to be delivered, with all that it takes, until it is', async () => {
    const [orderId, position] = await waiting();
    const { body } = await get(`fulfilments?limit=500&atLeast=${position}`, api.operator);
    expect(body.items.find((item: any) => item.orderId === orderId)).toMatchObject({
      fulfilmentId: orderId,
      state: 'provisioning',
      accountId: customer.id,
      lines: [{ sku: 'SIM', quantity: 2, form: { contact: 'Jeanne Petit' } }],
    });
    const completed = await post(`fulfilments/${orderId}/complete`, { reference: 'SR-1' }, api.operator);
    expect(completed).toMatchObject({ status: 200, body: { fulfilmentId: orderId, orderId, state: 'provisioning' } });
    expect(await listed(completed.body.position)).not.toContain(orderId);
    expect(await post(`fulfilments/${orderId}/fail`, { reason: 'no' }, api.operator)).toMatchObject({ body: { code: 'ORDER_STATE' } });
    await bring.toItsEnd(api, orderId);
    expect((await get(`orders/${orderId}`)).body).toMatchObject({ state: 'provisioned', history: [{}, {}, {}, { reference: 'SR-1' }] });
  });

  it('is completed by a service of the vendor, or by a signed call, and fails with its reason', async () => {
    const service = await tokenOf(api, 'service');
    const [[one], [two, position]] = [await waiting(), await waiting()];
    expect(await listed(position, service)).toEqual(expect.arrayContaining([one, two]));
    expect((await post(`fulfilments/${one}/complete`, {}, service)).status).toBe(200);
    const failed = await signed(api, 'provisioningSecret', `/v1/fulfilments/${two}/fail`, { reason: 'no more SIM cards' });
    expect(failed).toMatchObject({ status: 200, body: { state: 'failed' } });
    expect(await listed(failed.body.position, service)).not.toContain(two);
    expect((await get(`orders/${two}`)).body.history.at(-1)).toMatchObject({ state: 'failed', reason: 'no more SIM cards' });
  });

  it('is nothing for customers, nor for a service of one, and not before its time', async () => {
    const { orderId } = (await place(tool({ lines: [{ sku: 'SIM', quantity: 2, form: { contact: 'x' } }] }))).body;
    const service = await tokenOf(api, 'service', customer.id);
    const answers = [
      await post(`fulfilments/${orderId}/complete`, {}),
      await post(`fulfilments/${orderId}/complete`, {}, service),
      await get('fulfilments', service),
      await post(`fulfilments/${orderId}/complete`, {}, api.operator),
      await post(`fulfilments/${randomUUID()}/complete`, {}, api.operator),
    ];
    expect(codes(answers)).toEqual([
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
      [409, 'ORDER_STATE'],
      [404, 'ORDER_NOT_FOUND'],
    ]);
  });
});

describe('the feed', () => {
  it('tells a service of a customer of its own orders, and of those of nobody else', async () => {
    const mine = (await place()).body;
    const theirs = (await place({ ...tool(), accountId: other.id }, other.token)).body;
    const told = async (token: string, query = '') =>
      (await get(`events?types=OrderPlaced&limit=1000${query}`, token)).body.items.map(({ subject }: any) => subject);
    const own = await told(await tokenOf(api, 'service', customer.id));
    expect([own.includes(mine.stream), own.includes(theirs.stream)]).toEqual([true, false]);
    expect(await told(api.operator, `&account=${other.id}`)).toEqual([theirs.stream]);
  });
});

describe('the list of orders', () => {
  it('is of one customer, newest first, by state and in pages', async () => {
    const { id, token } = await newCustomer(api);
    const mine = { ...tool(), accountId: id };
    const placed = [await place(mine, token), await place(mine, token), await place(mine, token)].map(({ body }) => body.orderId as string);
    const { position } = (await post(`orders/${placed[1]}/cancel`, {}, token)).body;
    const list = async (query: string, by = token) => (await get(`orders?atLeast=${position}${query}`, by)).body;
    const ids = ({ items }: any) => items.map(({ orderId }: any) => orderId);
    expect(ids(await list(''))).toEqual([placed[2], placed[1], placed[0]]);
    expect(ids(await list('&state=cancelled'))).toEqual([placed[1]]);
    expect(ids(await list('&state=placed,cancelled'))).toEqual([placed[2], placed[1], placed[0]]);
    const first = await list('&limit=2');
    expect(ids(await list(`&limit=2&cursor=${first.next}`))).toEqual([placed[0]]);
    expect(ids(await list(`&accountId=${id}`, api.operator))).toHaveLength(3);
    expect((await list('', api.operator)).errors).toMatchObject([{ path: 'accountId' }]);
    expect((await list(`&accountId=${id}`, other.token)).code).toBe('CUSTOMER_NOT_FOUND');
    expect((await list('', (await newCustomer(api)).token)).items).toEqual([]);
  });
});

describe('the stream of an order', () => {
  it('tells its steps from the first to the last, and ends', async () => {
    const { orderId } = (await place(order({ lines: [{ ...line, billing: monthly }] }))).body;
    await api.app.listen(0, '127.0.0.1');
    const url = `${await api.app.getUrl()}/v1/orders/${orderId}/stream`;
    const headers = { authorization: `Bearer ${customer.token}` };
    const answer = await fetch(url, { headers });
    const reading = answer.text();
    await bring.forward(api, orderId);
    await bring.toItsEnd(api, orderId);
    const states = (text: string) => [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!).state);
    const text = await reading;
    expect([answer.headers.get('content-type'), states(text)]).toEqual([
      'text/event-stream; charset=utf-8',
      ['placed', 'paid', 'provisioning', 'provisioned'],
    ]);
    const seen = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id!);
    const rest = await (await fetch(url, { headers: { ...headers, 'last-event-id': seen[1]! } })).text();
    expect(states(rest)).toEqual(['provisioning', 'provisioned']);
    // An EventSource comes back whenever a stream ends; 204 tells it not to.
    const nothing = await fetch(url, { headers: { ...headers, 'last-event-id': seen.at(-1)! } });
    expect([nothing.status, await nothing.text()]).toEqual([204, '']);
  });
});
