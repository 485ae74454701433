import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningLedger } from '../support/running-ledger.js';
import { eventually } from '../support/until.js';
import { places } from './places.js';
import { expectStatus, Remo, remoProducts, type Party } from './remo.js';

/**
 * The partner's license management of i-PRO Remo. Service, step by step over HTTP. The steps follow each other; the titles carry the rows of the
 * source (CONTRIBUTING.md). Row 000-26 says that screens may look different: there are none here, and the documents of the calls are at /docs.
 */
describe.each(places)('i-PRO: licenses, on $name', ({ start }) => {
  let ledger: RunningLedger;
  let remo: Remo;
  let sakura: Party;
  let yamada: Party;
  let helsinki: Party;
  let stranger: Party;
  let code: string;
  let storeAccountId: string;
  let purchasePosition: string;

  beforeAll(async () => {
    ledger = await start();
    remo = await Remo.at(ledger);
    code = remo.unique('SAKURA');
    storeAccountId = remo.unique('EC');
  });
  afterAll(() => ledger?.stop());

  const pool = async (party: Party, query = {}) => (await party.user.get(`/v1/pools/${party.id}`, query)).body;
  const history = async (query = {}) => (await sakura.user.get(`/v1/pools/${sakura.id}/assignments`, query)).body;
  const customersFound = async (query = {}) => new Set((await history(query)).items.map((row: any) => row.customerName));
  const assign = (customerId: string, lines: object[], query = '') =>
    sakura.user.post(`/v1/pools/${sakura.id}/assignments${query}`, { customerId, lines });
  const linkTo = async (account: string) => ({ storeAccountId: account, linkToken: await remo.store.linkToken(account) });
  const ofSku = (body: any, sku: string) => body.products.find((product: any) => product.sku === sku);

  it('000-22, 000-25: the catalog has exactly four licenses, and each has the term that its name says', async () => {
    const listed = await remo.listProducts();
    const { body } = await remo.operator.get('/v1/products', { query: 'Remo. Service', atLeast: listed.at(-1)!.position });
    const catalog = body.items.map(({ sku, name, category, policy }: any) => ({ sku, name, category, term: policy.term }));
    expect(catalog).toEqual([...remoProducts].sort((one, other) => (one.sku < other.sku ? -1 : 1)));
    expect(body.total).toBe(4);
  });

  it('000-06: everybody signs in at the one sign-in, and is known by role and account', async () => {
    sakura = await remo.partner('さくらネットワークス株式会社', 'license@sakura-networks.example', code);
    const { status, body } = await remo.signIn(sakura.login);
    expect(status).toBe(200);
    expect(body.user).toMatchObject({ login: sakura.login, role: 'partner', accountId: sakura.id });
  });

  it('000-07: what a partner sees first is its customers', async () => {
    yamada = await remo.linkedCustomer(code, '山田警備保障株式会社', 'ヤマダケイビホショウ', 'kanri@yamada-keibi.example');
    helsinki = await remo.linkedCustomer(code, 'HELSINKI ELEVATORS Oy', undefined, 'it@helsinki-elevators.example');
    const atLeast = (await helsinki.user.put(`/v1/customers/${helsinki.id}/dealer`, { partnerCode: code })).position;
    const { body } = await sakura.user.get(`/v1/partners/${sakura.id}/customers`, { atLeast });
    expect(body.items.map(({ name }: any) => name).sort()).toEqual(['HELSINKI ELEVATORS Oy', '山田警備保障株式会社']);
  });

  it('000-03, 000-04: while the shop is not linked, each look asks for the link; cancelling changes nothing', async () => {
    const looks = [await sakura.user.get(`/v1/partners/${sakura.id}`), await sakura.user.get(`/v1/partners/${sakura.id}`)];
    for (const { body } of looks) expect(body).toMatchObject({ storeLinked: false, promptStoreLink: true });
  });

  it('000-05: until then, the shop is asked to come again later', async () => {
    const { status, body } = await remo.store.report({
      storeAccountId,
      orderId: 'EC-ORDER-1',
      purchasedAt: new Date().toISOString(),
      lines: [{ sku: 'REMO-EDGE-1Y', quantity: 20 }],
    });
    expect([status, body.code]).toEqual([404, 'STORE_ACCOUNT_NOT_LINKED']);
  });

  it('000-01: the partner links its account of the shop, with a token that the shop handed out', async () => {
    const { status, body } = await sakura.user.put(`/v1/partners/${sakura.id}/store-link`, await linkTo(storeAccountId));
    expect([status, body.storeLinked, body.promptStoreLink]).toEqual([200, true, false]);
  });

  it('000-02: that is done once: again changes nothing, and there is no linking to another account', async () => {
    const before = (await sakura.user.put(`/v1/partners/${sakura.id}/store-link`, await linkTo(storeAccountId))).body.revision;
    const again = await sakura.user.put(`/v1/partners/${sakura.id}/store-link`, await linkTo(storeAccountId));
    expect([again.status, again.body.revision]).toEqual([200, before]);
    const other = await sakura.user.put(`/v1/partners/${sakura.id}/store-link`, await linkTo(remo.unique('EC-OTHER')));
    expect([other.status, other.body.code]).toEqual([409, 'STORE_ALREADY_LINKED']);
  });

  it('000-05: purchases in the shop land in the pool of the partner, each order once', async () => {
    const order = {
      storeAccountId,
      orderId: 'EC-ORDER-1',
      purchasedAt: new Date().toISOString(),
      lines: [
        { sku: 'REMO-EDGE-1Y', quantity: 20 },
        { sku: 'REMO-DIRECT-5Y', quantity: 4 },
      ],
    };
    const first = await remo.store.report(order, 'call-1');
    const sameCall = await remo.store.report(order, 'call-1');
    const sameOrder = await remo.store.report(order, 'call-2');
    expect([first.status, sameCall.status, sameOrder.status]).toEqual([201, 201, 200]);
    expect(sameCall.headers.get('idempotent-replayed')).toBe('true');
    expect(new Set([first, sameCall, sameOrder].map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const { products } = await pool(sakura, { atLeast: first.position });
    expect(products.map(({ sku, purchased }: any) => [sku, purchased])).toEqual([
      ['REMO-DIRECT-5Y', 4],
      ['REMO-EDGE-1Y', 20],
    ]);
  });

  it('000-05: other purchases need no shop', async () => {
    const order = { orderId: 'PO-2026-0412', lines: [{ sku: 'REMO-EDGE-5Y', quantity: 10 }] };
    const { status, position } = await remo.operator.post(`/v1/pools/${sakura.id}/purchases`, order);
    purchasePosition = position!;
    expect(status).toBe(201);
  });

  it('000-08, 000-09: the partner sees how many licenses there are, in total and of each', async () => {
    const body = await pool(sakura, { atLeast: purchasePosition });
    expect(body.total).toBe(34);
    expect(body.products.map(({ name, available }: any) => [name, available])).toEqual([
      ['i-PRO Remo. Service カメラダイレクト録画5年', 4],
      ['i-PRO Remo. Service エッジストレージ録画1年', 20],
      ['i-PRO Remo. Service エッジストレージ録画5年', 10],
    ]);
  });

  it.each([
    [0, 'lines[0].quantity'],
    [-1, 'lines[0].quantity'],
    [1.5, 'lines[0].quantity'],
  ])('000-10, 000-11: a customer can be chosen for a quantity from 1 only, not for %d', async (quantity, path) => {
    const { status, body } = await assign(yamada.id, [{ sku: 'REMO-EDGE-1Y', quantity }]);
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'INVALID_REQUEST', path]);
  });

  it('000-12: the customers to choose from are the linked ones', async () => {
    stranger = await remo.customer('関係のない会社', 'カンケイノナイカイシャ', 'info@stranger.example');
    const { body } = await sakura.user.get(`/v1/partners/${sakura.id}/customers`);
    expect(body.items.map(({ customerId }: any) => customerId).sort()).toEqual([yamada.id, helsinki.id].sort());
  });

  it('000-15: everything can be checked before it is done, and checking does nothing', async () => {
    const before = await pool(sakura);
    const lines = [{ sku: 'REMO-EDGE-1Y', quantity: 3 }];
    const { status, body } = await assign(yamada.id, lines, '?dryRun=true');
    expect([status, body.dryRun, body.events.map(({ type }: any) => type)]).toEqual([200, true, ['LicenseAssigned']]);
    expect(ofSku(body.pool, 'REMO-EDGE-1Y')).toMatchObject({ available: 17, assigned: 3 });
    expect((await pool(sakura, { atLeast: before.position })).products).toEqual(before.products);
  });

  it('000-13: choosing the customer gives it the licenses, all lines at once', async () => {
    const { status, body, position } = await assign(yamada.id, [
      { sku: 'REMO-EDGE-1Y', quantity: 3 },
      { sku: 'REMO-DIRECT-5Y', quantity: 1 },
    ]);
    expect([status, body.stream]).toEqual([201, `pool-${sakura.id}`]);
    const after = await pool(sakura, { atLeast: position });
    expect([after.total, ofSku(after, 'REMO-EDGE-1Y').assigned, ofSku(after, 'REMO-DIRECT-5Y').assigned]).toEqual([30, 3, 1]);
  });

  it('000-13: the customer holds what it was given', async () => {
    const held = await eventually(
      () => pool(yamada),
      ({ total }) => total === 4,
    );
    expect(held.products.map(({ sku, received, available }: any) => [sku, received, available])).toEqual([
      ['REMO-DIRECT-5Y', 1, 1],
      ['REMO-EDGE-1Y', 3, 3],
    ]);
    const giver = await eventually(
      () => pool(sakura),
      (body) => body.products.every(({ inTransit }: any) => inTransit === 0),
    );
    expect(ofSku(giver, 'REMO-EDGE-1Y').assigned).toBe(3);
  });

  it('000-25: the term begins with the assignment and lasts as long as the license says', async () => {
    const { items } = await history();
    const years = Object.fromEntries(
      items.map((row: any) => [row.sku, new Date(row.expiresAt).getUTCFullYear() - new Date(row.assignedAt).getUTCFullYear()]),
    );
    expect(years).toEqual({ 'REMO-EDGE-1Y': 1, 'REMO-DIRECT-5Y': 5 });
  });

  it('000-14: what was given cannot be changed or taken back: there is no such call, and the order cannot be reversed over it', async () => {
    const before = (await history()).items;
    const address = `/v1/pools/${sakura.id}/assignments/${before[0].assignmentId}`;
    for (const method of ['DELETE', 'PUT', 'PATCH', 'POST']) expect((await sakura.user.call(method, address, {})).status).toBe(404);
    const reversal = { reason: 'the customer changed its mind', lines: [{ sku: 'REMO-EDGE-1Y', quantity: 20 }] };
    const { status, body } = await remo.operator.post(`/v1/pools/${sakura.id}/purchases/EC-ORDER-1/reversal`, reversal);
    expect([status, body.code, body.requested, body.available]).toEqual([409, 'REVERSAL_EXCEEDS_AVAILABLE', 20, 17]);
    expect((await history()).items).toEqual(before);
  });

  it('000-16: more than the partner holds cannot be given, and then no line is', async () => {
    const before = await pool(sakura);
    const { status, body } = await assign(yamada.id, [
      { sku: 'REMO-EDGE-5Y', quantity: 1 },
      { sku: 'REMO-EDGE-1Y', quantity: 18 },
    ]);
    expect([status, body]).toMatchObject([409, { code: 'POOL_EXHAUSTED', sku: 'REMO-EDGE-1Y', requested: 18, available: 17 }]);
    expect((await pool(sakura)).products).toEqual(before.products);
  });

  it('000-17: nothing can be given to a customer that did not link this partner, and its pool cannot be seen', async () => {
    const { status, body } = await assign(stranger.id, [{ sku: 'REMO-EDGE-1Y', quantity: 1 }]);
    expect([status, body.code]).toEqual([404, 'CUSTOMER_NOT_FOUND']);
    expect((await sakura.user.get(`/v1/pools/${stranger.id}`)).body.code).toBe('POOL_NOT_FOUND');
    expect((await sakura.user.get(`/v1/pools/${yamada.id}`)).status).toBe(200);
  });

  it('000-18: the history says when, to whom, which license, how many and by whom; newest first, lines in order', async () => {
    const { position } = await assign(helsinki.id, [{ sku: 'REMO-EDGE-5Y', quantity: 2 }]);
    const { items, total, next } = await history({ atLeast: position });
    expect([total, next]).toEqual([3, null]);
    expect(items.map(({ customerName, productName, quantity, line }: any) => [customerName, productName, quantity, line])).toEqual([
      ['HELSINKI ELEVATORS Oy', 'i-PRO Remo. Service エッジストレージ録画5年', 2, 1],
      ['山田警備保障株式会社', 'i-PRO Remo. Service エッジストレージ録画1年', 3, 1],
      ['山田警備保障株式会社', 'i-PRO Remo. Service カメラダイレクト録画5年', 1, 2],
    ]);
    for (const { assignedBy, kind } of items) expect([assignedBy.login, kind]).toEqual([sakura.login, 'assignment']);
  });

  it('000-20: a period of dates and times, its beginning in and its end out', async () => {
    const [newest, second] = (await history()).items;
    expect((await history({ from: newest.assignedAt })).total).toBe(1);
    expect((await history({ to: newest.assignedAt })).total).toBe(2);
    expect((await history({ from: second.assignedAt, to: newest.assignedAt })).total).toBe(2);
    expect((await history({ from: '2020-01-01T00:00:00Z', to: '2020-12-31T23:59:59+09:00' })).total).toBe(0);
  });

  it.each(['山田', '警備保障', 'ﾔﾏﾀﾞ', 'やまだけいび', 'ヤマダ', 'ヤマタケイビホショウ'])(
    '000-21: the customer is found by any part of its name or reading, in any kana and width: %s',
    async (customerName) => {
      expect(await customersFound({ customerName })).toEqual(new Set(['山田警備保障株式会社']));
    },
  );

  it.each(['helsinki', 'Elevators', 'ＨＥＬＳＩＮＫＩ', 'Helsniki', 'helsinkki'])(
    '000-21: … and with one slip of the hand in five letters or more: %s',
    async (customerName) => {
      expect(await customersFound({ customerName })).toEqual(new Set(['HELSINKI ELEVATORS Oy']));
    },
  );

  it('000-21: what is in no name finds nothing', async () => {
    for (const customerName of ['関係のない', 'Tampere', 'ﾔﾏﾓﾄ']) expect((await history({ customerName })).total).toBe(0);
  });

  it('000-22: one license or several can be chosen', async () => {
    expect((await history({ sku: 'REMO-EDGE-5Y' })).items.map(({ sku }: any) => sku)).toEqual(['REMO-EDGE-5Y']);
    expect((await history({ sku: 'REMO-EDGE-5Y,REMO-DIRECT-5Y' })).total).toBe(2);
    expect((await history({ sku: 'REMO-DIRECT-1Y' })).total).toBe(0);
  });

  it('000-19, 000-24: all conditions apply together', async () => {
    const [newest] = (await history()).items;
    const conditions = { customerName: '山田', sku: 'REMO-EDGE-1Y,REMO-EDGE-5Y', to: newest.assignedAt };
    expect((await history(conditions)).items).toMatchObject([{ customerName: '山田警備保障株式会社', sku: 'REMO-EDGE-1Y', quantity: 3 }]);
    expect((await history({ ...conditions, from: newest.assignedAt, to: undefined })).total).toBe(0);
  });

  it('000-23: without conditions everything is there again, on pages as small as wished', async () => {
    const all = (await history()).items;
    expect((await history({ customerName: '' })).items).toEqual(all);
    const first = await history({ limit: 2 });
    const second = await history({ limit: 2, cursor: first.next });
    expect([...first.items, ...second.items]).toEqual(all);
    expect([first.total, second.total, second.next]).toEqual([3, 3, null]);
  });

  it('000-18: a customer that is called differently now is found by either name', async () => {
    const change = { name: '山田総合警備株式会社', nameReading: null };
    const { position } = await expectStatus(200, remo.operator.patch(`/v1/customers/${yamada.id}`, change));
    for (const customerName of ['総合警備', '警備保障']) {
      const { items } = await history({ customerName, atLeast: position });
      expect(items).toMatchObject([{ customerName: '山田総合警備株式会社', customerNameThen: '山田警備保障株式会社' }, {}]);
    }
  });

  it('000-09: how many there were is known as of any moment and position', async () => {
    const body = await pool(sakura, { asOf: purchasePosition });
    expect([body.total, body.products.every(({ assigned }: any) => assigned === 0)]).toEqual([34, true]);
    expect((await pool(sakura, { asOf: '2020-01-01T00:00:00Z' })).products).toEqual([]);
    expect(await pool(sakura, { asOf: new Date().toISOString() })).toMatchObject({ total: 28 });
  });

  it('000-26: there are no screens; every call is described for programs and people', async () => {
    const { body } = await remo.anyone.get('/v1/openapi.json');
    expect(Object.keys(body.paths)).toContain('/v1/pools/{accountId}/assignments');
    expect((await remo.anyone.get('/docs')).status).toBe(200);
  });
});
