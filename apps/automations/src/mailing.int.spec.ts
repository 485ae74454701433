import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moveClock, SandboxClock, sandboxClockId, sandboxTime, startClock } from '#platform';
import { until } from '../../../libs/event-store/src/testing/store.js';
import { MailScene } from '../testing/mail-scene.js';
import { MailServer } from '../testing/mail-server.js';
import { headersOf, plainTextOf } from '../testing/mail-text.js';
import { OutboxTransport, SmtpTransport, type MailTransport } from './mails/transport.js';

const from = 'License Ledger <licenses@vendor.example>';
const start = '2026-04-01T00:00:00.000Z';
const seconds = (count: number) => new Date(Date.parse(start) + count * 1_000).toISOString();

let mails: MailScene;
let server: MailServer;
beforeEach(async () => {
  [mails, server] = [await MailScene.open(), await MailServer.start()];
  await mails.person('virtanen', 'customerAdmin', { login: 'v', email: 'v@he.example', givenName: 'Väinö' }, { language: 'fi' });
  await mails.person('sato', 'customerAdmin', { login: 's', email: 's@sakura.example', familyName: '佐藤' }, { language: 'ja' });
});
afterEach(async () => {
  await server.close();
  await mails.close();
});

/** Sends by SMTP, and counts how often it was asked to. */
class Counted implements MailTransport {
  attempts = 0;
  private readonly smtp = new SmtpTransport(server.url, { from });

  send(...mail: Parameters<MailTransport['send']>): Promise<void> {
    this.attempts += 1;
    return this.smtp.send(...mail);
  }

  close(): void {
    this.smtp.close();
  }
}

/** A clock that stands still until it is moved, as the sandbox has it. */
async function standingClock() {
  const stopping = new AbortController();
  const { log, ledger } = mails.scene;
  const record = (decide: typeof moveClock, now: string) => {
    const context = { commandId: randomUUID(), inputHash: 'h', correlationId: 'c', actor: { userId: 'a-test', role: 'operator' } };
    return ledger.record(sandboxTime, sandboxClockId, { now, context }, decide);
  };
  await record(startClock, start);
  const clock = await SandboxClock.open(log, stopping.signal, () => {});
  return { clock, move: (now: string) => record(moveClock, now), stop: () => stopping.abort() };
}

/** Time in which everything would have happened that can. */
async function longer(): Promise<void> {
  for (let round = 0; round < 50; round += 1) await mails.scene.everyFact('NotificationQueued');
}

const sent = async () => (await mails.outcomes()).filter(({ type }) => type === 'NotificationSent').length;

describe('a mail', () => {
  it('goes out under the id of its notification, from and to whom it should, in a form that every mail program reads', async () => {
    const running = await mails.automations(new SmtpTransport(server.url, { from }));
    await mails.settled(await mails.orderReady('o-1', 'sato'), running.notifications);
    await running.stop();
    const [{ notificationId }, [received]] = [(await mails.queued())[0]!, server.received] as const;
    expect(server.messageIds).toEqual([notificationId]);
    const [queued] = await mails.scene.everyFact('NotificationQueued');
    expect(received!.to).toBe('s@sakura.example');
    const head = headersOf(received!.text);
    expect(head).toMatchObject({
      from: 'License Ledger <licenses@vendor.example>',
      to: '佐藤 <s@sakura.example>',
      subject: 'ご注文の準備が整いました',
      'message-id': `<${notificationId}@vendor.example>`,
      'auto-submitted': 'auto-generated',
      'content-language': 'ja',
      date: new Date(queued!.metadata.recordedAt).toUTCString().replace('GMT', '+0000'),
    });
    expect(plainTextOf(received!.text)).toMatch(/^佐藤 様\n\nご注文 o-1 の/);
    expect(head['content-type']).toMatch(/^multipart\/alternative/);
    expect(received!.text).toMatch(/Content-Type: text\/plain; charset=utf-8[\s\S]+Content-Type: text\/html; charset=utf-8/);
  });

  it('is sent once by the process that queued it, while the others leave it alone', async () => {
    const [one, other] = [new Counted(), new Counted()];
    const queueing = await mails.automations(one, { name: 'one', othersTurnMilliseconds: 600_000 });
    let last = 0n;
    for (let number = 1; number <= 10; number += 1) last = await mails.orderReady(`o-${number}`, 'virtanen');
    await mails.settled(last, queueing.notifications);
    const idle = await mails.automations(other, { name: 'other', othersTurnMilliseconds: 600_000 });
    await idle.mailing.progress.reaches(last, new AbortController().signal);
    await Promise.all([queueing.stop(), idle.stop()]);
    expect([one.attempts, other.attempts, new Set(server.messageIds).size, server.received.length]).toEqual([10, 0, 10, 10]);
  });

  it('that another process queued and left is sent by whoever is there', async () => {
    const { clock, move, stop } = await standingClock();
    await server.close();
    const dying = await mails.automations(new Counted(), { name: 'dying', clock });
    await mails.orderReady('o-1', 'virtanen');
    await until(async () => (await mails.queued()).length === 1);
    await dying.stop();
    await server.open();
    const running = await mails.automations(new Counted(), { name: 'other', clock });
    await until(async () => (await sent()) === 1);
    await move(seconds(60));
    await running.stop();
    stop();
    expect(server.messageIds).toEqual([(await mails.queued())[0]!.notificationId]);
  });

  it('waits for a server that is down, with pauses that double, by the product’s clock and over a restart', async () => {
    const { clock, move, stop } = await standingClock();
    await server.close();
    let transport = new Counted();
    let running = await mails.automations(transport, { clock });
    await mails.orderReady('o-1', 'virtanen');
    const attempts = async (count: number) => {
      await until(() => transport.attempts >= count);
      await longer();
      expect(transport.attempts).toBe(count);
    };
    await attempts(1);
    for (const [time, count] of [
      [seconds(1.9), 1],
      [seconds(2), 2],
      [seconds(3.9), 2],
      [seconds(4), 3],
      [seconds(7.9), 3],
      [seconds(8), 4],
    ] as const) {
      await move(time);
      await attempts(count);
    }
    await running.stop();
    transport = new Counted();
    running = await mails.automations(transport, { clock });
    await attempts(1);
    await move(seconds(15.9));
    await attempts(1);
    await server.open();
    await move(seconds(16));
    await until(async () => (await sent()) === 1);
    await running.stop();
    stop();
    expect(server.messageIds).toEqual([(await mails.queued())[0]!.notificationId]);
  });

  it('that a server does not take yet goes again; one that it refuses for good fails with its words and without the address', async () => {
    const { clock, move, stop } = await standingClock();
    server.refusals.set('s@sakura.example', { code: 550, words: 'No such user: <S@sakura.example>' });
    server.refusals.set('v@he.example', { code: 450, words: 'Come back later' });
    const running = await mails.automations(new Counted(), { clock });
    await mails.orderReady('o-1', 'virtanen');
    await mails.orderReady('o-2', 'sato');
    await until(async () => (await mails.outcomes()).length === 1);
    const [failed] = await mails.outcomes();
    expect(failed).toMatchObject({ type: 'NotificationFailed', data: { reason: expect.stringContaining('550') } });
    expect(JSON.stringify(failed)).toContain('No such user: <the recipient>');
    server.refusals.delete('v@he.example');
    await until(async () => {
      await move(new Date(clock.now().getTime() + 2_000).toISOString());
      return (await sent()) === 1;
    });
    await running.stop();
    stop();
    expect(server.received.map(({ to }) => to)).toEqual(['v@he.example']);
  });

  it('that is refused because of who we are waits until somebody has mended the settings', async () => {
    const { clock, move, stop } = await standingClock();
    server.senderRefusal = { code: 553, words: 'We do not know you' };
    const transport = new Counted();
    const running = await mails.automations(transport, { clock });
    await mails.orderReady('o-1', 'virtanen');
    await until(() => transport.attempts === 1);
    await longer();
    expect(await mails.outcomes()).toEqual([]);
    server.senderRefusal = undefined;
    await move(seconds(2));
    await until(async () => (await sent()) === 1);
    await running.stop();
    stop();
  });

  it('is given up when no server took it for three days', async () => {
    const { clock, move, stop } = await standingClock();
    await server.close();
    const running = await mails.automations(new Counted(), { clock });
    await mails.orderReady('o-1', 'virtanen');
    await until(async () => (await mails.queued()).length === 1);
    await move(seconds(3 * 86_400 - 1));
    await longer();
    expect(await mails.outcomes()).toEqual([]);
    await move(seconds(4 * 86_400));
    await until(async () => (await mails.outcomes()).length === 1);
    await running.stop();
    stop();
    expect(await mails.outcomes()).toMatchObject([
      { type: 'NotificationFailed', data: { reason: expect.stringMatching(/^not taken for 4 days; at last: .*ECONNREFUSED/) } },
    ]);
  });

  it('without a mail server lies in the outbox, once, for its owner only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outbox-'));
    const outbox = join(folder, 'outbox');
    const running = await mails.automations(new OutboxTransport(outbox, { from, support: 'help@example.com' }));
    await mails.settled(await mails.orderReady('o-1', 'virtanen'), running.notifications);
    await running.stop();
    const { notificationId } = (await mails.queued())[0]!;
    expect(readdirSync(outbox)).toEqual([`${notificationId}.eml`]);
    const file = join(outbox, `${notificationId}.eml`);
    expect(headersOf(readFileSync(file, 'utf8'))).toMatchObject({ to: 'Väinö <v@he.example>', subject: 'Tilauksesi on valmis' });
    expect(headersOf(readFileSync(file, 'utf8'))['reply-to']).toBe('help@example.com');
    expect([statSync(file).mode & 0o777, statSync(outbox).mode & 0o777]).toEqual([0o600, 0o700]);
    rmSync(folder, { recursive: true });
  });
});
