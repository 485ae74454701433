import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { connectEventLog, Ledger, type EventLog, type RecordedEvent } from '#event-store';
import { order, type OrderFact } from '#licensing';
import type { Caller } from './support/caller.js';
import { headersOf, plainTextOf } from '../apps/automations/testing/mail-text.js';
import { MailServer } from '../apps/automations/testing/mail-server.js';
import { LaunchedLedger, temporaryFolder } from './support/launched-ledger.js';
import { until } from './support/until.js';

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
});
afterEach(async () => {
  await log.close();
  await ledger.stop();
  await server.close();
  data.remove();
});

async function facts(type: string): Promise<RecordedEvent<string, any>[]> {
  const found: RecordedEvent[] = [];
  for await (const event of log.readAll({ filter: { types: [type] } })) found.push(event);
  return found;
}

const password = 'a password of the test';

async function userOf(operator: Caller, email: string, role: string, more: object = {}): Promise<Caller> {
  await operator.post('/v1/users', { login: email, email, role, password, ...more });
  return ledger.caller.signIn(email, password);
}

/** The mail to this address that a condition is looked for in, once it is there: who it is to, its subject and its words. */
async function mailTo(address: string, number = 1): Promise<{ subject: string; words: string }> {
  const mine = () => server.received.filter(({ to }) => to === address);
  await until(() => mine().length >= number);
  const { text } = mine()[number - 1]!;
  return { subject: headersOf(text)['subject']!, words: plainTextOf(text) };
}

describe('mails', () => {
  it('tell the approvers of a drawdown, who asked for it what came of it, and who ordered that it is ready (004-26, 004-28, 003-56)', async () => {
    const operator = await ledger.caller.signIn('operator', operatorPassword);
    const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'approval' };
    await operator.put('/v1/products/BOT', { name: 'Bot Runner', policy });
    const accounting = await userOf(operator, 'kirjanpito@vendor.example', 'accounting', { language: 'fi' });
    const { partnerId } = (await operator.post('/v1/partners', { name: 'Cabinet Robotique', email: 'a@cr.example', language: 'fr' })).body;
    const partner = await userOf(operator, 'camille@cr.example', 'partner', { accountId: partnerId, givenName: 'Camille' });
    await operator.post(`/v1/pools/${partnerId}/purchases`, { orderId: 'PO-1', lines: [{ sku: 'BOT', quantity: 10 }] });
    const drawdowns = `/v1/pools/${partnerId}/drawdowns`;
    const customer = {
      accountName: '<b>Soleil</b>',
      website: 'https://soleil.example',
      contactName: 'S',
      contactEmail: 's@soleil.example',
    };
    const submit = async () =>
      (await partner.post(drawdowns, { orderId: 'PO-1', customer, lines: [{ sku: 'BOT', quantity: 2 }] })).body.drawdownId;

    const first = await submit();
    const asked = await mailTo('kirjanpito@vendor.example');
    expect(asked.subject).toBe('Lisenssien siirtopyyntö odottaa hyväksyntääsi: Cabinet Robotique');
    expect(asked.words).toContain('Cabinet Robotique pyytää lupaa siirtää tilauksen PO-1 lisenssejä asiakkaalle <b>Soleil</b>.');
    expect(asked.words).toContain('2 × Bot Runner (BOT)');
    await accounting.post(`${drawdowns}/${first}/approve`);
    expect((await mailTo('camille@cr.example')).subject).toBe('Votre demande de prélèvement a été approuvée');
    await accounting.post(`${drawdowns}/${await submit()}/reject`, { reason: 'Commande impayée' });
    const rejected = await mailTo('camille@cr.example', 2);
    expect(rejected.subject).toBe('Votre demande de prélèvement a été rejetée');
    expect(rejected.words).toContain('Bonjour Camille,');
    expect(rejected.words).toContain('Motif\u00a0: Commande impayée');

    const { customerId } = (await operator.post('/v1/customers', { name: '山田商店', email: 'i@y.example', language: 'ja' })).body;
    const buyer = await userOf(operator, 'hanako@y.example', 'customerAdmin', {
      accountId: customerId,
      givenName: '花子',
      familyName: '山田',
    });
    await buyer.post('/v1/orders', { accountId: customerId, lines: [{ sku: 'BOT', quantity: 1 }], payment: { method: 'invoice' } });
    const ready = await mailTo('hanako@y.example');
    expect(ready.subject).toBe('ご注文の準備が整いました');
    expect(ready.words).toMatch(/^山田 花子 様\n/);
  });

  it('are queued once and sent under one id each, however often and whenever the automations are killed', async () => {
    const operator = await ledger.caller.signIn('operator', operatorPassword);
    const { customerId } = (await operator.post('/v1/customers', { name: 'HELSINKI ELEVATORS Oy', email: 'it@he.example', language: 'fi' }))
      .body;
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
  });
});
