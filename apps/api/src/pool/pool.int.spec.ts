import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { bought, newCustomer, newPartner, newProduct, tokenOf, type Tenant } from '../testing/tenants.js';

const edge = 'REMO-EDGE-1Y';
const direct = 'REMO-DIRECT-5Y';

let api: StartedApi;
let partner: Tenant & { partnerCode: string };
let customer: Tenant;
beforeAll(async () => {
  api = await startApi();
  await newProduct(api, edge);
  await newProduct(api, direct, { term: 'P5Y' });
  await newProduct(api, 'FIRST-USE', { termStarts: 'onFirstUse' });
  partner = await newPartner(api);
  customer = await newCustomer(api, partner.partnerCode);
});
afterAll(() => api.stop());

const end = () => api.parts.eventLog.end();
const post = (path: string, body: object, token = api.operator, headers = {}) =>
  api.call({ method: 'POST', url: `/v1/pools/${path}`, token, body, headers });
const purchase = (accountId: string, body: object, headers = {}) => post(`${accountId}/purchases`, body, api.operator, headers);
const assign = (lines: object[], { to = customer.id, from = partner as Tenant, query = '', headers = {} } = {}) =>
  post(`${from.id}/assignments${query}`, { customerId: to, lines }, from.token, headers);
const poolOf = async ({ id, token }: Tenant, query = '') => (await api.call({ url: `/v1/pools/${id}${query}`, token })).body;
const line = (sku: string, quantity: number) => ({ sku, quantity });
const balance = (pool: any, sku: string) => pool.products.find((product: any) => product.sku === sku);

describe('a purchase', () => {
  it('credits one lot a line, and says where it is recorded', async () => {
    const { status, body, headers } = await purchase(partner.id, { orderId: 'PO-1', lines: [line(edge, 10), line(direct, 4)] });
    expect([status, body]).toMatchObject([
      201,
      {
        orderId: 'PO-1',
        stream: `pool-${partner.id}`,
        revision: 0,
        lots: [
          { sku: edge, quantity: 10, term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' },
          { sku: direct, quantity: 4, term: 'P5Y' },
        ],
      },
    ]);
    expect(headers['ledger-position']).toBe(body.position);
    expect(await poolOf(partner, `?atLeast=${body.position}`)).toMatchObject({
      total: 14,
      products: [{ sku: direct }, { sku: edge, purchased: 10 }],
    });
  });

  it('of the same order is the same purchase, under whatever key, case or order of lines: 200 and no new fact', async () => {
    const first = await purchase(partner.id, { orderId: 'PO-2', lines: [line(edge, 1), line(direct, 1)] });
    const before = await end();
    for (const orderId of ['PO-2', 'po-2', 'ＰＯ-2', ' PO-2 ']) {
      const again = await purchase(partner.id, { orderId, lines: [line(direct, 1), line(edge, 1)] });
      expect([again.status, again.body]).toEqual([200, first.body]);
    }
    expect(await end()).toBe(before);
  });

  it('under the same key is answered as the first time', async () => {
    const headers = { 'idempotency-key': 'key-of-po-3' };
    const first = await purchase(partner.id, { orderId: 'PO-3', lines: [line(edge, 1)] }, headers);
    const again = await purchase(partner.id, { orderId: 'PO-3', lines: [line(edge, 1)] }, headers);
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([201, first.body, 'true']);
    const other = await purchase(partner.id, { orderId: 'PO-4', lines: [line(edge, 1)] }, headers);
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it('of the same order with other lines is a conflict', async () => {
    const { status, body } = await purchase(partner.id, { orderId: 'PO-1', lines: [line(edge, 11)] });
    expect([status, body]).toMatchObject([409, { code: 'ORDER_CONFLICT', orderId: 'PO-1' }]);
  });

  it('for a customer is passed on in the same command', async () => {
    const order = { orderId: 'PO-5', lines: [line(edge, 2)], purchasedFor: customer.id };
    const { status, body } = await purchase(partner.id, order);
    expect([status, body.assignmentId]).toEqual([201, body.purchaseId]);
    const again = await purchase(partner.id, order);
    expect([again.status, again.body]).toEqual([200, body]);
    const history = await api.call({ url: `/v1/pools/${partner.id}/assignments?atLeast=${body.position}`, token: partner.token });
    expect(history.body.items).toMatchObject([{ assignmentId: body.assignmentId, customerId: customer.id, quantity: 2 }]);
  });

  it('for a customer that did not link the buyer is refused as a whole', async () => {
    const { id } = await newCustomer(api);
    const before = await end();
    const { status, body } = await purchase(partner.id, { orderId: 'PO-6', lines: [line(edge, 2)], purchasedFor: id });
    expect([status, body.code]).toEqual([404, 'CUSTOMER_NOT_FOUND']);
    expect(await end()).toBe(before);
  });

  it('of an account, or a product, that nobody registered is not found', async () => {
    const unknown = randomUUID();
    expect(await purchase(unknown, { orderId: 'PO-1', lines: [line(edge, 1)] })).toMatchObject({
      status: 404,
      body: { code: 'POOL_NOT_FOUND' },
    });
    expect(await purchase(partner.id, { orderId: 'PO-7', lines: [line('NOTHING', 1)] })).toMatchObject({
      status: 404,
      body: { code: 'PRODUCT_NOT_FOUND', sku: 'NOTHING' },
    });
  });

  it('a customer makes for itself begins its term at once', async () => {
    const { body } = await purchase(customer.id, { orderId: 'OWN-1', lines: [line(edge, 1)] });
    expect(body.lots[0].expiresAt).toBeDefined();
  });
});

describe('a reversal', () => {
  it('takes back what is still available, whole or in part', async () => {
    const buyer = await newPartner(api);
    await purchase(buyer.id, { orderId: 'PO-1', lines: [line(edge, 10)] });
    const part = await post(`${buyer.id}/purchases/po-1/reversal`, { lines: [line(edge, 4)], reason: 'ordered too many' });
    expect([part.status, part.body.orderId]).toEqual([201, 'PO-1']);
    const whole = await post(`${buyer.id}/purchases/PO-1/reversal`, { reason: 'cancelled' });
    expect(balance(await poolOf(buyer, `?atLeast=${whole.body.position}`), edge)).toMatchObject({
      purchased: 10,
      available: 0,
      cancelled: 10,
    });
  });

  it('of more than that is refused with the numbers, and of an unknown order not found', async () => {
    const refused = await post(`${partner.id}/purchases/PO-5/reversal`, { reason: 'too late' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'REVERSAL_EXCEEDS_AVAILABLE', sku: edge, requested: 2, available: 0 } });
    const unknown = await post(`${partner.id}/purchases/PO-99/reversal`, { reason: 'never bought' });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } });
  });
});

describe('an assignment', () => {
  it('answers its id and where it is recorded, and is known by its key', async () => {
    const headers = { 'idempotency-key': 'key-of-assignment' };
    const first = await assign([line(edge, 1)], { headers });
    expect([first.status, first.body]).toEqual([
      201,
      {
        assignmentId: expect.any(String),
        customerId: customer.id,
        stream: `pool-${partner.id}`,
        revision: expect.any(Number),
        position: first.headers['ledger-position'],
      },
    ]);
    const again = await assign([line(edge, 1)], { headers });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect((await assign([line(edge, 2)], { headers })).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('tried with dryRun shows the facts and the pool as it would stand, and records nothing', async () => {
    const before = await end();
    const stands = await poolOf(partner, `?atLeast=${before}`);
    const { status, body, headers } = await assign([line(edge, 2)], { query: '?dryRun=true' });
    expect([status, body.dryRun, headers['ledger-position']]).toEqual([200, true, undefined]);
    expect(body.events).toMatchObject([
      { type: 'LicenseAssigned', data: { customerId: customer.id, lines: [{ sku: edge, quantity: 2 }] } },
    ]);
    const { available, assigned, inTransit } = balance(stands, edge);
    expect(balance(body.pool, edge)).toEqual({
      ...balance(stands, edge),
      available: available - 2,
      assigned: assigned + 2,
      inTransit: inTransit + 2,
    });
    expect(await end()).toBe(before);
  });

  it('tried with dryRun is refused as it would be', async () => {
    expect(await assign([line(edge, 1_000)], { query: '?dryRun=true' })).toMatchObject({ status: 409, body: { code: 'POOL_EXHAUSTED' } });
  });

  it('of more than is available is refused with the numbers, and no line of it is done', async () => {
    const before = await end();
    const { status, body } = await assign([line(direct, 1), line(edge, 700), line(edge, 300)]);
    expect([status, body]).toMatchObject([409, { code: 'POOL_EXHAUSTED', sku: edge, requested: 1_000, available: expect.any(Number) }]);
    expect(await end()).toBe(before);
  });

  it('never gives more than there is, however many ask at once', async () => {
    const seller = await newPartner(api);
    const buyer = await newCustomer(api, seller.partnerCode);
    await bought(api, seller.id, edge, 30);
    const answers = await Promise.all(Array.from({ length: 50 }, () => assign([line(edge, 1)], { from: seller, to: buyer.id })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(30);
    expect(answers.filter(({ body }) => body.code === 'POOL_EXHAUSTED')).toHaveLength(20);
    expect(new Set(answers.flatMap(({ body }) => body.assignmentId ?? [])).size).toBe(30);
  });

  it('is done only at the revision that the caller names', async () => {
    const { status, body } = await assign([line(edge, 1)], { headers: { 'if-match': '"0"' } });
    expect([status, body]).toMatchObject([412, { code: 'REVISION_MISMATCH', expectedRevision: 0 }]);
  });

  it('to a customer that is not linked, or from the pool of another partner, finds nothing', async () => {
    const stranger = await newCustomer(api);
    expect(await assign([line(edge, 1)], { to: stranger.id })).toMatchObject({ status: 404, body: { code: 'CUSTOMER_NOT_FOUND' } });
    const other = await newPartner(api);
    expect(await assign([line(edge, 1)], { from: { ...partner, token: other.token } })).toMatchObject({ body: { code: 'POOL_NOT_FOUND' } });
  });
});

describe('first use', () => {
  it('begins the term of as many as are named', async () => {
    await bought(api, customer.id, 'FIRST-USE', 3);
    const { status, body } = await post(`${customer.id}/activations`, line('FIRST-USE', 2), customer.token);
    expect([status, body.activationId]).toEqual([201, expect.any(String)]);
    const refused = await post(`${customer.id}/activations`, line('FIRST-USE', 2), customer.token);
    expect(refused).toMatchObject({ status: 409, body: { code: 'ACTIVATION_EXCEEDS_AVAILABLE', requested: 2, available: 1 } });
  });
});

describe('a pool', () => {
  it('is seen by its owner, its dealer, the vendor and the auditor, and by nobody else', async () => {
    const auditor = await tokenOf(api, 'auditor');
    for (const token of [customer.token, partner.token, api.operator, auditor])
      expect((await poolOf({ ...customer, token })).accountId).toBe(customer.id);
    const other = await newPartner(api);
    for (const token of [other.token, (await newCustomer(api)).token])
      expect((await poolOf({ ...customer, token })).code).toBe('POOL_NOT_FOUND');
    expect((await poolOf({ ...partner, token: customer.token })).code).toBe('POOL_NOT_FOUND');
  });

  it('of an account that holds nothing is empty, and of nobody not found', async () => {
    const { id, token } = await newPartner(api);
    expect(await poolOf({ id, token })).toMatchObject({ accountId: id, total: 0, products: [] });
    expect((await poolOf({ id: randomUUID(), token: api.operator })).code).toBe('POOL_NOT_FOUND');
  });

  it('is known as of any position and moment of its history', async () => {
    const owner = await newPartner(api);
    const first = (await bought(api, owner.id, edge, 5)).body;
    const second = (await bought(api, owner.id, edge, 7)).body;
    const total = async (asOf: string | bigint) => (await poolOf(owner, `?asOf=${asOf}`)).total;
    expect([await total(first.position), await total(BigInt(second.position) - 1n), await total(second.position)]).toEqual([5, 5, 12]);
    expect([await total('2020-01-01T00:00:00Z'), await total(api.parts.clock.nowText())]).toEqual([0, 12]);
    const now = await poolOf(owner, `?atLeast=${second.position}`);
    expect((await poolOf(owner, `?asOf=${second.position}`)).products).toEqual(now.products);
  });

  it('counts as of then what had been given and had not arrived', async () => {
    const seller = await newPartner(api);
    const buyer = await newCustomer(api, seller.partnerCode);
    await bought(api, seller.id, edge, 5);
    const { body } = await assign([line(edge, 2)], { from: seller, to: buyer.id });
    expect(balance(await poolOf(seller, `?asOf=${body.position}`), edge)).toMatchObject({ available: 3, assigned: 2, inTransit: 2 });
  });

  it('has no future', async () => {
    for (const asOf of ['9999-12-31T23:59:59Z', '9000000000000000000'])
      expect(await api.call({ url: `/v1/pools/${partner.id}?asOf=${asOf}`, token: partner.token })).toMatchObject({
        status: 422,
        body: { code: 'AS_OF_IN_FUTURE' },
      });
  });
});
