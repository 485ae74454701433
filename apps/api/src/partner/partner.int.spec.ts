import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { reservation, reserve } from '#licensing';
import { secretBytes } from '../store/signed-call.js';
import { stepOf } from '../sub-command.js';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { newCustomer, newPartner, tokenOf, type Tenant } from '../testing/tenants.js';
import { registerWithCode } from './claims.js';
import { reservationId } from '../reservation-id.js';

let api: StartedApi;
beforeAll(async () => void (api = await startApi()));
afterAll(() => api.stop());

const sakura = { name: 'さくらネットワークス株式会社', email: 'license@sakura-networks.example' };
const register = (body: object, headers = {}) => api.call({ method: 'POST', url: '/v1/partners', token: api.operator, body, headers });
const end = () => api.parts.eventLog.end();

describe('registering a partner', () => {
  it('answers it, with a place to find it', async () => {
    const { status, body } = await register({ ...sakura, partnerCode: 'SAKURA-01', language: 'ja' });
    const { partnerId, stream, revision, position, ...rest } = body;
    expect([status, stream, revision]).toEqual([201, `partner-${partnerId}`, 0]);
    expect(rest).toEqual({ ...sakura, partnerCode: 'SAKURA-01', language: 'ja', storeLinked: false, promptStoreLink: true });
    const found = await api.call({ url: `/v1/partners/${partnerId}?atLeast=${position}`, token: await tokenOf(api, 'partner', partnerId) });
    expect(found.body).toEqual({ partnerId, ...rest });
  });

  it('makes a code when there is none, and the same one when the call is repeated', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const [first, again] = [await register(sakura, headers), await register(sakura, headers)];
    expect(first.body.partnerCode).toMatch(/^P-[2-9A-HJ-NP-Z]{8}$/);
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotent-replayed']).toBe('true');
  });

  it('is answered again as the first time, whatever was changed since', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const { body: first } = await register(sakura, headers);
    const { partnerId } = first;
    const token = await tokenOf(api, 'partner', partnerId);
    const rename = (name: string, key?: object) =>
      api.call({ method: 'PATCH', url: `/v1/partners/${partnerId}`, token, body: { name }, headers: { ...key } });
    const { body: renamed } = await rename('Sakura East', headers);
    expect((await rename('Sakura West')).body.name).toBe('Sakura West');
    expect([(await register(sakura, headers)).body, (await rename('Sakura East', headers)).body]).toEqual([first, renamed]);
  });

  it('shows each of many who change it at once what the change of their own made of it', async () => {
    const { partnerId } = (await register(sakura)).body;
    const token = await tokenOf(api, 'partner', partnerId);
    const names = Array.from({ length: 10 }, (_, index) => `Sakura ${index}`);
    const rename = (name: string) => api.call({ method: 'PATCH', url: `/v1/partners/${partnerId}`, token, body: { name } });
    expect((await Promise.all(names.map(rename))).map(({ body }) => body.name)).toEqual(names);
  });

  it('refuses a code that another partner has, in any case and width, and claims nothing', async () => {
    const before = await end();
    for (const partnerCode of ['SAKURA-01', 'sakura-01', 'ＳＡＫＵＲＡ－０１']) {
      const { status, body } = await register({ ...sakura, partnerCode });
      expect([status, body.code]).toEqual([409, 'PARTNER_CODE_TAKEN']);
    }
    expect(await end()).toBe(before);
  });

  it('of two that ask for the same code at the same time registers one', async () => {
    const both = await Promise.all([register({ ...sakura, partnerCode: 'RACE' }), register({ ...sakura, partnerCode: 'RACE' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('refuses the key of another registration, and claims nothing', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    await register({ ...sakura, partnerCode: 'KEY-1' }, headers);
    const before = await end();
    const { status, body } = await register({ ...sakura, partnerCode: 'KEY-2' }, headers);
    expect([status, body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await end()).toBe(before);
  });

  it('that was cut off after the code was claimed is completed by its repetition', async () => {
    const context = {
      commandId: randomUUID(),
      inputHash: 'a'.repeat(64),
      correlationId: 'cut',
      actor: { userId: randomUUID(), role: 'operator' },
    } as const;
    const claim = { kind: 'partner-code', holder: context.commandId, context: stepOf(context, 'claim partner-code') } as const;
    await api.parts.ledger.record(reservation, reservationId('partner-code', 'CUT-OFF'), claim, reserve);
    await newCustomer(api).then(({ token, id }) =>
      expect(
        api.call({ method: 'PUT', url: `/v1/customers/${id}/dealer`, token, body: { partnerCode: 'CUT-OFF' } }),
      ).resolves.toMatchObject({
        body: { code: 'PARTNER_CODE_NOT_FOUND' },
      }),
    );
    await registerWithCode(api.parts.ledger, { ...sakura, partnerCode: 'CUT-OFF', context });
    const found = await api.call({ url: `/v1/partners/${context.commandId}`, token: api.operator });
    expect(found.body).toMatchObject({ partnerCode: 'CUT-OFF' });
  });

  it('can be tried without being done', async () => {
    const before = await end();
    const { status, body } = await api.call({ method: 'POST', url: '/v1/partners?dryRun=true', token: api.operator, body: sakura });
    expect([status, body.dryRun, body.events.map(({ type }: any) => type)]).toEqual([200, true, ['PartnerRegistered']]);
    expect(await end()).toBe(before);
  });
});

describe('a partner', () => {
  it('changes what it says it changes, by merge patch', async () => {
    const { id, token } = await newPartner(api);
    const patch = (body: object) => api.call({ method: 'PATCH', url: `/v1/partners/${id}`, token, body });
    expect((await patch({ name: 'さくら' })).body).toMatchObject({ name: 'さくら', email: sakura.email, language: 'en', revision: 1 });
    expect((await patch({ name: 'さくら' })).body.revision).toBe(1);
    expect((await patch({ language: 'ja' })).body.language).toBe('ja');
    expect((await patch({ language: null })).body.language).toBe('en');
    expect((await patch({ email: null })).body).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ path: 'email' }] });
  });

  it('is changed only at the revision that the caller names', async () => {
    const { id, token } = await newPartner(api);
    const patch = (revision: string) =>
      api.call({ method: 'PATCH', url: `/v1/partners/${id}`, token, body: { name: `at ${revision}` }, headers: { 'if-match': revision } });
    expect(await patch('"7"')).toMatchObject({ status: 412, body: { code: 'REVISION_MISMATCH', actualRevision: 0 } });
    expect((await patch('"0"')).headers['etag']).toBe('"1"');
  });

  it('is nobody to another partner', async () => {
    const [one, other] = [await newPartner(api), await newPartner(api)];
    const { status, body } = await api.call({ url: `/v1/partners/${one.id}`, token: other.token });
    expect([status, body.code]).toEqual([404, 'PARTNER_NOT_FOUND']);
  });
});

function commandOfPartner({ id }: Tenant) {
  const actor = { userId: 'u', role: 'partner', accountId: id } as const;
  return { commandId: randomUUID(), inputHash: 'a'.repeat(64), correlationId: 'x', actor };
}

describe('the link to the shop', () => {
  const tokenFor = (storeAccountId: string): Promise<string> => {
    const jwt = new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(storeAccountId)
      .setAudience('license-ledger')
      .setExpirationTime('5m');
    return jwt.sign(secretBytes(api.parts.secrets.storeSecret!));
  };
  const put = ({ id, token }: Tenant, body: object, headers = {}) =>
    api.call({ method: 'PUT', url: `/v1/partners/${id}/store-link`, token, body, headers });
  const link = async (partner: Tenant, storeAccountId: string, tokenSays = storeAccountId) =>
    put(partner, { storeAccountId, linkToken: await tokenFor(tokenSays) });

  it('is made once; again to the same account changes nothing', async () => {
    const partner = await newPartner(api);
    expect(await link(partner, 'EC-1')).toMatchObject({ status: 200, body: { storeLinked: true, promptStoreLink: false, revision: 1 } });
    const before = await end();
    expect(await link(partner, 'EC-1')).toMatchObject({ status: 200, body: { revision: 1 } });
    expect(await end()).toBe(before);
  });

  it('to another account is refused, and leaves that account to others', async () => {
    const [partner, other] = [await newPartner(api), await newPartner(api)];
    await link(partner, 'EC-2');
    expect(await link(partner, 'EC-3')).toMatchObject({ status: 409, body: { code: 'STORE_ALREADY_LINKED' } });
    expect((await link(other, 'EC-3')).status).toBe(200);
  });

  it('is for one partner only', async () => {
    const [partner, other] = [await newPartner(api), await newPartner(api)];
    await link(partner, 'EC-4');
    expect(await link(other, 'ec-4')).toMatchObject({ status: 409, body: { code: 'STORE_ALREADY_LINKED' } });
    expect((await api.call({ url: `/v1/partners/${other.id}`, token: other.token })).body.storeLinked).toBe(false);
  });

  it('of one partner to two accounts at the same time is one link, and the other account stays free', async () => {
    const [partner, other] = [await newPartner(api), await newPartner(api)];
    const both = await Promise.all(['EC-5', 'EC-6'].map(async (account) => ({ account, ...(await link(partner, account)) })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const free = both.find(({ status }) => status === 409)!.account;
    expect((await link(other, free)).status).toBe(200);
  });

  it('that was cut off and is refused when it comes again leaves its account to others, too', async () => {
    const [partner, other] = [await newPartner(api), await newPartner(api)];
    const claim = { kind: 'store-account', holder: partner.id, context: commandOfPartner(partner) } as const;
    await api.parts.ledger.record(reservation, reservationId('store-account', 'EC-9'), claim, reserve);
    expect((await link(other, 'EC-9')).status).toBe(409);
    await link(partner, 'EC-10');
    expect(await link(partner, 'EC-9')).toMatchObject({ status: 409, body: { code: 'STORE_ALREADY_LINKED' } });
    expect((await link(other, 'EC-9')).status).toBe(200);
    expect((await link(partner, 'EC-10')).status).toBe(200);
  });

  it('asked for again under its key is answered as the first time, also when it named a revision', async () => {
    const partner = await newPartner(api);
    const headers = { 'idempotency-key': randomUUID(), 'if-match': '"0"' };
    const body = { storeAccountId: 'EC-11', linkToken: await tokenFor('EC-11') };
    const [first, again] = [await put(partner, body, headers), await put(partner, body, headers)];
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([200, first.body, 'true']);
  });

  it('needs a token of the shop for this very account', async () => {
    const partner = await newPartner(api);
    expect(await link(partner, 'EC-7', 'EC-8')).toMatchObject({ status: 400, body: { code: 'STORE_LINK_TOKEN_INVALID' } });
  });
});
