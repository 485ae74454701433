import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startApi, type Answer, type StartedApi } from '../testing/started-api.js';
import { bought, newPartner, newProduct, type Tenant } from '../testing/tenants.js';

let api: StartedApi;
let partner: Tenant;
beforeEach(async () => {
  api = await startApi();
  await newProduct(api, 'A');
  partner = await newPartner(api);
});
afterEach(() => api.stop());

const ready = () => api.call({ url: '/v1/health/ready' });
const pool = (query = '') => api.call({ url: `/v1/pools/${partner.id}${query}`, token: partner.token });

async function until(condition: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ready();
    if (condition(answer)) return answer;
  }
}

describe('while the event store is gone', () => {
  it('writes answer 503 with a hint when to try again, health is red, and the process lives', async () => {
    await api.loseEventStore();
    const answer = await bought(api, partner.id, 'A', 1).catch((error: Error) => error.message);
    expect(answer).toMatch(/^503 .*EVENT_STORE_UNAVAILABLE/);
    expect(await ready()).toMatchObject({
      status: 503,
      headers: { 'retry-after': '2' },
      body: { status: 'notReady', eventStore: { status: 'down' }, readStore: { status: 'up' } },
    });
    expect((await api.call({ url: '/v1/health/live' })).status).toBe(200);
  });
});

describe('while the read store is gone', () => {
  it('reads answer 503, never wrong numbers; writes go on', async () => {
    await api.holdProjections();
    await api.parts.readStore.close();
    expect(await pool()).toMatchObject({ status: 503, headers: { 'retry-after': '2' }, body: { code: 'READ_STORE_UNAVAILABLE' } });
    expect((await bought(api, partner.id, 'A', 1)).status).toBe(201);
    expect(await ready()).toMatchObject({ status: 503, body: { readStore: { status: 'down' }, eventStore: { status: 'up' } } });
  });
});

describe('a read model that has stopped', () => {
  it('shows in health with the event that stopped it, and answers nothing', async () => {
    await until(({ body }) => body.status === 'ready');
    const id = randomUUID();
    const metadata = { recordedAt: 'never', actor: {}, commandId: id };
    await api.parts.eventLog.append(`pool-${id}`, [{ id, type: 'LicensePurchased', data: { accountId: id, lots: 'none' }, metadata }], -1);
    const red = await until(({ body }) => body.readModels.some(({ name, isStopped }: any) => name === 'pool-balance' && isStopped));
    expect(red.status).toBe(503);
    expect(red.body.readModels.find(({ name }: any) => name === 'pool-balance').stopped.eventId).toBe(id);
    await new Promise<void>((resolve) => setImmediate(resolve));
    let answer = await pool();
    while (answer.status === 200) answer = await pool();
    expect(answer).toMatchObject({ status: 503, body: { code: 'READ_MODEL_STOPPED' } });

    // As while it is filled for the first time.
    await api.holdProjections();
    await api.parts.readStore.stopServing('pool-balance');
    const unserved = await until(({ body }) => body.readModels.some(({ version }: any) => version === null));
    expect(unserved.body.readModels.find(({ name }: any) => name === 'pool-balance')).toMatchObject({
      ...{ version: null, position: null, isStopped: true },
      stopped: { eventId: id },
    });
  });
});

describe('a read model that is behind', () => {
  it('is told by health as lag, which is no failure', async () => {
    await until(({ body }) => body.status === 'ready');
    await api.holdProjections();
    await bought(api, partner.id, 'A', 1);
    const behind = await until(({ body }) => body.readModels.every(({ lag }: any) => BigInt(lag) > 0n));
    expect(behind.status).toBe(200);
  });

  it('makes reads wait for the position they ask for, and answers 503 with how far it has come', async () => {
    await until(({ body }) => body.status === 'ready');
    const goOn = await api.holdProjections();
    const { headers } = await bought(api, partner.id, 'A', 7);
    const position = headers['ledger-position']!;
    expect(await pool(`?atLeast=${position}`)).toMatchObject({
      status: 503,
      body: { code: 'READ_MODEL_BEHIND', position, reached: expect.any(String) },
    });
    const waiting = pool(`?atLeast=${position}`);
    goOn();
    expect(await waiting).toMatchObject({ status: 200, body: { total: 7 } });
  });
});
