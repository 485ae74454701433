import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startApi, type Answer, type StartedApi } from '../testing/started-api.js';
import { bought, newPartner, newProduct, tokenOf } from '../testing/tenants.js';

let api: StartedApi;
beforeAll(async () => void (api = await startApi({ DRAWDOWN_APPROVER_ROLE: 'partner' })));
afterAll(() => api.stop());

const problem = ({ status, body }: Answer) => [status, body.code];
const customer = {
  accountName: 'Fjordline',
  website: 'https://fjordline.example',
  contactName: 'Ingrid Solberg',
  contactEmail: 'ingrid@fjordline.example',
};

it('The approver can be another user of the partner, where the settings say so: never the one who asked', async () => {
  await newProduct(api, 'BOT-RUNNER');
  const [buyer, stranger] = [await newPartner(api), await newPartner(api)];
  const colleague = await tokenOf(api, 'partner', buyer.id);
  const { orderId } = (await bought(api, buyer.id, 'BOT-RUNNER', 5)).body;
  const call = (path: string, token: string, body?: object) =>
    api.call({ method: 'POST', url: `/v1/pools/${buyer.id}/drawdowns${path}`, token, body });
  const lines = [{ sku: 'BOT-RUNNER', quantity: 1 }];
  const { drawdownId, position } = (await call('', buyer.token, { orderId, customer, lines })).body;

  expect(problem(await call(`/${drawdownId}/approve`, buyer.token))).toEqual([409, 'DRAWDOWN_SELF_APPROVAL']);
  expect(problem(await call(`/${drawdownId}/reject`, buyer.token, { reason: 'no' }))).toEqual([409, 'DRAWDOWN_SELF_APPROVAL']);
  expect(problem(await call(`/${drawdownId}/approve`, stranger.token))).toEqual([404, 'POOL_NOT_FOUND']);
  expect(problem(await call(`/${drawdownId}/approve`, await tokenOf(api, 'accounting')))).toEqual([403, 'FORBIDDEN']);
  const queue = async (token: string) => (await api.call({ url: `/v1/drawdowns?atLeast=${position}`, token })).body.total;
  expect([await queue(colleague), await queue(stranger.token), await queue(api.operator)]).toEqual([1, 0, 1]);
  expect((await call(`/${drawdownId}/approve`, colleague)).body.state).toBe('approved');
});
