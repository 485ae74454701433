import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Ledger } from '#event-store';
import { changePartnerProfile, customer, linkDealer, partner } from '#licensing';
import { startApi, type StartedApi } from './testing/started-api.js';
import { bought, newCustomer, newPartner, newProduct } from './testing/tenants.js';

let api: StartedApi;
beforeAll(async () => void (api = await startApi()));
afterAll(() => api.stop());

/** Another process writes to the same log; this one hears of it by following the log. */
const elsewhere = () => new Ledger({ log: api.parts.eventLog, now: () => api.parts.clock.nowText() });
const context = () => ({
  commandId: randomUUID(),
  inputHash: 'a'.repeat(64),
  correlationId: 'elsewhere',
  actor: { userId: randomUUID(), role: 'operator' } as const,
});

describe('what is answered from the facts themselves', () => {
  it('knows of what another process recorded, from the position that is named', async () => {
    const { id, token } = await newPartner(api);
    const named = async (atLeast: string) => (await api.call({ url: `/v1/partners/${id}${atLeast}`, token })).body.name;
    for (let round = 0; round < 20; round++) {
      await named('');
      const change = { partnerId: id, name: `name ${round}`, context: context() };
      const { position } = await elsewhere().record(partner, id, change, changePartnerProfile);
      expect(await named(`?atLeast=${position}`)).toBe(`name ${round}`);
    }
  });

  it('denies no link that another process has recorded', async () => {
    const { id: partnerId, token, partnerCode } = await newPartner(api);
    await newProduct(api, 'ELSEWHERE-1Y');
    await bought(api, partnerId, 'ELSEWHERE-1Y', 100);
    for (let round = 0; round < 20; round++) {
      const { id: customerId } = await newCustomer(api);
      const body = { customerId, lines: [{ sku: 'ELSEWHERE-1Y', quantity: 1 }] };
      const assign = () => api.call({ method: 'POST', url: `/v1/pools/${partnerId}/assignments`, token, body });
      expect((await assign()).body.code).toBe('CUSTOMER_NOT_FOUND');
      await elsewhere().record(customer, customerId, { customerId, partnerId, partnerCode, context: context() }, linkDealer);
      expect((await assign()).status).toBe(201);
    }
  });

  it('says how far it has come when the position does not come', async () => {
    const { id, token } = await newPartner(api);
    const end = String(await api.parts.eventLog.end());
    const { status, body, headers } = await api.call({ url: `/v1/partners/${id}?atLeast=${BigInt(end) + 1_000_000n}`, token });
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'READ_MODEL_BEHIND', expect.any(String)]);
    expect(body).toMatchObject({ projection: 'log', reached: end });
  });
});
