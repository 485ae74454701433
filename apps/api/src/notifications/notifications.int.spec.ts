import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { noteFailed, notification, queueNotification, type NotificationQueued } from '#licensing';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { newCustomer, newPartner, tokenOf, type Tenant } from '../testing/tenants.js';

let api: StartedApi;
let [partner, customer] = [{} as Tenant, {} as Tenant];
const asked = new Map<string, string>();

async function queue(name: string, accountId?: string, reason?: string): Promise<void> {
  const notificationId = randomUUID();
  const queued: NotificationQueued['data'] = {
    notificationId,
    kind: 'orderReady',
    language: 'en',
    userId: randomUUID(),
    ...(accountId !== undefined && { accountId }),
    about: { type: 'order', id: randomUUID() },
    content: { orderId: 'o-1', lines: [] },
    person: { email: `${name}@example.com` },
  };
  const actor = { userId: 'notifications', role: 'system' as const };
  const context = () => ({ commandId: randomUUID(), inputHash: 'h', correlationId: 'c', actor });
  await api.parts.ledger.record(notification, notificationId, { notification: queued, context: context() }, queueNotification);
  if (reason !== undefined)
    await api.parts.ledger.record(notification, notificationId, { notificationId, reason, context: context() }, noteFailed);
  asked.set(notificationId, name);
}

beforeAll(async () => {
  api = await startApi();
  [partner, customer] = [await newPartner(api), await newCustomer(api)];
  await queue('to-partner', partner.id);
  await queue('to-customer', customer.id, '550 no such mailbox');
  await queue('to-vendor');
});
afterAll(() => api.stop());

const list = async (token: string, query = '') => {
  const atLeast = await api.parts.eventLog.end();
  return api.call({ url: `/v1/notifications?atLeast=${atLeast}${query}`, token });
};
const names = async (token: string, query = '') =>
  (await list(token, query)).body.items.map(({ notificationId }: { notificationId: string }) => asked.get(notificationId));

describe('the mails that were sent', () => {
  it('are all shown to the operator, newest first, with address and reason', async () => {
    expect(await names(api.operator)).toEqual(['to-vendor', 'to-customer', 'to-partner']);
    expect((await list(api.operator, '&state=failed')).body.items).toEqual([
      expect.objectContaining({
        state: 'failed',
        reason: '550 no such mailbox',
        recipient: expect.objectContaining({ email: 'to-customer@example.com' }),
      }),
    ]);
  });

  it('are shown to partners and customers as far as they went to their own people', async () => {
    expect(await names(partner.token)).toEqual(['to-partner']);
    expect(await names(customer.token)).toEqual(['to-customer']);
    expect(await names(customer.token, '&state=queued')).toEqual([]);
  });

  it('are shown to auditors without addresses, and to nobody else', async () => {
    const { body } = await list(await tokenOf(api, 'auditor'));
    expect([body.items.length, JSON.stringify(body)]).toEqual([3, expect.not.stringContaining('@example.com')]);
    expect((await list(await tokenOf(api, 'customerUser', customer.id))).status).toBe(403);
  });

  it('come in pages', async () => {
    const first = (await list(api.operator, '&limit=2')).body;
    const second = (await list(api.operator, `&limit=2&cursor=${first.next}`)).body;
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null]);
  });
});
