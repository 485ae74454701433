import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { order, type DrawdownSubmitted, type PoolFact } from '#licensing';
import { until } from '../../../libs/event-store/src/testing/store.js';
import { MailScene } from '../testing/mail-scene.js';
import type { MailTransport } from './mails/transport.js';

/** Takes every mail, and keeps none. */
const nowhere: MailTransport = { send: async () => {}, close: () => {} };

let mails: MailScene;
beforeEach(async () => {
  mails = await MailScene.open();
  await mails.account('partner', 'p-1', 'さくら', 'ja');
  await mails.account('customer', 'c-1', 'HELSINKI ELEVATORS Oy', 'fi');
  await mails.person('sato', 'partner', { login: 'sato@sakura.example', givenName: '花子', familyName: '佐藤' }, { accountId: 'p-1' });
  await mails.person('virtanen', 'customerAdmin', { login: 'virtanen', email: 'v@he.example' }, { accountId: 'c-1', language: 'fr' });
});
afterEach(() => mails.close());

const submitted: DrawdownSubmitted['data'] = {
  accountId: 'p-1',
  drawdownId: 'd-1',
  orderId: 'PO-1',
  customerId: 'c-1',
  requestedBy: 'sato',
  lines: [{ line: 1, sku: 'BOT', quantity: 3, lots: [{ lotId: 'lot-1', quantity: 3 }] }],
  holdUntil: '2026-05-01T00:00:00.000Z',
  note: 'soon, please',
  person: { accountName: 'HELSINKI ELEVATORS Oy' },
};
const submit = (): PoolFact => ({ type: 'DrawdownSubmitted', data: submitted });
const pool = (...facts: PoolFact[]) => mails.scene.record('p-1', ...facts);
const released = [{ lotId: 'lot-1', sku: 'BOT', quantity: 3, from: 'held' as const }];

/** Time in which everything would have happened that can: the log is read to its end, and back. */
async function longer(): Promise<'longer'> {
  for (let round = 0; round < 50; round += 1) await mails.scene.everyFact('NotificationQueued');
  return 'longer';
}

/** All mails that are asked for up to a position, as they were queued. */
async function queued(upTo: bigint, options = {}) {
  const running = await mails.automations(nowhere, options);
  await running.notifications.progress.reaches(upTo, new AbortController().signal);
  await running.stop();
  return mails.queued();
}

describe('a drawdown', () => {
  it('that is submitted is told to every approver, each in the own language, not to who asked', async () => {
    await mails.person('acc-1', 'accounting', { login: 'acc-1', email: 'one@vendor.example', notificationEmail: 'bell@vendor.example' });
    await mails.person('acc-2', 'accounting', { login: 'two@vendor.example' }, { language: 'fr' });
    await mails.person('aud-1', 'auditor', { login: 'audit@vendor.example' });
    const all = await queued(await pool(submit()));
    expect(all.map(({ userId, language, person }) => [userId, language, person.email]).sort()).toEqual([
      ['acc-1', 'en', 'bell@vendor.example'],
      ['acc-2', 'fr', 'two@vendor.example'],
    ]);
    expect(all[0]).toMatchObject({
      kind: 'drawdownSubmitted',
      about: { type: 'drawdown', id: 'd-1' },
      content: {
        orderId: 'PO-1',
        lines: [{ sku: 'BOT', product: 'Bot Runner', quantity: 3 }],
        until: submitted.holdUntil,
        note: 'soon, please',
      },
      person: { partner: 'さくら', customer: 'HELSINKI ELEVATORS Oy' },
    });
  });

  it('waits for the read model rather than miss an approver that was just created', async () => {
    await mails.hold();
    await mails.person('acc-1', 'accounting', { login: 'one@vendor.example' });
    const position = await pool(submit());
    const running = await mails.automations(nowhere);
    const reached = running.notifications.progress.reaches(position, new AbortController().signal);
    expect(await Promise.race([reached, longer()])).toBe('longer');
    mails.project();
    await reached;
    await running.stop();
    expect(await mails.queued()).toHaveLength(1);
  });

  it('that partners approve themselves is told to the others of the account', async () => {
    await mails.person('suzuki', 'partner', { login: 'suzuki@sakura.example' }, { accountId: 'p-1' });
    await mails.person('other', 'partner', { login: 'other@elsewhere.example' }, { accountId: 'p-2' });
    const all = await queued(await pool(submit()), { role: 'partner' });
    expect(all.map(({ userId }) => userId)).toEqual(['suzuki']);
  });

  it('nobody can approve holds nothing up', async () => {
    await pool(submit());
    expect(await queued(await mails.orderReady('o-1', 'virtanen'))).toMatchObject([{ kind: 'orderReady' }]);
  });

  it('that is approved or rejected is told to who asked, with what it was about and why', async () => {
    await pool(submit(), { type: 'DrawdownApproved', data: { accountId: 'p-1', drawdownId: 'd-1' } });
    const other = { ...submitted, drawdownId: 'd-2' };
    const rejected = { accountId: 'p-1', drawdownId: 'd-2', reason: 'wrong order', released };
    const all = await queued(await pool({ type: 'DrawdownSubmitted', data: other }, { type: 'DrawdownRejected', data: rejected }));
    expect(all).toMatchObject([
      { kind: 'drawdownApproved', userId: 'sato', accountId: 'p-1', about: { id: 'd-1' }, content: { until: submitted.holdUntil } },
      { kind: 'drawdownRejected', about: { id: 'd-2' }, content: { reason: 'wrong order', lines: [{ quantity: 3 }] } },
    ]);
    expect(all[0]!.person).toEqual({ email: 'sato@sakura.example', name: '佐藤 花子', customer: 'HELSINKI ELEVATORS Oy' });
    expect([all[0]!.language, all[1]!.content.until]).toEqual(['ja', undefined]);
  });
});

describe('an order', () => {
  it('that is ready, failed or was not paid is told to who placed it, in the own language', async () => {
    await mails.orderReady('o-1', 'virtanen');
    const one = { accountId: 'c-1', placedBy: 'virtanen' };
    await mails.tell(order, 'o-2', { type: 'OrderFailed', data: { ...one, orderId: 'o-2', reason: 'no room' } });
    const last = await mails.tell(order, 'o-3', { type: 'PaymentFailed', data: { ...one, orderId: 'o-3' } });
    const all = await queued(last);
    expect(all.map(({ kind, language, person }) => [kind, language, person.email])).toEqual([
      ['orderReady', 'fr', 'v@he.example'],
      ['orderFailed', 'fr', 'v@he.example'],
      ['paymentFailed', 'fr', 'v@he.example'],
    ]);
    expect(all[0]).toMatchObject({ accountId: 'c-1', content: { orderId: 'o-1', lines: [{ product: 'Bot Runner', quantity: 2 }] } });
    expect(all[1]!.content.reason).toBe('no room');
  });

  it('of somebody without an address is told to nobody, and holds nothing up', async () => {
    await mails.person('silent', 'customerAdmin', { login: 'silent' }, { accountId: 'c-1' });
    await mails.orderReady('o-1', 'silent');
    expect(await queued(await mails.orderReady('o-2', 'virtanen'))).toMatchObject([{ about: { id: 'o-2' } }]);
  });
});

describe('every mail', () => {
  it('is queued once, however many processes look, and however often they begin anew', async () => {
    let last = 0n;
    for (let number = 1; number <= 20; number += 1) last = await mails.orderReady(`o-${number}`, 'virtanen');
    const names = ['one', 'other', 'third'];
    const running = await Promise.all(names.map((name) => mails.automations(nowhere, { name })));
    await Promise.all(running.map(({ notifications }) => notifications.progress.reaches(last, new AbortController().signal)));
    await Promise.all(running.map(({ stop }) => stop()));
    const again = await mails.automations(nowhere, { name: 'without-a-checkpoint' });
    await again.notifications.progress.reaches(last, new AbortController().signal);
    await again.stop();
    const all = await mails.queued();
    expect(all.map(({ about }) => about.id).sort()).toEqual(Array.from({ length: 20 }, (_, index) => `o-${index + 1}`).sort());
  });

  it('names people in one place of its fact only', async () => {
    const [queuedFact] = await queued(await mails.orderReady('o-1', 'virtanen'));
    const { person, ...rest } = queuedFact!;
    expect(person.email).toBe('v@he.example');
    expect(JSON.stringify(rest)).not.toMatch(/he\.example|HELSINKI/);
  });

  it('is sent as soon as it is queued, by the process that queued it', async () => {
    const running = await mails.automations(nowhere);
    await mails.orderReady('o-1', 'virtanen');
    await until(async () => (await mails.outcomes()).length === 1);
    await running.stop();
    expect(await mails.outcomes()).toMatchObject([{ type: 'NotificationSent', data: { accountId: 'c-1' } }]);
  });
});
