import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operatorPassword, startApi, type StartedApi } from '../testing/started-api.js';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const signIn = (login: unknown, password: unknown) => api.call({ method: 'POST', url: '/v1/sessions', body: { login, password } });

describe('signing in', () => {
  it('answers a token, when it expires and who one is', async () => {
    const { status, body } = await signIn('operator', operatorPassword);
    expect([status, body.user]).toEqual([200, { id: expect.any(String), login: 'operator', role: 'operator', accountId: null }]);
  });
});
