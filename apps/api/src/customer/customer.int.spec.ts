import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { newCustomer, newPartner, tokenOf, type Tenant } from '../testing/tenants.js';

let api: StartedApi;
beforeAll(async () => void (api = await startApi()));
afterAll(() => api.stop());

const yamada = { name: '山田警備保障株式会社', nameReading: 'ヤマダケイビホショウ', email: 'kanri@yamada-keibi.example' };
const see = ({ id }: Tenant, token: string) => api.call({ url: `/v1/customers/${id}`, token });
const linkDealer = ({ id, token }: Tenant, partnerCode: string) =>
  api.call({ method: 'PUT', url: `/v1/customers/${id}/dealer`, token, body: { partnerCode } });
const unlinkDealer = ({ id, token }: Tenant) => api.call({ method: 'DELETE', url: `/v1/customers/${id}/dealer`, token });

async function facts({ id }: Tenant): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of api.parts.eventLog.readStream(`customer-${id}`)) types.push(type);
  return types;
}

describe('a customer', () => {
  it('is registered by an operator or a partner, and has no dealer', async () => {
    const partner = await newPartner(api);
    for (const token of [api.operator, partner.token]) {
      const { status, body } = await api.call({ method: 'POST', url: '/v1/customers', token, body: yamada });
      expect([status, body]).toMatchObject([201, { ...yamada, language: 'en', dealer: null, revision: 0 }]);
    }
  });

  it('changes its profile by merge patch; null takes the reading away', async () => {
    const { id, token } = await newCustomer(api);
    const patch = (body: object) => api.call({ method: 'PATCH', url: `/v1/customers/${id}`, token, body });
    expect((await patch({ name: '山田総合警備株式会社' })).body).toMatchObject({ ...yamada, name: '山田総合警備株式会社' });
    expect((await patch({ nameReading: null })).body).not.toHaveProperty('nameReading');
    expect((await patch({ name: null })).body).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ path: 'name' }] });
    const contact = { contactName: '山田花子', website: 'https://www.yamada-sogo.example' };
    expect((await patch({ ...contact, website: ` ${contact.website} ` })).body).toMatchObject(contact);
    expect((await patch({ website: null })).body).not.toHaveProperty('website');
    expect((await patch({ website: 'yamada' })).body).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ path: 'website' }] });
  });

  it('is answered again as the first time, whatever was changed since', async () => {
    const headers = { 'idempotency-key': 'the-first-name' };
    const { id, token } = await newCustomer(api);
    const rename = (name: string, key?: object) =>
      api.call({ method: 'PATCH', url: `/v1/customers/${id}`, token, body: { name }, headers: { ...key } });
    const { body: first } = await rename('山田総合警備株式会社', headers);
    await rename('山田警備東日本');
    expect((await rename('山田総合警備株式会社', headers)).body).toEqual(first);
  });

  it('has its personal data in the person object of its facts and nowhere else', async () => {
    const { id } = await newCustomer(api);
    for await (const { data, metadata } of api.parts.eventLog.readStream(`customer-${id}`)) {
      const { person, ...rest } = data as { person: object };
      expect(person).toEqual(yamada);
      for (const text of Object.values(yamada)) expect(JSON.stringify([rest, metadata])).not.toContain(text);
    }
  });
});

describe('the dealer of a customer', () => {
  it('sees the customer from the moment it is linked until it is not', async () => {
    const [partner, customer] = [await newPartner(api), await newCustomer(api)];
    expect((await see(customer, partner.token)).body.code).toBe('CUSTOMER_NOT_FOUND');
    expect((await linkDealer(customer, partner.partnerCode)).body.dealer.partnerId).toBe(partner.id);
    expect((await see(customer, partner.token)).body).toMatchObject(yamada);
    expect((await unlinkDealer(customer)).body.dealer).toBeNull();
    expect((await see(customer, partner.token)).body.code).toBe('CUSTOMER_NOT_FOUND');
  });

  it('is replaced by another one in one append', async () => {
    const [first, second, customer] = [await newPartner(api), await newPartner(api), await newCustomer(api)];
    await linkDealer(customer, first.partnerCode);
    expect((await linkDealer(customer, second.partnerCode)).body.dealer.partnerId).toBe(second.id);
    expect(await facts(customer)).toEqual(['CustomerRegistered', 'DealerLinked', 'DealerUnlinked', 'DealerLinked']);
    expect((await see(customer, first.token)).status).toBe(404);
  });

  it('linked again says nothing new; unlinked again is refused', async () => {
    const partner = await newPartner(api);
    const customer = await newCustomer(api, partner.partnerCode);
    expect((await linkDealer(customer, partner.partnerCode.toLowerCase())).body.revision).toBe(1);
    expect((await unlinkDealer(customer)).status).toBe(200);
    expect(await unlinkDealer(customer)).toMatchObject({ status: 409, body: { code: 'DEALER_NOT_LINKED' } });
  });

  it('can be unlinked by its code, and then only itself', async () => {
    const [dealer, other] = [await newPartner(api), await newPartner(api)];
    const { id, token } = await newCustomer(api, dealer.partnerCode);
    const unlink = ({ partnerCode }: { partnerCode: string }) =>
      api.call({ method: 'DELETE', url: `/v1/customers/${id}/dealer`, token, body: { partnerCode } });
    expect(await unlink(other)).toMatchObject({ status: 409, body: { code: 'DEALER_NOT_LINKED' } });
    expect((await unlink(dealer)).body.dealer).toBeNull();
  });

  it('is named by the customer only: neither by the partner, nor the vendor, nor a user of the customer (001-03)', async () => {
    const [partner, customer] = [await newPartner(api), await newCustomer(api)];
    for (const token of [partner.token, api.operator, await tokenOf(api, 'customerUser', customer.id)]) {
      expect(await linkDealer({ ...customer, token }, partner.partnerCode)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
    const other = await newCustomer(api);
    expect(await linkDealer({ ...customer, token: other.token }, partner.partnerCode)).toMatchObject({ status: 404 });
  });

  it('is found by a code that exists', async () => {
    const refused = await linkDealer(await newCustomer(api), 'NOBODY');
    expect(refused).toMatchObject({ status: 404, body: { code: 'PARTNER_CODE_NOT_FOUND', partnerCode: 'NOBODY' } });
  });
});
