import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Answer, type StartedApi } from '../testing/started-api.js';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

describe('health', () => {
  it('tells both stores and how far each read model is behind', async () => {
    const end = String(await api.parts.eventLog.end());
    const answer = await ready();
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'ready', eventStore: { status: 'up' }, readStore: { status: 'up' }, position: end },
    });
    const names = answer.body.readModels.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['catalogue', 'pool-balance', 'history-search', 'customer-list']));
    expect(answer.body.readModels[0]).toEqual({
      name: expect.any(String),
      version: 1,
      position: expect.any(String),
      lag: '0',
      isStopped: false,
    });
  });

  it('needs nobody to sign in', async () => {
    for (const url of ['/v1/health/live', '/v1/health', '/metrics']) expect((await api.call({ url })).status).toBe(200);
  });

  it('is numbers for Prometheus, too: lag by read model, requests by route', async () => {
    const { body } = await api.call({ url: '/metrics' });
    expect(body).toMatch(/^read_model_lag\{read_model="pool-balance"\} \d+$/m);
    expect(body).toMatch(/^read_model_stopped\{read_model="pool-balance"\} 0$/m);
    expect(body).toMatch(/^http_request_duration_seconds_count\{route="POST \/v1\/sessions",status="200"\} \d+$/m);
  });
});

/** Once the read models have caught up. */
async function ready(): Promise<Answer> {
  for (;;) {
    const answer = await api.call({ url: '/v1/health/ready' });
    if (answer.status === 200 && answer.body.readModels.every(({ lag }: { lag: string }) => lag === '0')) return answer;
  }
}
