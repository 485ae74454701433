import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { bought, newPartner, tokenOf } from '../testing/tenants.js';

let api: StartedApi;
beforeAll(async () => void (api = await startApi()));
afterAll(() => api.stop());

const edge = {
  name: 'i-PRO Remo. Service エッジストレージ録画1年',
  category: 'エッジストレージ録画',
  prices: [{ currency: 'JPY', amount: '12000', validFrom: '2026-04-01T00:00:00.000Z' }],
  policy: { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' },
};
const put = (sku: string, body: object) => api.call({ method: 'PUT', url: `/v1/products/${sku}`, token: api.operator, body });
const get = (path: string, atLeast = '') =>
  api.call({ url: `/v1/products${path}${atLeast && `?atLeast=${atLeast}`}`, token: api.operator });

describe('a product', () => {
  it('is offered as it was described, to everybody', async () => {
    const listed = await put('REMO-EDGE-1Y', edge);
    expect(listed).toMatchObject({ status: 200, body: { sku: 'REMO-EDGE-1Y', ...edge, stream: 'product-REMO-EDGE-1Y', revision: 0 } });
    const token = await tokenOf(api, 'customerUser', listed.body.stream);
    const found = await api.call({ url: `/v1/products/REMO-EDGE-1Y?atLeast=${listed.body.position}`, token });
    expect(found.body).toEqual({ sku: 'REMO-EDGE-1Y', ...edge, withdrawn: false, pricesInForce: edge.prices });
  });

  it('described again in the same way says nothing new, in another way it does', async () => {
    expect((await put('REMO-EDGE-1Y', edge)).body.revision).toBe(0);
    expect((await put('REMO-EDGE-1Y', { ...edge, name: 'another name' })).body.revision).toBe(1);
  });

  it('has a term that starts with the assignment, unless it says otherwise', async () => {
    const { body } = await put('PLAIN', { name: 'Plain', policy: { term: null, reversibility: 'free' } });
    expect(body.policy).toEqual({ term: null, termStarts: 'onAssignment', reversibility: 'free' });
  });

  it('that was withdrawn stays known, cannot be bought, and returns when it is listed again', async () => {
    const partner = await newPartner(api);
    const { body, headers } = await api.call({ method: 'DELETE', url: '/v1/products/PLAIN', token: api.operator });
    expect(body).toMatchObject({ sku: 'PLAIN', withdrawn: true });
    expect((await get('/PLAIN', headers['ledger-position'])).body.withdrawn).toBe(true);
    await expect(bought(api, partner.id, 'PLAIN', 1)).rejects.toThrow('PRODUCT_WITHDRAWN');
    await put('PLAIN', { name: 'Plain', policy: { term: null, reversibility: 'free' } });
    await expect(bought(api, partner.id, 'PLAIN', 1)).resolves.toMatchObject({ status: 201 });
  });

  it('that was never listed is not found', async () => {
    expect(await get('/NOTHING')).toMatchObject({ status: 404, body: { code: 'PRODUCT_NOT_FOUND', sku: 'NOTHING' } });
    const withdrawal = await api.call({ method: 'DELETE', url: '/v1/products/NOTHING', token: api.operator });
    expect(withdrawal).toMatchObject({ status: 404, body: { code: 'PRODUCT_NOT_FOUND' } });
  });

  it('may have every rule there is', async () => {
    const policy = {
      term: 'P1M',
      termStarts: 'onFirstUse',
      reversibility: 'windowed',
      cancellationWindow: 'P7D',
      refund: 'proRata',
      billingOptions: [
        { period: 'P1Y', commitment: 'P1Y' },
        { period: 'P1M', commitment: 'P1M' },
        { period: 'P1M', commitment: 'P1Y' },
      ],
      requires: ['REMO-EDGE-1Y'],
      seatGroup: 'recording',
      delivery: 'file',
      fulfilment: 'provider',
      orderForm: { type: 'object', properties: { site: { type: 'string' } }, required: ['site'] },
      tenant: 'microsoft',
      drawdownHold: 'P30D',
    };
    const prices = [{ billing: policy.billingOptions[1], currency: 'EUR', amount: '9.90', validFrom: '2026-01-01T00:00:00.000Z' }];
    const { body, status } = await put('FULL', { name: 'Full', prices, policy });
    expect([status, body.policy, body.prices]).toEqual([200, policy, prices]);
  });
});

describe('the catalog', () => {
  it('is searched by any part of a name or sku and by category, on pages', async () => {
    const { headers } = await put('REMO-DIRECT-5Y', {
      ...edge,
      name: 'i-PRO Remo. Service カメラダイレクト録画5年',
      category: 'カメラダイレクト録画',
    });
    const list = async (query: string) =>
      (await api.call({ url: `/v1/products?${query}&atLeast=${headers['ledger-position']}`, token: api.operator })).body;
    expect((await list(`query=${encodeURIComponent('ﾀﾞｲﾚｸﾄ')}`)).items.map(({ sku }: any) => sku)).toEqual(['REMO-DIRECT-5Y']);
    expect((await list(`category=${encodeURIComponent(edge.category)}`)).items.map(({ sku }: any) => sku)).toEqual(['REMO-EDGE-1Y']);
    const first = await list('limit=3');
    const second = await list(`limit=3&cursor=${first.next}`);
    expect([...first.items, ...second.items].map(({ sku }: any) => sku)).toEqual(['FULL', 'PLAIN', 'REMO-DIRECT-5Y', 'REMO-EDGE-1Y']);
    expect([first.total, second.next]).toEqual([4, null]);
  });
});
