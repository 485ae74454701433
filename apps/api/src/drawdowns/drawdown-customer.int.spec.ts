import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { drawdownScene, bot, line, problem, someone, type DrawdownScene } from '../testing/drawdown-scene.js';
import { newCustomer, newPartner, tokenOf, type Tenant } from '../testing/tenants.js';

let api: DrawdownScene['api'];
let partner: DrawdownScene['partner'];
let other: DrawdownScene['other'];
const { get, post, newOrder, submit, approve, accept, submitted, seen } = drawdownScene((scene) => ({ api, partner, other } = scene));

describe('the customer of a drawdown', () => {
  const drawnBy = (of: Tenant, customer: object) => submitted(1, customer, of);
  const me = async ({ token }: Tenant, { position }: { position: string }) => (await get(`me?atLeast=${position}`, token)).body.accounts;
  const signedUp = async () => {
    const partnerOf = await newPartner(api);
    const users = await api.call({
      method: 'POST',
      url: '/v1/users',
      token: api.operator,
      body: { login: randomUUID(), role: 'partner', accountId: partnerOf.id, password: 'long enough' },
    });
    return { ...partnerOf, token: await api.signIn(users.body.login, 'long enough') };
  };

  it('is found by its name and the host of its website, however they are written', async () => {
    const name = `nordlys-${randomUUID().slice(0, 8)}`;
    const first = await drawnBy(partner, someone({ accountName: `Nordlys ${name}`, website: `https://www.${name}.example` }));
    const same = [
      someone({ accountName: `  NORDLYS   ${name}`, website: `http://${name}.example/en?x=1` }),
      someone({ accountName: `Ｎordlys ${name}`, website: `https://WWW.${name.toUpperCase()}.example.:8443/` }),
    ];
    for (const customer of same) expect((await drawnBy(partner, customer)).customerId).toBe(first.customerId);
    const spaced = await drawnBy(partner, someone({ accountName: `Nordlys ${name}`, website: ` https://${name}.example ` }));
    expect((await seen(spaced, spaced)).customer).toMatchObject({ customerId: first.customerId, website: `https://${name}.example` });
    const others = [
      someone({ accountName: `Nordlys ${name}`, website: `https://shop.${name}.example` }),
      someone({ accountName: `Nordlys Holding ${name}`, website: `https://${name}.example` }),
    ];
    for (const customer of others) expect((await drawnBy(partner, customer)).customerId).not.toBe(first.customerId);
  });

  it('is registered once, by however many drawdowns of however many partners at the same time', async () => {
    const customer = someone();
    const partners = [partner, other, await newPartner(api), await newPartner(api)];
    const drawdowns = await Promise.all(partners.map((of) => drawnBy(of, customer)));
    const ids = new Set(drawdowns.map(({ customerId }) => customerId));
    expect(ids.size).toBe(1);
    const facts: string[] = [];
    for await (const { type } of api.parts.eventLog.readStream(`customer-${[...ids][0]}`)) facts.push(type);
    expect(facts).toEqual(['CustomerRegistered']);
  });

  it('has its personal data in the person object of its facts and nowhere else', async () => {
    const customer = someone();
    const { customerId } = await drawnBy(partner, customer);
    for (const stream of [`customer-${customerId}`, `pool-${partner.id}`])
      for await (const { data, metadata } of api.parts.eventLog.readStream(stream)) {
        const { person: _, ...rest } = data as { person?: object };
        for (const text of [customer.accountName, customer.contactName, customer.contactEmail])
          expect(JSON.stringify([rest, metadata])).not.toContain(text);
      }
  });

  it('is seen by the partner that registered it, with its pool, and changed by none', async () => {
    const owner = await signedUp();
    await api.call({ method: 'PATCH', url: `/v1/partners/${owner.id}`, token: owner.token, body: { language: 'fi' } });
    const customer = someone();
    await drawnBy(owner, customer);
    const drawdown = await drawnBy(owner, customer);
    const { customerId } = drawdown;
    expect((await get(`customers/${customerId}`, owner.token)).body).toMatchObject({
      name: customer.accountName,
      language: 'fi',
      email: customer.contactEmail,
      contactName: customer.contactName,
      website: customer.website,
      dealer: null,
    });
    expect((await get(`pools/${customerId}`, owner.token)).body).toMatchObject({ accountId: customerId, total: 0 });
    expect(await me(owner, drawdown)).toMatchObject([
      { relation: 'own', accountId: owner.id },
      {
        relation: 'drawdown',
        accountId: customerId,
        name: customer.accountName,
        href: `/v1/customers/${customerId}`,
        poolHref: `/v1/pools/${customerId}`,
      },
    ]);
    expect((await get(`partners/${owner.id}/customers`, owner.token)).body.total).toBe(0);
    expect(problem(await post(`${customerId}/activations`, { sku: bot, quantity: 1 }, owner.token))).toEqual([404, 'POOL_NOT_FOUND']);
  });

  it('that somebody else knew before shows nothing of itself: neither by its name and website, nor after the acceptance', async () => {
    const customer = someone();
    const { customerId } = await drawnBy(partner, customer);
    const stranger = await signedUp();
    const typed = someone({ accountName: customer.accountName.toUpperCase(), website: customer.website });
    const drawdown = await drawnBy(stranger, typed);
    expect(drawdown.customerId).toBe(customerId);
    const sees = async () => [
      problem(await get(`customers/${customerId}`, stranger.token)),
      problem(await get(`pools/${customerId}`, stranger.token)),
      (await me(stranger, drawdown)).length,
    ];
    const nothing = [[404, 'CUSTOMER_NOT_FOUND'], [404, 'POOL_NOT_FOUND'], 1];
    expect(await sees()).toEqual(nothing);
    const own = (await get(`pools/${stranger.id}/drawdowns?atLeast=${drawdown.position}`, stranger.token)).body.items;
    expect(own).toMatchObject([{ customer: { customerId, ...typed } }]);
    await approve(drawdown.drawdownId, stranger);
    expect((await accept(drawdown.drawdownId, stranger)).status).toBe(200);
    expect(await sees()).toEqual(nothing);
  });

  it('that somebody else knew before keeps its own names to itself, also when it is named by its id', async () => {
    const customer = someone();
    const { customerId } = await drawnBy(other, customer);
    const typed = someone({ accountName: customer.accountName.toUpperCase(), website: customer.website });
    for (const accountName of [customer.accountName.toLowerCase(), typed.accountName]) await drawnBy(partner, { ...typed, accountName });
    const admin = await tokenOf(api, 'customerAdmin', customerId);
    await api.call({ method: 'PATCH', url: `/v1/customers/${customerId}`, token: admin, body: { name: 'A new and secret name' } });
    const byId = await drawnBy(partner, { customerId });
    expect((await seen(byId, byId)).customer).toEqual({ customerId, accountName: typed.accountName });
    const owners = (
      await submit({ orderId: await newOrder(10, bot, other), customer: { customerId }, lines: [line(bot, 1)] }, { by: other })
    ).body;
    const { body } = await get(`pools/${other.id}/drawdowns/${owners.drawdownId}?atLeast=${owners.position}`, other.token);
    expect(body.customer).toEqual({ customerId, accountName: 'A new and secret name' });
  });

  it('has the same id whether it was there before or not, so that a dry run tells nothing', async () => {
    const customer = someone();
    const planned = async () =>
      (await submit({ orderId: await newOrder(), customer, lines: [line(bot, 1)] }, { query: '?dryRun=true' })).body.events[0].data
        .customerId;
    const before = await planned();
    expect((await drawnBy(other, customer)).customerId).toBe(before);
    expect(await planned()).toBe(before);
  });

  it('is seen by nobody but its dealer once it has named one', async () => {
    const owner = await signedUp();
    const { customerId } = await drawnBy(owner, someone());
    const admin = await tokenOf(api, 'customerAdmin', customerId);
    const link = async (partnerCode: string) =>
      (await api.call({ method: 'PUT', url: `/v1/customers/${customerId}/dealer`, token: admin, body: { partnerCode } })).body;
    expect(await me(owner, await link(owner.partnerCode))).toMatchObject([
      { relation: 'own' },
      { relation: 'customer', accountId: customerId },
    ]);
    await link(other.partnerCode);
    expect(problem(await get(`pools/${customerId}`, owner.token))).toEqual([404, 'POOL_NOT_FOUND']);
    expect((await get(`pools/${customerId}`, other.token)).status).toBe(200);
    await api.call({ method: 'DELETE', url: `/v1/customers/${customerId}/dealer`, token: admin });
    expect(problem(await get(`pools/${customerId}`, owner.token))).toEqual([404, 'POOL_NOT_FOUND']);
  });

  it('can be named by its id when it linked the partner, or had a drawdown before', async () => {
    const linked = await newCustomer(api, partner.partnerCode);
    const byId = async (customerId: string, of: Tenant = partner) =>
      submit({ orderId: await newOrder(10, bot, of), customer: { customerId }, lines: [line(bot, 1)] }, { by: of });
    expect((await byId(linked.id)).body.customerId).toBe(linked.id);
    const { customerId } = await drawnBy(other, someone());
    expect((await byId(customerId, other)).status).toBe(201);
    for (const unknown of [customerId, randomUUID(), (await newCustomer(api)).id])
      expect(problem(await byId(unknown))).toEqual([404, 'CUSTOMER_NOT_FOUND']);
    const both = await submit({ orderId: await newOrder(), customer: { ...someone(), customerId: linked.id }, lines: [line(bot, 1)] });
    expect(problem(both)).toEqual([400, 'INVALID_REQUEST']);
  });
});

describe('what was passed on', () => {
  it('is in transit until it has arrived, also as of a position, and in the audit of assignments', async () => {
    const giver = await newPartner(api);
    const drawdown = await submitted(3, someone(), giver);
    await approve(drawdown.drawdownId, giver);
    const { position } = (await accept(drawdown.drawdownId, giver)).body;
    await submitted(1, someone(), giver);
    const [product] = (await get(`pools/${giver.id}?asOf=${position}`, giver.token)).body.products;
    expect(product).toMatchObject({ purchased: 10, available: 7, held: 0, assigned: 3, inTransit: 3 });
    const { items } = (await get(`audit/assignments?account=${giver.id}`, await tokenOf(api, 'auditor'))).body;
    expect(items).toMatchObject([
      { side: 'given', kind: 'drawdown', assignmentId: drawdown.drawdownId, customerId: drawdown.customerId, quantity: 3 },
    ]);
  });

  it('is a row of kind drawdown in the history, under the name that was written down', async () => {
    const giver = await newPartner(api);
    const customer = someone();
    const drawdown = await submitted(2, customer, giver);
    await approve(drawdown.drawdownId, giver);
    const { position } = (await accept(drawdown.drawdownId, giver)).body;
    const { items } = (await get(`pools/${giver.id}/assignments?atLeast=${position}&customerName=fjordline`, giver.token)).body;
    expect(items).toMatchObject([{ kind: 'drawdown', assignmentId: drawdown.drawdownId, customerName: customer.accountName, quantity: 2 }]);
  });
});
