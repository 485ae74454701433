import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cursorOf } from '#projections';
import { startApi, type Answer, type StartedApi } from '../testing/started-api.js';
import { bought, newCustomer, newPartner, newProduct, tokenOf, type Tenant } from '../testing/tenants.js';

/** A clock that the test moves, so that one moment lies between two facts. */
let now = Date.parse('2026-04-01T00:00:00.000Z');
const clock = { now: () => new Date(now), nowText: () => new Date(now).toISOString() };
const later = (): string => new Date((now += 60_000)).toISOString();

let api: StartedApi;
let auditor: string;
let partner: Tenant;
let customer: Tenant;
let beforeAssigning: string;
let purchase: Answer;
beforeAll(async () => {
  api = await startApi({}, clock);
  auditor = await tokenOf(api, 'auditor');
  await newProduct(api, 'A');
  await newProduct(api, 'B');
  const registered = await newPartner(api);
  partner = registered;
  customer = await newCustomer(api, registered.partnerCode);
  await bought(api, partner.id, 'A', 10);
  purchase = await bought(api, partner.id, 'B', 5);
  beforeAssigning = later();
  later();
  await assign([
    { sku: 'A', quantity: 2 },
    { sku: 'B', quantity: 1 },
  ]);
  later();
  await assign([{ sku: 'A', quantity: 3 }]);
});
afterAll(() => api.stop());

const assign = async (lines: object[]) => {
  const answer = await api.call({
    method: 'POST',
    url: `/v1/pools/${partner.id}/assignments`,
    token: partner.token,
    body: { customerId: customer.id, lines },
  });
  expect(answer.status).toBe(201);
};
const audit = (query: string, token = auditor) => api.call({ url: `/v1/audit/assignments?${query}`, token });
const held = (body: any) =>
  body.balances.map(({ accountId, products }: any) => [accountId, products.map((p: any) => [p.sku, p.available, p.assigned])]);

describe('assignments as they stood', () => {
  it('are all of them with the balances, when no moment is named', async () => {
    const { body } = await audit(`account=${partner.id}`);
    expect(held(body)).toEqual([
      [
        partner.id,
        [
          ['A', 5, 5],
          ['B', 4, 1],
        ],
      ],
    ]);
    expect(body.items.map((row: any) => [row.side, row.line, row.sku, row.quantity, row.customerId])).toEqual([
      ['given', 1, 'A', 2, customer.id],
      ['given', 2, 'B', 1, customer.id],
      ['given', 1, 'A', 3, customer.id],
    ]);
    expect([body.asOf, body.next, body.position]).toEqual([clock.nowText(), null, body.items.at(-1).position]);
  });

  it('are those recorded by then: a moment before the first shows the licenses still available', async () => {
    const { body } = await audit(`account=${partner.id}&asOf=${beforeAssigning}`);
    expect([held(body), body.items, body.asOf]).toEqual([
      [
        [
          partner.id,
          [
            ['A', 10, 0],
            ['B', 5, 0],
          ],
        ],
      ],
      [],
      beforeAssigning,
    ]);
  });

  it('may be asked for by log position', async () => {
    const { body } = await audit(`account=${partner.id}&asOf=${purchase.headers['ledger-position']}`);
    expect([held(body), body.items, body.position]).toEqual([
      [
        [
          partner.id,
          [
            ['A', 10, 0],
            ['B', 5, 0],
          ],
        ],
      ],
      [],
      purchase.headers['ledger-position'],
    ]);
  });

  it('are those of all accounts, when none is named', async () => {
    const { body } = await audit('');
    expect([held(body), body.items.length]).toEqual([
      [
        [
          partner.id,
          [
            ['A', 5, 5],
            ['B', 4, 1],
          ],
        ],
      ],
      3,
    ]);
  });

  it.each(['', 'account'])('come in pages that neither skip nor double a line (%s)', async (filter) => {
    const query = filter ? `account=${partner.id}&` : '';
    const all = (await audit(query)).body.items;
    const paged = [];
    for (let cursor = ''; ;) {
      const { body } = await audit(`${query}limit=1${cursor && `&cursor=${cursor}`}`);
      paged.push(...body.items);
      if (body.next === null) break;
      cursor = body.next;
    }
    expect(paged).toEqual(all);
  });

  it('go on by a cursor with the question it was given for only', async () => {
    const { next } = (await audit('limit=1')).body;
    expect(await audit(`limit=2&cursor=${next}`)).toMatchObject({ status: 200 });
    expect(await audit(`account=${partner.id}&cursor=${next}`)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  });

  it.each([
    { sort: 'somewhere', key: '0' },
    { sort: '9999999999999999999', key: '0' },
    { sort: '-1', key: '0' },
    { sort: '', key: 'some' },
    { sort: '', key: '-1' },
  ])('are not looked for behind a place that no log has, whoever sealed the cursor: %j', async (place) => {
    const cursor = cursorOf(place, ['audit', undefined, undefined]);
    expect(await audit(`cursor=${cursor}`)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  });

  it.each([
    ['asOf=2999-01-01T00:00:00Z', 422, 'AS_OF_IN_FUTURE'],
    ['asOf=999999999999', 422, 'AS_OF_IN_FUTURE'],
    ['asOf=2999-01-01T00:00:00Z&cursor=.0', 422, 'AS_OF_IN_FUTURE'],
    ['asOf=yesterday', 400, 'INVALID_REQUEST'],
    ['asOf=2026-02-30T00:00:00Z', 400, 'INVALID_REQUEST'],
    ['account=me', 400, 'INVALID_REQUEST'],
    ['account=7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11', 404, 'POOL_NOT_FOUND'],
    ['cursor=somewhere', 400, 'INVALID_REQUEST'],
    ['limit=501', 400, 'INVALID_REQUEST'],
    ['until=now', 400, 'INVALID_REQUEST'],
  ])('refuses ?%s with %i %s', async (query, status, code) => {
    expect(await audit(query)).toMatchObject({ status, body: { code } });
  });
});

describe('the audit of a stream', () => {
  const stream = (name: string, query = '', token = auditor) => api.call({ url: `/v1/audit/streams/${name}${query}`, token });

  it('answers its facts in order and finds the chain intact', async () => {
    const { body } = await stream(`pool-${partner.id}`);
    expect(body.items.map(({ type, revision }: any) => `${revision} ${type}`)).toEqual([
      '0 LicensePurchased',
      '1 LicensePurchased',
      '2 LicenseAssigned',
      '3 LicenseAssigned',
    ]);
    expect([body.chain, body.next]).toEqual([{ intact: true, from: 0, to: 3 }, null]);
  });

  it('comes in pages, each checked against the fact before it', async () => {
    const first = (await stream(`pool-${partner.id}`, '?limit=2')).body;
    const second = (await stream(`pool-${partner.id}`, `?limit=2&cursor=${first.next}`)).body;
    expect([first.items.length, first.next, first.chain]).toEqual([2, '2', { intact: true, from: 0, to: 1 }]);
    expect([second.items.length, second.next, second.chain]).toEqual([2, null, { intact: true, from: 1, to: 3 }]);
  });

  it('finds what somebody else appended without a hash', async () => {
    const stranger = `pool-7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11`;
    const metadata = { ...(await metadataOf(`pool-${partner.id}`)), recordedAt: clock.nowText() };
    await api.parts.eventLog.append(
      stranger,
      [{ id: '7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d12', type: 'LicenseExpired', data: {}, metadata }],
      -1,
    );
    const { body } = await stream(stranger);
    expect(body.chain).toEqual({ intact: false, from: 0, to: 0, broken: { revision: 0, problem: 'hash is not that of what is stored' } });
  });

  it.each([
    ['pool-7b1f5c1e-4b0e-4c39-9d0a-000000000000', 'does not exist'],
    ['$streams', 'is the event store’s own'],
    ['credential-first', 'is nobody’s business'],
    ['reservation-login', 'is nobody’s business'],
    ['x', 'is no stream of facts'],
  ])('answers 404 for %s, which %s', async (name) => {
    expect(await stream(encodeURIComponent(name))).toMatchObject({ status: 404, body: { code: 'STREAM_NOT_FOUND' } });
  });

  it('never shows a credential, even by its true name', async () => {
    const { body } = await api.call({ url: '/v1/me', token: api.operator });
    expect((await stream(`credential-${body.user.id}`)).status).toBe(404);
    expect((await stream(`user-${body.user.id}`)).status).toBe(200);
  });

  it.each(['partner', 'customerAdmin', 'customerUser', 'service', 'accounting'] as const)('is not for the role %s', async (role) => {
    expect((await stream(`pool-${partner.id}`, '', await tokenOf(api, role, partner.id))).body.code).toBe('FORBIDDEN');
    expect((await audit('', await tokenOf(api, role, partner.id))).body.code).toBe('FORBIDDEN');
  });
});

async function metadataOf(stream: string): Promise<object> {
  for await (const { metadata } of api.parts.eventLog.readStream(stream)) return metadata;
  throw new Error(`${stream} is empty`);
}
