import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { bought, newPartner, newProduct } from '../testing/tenants.js';

let api: StartedApi;
beforeAll(async () => void (api = await startApi({ EVENTSTORE_URL: 'esdb://elsewhere', JWT_SECRET: 'x'.repeat(32) })));
afterAll(() => api.stop());

describe('an installation without a key for license files', () => {
  it('issues none, changes nothing, and says why', async () => {
    await newProduct(api, 'BOT-RUNNER', { delivery: 'file' });
    const { id, token } = await newPartner(api);
    await bought(api, id, 'BOT-RUNNER', 1);
    const before = await api.parts.eventLog.end();
    const answer = await api.call({
      method: 'POST',
      url: `/v1/pools/${id}/license-files`,
      token,
      body: { sku: 'BOT-RUNNER', quantity: 1 },
    });
    expect(answer).toMatchObject({ status: 503, body: { code: 'LICENSE_FILE_KEY_MISSING' } });
    expect((await api.call({ url: '/v1/keys' })).body).toEqual({ keys: [] });
    expect(await api.parts.eventLog.end()).toBe(before);
  });
});
