import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { connectEventLog, Ledger, type EventLog, type RecordedEvent } from '#event-store';
import { order, type OrderFact } from '#licensing';
import { MailServer } from '../apps/automations/testing/mail-server.js';
import { LaunchedLedger, temporaryFolder } from './support/launched-ledger.js';
import { until } from './support/until.js';

const patience = 120_000;
const operatorPassword = 'correct horse battery staple';
const mailsInAll = 12;

let data: ReturnType<typeof temporaryFolder>;
let server: MailServer;
let ledger: LaunchedLedger;
let log: EventLog;
beforeEach(async () => {
  [data, server] = [temporaryFolder(), await MailServer.start()];
  const environment = { OPERATOR_PASSWORD: operatorPassword, SMTP_URL: server.url, MAIL_FROM: 'Licenses <licenses@vendor.example>' };
  ledger = await LaunchedLedger.start(data.path, environment);
  log = connectEventLog(ledger.address.eventStoreUrl);
}, patience);
afterEach(async () => {
  await log.close();
  await ledger.stop();
  await server.close();
  data.remove();
}, patience);

async function facts(type: string): Promise<RecordedEvent<string, any>[]> {
  const found: RecordedEvent[] = [];
  for await (const event of log.readAll({ filter: { types: [type] } })) found.push(event);
  return found;
}

describe('mails', () => {
  it(
    'are queued once and sent under one id each, however often and whenever the automations are killed',
    async () => {
      const operator = await ledger.caller.signIn('operator', operatorPassword);
      const { customerId } = (
        await operator.post('/v1/customers', { name: 'HELSINKI ELEVATORS Oy', email: 'it@he.example', language: 'fi' })
      ).body;
      const admin = { login: 'virtanen', role: 'customerAdmin', accountId: customerId, email: 'virtanen@he.example' };
      const { userId } = (await operator.post('/v1/users', admin)).body;

      // The server has the mail, and we are not told so: the worst moment there is. Then once more, when others are under way.
      let arrived = 0;
      server.beforeAnswer = async () => {
        arrived += 1;
        if (arrived === 1 || arrived === 7) ledger.kill('automations');
      };
      const writing = new Ledger({ log, now: () => new Date().toISOString() });
      for (let number = 0; number < mailsInAll; number += 1) {
        const orderId = randomUUID();
        const place = { orderId, accountId: customerId, placedBy: userId };
        const placed = { ...place, lines: [], totals: [], payment: { method: 'invoice' }, fulfilment: 'automatic' } as const;
        const ready: OrderFact[] = [
          { type: 'OrderPlaced', data: placed },
          { type: 'OrderProvisioned', data: place },
        ];
        const actor = { userId: 'a-test', role: 'operator' };
        await writing.record(
          order,
          orderId,
          { context: { commandId: randomUUID(), inputHash: 'h', correlationId: 'c', actor } },
          () => ready,
        );
      }

      await until(async () => (await facts('NotificationSent')).length === mailsInAll);
      const queued = (await facts('NotificationQueued')).map((fact) => fact.data);
      expect(new Set(queued.map(({ about }) => about.id)).size).toBe(mailsInAll);
      expect([queued.length, await facts('NotificationFailed')]).toEqual([mailsInAll, []]);
      expect([...new Set(server.messageIds)].sort()).toEqual(queued.map(({ notificationId }) => notificationId).sort());
      expect(server.received.length).toBeGreaterThan(mailsInAll);
      await until(() => ledger.printed.match(/automations ended by SIGKILL/g)?.length === 2);
      const { items } = (await operator.get(`/v1/notifications?state=sent&atLeast=${await log.end()}`)).body;
      expect(items[0]).toMatchObject({
        kind: 'orderReady',
        language: 'fi',
        recipient: { userId, accountId: customerId, email: admin.email },
      });
    },
    patience,
  );
});
