import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Ledger } from '#event-store';
import { changePartnerProfile, partner } from '#licensing';
import { startApi, type StartedApi } from './testing/started-api.js';
import { newPartner } from './testing/tenants.js';

let api: StartedApi;
beforeAll(async () => void (api = await startApi()));
afterAll(() => api.stop());

/** Another process writes to the same log. */
function elsewhere(partnerId: string, name: string) {
  const ledger = new Ledger({ log: api.parts.eventLog, now: () => api.parts.clock.nowText() });
  const actor = { userId: randomUUID(), role: 'operator' } as const;
  const context = { commandId: randomUUID(), inputHash: 'a'.repeat(64), correlationId: 'elsewhere', actor };
  return ledger.record(partner, partnerId, { partnerId, name, context }, changePartnerProfile);
}

describe('what is answered from the facts themselves', () => {
  it('knows of what another process recorded, from the position that is named', async () => {
    const { id, token } = await newPartner(api);
    const named = async (atLeast: string) => (await api.call({ url: `/v1/partners/${id}${atLeast}`, token })).body.name;
    await api.hearNothing();
    const before = await named('');
    const { position } = await elsewhere(id, 'another name');
    expect([await named(''), await named(`?atLeast=${position}`)]).toEqual([before, 'another name']);
  });

  it('says how far it has come when the position does not come', async () => {
    const { id, token } = await newPartner(api);
    const end = String(await api.parts.eventLog.end());
    const { status, body, headers } = await api.call({ url: `/v1/partners/${id}?atLeast=${BigInt(end) + 1_000_000n}`, token });
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'READ_MODEL_BEHIND', expect.any(String)]);
    expect(body).toMatchObject({ projection: 'log', reached: end });
  });
});
