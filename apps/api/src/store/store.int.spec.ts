import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { Webhook } from 'standardwebhooks';
import { reservation, reserve } from '#licensing';
import { reservationId } from '../reservation-id.js';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { newPartner, newProduct, type Tenant } from '../testing/tenants.js';
import { secretBytes } from './signed-call.js';

const edge = 'REMO-EDGE-1Y';
let api: StartedApi;
let partner: Tenant;
beforeAll(async () => {
  api = await startApi();
  await newProduct(api, edge);
  partner = await newPartner(api);
  const jwt = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject('EC-7').setAudience('license-ledger').setExpirationTime('5m');
  const linkToken = await jwt.sign(secretBytes(secret()));
  const body = { storeAccountId: 'EC-7', linkToken };
  await api.call({ method: 'PUT', url: `/v1/partners/${partner.id}/store-link`, token: partner.token, body });
});
afterAll(() => api.stop());

const secret = () => api.parts.secrets.storeSecret!;
const end = () => api.parts.eventLog.end();
const order = (orderId: string, changes: object = {}) => ({
  storeAccountId: 'EC-7',
  orderId,
  purchasedAt: new Date().toISOString(),
  lines: [{ sku: edge, quantity: 20 }],
  ...changes,
});

function report(body: object, { id = randomUUID() as string, sent = JSON.stringify(body), url = '/v1/store/purchases' } = {}) {
  const at = new Date();
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret()).sign(id, at, JSON.stringify(body)),
  };
  return api.call({ method: 'POST', url, headers, body: sent });
}

describe('a purchase in the shop', () => {
  it('lands in the pool of the partner that linked the store account', async () => {
    const { status, body } = await report(order('EC-1'));
    expect([status, body]).toMatchObject([201, { orderId: 'EC-1', stream: `pool-${partner.id}`, lots: [{ sku: edge, quantity: 20 }] }]);
  });

  it('was made when the shop says, and is recorded as the doing of the shop', async () => {
    const purchasedAt = '2026-01-15T03:04:05.678Z';
    const { body } = await report(order('EC-2', { purchasedAt, storeAccountId: 'ec-7' }));
    for await (const { data, metadata } of api.parts.eventLog.readStream(body.stream, { fromRevision: body.revision })) {
      expect(data).toMatchObject({ source: 'store', effectiveAt: purchasedAt });
      expect(metadata).toMatchObject({ actor: { userId: 'store', role: 'system' } });
    }
  });

  it('told twice by the same call is answered twice, told by another call is one purchase', async () => {
    const body = order('EC-3');
    const first = await report(body, { id: 'msg_1' });
    const before = await end();
    const sameCall = await report(body, { id: 'msg_1' });
    const sameOrder = await report(body, { id: 'msg_2' });
    expect([first.status, sameCall.status, sameOrder.status]).toEqual([201, 201, 200]);
    expect([sameCall.body, sameOrder.body]).toEqual([first.body, first.body]);
    expect(await end()).toBe(before);
  });

  it('told under the id of another call, or as another order, is refused', async () => {
    await report(order('EC-4'), { id: 'msg_4' });
    expect(await report(order('EC-5'), { id: 'msg_4' })).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    const changed = order('EC-4', { lines: [{ sku: edge, quantity: 21 }] });
    expect(await report(changed)).toMatchObject({ status: 409, body: { code: 'ORDER_CONFLICT' } });
  });

  it('for an account that nobody linked comes too early', async () => {
    const { status, body } = await report(order('EC-6', { storeAccountId: 'EC-8' }));
    expect([status, body]).toMatchObject([404, { code: 'STORE_ACCOUNT_NOT_LINKED', storeAccountId: 'EC-8' }]);
  });

  it('for an account that is claimed but not linked yet comes too early too', async () => {
    const context = {
      commandId: randomUUID(),
      inputHash: 'a'.repeat(64),
      correlationId: 'claim',
      actor: { userId: 'u', role: 'partner' },
    } as const;
    for (const holder of [partner.id, (await newPartner(api)).id]) {
      const claim = { kind: 'store-account', holder, context: { ...context, commandId: randomUUID() } } as const;
      await api.parts.ledger.record(reservation, reservationId('store-account', `EC-OF-${holder}`), claim, reserve);
      const { body } = await report(order('EC-11', { storeAccountId: `EC-OF-${holder}` }));
      expect(body.code).toBe('STORE_ACCOUNT_NOT_LINKED');
    }
  });

  it('that was changed on the way, or is not signed, is refused', async () => {
    const before = await end();
    const changed = await report(order('EC-9'), { sent: JSON.stringify(order('EC-9', { lines: [{ sku: edge, quantity: 9_999 }] })) });
    const spaced = await report(order('EC-9'), { sent: `${JSON.stringify(order('EC-9'))} ` });
    const unsigned = await api.call({ method: 'POST', url: '/v1/store/purchases', body: order('EC-9') });
    const byOperator = await api.call({ method: 'POST', url: '/v1/store/purchases', token: api.operator, body: order('EC-9') });
    expect([changed, spaced, unsigned, byOperator].map(({ status, body }) => [status, body.code])).toEqual([
      [401, 'SIGNATURE_INVALID'],
      [401, 'SIGNATURE_INVALID'],
      [401, 'SIGNATURE_INVALID'],
      [403, 'FORBIDDEN'],
    ]);
    expect(await end()).toBe(before);
  });

  it('may be recorded and reversed by the shop in the pool itself', async () => {
    const recorded = await report({ orderId: 'EC-10', lines: [{ sku: edge, quantity: 3 }] }, { url: `/v1/pools/${partner.id}/purchases` });
    expect(recorded.status).toBe(201);
    for await (const { data } of api.parts.eventLog.readStream(recorded.body.stream, { fromRevision: recorded.body.revision }))
      expect(data).toMatchObject({ source: 'store' });
    const reversed = await report({ reason: 'returned' }, { url: `/v1/pools/${partner.id}/purchases/EC-10/reversal` });
    expect([reversed.status, reversed.body.orderId]).toEqual([201, 'EC-10']);
  });
});
