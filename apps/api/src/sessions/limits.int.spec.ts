import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { startApi, type StartedApi } from '../testing/started-api.js';

let api: StartedApi;
beforeAll(async () => {
  // The operator's own sign-in by the test is the first of the three.
  api = await startApi({ LIMIT_SIGN_IN_PER_MINUTE: '3', LIMIT_REQUESTS_PER_MINUTE: '5' });
});
afterAll(() => api.stop());

it('refuses more sign-ins from an address than allowed, whoever signs in, and says when to come again', async () => {
  const answers = [];
  for (const login of ['a', 'b', 'c'])
    answers.push(await api.call({ method: 'POST', url: '/v1/sessions', body: { login, password: 'x' } }));
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
  expect(answers[2]).toMatchObject({ body: { code: 'TOO_MANY_REQUESTS', limit: 3 } });
  expect(Number(answers[2]!.headers['retry-after'])).toBeGreaterThan(0);
});

it('refuses more requests of a principal than allowed; others go on', async () => {
  const { body } = await api.call({ url: '/v1/me', token: api.operator });
  const statuses = [];
  for (let call = 0; call < 5; call++) statuses.push((await api.call({ url: '/v1/me', token: api.operator })).status);
  expect([body.user.login, ...statuses]).toEqual(['operator', 200, 200, 200, 200, 429]);
  expect((await api.call({ url: '/v1/health/live' })).status).toBe(200);
});

it('counts signed calls when they are known to be signed: what anybody makes up takes no room from the shop', async () => {
  const body = JSON.stringify({ storeAccountId: 'EC-1', orderId: 'EC-ORDER-1', purchasedAt: '2026-04-01T00:00:00Z', lines: [] });
  const call = async (secret: string) => {
    const [id, at] = [randomUUID(), new Date()];
    const signature = new Webhook(secret).sign(id, at, body);
    const timestamp = String(Math.floor(at.getTime() / 1000));
    const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
    return (
      await api.call({ method: 'POST', url: '/v1/store/purchases', body, headers: { ...headers, 'content-type': 'application/json' } })
    ).status;
  };
  for (let times = 0; times < 6; times++) expect(await call('whsec_c29tZWJvZHkgZWxzZSB3aG8gc2lnbnM=')).toBe(401);
  const statuses = [];
  for (let times = 0; times < 6; times++) statuses.push(await call(api.parts.secrets.storeSecret!));
  expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
});

it('believes the address that a proxy tells only when the proxy is trusted', async () => {
  const from = (address: string) =>
    api.call({ method: 'POST', url: '/v1/sessions', headers: { 'x-forwarded-for': address }, body: { login: 'a', password: 'x' } });
  expect((await from('192.0.2.1')).status).toBe(429);
  await api.stop();
  api = await startApi({ LIMIT_SIGN_IN_PER_MINUTE: '1', TRUSTED_PROXIES: '127.0.0.0/8' });
  const statuses = [];
  for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2']) statuses.push((await from(address)).status);
  expect(statuses).toEqual([401, 429, 401]);
});
