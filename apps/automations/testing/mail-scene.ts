import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger, type CommandContext } from '#event-store';
import {
  customer,
  notification,
  order,
  partner,
  product,
  user,
  type Fact,
  type Language,
  type NotificationQueued,
  type UserPerson,
  type Role,
} from '#licensing';
import { wallClock, type AlarmClock } from '#platform';
import { userList } from '#projections';
import { openLmdbReadStore, Pump, type ReadStore } from '#read-store';
import { until } from '../../../libs/event-store/src/testing/store.js';
import { Checkpoint } from '../src/checkpoint.js';
import { Mailing } from '../src/mailing.js';
import { Letters } from '../src/mails/asked-for.js';
import { Recipients } from '../src/mails/recipients.js';
import type { MailTransport } from '../src/mails/transport.js';
import { Notifications } from '../src/notifications.js';
import { quiet, Scene } from './scene.js';

type Queued = NotificationQueued['data'];

/** People who get mail, what happens that they get mail about, and the two automations. */
export class MailScene {
  private stopping = new AbortController();
  private pumping: Promise<void> | undefined;

  private constructor(
    readonly scene: Scene,
    readonly store: ReadStore,
    private readonly folder: string,
  ) {}

  static async open(): Promise<MailScene> {
    const folder = mkdtempSync(join(tmpdir(), 'mails-'));
    const opened = new MailScene(await Scene.open(), await openLmdbReadStore(folder), folder);
    opened.project();
    await opened.tell(product, 'BOT', { type: 'ProductListed', data: { sku: 'BOT', name: 'Bot Runner', policy } });
    return opened;
  }

  /** The read models follow the log from now on. */
  project(): void {
    this.stopping = new AbortController();
    this.pumping = new Pump({ source: this.scene.log, store: this.store, projections: [userList], logger: quiet }).run(
      this.stopping.signal,
    );
  }

  /** The read models stay as they are. */
  async hold(): Promise<void> {
    this.stopping.abort();
    await this.pumping;
  }

  /** Records a fact in a stream as it is. */
  async tell(aggregate: { readonly category: string }, id: string, ...facts: Fact[]): Promise<bigint> {
    const actor = { userId: 'a-test', role: 'operator' };
    const inputHash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
    const context: CommandContext = { commandId: randomUUID(), inputHash, correlationId: randomUUID(), actor };
    return (await this.scene.ledger.record(aggregate as never, id, { context }, () => facts as never[])).position!;
  }

  async person(userId: string, role: Role, person: UserPerson, more: { accountId?: string; language?: Language } = {}): Promise<bigint> {
    return this.tell(user, userId, { type: 'UserCreated', data: { userId, role, person, ...more } });
  }

  async account(kind: 'partner' | 'customer', id: string, name: string, language: Language): Promise<bigint> {
    const person = { name, email: `${id}@example.com` };
    if (kind === 'partner')
      return this.tell(partner, id, { type: 'PartnerRegistered', data: { partnerId: id, partnerCode: id, language, person } });
    return this.tell(customer, id, { type: 'CustomerRegistered', data: { customerId: id, language, person } });
  }

  /** An order that was placed by somebody and is ready. */
  async orderReady(orderId: string, placedBy: string, accountId = 'c-1'): Promise<bigint> {
    const lines = [{ sku: 'BOT', quantity: 2 }];
    const placed = { orderId, accountId, placedBy, lines, totals: [], payment: { method: 'invoice' }, fulfilment: 'automatic' };
    await this.tell(order, orderId, { type: 'OrderPlaced', data: placed });
    return this.tell(order, orderId, { type: 'OrderProvisioned', data: { orderId, accountId, placedBy } });
  }

  /** What was queued, by the events of the log. */
  async queued(): Promise<Queued[]> {
    return (await this.scene.everyFact('NotificationQueued')).map(({ data }) => data);
  }

  async outcomes(): Promise<{ type: string; data: any }[]> {
    const facts = [...(await this.scene.everyFact('NotificationSent')), ...(await this.scene.everyFact('NotificationFailed'))];
    return facts.map(({ type, data }) => ({ type, data }));
  }

  /** Both automations as a process of their own has them, from the checkpoints of this name. */
  async automations(
    transport: MailTransport,
    { name = 'mails', clock = wallClock as AlarmClock, role = 'accounting' as Role, othersTurnMilliseconds = 0 } = {},
  ) {
    const { log } = this.scene;
    const ledger = new Ledger({ log, now: () => clock.nowText() });
    const recipients = new Recipients(ledger, this.store);
    const sent = await Checkpoint.open(log, `${name}-sending`);
    const mailing = new Mailing(log, ledger, sent, transport, clock, quiet, othersTurnMilliseconds);
    const letters = new Letters(log, ledger, recipients, role);
    const place = await Checkpoint.open(log, `${name}-queueing`);
    const notifications = new Notifications(log, ledger, place, letters, recipients, mailing, quiet);
    const stopping = new AbortController();
    const running = Promise.all([notifications.run(stopping.signal), mailing.run(stopping.signal)]);
    return {
      mailing,
      notifications,
      async stop(): Promise<void> {
        stopping.abort();
        await running;
        transport.close();
      },
    };
  }

  /** Waits until every mail about the facts up to a position has come to its end. */
  async settled(upTo: bigint, notifications: Notifications): Promise<void> {
    await notifications.progress.reaches(upTo, new AbortController().signal);
    await until(async () => (await this.outcomes()).length === (await this.queued()).length);
  }

  async stateOf(notificationId: string) {
    return (await this.scene.ledger.load(notification, notificationId, true)).state;
  }

  async close(): Promise<void> {
    await this.hold();
    await this.store.close();
    await this.scene.close();
    rmSync(this.folder, { recursive: true });
  }
}

const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' } as const;
