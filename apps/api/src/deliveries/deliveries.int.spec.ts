import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { pool, type PoolFact } from '#licensing';
import { checkLicenseFile } from '#platform';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { bought, newCustomer, newPartner, newProduct, type Tenant } from '../testing/tenants.js';

let api: StartedApi;
let partner: Tenant & { readonly partnerCode: string };
let customer: Tenant;
beforeAll(async () => {
  api = await startApi();
  await newProduct(api, 'BOT-RUNNER', { delivery: 'file' });
  await newProduct(api, 'CONTROL-ROOM', { delivery: 'cloud' });
  partner = await newPartner(api);
  customer = await newCustomer(api, partner.partnerCode);
});
afterAll(() => api.stop());

const post = (url: string, token: string | undefined, body: object = {}, headers = {}) =>
  api.call({ method: 'POST', url, token, body, headers });
const get = async (url: string, token = partner.token) => {
  const atLeast = await api.parts.eventLog.end();
  return api.call({ url: `${url}${url.includes('?') ? '&' : '?'}atLeast=${atLeast}`, token });
};
/** Facts as they are, as an automation would have recorded them. */
function told(accountId: string, facts: readonly PoolFact[]) {
  const actor = { userId: 'a-test', role: 'system' as const };
  const context = { commandId: randomUUID(), inputHash: 'told', correlationId: 'told', actor };
  return api.parts.ledger.record(pool, accountId, { context }, () => facts);
}
const files = (accountId: string) => `/v1/pools/${accountId}/license-files`;
const services = (accountId: string) => `/v1/pools/${accountId}/services`;
const issue = (body: object = {}, headers = {}, who = partner) =>
  post(files(who.id), who.token, { sku: 'BOT-RUNNER', quantity: 2, ...body }, headers);
const balance = async (accountId: string, sku: string) =>
  (await get(`/v1/pools/${accountId}`, api.operator)).body.products.find((product: { sku: string }) => product.sku === sku);

describe('a license file', () => {
  it('is issued from the pool and checked with the public keys alone', async () => {
    await bought(api, partner.id, 'BOT-RUNNER', 10);
    const { status, body } = await issue({ machine: 'rpa-07' });
    expect([status, body]).toMatchObject([201, { fileId: expect.any(String), stream: `pool-${partner.id}`, position: expect.any(String) }]);
    const keys = (await api.call({ url: '/v1/keys' })).body;
    const content = await checkLicenseFile(body.file, keys, new Date().toISOString());
    const terms = { sku: 'BOT-RUNNER', quantity: 2, machine: 'rpa-07', expiresAt: expect.any(String) };
    expect(content).toMatchObject({ fileId: body.fileId, accountId: partner.id, licensee: 'さくらネットワークス株式会社', ...terms });
    expect(await balance(partner.id, 'BOT-RUNNER')).toMatchObject({ available: 8, inSeats: 2 });
  });

  it('that was lost is given again, as it was', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const { body } = await issue({}, key);
    expect((await issue({}, key)).body).toEqual(body);
    expect((await get(`${files(partner.id)}/${body.fileId}`)).body).toMatchObject({ fileId: body.fileId, file: body.file, quantity: 2 });
    expect((await get(files(partner.id))).body.items[0]).toMatchObject({ fileId: body.fileId, file: body.file });
  });

  it('of a subscription that was renewed is given again with the new end', async () => {
    const [june, later] = ['2126-06-01T00:00:00.000Z', '2127-06-01T00:00:00.000Z'];
    const [owner, lotId] = [await newPartner(api), randomUUID()];
    const terms = { term: 'P1Y', termStarts: 'onPurchase', reversibility: 'windowed', delivery: 'file', subscriptionId: 's-1' } as const;
    const lot = { lotId, sku: 'BOT-RUNNER', quantity: 1, orderId: 'O-1', ...terms, startsAt: '2125-06-01T00:00:00.000Z', expiresAt: june };
    const part = { lotId, quantity: 1, addedAt: june, windowStartsAt: june };
    const common = { accountId: owner.id, subscriptionId: 's-1', quantity: 1, billing: { period: 'P1M', commitment: 'P1Y' }, lots: [part] };
    await told(owner.id, [
      { type: 'LicensePurchased', data: { accountId: owner.id, orderId: 'O-1', source: 'marketplace', lots: [lot] } },
      {
        type: 'SubscriptionStarted',
        data: { ...common, orderId: 'O-1', sku: 'BOT-RUNNER', termStartsAt: lot.startsAt, termEndsAt: june, autoRenewal: true },
      },
    ]);
    const { body } = await issue({ quantity: 1 }, {}, owner);
    const url = `${files(owner.id)}/${body.fileId}`;
    expect((await get(url, owner.token)).body).toMatchObject({ expiresAt: june, file: body.file });
    const renewed = { ...common, effectiveAt: june, termStartsAt: june, termEndsAt: later, removed: [] };
    await told(owner.id, [{ type: 'SubscriptionRenewed', data: renewed }]);
    const again = (await get(url, owner.token)).body;
    const keys = (await api.call({ url: '/v1/keys' })).body;
    expect(await checkLicenseFile(again.file, keys, june)).toMatchObject({ fileId: body.fileId, expiresAt: later });
  });

  it('is refused when there are not enough, with the numbers, and for products that are delivered otherwise', async () => {
    expect(await issue({ quantity: 99 })).toMatchObject({ status: 409, body: { code: 'POOL_EXHAUSTED', requested: 99, available: 6 } });
    await bought(api, partner.id, 'CONTROL-ROOM', 1);
    const mismatch = { status: 409, body: { code: 'DELIVERY_MISMATCH', delivery: 'cloud' } };
    expect(await issue({ sku: 'CONTROL-ROOM', quantity: 1 })).toMatchObject(mismatch);
  });

  it('can be tried first', async () => {
    const before = await api.parts.eventLog.end();
    const { status, body } = await post(`${files(partner.id)}?dryRun=true`, partner.token, { sku: 'BOT-RUNNER', quantity: 1 });
    expect([status, body.dryRun, body.events.map(({ type }: { type: string }) => type)]).toEqual([
      200,
      true,
      ['LicenseActivated', 'LicenseFileIssued'],
    ]);
    expect(await api.parts.eventLog.end()).toBe(before);
  });

  it('of a customer is seen by its partner, and issued by the customer only', async () => {
    await bought(api, customer.id, 'BOT-RUNNER', 5);
    const { body } = await issue({}, {}, { ...partner, ...customer });
    expect((await get(files(customer.id))).body.items).toMatchObject([{ fileId: body.fileId }]);
    const foreign = await post(files(customer.id), partner.token, { sku: 'BOT-RUNNER', quantity: 1 });
    expect(foreign).toMatchObject({ status: 404, body: { code: 'POOL_NOT_FOUND' } });
    const elsewhere = await get(`${files(partner.id)}/${body.fileId}`);
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'LICENSE_FILE_NOT_FOUND' } });
  });
});

describe('a cloud service', () => {
  const list = async (query = '') => (await get(services(partner.id) + query)).body.items as any[];
  const fresh = async (quantity: number): Promise<string> => {
    const known = new Set((await list()).map(({ serviceId }) => serviceId));
    await bought(api, partner.id, 'CONTROL-ROOM', quantity);
    return (await list()).find(({ serviceId }) => !known.has(serviceId))!.serviceId;
  };
  const act = (serviceId: string, what: string, token = api.operator, body = {}, headers = {}) =>
    post(`${services(partner.id)}/${serviceId}/${what}`, token, body, headers);
  const one = async (serviceId: string) => (await list()).find((service) => service.serviceId === serviceId);

  it('is ready as soon as it was bought, with its GUID, and is provisioned when the operator says so', async () => {
    const serviceId = await fresh(3);
    expect(await one(serviceId)).toMatchObject({
      sku: 'CONTROL-ROOM',
      name: 'i-PRO Remo. Service CONTROL-ROOM',
      quantity: 3,
      state: 'ready',
    });
    const asked = await act(serviceId, 'provision', partner.token);
    expect([asked.status, asked.body]).toMatchObject([202, { serviceId, state: 'provisioning', stream: `pool-${partner.id}` }]);
    const done = await act(serviceId, 'complete', api.operator, { details: 'https://cr-7.example' });
    expect([done.status, done.body]).toMatchObject([200, { serviceId, state: 'provisioned' }]);
    expect(await one(serviceId)).toMatchObject({ state: 'provisioned', quantity: 3, details: 'https://cr-7.example' });
    expect((await list('?state=provisioned')).map((service) => service.serviceId)).toEqual([serviceId]);
  });

  it('that could not be provisioned says why, and is asked for again', async () => {
    const serviceId = await fresh(2);
    await act(serviceId, 'provision', partner.token);
    await act(serviceId, 'fail', api.operator, { reason: 'no room' });
    expect(await one(serviceId)).toMatchObject({ state: 'failed', quantity: 2, details: 'no room' });
    expect((await act(serviceId, 'provision', partner.token)).status).toBe(202);
    expect(await one(serviceId)).not.toHaveProperty('details');
  });

  it('is not asked for twice, nor completed before it was asked for', async () => {
    const serviceId = await fresh(1);
    const conflict = (state: string) => ({ status: 409, body: { code: 'SERVICE_STATE_CONFLICT', serviceId, state } });
    for (const [what, body] of [['complete'], ['fail', { reason: 'no room' }]] as const)
      expect(await act(serviceId, what, api.operator, body)).toMatchObject(conflict('ready'));
    await act(serviceId, 'provision', partner.token);
    expect(await act(serviceId, 'provision', partner.token)).toMatchObject(conflict('provisioning'));
  });

  it('asked for under one key is asked for once, and the answer is given again', async () => {
    const serviceId = await fresh(1);
    const headers = { 'idempotency-key': randomUUID() };
    const first = await act(serviceId, 'provision', partner.token, {}, headers);
    await act(serviceId, 'complete');
    const again = await act(serviceId, 'provision', partner.token, {}, headers);
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([202, first.body, 'true']);
    expect(await one(serviceId)).toMatchObject({ state: 'provisioned' });
  });

  it('belongs to who holds it: others neither see nor ask for it, and only the operator completes it', async () => {
    const serviceId = await fresh(1);
    const stranger = await newPartner(api);
    expect(await act(serviceId, 'provision', stranger.token)).toMatchObject({ status: 404, body: { code: 'POOL_NOT_FOUND' } });
    expect(await act(serviceId, 'complete', partner.token)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await get(services(partner.id), stranger.token)).toMatchObject({ status: 404 });
    const elsewhere = await post(`${services(customer.id)}/${serviceId}/provision`, customer.token);
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'SERVICE_NOT_FOUND' } });
  });

  describe('told about by the provisioning service', () => {
    const told = (body: object, id: string = randomUUID(), secret = api.parts.secrets.provisioningSecret!) => {
      const at = new Date();
      const text = JSON.stringify(body);
      const signature = new Webhook(secret).sign(id, at, text);
      const timestamp = String(Math.floor(at.getTime() / 1_000));
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
      return api.call({
        method: 'POST',
        url: '/v1/services/confirmations',
        headers: { ...headers, 'content-type': 'application/json' },
        body: text,
      });
    };

    it('is provisioned once, however often that is said', async () => {
      const serviceId = await fresh(1);
      await act(serviceId, 'provision', partner.token);
      const body = { serviceId, outcome: 'provisioned', details: 'cr-9' };
      const first = await told(body, 'msg-1');
      const before = await api.parts.eventLog.end();
      const [again, other] = [await told(body, 'msg-1'), await told(body, 'msg-2')];
      expect([first, again, other].map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(again.body).toEqual(first.body);
      expect(await api.parts.eventLog.end()).toBe(before);
      expect(await one(serviceId)).toMatchObject({ state: 'provisioned', details: 'cr-9' });
      const late = await told({ serviceId, outcome: 'failed' });
      expect(late).toMatchObject({ status: 409, body: { code: 'SERVICE_STATE_CONFLICT', state: 'provisioned' } });
    });

    it('failed, and gives its licenses back', async () => {
      const serviceId = await fresh(4);
      await act(serviceId, 'provision', partner.token);
      const { available } = await balance(partner.id, 'CONTROL-ROOM');
      expect((await told({ serviceId, outcome: 'failed', details: 'no room' })).status).toBe(200);
      expect((await balance(partner.id, 'CONTROL-ROOM')).available).toBe(available + 4);
    });

    it('is not found when nobody asked for it, and nothing is believed that is signed by somebody else', async () => {
      const serviceId = await fresh(1);
      expect(await told({ serviceId, outcome: 'provisioned' })).toMatchObject({ status: 404, body: { code: 'SERVICE_NOT_FOUND' } });
      await act(serviceId, 'provision', partner.token);
      const forged = await told({ serviceId, outcome: 'provisioned' }, randomUUID(), api.parts.secrets.paymentSecret!);
      expect(forged).toMatchObject({ status: 401, body: { code: 'SIGNATURE_INVALID' } });
      expect(await one(serviceId)).toMatchObject({ state: 'provisioning' });
    });
  });
});
