import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson, type FactMetadata } from '#event-store';
import { customer as customers, linkDealer, registerCustomer, reservation, reserve } from '#licensing';
import { startApi, type Call, type StartedApi } from '../testing/started-api.js';
import { newCustomer, newPartner, tokenOf, type Tenant } from '../testing/tenants.js';
import { makeFirstOperator } from './first-operator.js';
import { loginReservation } from './new-user.js';

let api: StartedApi;
let customer: Tenant;
let partner: Tenant;
beforeAll(async () => {
  api = await startApi();
  customer = await newCustomer(api);
  partner = await newPartner(api);
});
afterAll(() => api.stop());

const create = (body: object, more: Partial<Call> = {}) =>
  api.call({ method: 'POST', url: '/v1/users', token: api.operator, body, ...more });
const someone = (): string => `user-${randomUUID()}`;
const password = 'correct horse battery';

describe('a new user', () => {
  it('is none that a revision could be known of: If-Match is refused, and its login stays free', async () => {
    const login = someone();
    const refused = await create({ login, role: 'auditor' }, { headers: { 'if-match': '"0"' } });
    expect(refused).toMatchObject({ status: 412, body: { code: 'REVISION_MISMATCH', actualRevision: -1 } });
    expect((await create({ login, role: 'auditor' })).status).toBe(201);
  });

  it('can sign in, and sees itself and its account', async () => {
    const login = someone();
    const created = await create({ login, role: 'partner', accountId: partner.id, password, givenName: '花子', email: 'h@example.com' });
    expect(created).toMatchObject({
      status: 201,
      body: { login, role: 'partner', accountId: partner.id, stream: `user-${created.body.id}`, revision: 0 },
    });
    expect(created.headers).toMatchObject({ 'ledger-position': created.body.position, etag: '"0"', 'idempotency-key': expect.any(String) });
    const me = await api.call({ url: `/v1/me?atLeast=${created.body.position}`, token: await api.signIn(login, password) });
    expect(me.body).toEqual({
      user: { id: created.body.id, login, role: 'partner', accountId: partner.id, givenName: '花子', email: 'h@example.com' },
      accounts: [
        {
          accountId: partner.id,
          kind: 'partner',
          name: expect.any(String),
          relation: 'own',
          href: `/v1/partners/${partner.id}`,
          poolHref: `/v1/pools/${partner.id}`,
        },
      ],
      complete: true,
    });
  });

  it('of a partner sees the customers that linked it', async () => {
    const dealer = await newPartner(api);
    const linked = await newCustomer(api, dealer.partnerCode);
    await newCustomer(api);
    const login = someone();
    const { headers } = await create({ login, role: 'partner', accountId: dealer.id, password });
    const me = await api.call({ url: `/v1/me?atLeast=${headers['ledger-position']}`, token: await api.signIn(login, password) });
    expect(me.body.accounts.map(({ accountId, kind, relation }: any) => [accountId, kind, relation])).toEqual([
      [dealer.id, 'partner', 'own'],
      [linked.id, 'customer', 'customer'],
    ]);
  });

  it('of a partner with more customers than one answer names is told so, and not when it names them all', async () => {
    const dealer = await newPartner(api);
    const actor = { userId: randomUUID(), role: 'operator' as const };
    const link = async (number: number) => {
      const customerId = randomUUID();
      const context = () => ({ commandId: randomUUID(), inputHash: 'h', correlationId: 'c', actor });
      const registration = { customerId, name: `Customer ${number}`, email: 'c@example.com', context: context() };
      await api.parts.ledger.record(customers, customerId, registration, registerCustomer);
      const linking = { customerId, partnerId: dealer.id, partnerCode: dealer.partnerCode, context: context() };
      return api.parts.ledger.record(customers, customerId, linking, linkDealer);
    };
    const shown = async () => {
      const { body } = await api.call({ url: `/v1/me?atLeast=${await api.parts.eventLog.end()}`, token: admin });
      return [new Set(body.accounts.map(({ accountId }: { accountId: string }) => accountId)).size, body.complete];
    };
    const login = someone();
    await create({ login, role: 'partner', accountId: dealer.id, password });
    const admin = await api.signIn(login, password);
    await Promise.all(Array.from({ length: 499 }, (_, number) => link(number)));
    expect(await shown()).toEqual([500, true]);
    await link(499);
    expect(await shown()).toEqual([500, false]);
  });

  it('has its password nowhere but in the credential stream, hashed with argon2id', async () => {
    const { body } = await create({ login: someone(), role: 'auditor', password });
    const where = [];
    for await (const event of api.parts.eventLog.readAll()) {
      const text = JSON.stringify([event.data, event.metadata]);
      expect(text).not.toContain(password);
      if (text.includes('argon2')) where.push(event.stream);
    }
    expect(where).toContain(`credential-${body.id}`);
    expect(where.every((stream) => stream.startsWith('credential-'))).toBe(true);
  });

  it('leaves no hash from which its password could be guessed', async () => {
    const inputHashOf = async (body: object) => {
      const { stream } = (await create(body)).body;
      for await (const { metadata } of api.parts.eventLog.readStream(stream)) return (metadata as FactMetadata).inputHash;
      return undefined;
    };
    const plain = (body: object) =>
      createHash('sha256')
        .update(`POST /v1/users\n${canonicalJson(body)}`)
        .digest('hex');
    const without = { login: someone(), role: 'auditor' };
    const having = { login: someone(), role: 'auditor', password };
    expect(await inputHashOf(without)).toBe(plain(without));
    expect(await inputHashOf(having)).not.toBe(plain(having));
  });

  it('cannot have a login that somebody else has, in whatever case or width', async () => {
    const login = someone();
    await create({ login, role: 'auditor' });
    expect(await create({ login: ` ${login.toUpperCase()} `, role: 'auditor' })).toMatchObject({
      status: 409,
      body: { code: 'LOGIN_TAKEN' },
    });
  });

  it('is one of several that ask for the same login at once', async () => {
    const login = someone();
    const answers = await Promise.all(Array.from({ length: 8 }, () => create({ login, role: 'auditor', password })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  it('is made once, however often the call is repeated with its key', async () => {
    const body = { login: someone(), role: 'auditor', password };
    const first = await create(body, { headers: { 'idempotency-key': 'a-key' } });
    const again = await create(body, { headers: { 'idempotency-key': 'a-key' } });
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([201, first.body, 'true']);
  });

  it('is not another one under the same key: the password counts, too', async () => {
    const body = { login: someone(), role: 'auditor', password };
    await create(body, { headers: { 'idempotency-key': 'b-key' } });
    const end = await api.parts.eventLog.end();
    for (const other of [
      { ...body, password: 'another password' },
      { ...body, login: someone() },
    ])
      expect(await create(other, { headers: { 'idempotency-key': 'b-key' } })).toMatchObject({
        status: 422,
        body: { code: 'IDEMPOTENCY_KEY_REUSED' },
      });
    expect(await api.parts.eventLog.end()).toBe(end);
  });

  it('is completed by repeating the call when it broke off after the login was claimed', async () => {
    const body = { login: someone(), role: 'auditor', password };
    const preview = await create(body, { url: '/v1/users?dryRun=true', headers: { 'idempotency-key': 'c-key' } });
    const holder = preview.body.events[0].data.userId;
    const context = { commandId: randomUUID(), inputHash: '', correlationId: '', actor: { userId: 'x', role: 'operator' as const } };
    await api.parts.ledger.record(reservation, loginReservation(body.login), { kind: 'login', holder, context } as const, reserve);
    expect(await create(body, { headers: { 'idempotency-key': 'c-key' } })).toMatchObject({ status: 201, body: { id: holder } });
    expect(await api.signIn(body.login, password)).toBeTruthy();
  });

  it('is only previewed by a dry run, which claims nothing', async () => {
    const body = { login: someone(), role: 'auditor', password };
    const end = await api.parts.eventLog.end();
    const preview = await create(body, { url: '/v1/users?dryRun=true' });
    expect(preview).toMatchObject({ status: 200, body: { dryRun: true, events: [{ type: 'UserCreated', data: { role: 'auditor' } }] } });
    expect(JSON.stringify(preview.body)).not.toContain(password);
    expect(await api.parts.eventLog.end()).toBe(end);
  });
});

describe('who creates whom', () => {
  it('a customer’s administrator creates users of its own customer', async () => {
    const created = await create({ login: someone(), role: 'customerUser' }, { token: customer.token });
    expect(created).toMatchObject({ status: 201, body: { accountId: customer.id } });
  });

  it('a service may belong to an account or to the vendor', async () => {
    for (const accountId of [undefined, partner.id, customer.id])
      expect(await create({ login: someone(), role: 'service', accountId })).toMatchObject({
        status: 201,
        body: { accountId: accountId ?? null },
      });
  });

  it.each([
    ['an operator', 'customerAdmin', () => ({ role: 'operator' }), 403, 'FORBIDDEN'],
    ['a user of somebody else', 'customerAdmin', () => ({ role: 'customerUser', accountId: randomUUID() }), 404, 'CUSTOMER_NOT_FOUND'],
    ['anybody', 'customerUser', () => ({ role: 'customerUser' }), 403, 'FORBIDDEN'],
    ['anybody', 'partner', () => ({ role: 'partner' }), 403, 'FORBIDDEN'],
    ['anybody', 'auditor', () => ({ role: 'auditor' }), 403, 'FORBIDDEN'],
    ['a partner’s user without a partner', 'operator', () => ({ role: 'partner' }), 400, 'INVALID_REQUEST'],
    ['a partner’s user of a customer', 'operator', () => ({ role: 'partner', accountId: customer.id }), 404, 'PARTNER_NOT_FOUND'],
    ['a customer’s user of nobody', 'operator', () => ({ role: 'customerAdmin', accountId: randomUUID() }), 404, 'CUSTOMER_NOT_FOUND'],
    ['a service of nobody', 'operator', () => ({ role: 'service', accountId: randomUUID() }), 404, 'POOL_NOT_FOUND'],
    ['an auditor of an account', 'operator', () => ({ role: 'auditor', accountId: customer.id }), 400, 'INVALID_REQUEST'],
    ['the system', 'operator', () => ({ role: 'system' }), 400, 'INVALID_REQUEST'],
    ['a mail that is not sent yet', 'operator', () => ({ role: 'auditor', sendActivation: true }), 400, 'INVALID_REQUEST'],
    ['a short password', 'operator', () => ({ role: 'auditor', password: '1234567' }), 400, 'INVALID_REQUEST'],
    ['a bad address', 'operator', () => ({ role: 'auditor', email: 'nobody' }), 400, 'INVALID_REQUEST'],
    ['an unknown field', 'operator', () => ({ role: 'auditor', admin: true }), 400, 'INVALID_REQUEST'],
  ] as const)('%s cannot be created by %s', async (_, role, body, status, code) => {
    const accountId = role === 'partner' ? partner.id : role.startsWith('customer') ? customer.id : undefined;
    const token = await tokenOf(api, role, accountId);
    const end = await api.parts.eventLog.end();
    expect(await create({ login: someone(), ...body() }, { token })).toMatchObject({ status, body: { code } });
    expect(await api.parts.eventLog.end()).toBe(end);
  });
});

describe('the first operator', () => {
  it('is made once, at the first start only', async () => {
    const told: string[] = [];
    const end = await api.parts.eventLog.end();
    await makeFirstOperator(api.parts, (told_) => told.push(told_));
    expect([told, await api.parts.eventLog.end()]).toEqual([[], end]);
  });

  it('gets a password made up, told once, when none is set; of processes that start together one tells it', async () => {
    const told: string[] = [];
    const settings = { ...api.parts.settings, operatorLogin: someone(), operatorPassword: undefined };
    await Promise.all([1, 2, 3].map(() => makeFirstOperator({ ...api.parts, settings }, (made) => told.push(made))));
    expect(told).toHaveLength(1);
    expect(await api.signIn(settings.operatorLogin, told[0]!)).toBeTruthy();
  });
});
