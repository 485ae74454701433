import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

export interface Received {
  readonly messageId: string;
  readonly to: string;
  readonly text: string;
}

interface Refusal {
  readonly code: number;
  readonly words: string;
}

/** A mail server of a test's own: it keeps what it is given, and refuses whom it is told to. */
export class MailServer {
  readonly received: Received[] = [];
  /** By recipient: the answer it gets instead of being taken. */
  readonly refusals = new Map<string, Refusal>();
  /** The answer to every sender. */
  senderRefusal: Refusal | undefined;
  /** Called when a mail is there and before it is acknowledged. */
  beforeAnswer: () => Promise<void> = async () => {};
  private server: SMTPServer | undefined;
  private port = 0;

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    await server.open();
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  get messageIds(): string[] {
    return this.received.map(({ messageId }) => messageId);
  }

  /** On the same port as before, if there was one. */
  async open(): Promise<void> {
    this.server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onMailFrom: (_address, _session, callback) => callback(this.senderRefusal && refused(this.senderRefusal)),
      onRcptTo: ({ address }, _session, callback) => {
        const refusal = this.refusals.get(address);
        callback(refusal && refused(refusal));
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.keep(Buffer.concat(chunks).toString('utf8'), session);
          this.beforeAnswer().then(() => callback(), callback);
        });
      },
    });
    this.server.on('error', () => {});
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server.server, 'listening');
    this.port = (this.server.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }

  private keep(text: string, { envelope }: SMTPServerSession): void {
    const messageId = /^Message-ID: <([^@>]+)@/im.exec(text)?.[1] ?? '';
    this.received.push({ messageId, to: envelope.rcptTo[0]?.address ?? '', text });
  }
}

function refused({ code, words }: Refusal): Error {
  return Object.assign(new Error(words), { responseCode: code });
}
