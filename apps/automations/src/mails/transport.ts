import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { NotificationQueued } from '#licensing';
import { render } from './render.js';

type Notification = NotificationQueued['data'];

/** Who mail is from, and where users write for help. */
export interface Sender {
  readonly from: string;
  readonly support?: string;
}

/** Hands mails over. */
export interface MailTransport {
  /** Settles when a mail server has taken the mail, or it lies in the outbox. Errors: MailRefused; any other error passes, trying again makes sense. */
  send(notification: Notification, queuedAt: string): Promise<void>;
  close(): void;
}

/** The mail server will not take this mail, now or later. The message names no recipient. */
export class MailRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MailRefused';
  }
}

const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 15_000 };

/** Sends by SMTP. */
export class SmtpTransport implements MailTransport {
  private readonly smtp: ReturnType<typeof pooled>;

  constructor(
    url: string,
    private readonly sender: Sender,
  ) {
    this.smtp = pooled(url);
  }

  async send(notification: Notification, queuedAt: string): Promise<void> {
    try {
      await this.smtp.sendMail(message(notification, queuedAt, this.sender));
    } catch (error) {
      const reason = withoutAddress((error as Error).message, notification.person.email);
      throw isForGood(error as SmtpError) ? new MailRefused(reason) : new Error(reason);
    }
  }

  close(): void {
    this.smtp.close();
  }
}

/** Writes each mail into a folder, for whoever has no mail server: `<its id>.eml`, as a whole or not at all. */
export class OutboxTransport implements MailTransport {
  private readonly composer = createTransport({ streamTransport: true, buffer: true });

  constructor(
    private readonly folder: string,
    private readonly sender: Sender,
  ) {}

  async send(notification: Notification, queuedAt: string): Promise<void> {
    const { message: text } = await this.composer.sendMail(message(notification, queuedAt, this.sender));
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = join(this.folder, `${notification.notificationId}.eml`);
    const draft = await open(`${file}.new`, 'w', 0o600);
    try {
      await draft.writeFile(text as Buffer);
      await draft.sync();
    } finally {
      await draft.close();
    }
    await rename(`${file}.new`, file);
  }

  close(): void {}
}

function pooled(url: string) {
  return createTransport({ url, pool: true, maxConnections: 4, disableFileAccess: true, disableUrlAccess: true, ...timeouts });
}

/** Sent twice it is the same mail: under one id, of one time. */
function message(notification: Notification, queuedAt: string, { from, support }: Sender) {
  const { notificationId, person, language } = notification;
  const domain = /@([^\s<>@]+?)>?$/.exec(from)?.[1] ?? 'localhost';
  return {
    from,
    ...(support !== undefined && { replyTo: support }),
    to: { name: person.name ?? '', address: person.email },
    messageId: `<${notificationId}@${domain}>`,
    date: new Date(queuedAt),
    // Nobody's out-of-office note answers it (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
    ...render(notification, support),
  };
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly command?: string;
}

/**
 * 5xx about the recipient or the mail itself is a last word (RFC 5321). About us (who we are, whether we may send) it is a mistake in the
 * settings, which somebody mends: then the mail goes.
 */
function isForGood({ responseCode = 0, command = '', code }: SmtpError): boolean {
  if (responseCode >= 500) return /^(RCPT TO|DATA)/.test(command);
  return responseCode === 0 && code === 'EENVELOPE';
}

/** Servers like to repeat whom they do not know; who a mail went to stands in one place only. */
function withoutAddress(text: string, address: string): string {
  const pattern = address.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(pattern, 'gi'), 'the recipient').slice(0, 500);
}
