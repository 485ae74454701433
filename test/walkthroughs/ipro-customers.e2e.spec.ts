import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningLedger } from '../support/running-ledger.js';
import { places } from './places.js';
import { expectStatus, Remo, type Party } from './remo.js';

/**
 * The partner's search for its customers in i-PRO Remo. Service, step by step over HTTP. The steps follow each other; the titles carry the rows of
 * the source (CONTRIBUTING.md). There are no devices (rows 001-12…20).
 */
describe.each(places)('i-PRO: customers, on $name', ({ start }) => {
  let ledger: RunningLedger;
  let remo: Remo;
  let sakura: Party;
  let other: Party;
  let yamada: Party;
  let code: string;
  let atLeast: string | undefined;

  beforeAll(async () => {
    ledger = await start();
    remo = await Remo.at(ledger);
    code = remo.unique('SAKURA');
  });
  afterAll(() => ledger?.stop());

  const customers = async (query = {}) => (await sakura.user.get(`/v1/partners/${sakura.id}/customers`, { atLeast, ...query })).body;
  const names = async (query = {}) => (await customers(query)).items.map(({ name }: any) => name);
  const link = async (customer: Party, partnerCode = code) => {
    atLeast = (await expectStatus(200, customer.user.put(`/v1/customers/${customer.id}/dealer`, { partnerCode }))).position;
  };

  it('001-05: a partner signs in with a browser at the one sign-in', async () => {
    sakura = await remo.partner('さくらネットワークス株式会社', 'license@sakura-networks.example', code);
    other = await remo.partner('みどり通信株式会社', 'partner@midori.example', remo.unique('MIDORI'));
    const { status, body } = await remo.signIn(sakura.login);
    expect([status, body.user.accountId]).toEqual([200, sakura.id]);
    expect((await remo.anyone.post('/v1/sessions', { login: sakura.login, password: 'something else' })).body.code).toBe('SIGN_IN_FAILED');
  });

  it('001-07: the partner sees its own name, e-mail address and partner code', async () => {
    const { body } = await sakura.user.get(`/v1/partners/${sakura.id}`);
    expect(body).toMatchObject({ name: 'さくらネットワークス株式会社', email: 'license@sakura-networks.example', partnerCode: code });
  });

  it('001-02, 001-04: a customer that registered no dealer is in no list', async () => {
    yamada = await remo.customer('山田警備保障株式会社', 'ヤマダケイビホショウ', 'Kanri@Yamada-Keibi.example');
    expect(await customers()).toEqual({ items: [], page: 1, pageSize: 20, total: 0 });
    expect((await sakura.user.get(`/v1/customers/${yamada.id}`)).body.code).toBe('CUSTOMER_NOT_FOUND');
  });

  it('001-03: the partner cannot register itself as the dealer; only the customer can', async () => {
    const attempt = await sakura.user.put(`/v1/customers/${yamada.id}/dealer`, { partnerCode: code });
    expect([attempt.status, attempt.body.code]).toEqual([403, 'FORBIDDEN']);
    const vendor = await remo.operator.put(`/v1/customers/${yamada.id}/dealer`, { partnerCode: code });
    expect([vendor.status, vendor.body.code]).toEqual([403, 'FORBIDDEN']);
  });

  it('001-03: the customer registers its dealer by the partner code, in any width and case', async () => {
    await link(yamada, fullWidth(code.toLowerCase()));
    const { body } = await yamada.user.get(`/v1/customers/${yamada.id}`);
    expect(body.dealer).toMatchObject({ partnerId: sakura.id, partnerCode: code, name: 'さくらネットワークス株式会社' });
  });

  it('001-03: a code that nobody has is refused', async () => {
    const { status, body } = await yamada.user.put(`/v1/customers/${yamada.id}/dealer`, { partnerCode: 'NOBODY' });
    expect([status, body.code]).toEqual([404, 'PARTNER_CODE_NOT_FOUND']);
  });

  it('001-01, 001-06, 001-10: from that moment on the partner sees the customer, without any filter', async () => {
    const { items, total } = await customers();
    expect(total).toBe(1);
    expect(items).toMatchObject([{ customerId: yamada.id, name: '山田警備保障株式会社', email: 'Kanri@Yamada-Keibi.example' }]);
    expect((await sakura.user.get(`/v1/customers/${yamada.id}`)).status).toBe(200);
  });

  it('001-02: another partner sees nothing of it', async () => {
    expect((await other.user.get(`/v1/partners/${other.id}/customers`, { atLeast })).body.total).toBe(0);
    expect((await other.user.get(`/v1/customers/${yamada.id}`)).status).toBe(404);
    expect((await other.user.get(`/v1/partners/${sakura.id}/customers`)).body.code).toBe('PARTNER_NOT_FOUND');
  });

  it('001-08, 001-09: the list is narrowed by any part of the e-mail address', async () => {
    await link(await remo.customer('Société Générale de Vidéo', undefined, 'achat@sgv.example'));
    expect(await names({ email: 'yamada' })).toEqual(['山田警備保障株式会社']);
    expect(await names({ email: '@SGV.ex' })).toEqual(['Société Générale de Vidéo']);
    expect(await names({ email: '.example' })).toHaveLength(2);
    expect(await names({ email: 'nobody' })).toEqual([]);
    expect(await names({ email: '' })).toHaveLength(2);
  });

  it('001-11: 20 customers are one page', async () => {
    for (let number = 3; number <= 20; number++)
      await link(await remo.customer(`お客様 ${number}`, undefined, `user${number}@customers.example`));
    expect(await customers()).toMatchObject({ total: 20, pageSize: 20, page: 1 });
    expect((await customers()).items).toHaveLength(20);
    expect((await customers({ page: 2 })).items).toEqual([]);
  });

  it('001-11: the 21st begins the second page, and nobody is on two', async () => {
    await link(await remo.customer('お客様 21', undefined, 'user21@customers.example'));
    const pages = [await customers({ page: 1 }), await customers({ page: 2 })];
    expect(pages.map(({ items, total }) => [items.length, total])).toEqual([
      [20, 21],
      [1, 21],
    ]);
    expect(new Set(pages.flatMap(({ items }) => items.map(({ customerId }: any) => customerId))).size).toBe(21);
  });

  it('001-02: when the customer takes another dealer, the first sees it no longer', async () => {
    await link(yamada, (await other.user.get(`/v1/partners/${other.id}`)).body.partnerCode);
    expect((await customers({ email: 'yamada' })).total).toBe(0);
    expect((await other.user.get(`/v1/partners/${other.id}/customers`, { atLeast })).body.total).toBe(1);
  });

  it('001-03: the customer ends the link itself', async () => {
    const ended = await yamada.user.delete(`/v1/customers/${yamada.id}/dealer`);
    expect([ended.status, ended.body.dealer]).toEqual([200, null]);
    expect((await other.user.get(`/v1/partners/${other.id}/customers`, { atLeast: ended.position })).body.total).toBe(0);
    expect((await yamada.user.delete(`/v1/customers/${yamada.id}/dealer`)).body.code).toBe('DEALER_NOT_LINKED');
  });
});

/** As typed with a Japanese keyboard. */
function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));
}
