import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { supportEmail, type RunningLedger } from '../support/running-ledger.js';
import { annual, Colt, monthly, monthlyForAYear } from './colt.js';
import { eventually } from '../support/until.js';
import { places } from './places.js';
import { expectStatus, type Party } from './remo.js';

/**
 * Buying in Colt's marketplace (« Acheter un service »), step by step over HTTP. The steps follow each other; the titles carry the rows of the
 * source (CONTRIBUTING.md). What happens to a subscription afterwards (003-58…76) is told in colt-subscriptions.e2e.spec.ts.
 */
describe.each(places)('Colt: buying in the marketplace, on $name', ({ start }) => {
  let ledger: RunningLedger;
  let colt: Colt;
  let colibri: Party;
  let orderId: string;
  let atLeast: string | undefined;

  beforeAll(async () => {
    ledger = await start();
    colt = await Colt.at(ledger);
    await colt.openMarketplace();
  });
  afterAll(() => ledger?.stop());

  const get = async (path: string, query = {}) => (await colibri.user.get(path, query)).body;
  const search = async (query: object) => {
    const { items } = await get('/v1/products', { atLeast: colt.opened, forSale: 'true', ...query });
    return items.map(({ sku }: any) => sku);
  };
  /** The latest fact of a kind: what `atLeast` of a read is given that has to know of it. */
  const latest = async (types: string) => {
    const { items } = (await colt.operator.get('/v1/events', { account: colibri.id, types, limit: 1000 })).body;
    return items.at(-1).position as string;
  };
  const put = async (sku: string, body: object) => (await expectStatus(200, colibri.user.put(`/v1/cart/lines/${sku}`, body))).body;
  const balance = async (sku: string) =>
    (await get(`/v1/pools/${colibri.id}`, { atLeast })).products.find((product: any) => product.sku === sku);

  it('003-03: the customer signs in with the login and password its provider gave it', async () => {
    colibri = await colt.customer('Colibri SARL', 'admin@colibri.example');
    const { status, body } = await colt.signIn(colibri.login);
    expect([status, body.user]).toMatchObject([200, { role: 'customerAdmin', accountId: colibri.id }]);
  });

  it('003-09, 003-39, 003-40: it searches the marketplace by any part of a name, or looks through a category', async () => {
    expect(await search({ query: 'business', category: colt.category })).toEqual([colt.basic, colt.business].sort());
    expect(await search({ query: 'telephonie', limit: 500 })).toContain(colt.trunk);
    expect(await search({ category: colt.category })).toEqual([colt.basic, colt.business, colt.visio].sort());
  });

  it('003-42…45, 003-75: a product of Microsoft has three billing options, each a period and a commitment with its price', async () => {
    const product = await get(`/v1/products/${colt.business}`);
    expect(product.policy.billingOptions).toEqual([annual, monthly, monthlyForAYear]);
    expect(product.pricesInForce.map(({ billing, amount }: any) => [billing, amount])).toEqual([
      [annual, '237.60'],
      [monthly, '23.76'],
      [monthlyForAYear, '19.80'],
    ]);
  });

  it('003-41, 003-46: it adds products to the cart, each with one of its options', async () => {
    expect(await colibri.user.put(`/v1/cart/lines/${colt.business}`, { quantity: 5 })).toMatchObject({
      status: 409,
      body: { code: 'BILLING_OPTION_UNKNOWN', options: [annual, monthly, monthlyForAYear] },
    });
    await put(colt.business, { quantity: 3, billing: annual });
    const cart = await put(colt.business, { quantity: 5, billing: monthlyForAYear });
    expect(cart).toMatchObject({ lines: [{ sku: colt.business, quantity: 5, unitPrice: { amount: '19.80' } }] });
    await put(colt.visio, { quantity: 2, billing: monthly });
  });

  it('003-72: the cart is kept until the customer is ready, also when it signs out and in again', async () => {
    const again = colt.anyone.signIn(colibri.login, 'un très long mot de passe 2026');
    const { body } = await (await again).get('/v1/cart');
    expect(body).toMatchObject({
      lines: [
        { sku: colt.business, quantity: 5, billing: monthlyForAYear },
        { sku: colt.visio, quantity: 2, billing: monthly },
      ],
      totals: [{ currency: 'EUR', amount: '129.24' }],
    });
  });

  it('003-47, 003-51, 003-52: products of Microsoft ask for a tenant, and its name has the form name.onmicrosoft.com', async () => {
    const checkOut = (tenant?: object) => colibri.user.post('/v1/cart/checkout', { payment: { method: 'invoice' }, tenant });
    expect((await checkOut()).body.errors).toMatchObject([{ path: 'tenant' }]);
    expect((await checkOut({ type: 'existing', domain: 'colibri.example' })).body.errors).toMatchObject([{ path: 'tenant.domain' }]);
    expect((await checkOut({ type: 'new', domain: 'co-libri' })).body.errors).toMatchObject([{ path: 'tenant.domain' }]);
    expect((await get('/v1/cart')).lines).toHaveLength(2);
  });

  it('003-05, 003-47…49, 003-53: it has a new tenant made, with its qualification, chooses how to pay, and buys', async () => {
    const order = {
      payment: { method: 'invoice', reference: 'BC-2026-031' },
      tenant: { type: 'new', domain: 'Colibri', qualification: 'education' },
    };
    const { body } = await expectStatus(202, colibri.user.post('/v1/cart/checkout', order));
    expect(body).toMatchObject({ state: 'placed', totals: [{ currency: 'EUR', amount: '129.24' }] });
    expect((await get('/v1/cart')).lines).toEqual([]);
    orderId = body.orderId;
  });

  it('003-54, 003-55: it follows the order, which goes on by itself while nobody is signed in', async () => {
    const { body } = await colt.reaches(colibri, orderId, 'provisioned');
    expect(body).toMatchObject({
      tenant: { type: 'new', domain: 'colibri.onmicrosoft.com', qualification: 'education' },
      history: [{ state: 'placed' }, { state: 'paid' }, { state: 'provisioning' }, { state: 'provisioned', by: { role: 'system' } }],
    });
    const told = (await colibri.user.get(`/v1/orders/${orderId}/stream`)).body as string;
    expect([...told.matchAll(/"state":"(\w+)"/g)].map(([, state]) => state)).toEqual(['placed', 'paid', 'provisioning', 'provisioned']);
    atLeast = [...told.matchAll(/^id: (\d+)$/gm)].at(-1)![1];
  });

  it('003-07, 003-57: the licenses are in its inventory, and its home has a link to each product', async () => {
    expect(await balance(colt.business)).toMatchObject({ purchased: 5, available: 5 });
    expect(await balance(colt.visio)).toMatchObject({ purchased: 2, available: 2 });
    const home = await get(`/v1/pools/${colibri.id}/overview`, { atLeast });
    expect(home.products).toMatchObject(
      [
        { sku: colt.business, name: 'Microsoft 365 Business Premium', available: 5, link: 'https://portal.office.com' },
        { sku: colt.visio, available: 2, href: `/v1/products/${colt.visio}` },
      ].sort((one, other) => (one.sku < other.sku ? -1 : 1)),
    );
  });

  it('003-56: a mail says that its service is ready, in its language', async () => {
    const mails = await eventually(
      () => get('/v1/notifications'),
      ({ items }) => items?.some(({ kind, state }: any) => kind === 'orderReady' && state === 'sent'),
    );
    expect(mails.items).toMatchObject([{ kind: 'orderReady', language: 'fr', about: { type: 'order', id: orderId } }]);
  });

  it('003-51…53: it buys more for the tenant it has, and pays outside: the order waits until the payment is confirmed', async () => {
    const order = {
      accountId: colibri.id,
      lines: [{ sku: colt.basic, quantity: 10, billing: annual }],
      payment: { method: 'external', reference: 'pay-77' },
      tenant: { type: 'existing', domain: 'colibri.onmicrosoft.com' },
    };
    const { body } = await expectStatus(202, colibri.user.post('/v1/orders', order));
    expect(body.totals).toEqual([{ currency: 'EUR', amount: '612.00' }]);
    const home = await get(`/v1/pools/${colibri.id}/overview`, { atLeast: body.position });
    expect(home.orders).toMatchObject([{ orderId: body.orderId, state: 'placed', href: `/v1/orders/${body.orderId}` }]);
    const seen = await (await colt.colleagueOf(colibri)).get(`/v1/pools/${colibri.id}/overview?atLeast=${body.position}`);
    expect(seen.body.orders).toEqual(home.orders.map(({ href: _, ...order }: any) => order));
    const mistaken = await colt.confirm({ orderId: body.orderId, reference: 'pay-78', outcome: 'paid' });
    expect(mistaken).toMatchObject({ status: 409, body: { code: 'PAYMENT_REFERENCE_MISMATCH' } });
    await expectStatus(200, colt.confirm({ orderId: body.orderId, reference: 'pay-77', outcome: 'paid' }));
    await colt.reaches(colibri, body.orderId, 'provisioned');
    await expectStatus(200, colt.confirm({ orderId: body.orderId, reference: 'pay-77', outcome: 'paid' }));
  });

  it('003-53, 003-54: a payment that fails ends the order, and nothing is delivered', async () => {
    const lines = [{ sku: colt.basic, quantity: 99, billing: monthly }];
    const tenant = { type: 'existing', domain: 'colibri.onmicrosoft.com' };
    const order = { accountId: colibri.id, lines, payment: { method: 'external' }, tenant };
    const { body } = await expectStatus(202, colibri.user.post('/v1/orders', order));
    const failed = await colt.confirm({ orderId: body.orderId, reference: 'pay-79', outcome: 'failed', reason: 'Carte expirée' });
    atLeast = failed.position;
    expect(await get(`/v1/orders/${body.orderId}`)).toMatchObject({ state: 'paymentFailed', history: [{}, { reason: 'Carte expirée' }] });
    expect(await balance(colt.basic)).toMatchObject({ purchased: 10 });
  });

  it('003-38, 003-50: another service asks other questions, and is delivered by its provider', async () => {
    const order = (form?: object) => ({
      accountId: colibri.id,
      lines: [{ sku: colt.trunk, quantity: 1, form }],
      payment: { method: 'invoice' },
    });
    expect((await colibri.user.post('/v1/orders', order())).body.errors).toMatchObject([{ path: 'lines[0].form' }]);
    expect((await colibri.user.post('/v1/orders', order({ site: 'Lyon', channels: 0 }))).body.errors).toMatchObject([
      { path: 'lines[0].form.channels' },
    ]);
    const { body } = await expectStatus(202, colibri.user.post('/v1/orders', order({ site: 'Lyon', channels: 4 })));
    await colt.reaches(colibri, body.orderId, 'provisioning');
    expect((await colibri.user.post(`/v1/orders/${body.orderId}/cancel`)).body).toMatchObject({
      code: 'ORDER_STATE',
      state: 'provisioning',
    });
    const known = { limit: 500, atLeast: await latest('OrderProvisioningStarted') };
    const { body: waiting } = await colt.operator.get('/v1/fulfilments', known);
    const asked = waiting.items.find(({ fulfilmentId }: any) => fulfilmentId === body.orderId);
    expect(asked).toMatchObject({ accountId: colibri.id, lines: [{ sku: colt.trunk, form: { site: 'Lyon', channels: 4 } }] });
    expect(await balance(colt.trunk)).toBeUndefined();
    await expectStatus(200, colt.operator.post(`/v1/fulfilments/${body.orderId}/complete`, { reference: 'SIP-0042' }));
    const { body: done } = await colt.reaches(colibri, body.orderId, 'provisioned');
    expect(done.history.at(-1)).toMatchObject({ reference: 'SIP-0042' });
  });

  it('003-01, 003-04, 003-69: its home shows all it has, that nothing is under way any more, and where to write for help', async () => {
    const known = { atLeast: await latest('OrderProvisioned') };
    const home = await get(`/v1/pools/${colibri.id}/overview`, known);
    expect(home).toMatchObject({ accountId: colibri.id, total: 18, orders: [], supportEmail });
    expect(home.products.map(({ sku }: any) => sku)).toEqual([colt.basic, colt.business, colt.trunk, colt.visio].sort());
    const subscribed = home.subscriptions.toSorted((one: any, other: any) => (one.sku < other.sku ? -1 : 1));
    expect(subscribed).toMatchObject([
      { sku: colt.basic, quantity: 10, billing: annual, renews: true },
      { sku: colt.business, quantity: 5, billing: monthlyForAYear },
      { sku: colt.visio, quantity: 2, billing: monthly },
    ]);
    expect(home.deadlines.map(({ kind }: any) => kind)).toEqual(expect.arrayContaining(['cancellationWindowEnds', 'termRenews']));
    expect((await get('/v1/orders', known)).items.map(({ state }: any) => state)).toEqual([
      'provisioned',
      'paymentFailed',
      'provisioned',
      'provisioned',
    ]);
  });
});
