import { join } from 'node:path';
import type { EventLog, Position } from '#event-store';
import { openLedger, readSettings, runProcess, type Log, type ProcessContext, type Running, type Settings } from '#platform';
import { openReadStore } from '#read-store';
import { Checkpoint } from './src/checkpoint.js';
import { DeadlineView } from './src/deadline-view.js';
import { Deadlines } from './src/deadlines.js';
import { Mailing } from './src/mailing.js';
import { Letters } from './src/mails/asked-for.js';
import { Recipients } from './src/mails/recipients.js';
import { OutboxTransport, SmtpTransport, type MailTransport } from './src/mails/transport.js';
import { Notifications } from './src/notifications.js';
import { Orders } from './src/orders.js';
import { SandboxDeadlines } from './src/sandbox-deadlines.js';
import { Transfers } from './src/transfers.js';

/** What happens by itself: licenses given arrive at the receiver's, orders are delivered, holds lapse, terms end and renew, mails go out. */
async function start(context: ProcessContext): Promise<Running> {
  const { log } = context;
  const settings = readSettings();
  const opened = await openLedger(settings, context);
  const { eventLog, clock, sandboxClock, ledger, stopping, failed } = opened;
  const readStore = await openReadStore(settings, eventLog);

  const transfers = new Transfers(eventLog, ledger, await Checkpoint.open(eventLog, 'transfers'), clock, log);
  const orders = new Orders(eventLog, ledger, await Checkpoint.open(eventLog, 'orders'), log);
  const deadlines = new Deadlines(new DeadlineView(readStore), ledger, log);
  const lastPoolFact = await positionOfLastPoolFact(eventLog);
  const transport = mailTransport(settings, log);
  const mailing = new Mailing(eventLog, ledger, await Checkpoint.open(eventLog, 'mailing'), transport, clock, log);
  const recipients = new Recipients(ledger, readStore);
  const letters = new Letters(eventLog, ledger, recipients, settings.drawdownApproverRole);
  const place = await Checkpoint.open(eventLog, 'notifications');
  const notifications = new Notifications(eventLog, ledger, place, letters, recipients, mailing, log);
  const working = [
    notifications.run(stopping.signal),
    mailing.run(stopping.signal),
    transfers.run(stopping.signal),
    orders.run(stopping.signal),
    sandboxClock === undefined
      ? deadlines.run(clock, lastPoolFact, stopping.signal)
      : new SandboxDeadlines(sandboxClock, [transfers, orders], deadlines, ledger).run(lastPoolFact, stopping.signal),
  ];
  for (const work of working) work.catch(failed);
  log.info('automations follow the log: transfers, orders, deadlines, mails');

  return {
    healthPort: settings.healthPort,
    async stop() {
      stopping.abort();
      await Promise.allSettled(working);
      transport.close();
      await opened.close();
      await readStore.close();
    },
  };
}

/** By SMTP; without a mail server into a folder, so that nothing is lost and everybody can look. */
function mailTransport({ smtpUrl, mailFrom, supportEmail: support, dataDir }: Settings, log: Log): MailTransport {
  const sender = { from: mailFrom ?? 'License Ledger <license-ledger@localhost>', support };
  if (smtpUrl !== undefined) return new SmtpTransport(smtpUrl, sender);
  const outbox = join(dataDir, 'outbox');
  log.info({ outbox }, 'SMTP_URL is not set: mails are written to the outbox, one .eml file each');
  return new OutboxTransport(outbox, sender);
}

/** What was recorded before this process began must be in the read model before it is believed to tell all that is due. */
async function positionOfLastPoolFact(eventLog: EventLog): Promise<Position | undefined> {
  for await (const { position } of eventLog.readAll({ direction: 'backwards', limit: 1, filter: { streamPrefixes: ['pool-'] } }))
    return position;
  return undefined;
}

runProcess('automations', start);
