import { Controller, Inject, Module } from '@nestjs/common';
import { languages, mailKinds, type Actor, type Role } from '#licensing';
import { listNotifications, notificationStates, type ListedNotification } from '#projections';
import type { ReadStore } from '#read-store';
import { Choice, Cursor, Email, Id, Instant, Limit, ListOf, LongText, NextCursor, Optional, Part, Text } from '../fields.js';
import { Input, Question } from '../http/input.js';
import { Reads, Section } from '../http/route.js';
import { READ_STORE } from '../parts.js';
import { story } from '../story.js';

export class ListNotifications extends Question {
  @Optional()
  @Choice(notificationStates, { example: 'sent' })
  readonly state?: string;

  @Limit()
  readonly limit: number;

  @Cursor()
  readonly cursor?: string;
}

export class NotificationAboutAnswer {
  @Choice(['drawdown', 'order'])
  readonly type: string;

  @Text({ example: story.assignmentId })
  readonly id: string;
}

export class NotificationRecipientAnswer {
  @Text({ example: story.userId })
  readonly userId: string;

  @Optional()
  @Id({ example: story.partnerId, description: 'Absent for the vendor’s people' })
  readonly accountId?: string;

  @Optional()
  @Email({ description: 'For operators and for people of the same account' })
  readonly email?: string;
}

/** A mail, and what became of it. */
export class NotificationAnswer {
  @Id({ example: story.fileId, description: 'Also the Message-ID' })
  readonly notificationId: string;

  @Choice(mailKinds)
  readonly kind: string;

  @Choice(languages)
  readonly language: string;

  @Part(() => NotificationAboutAnswer)
  readonly about: NotificationAboutAnswer;

  @Part(() => NotificationRecipientAnswer)
  readonly recipient: NotificationRecipientAnswer;

  @Choice(notificationStates)
  readonly state: string;

  @Instant()
  readonly queuedAt: string;

  @Optional()
  @Instant({ description: 'When it was sent or given up' })
  readonly endedAt?: string;

  @Optional()
  @LongText({ max: 1_000, example: '550 no such mailbox', description: 'Why it failed' })
  readonly reason?: string;
}

export class NotificationListAnswer {
  @ListOf(() => NotificationAnswer, { min: 0, max: 500, description: 'Newest first' })
  readonly items: readonly NotificationAnswer[];

  @NextCursor()
  readonly next: string | null;
}

@Section('Notifications')
@Controller('v1/notifications')
export class NotificationsController {
  constructor(@Inject(READ_STORE) private readonly store: ReadStore) {}

  @Reads('', {
    may: 'readNotifications',
    summary: 'Which mails were sent, which wait, and which failed and why',
    description: 'Partners and customers see those to their own people; the vendor’s people see all, addresses only as operators.',
    models: ['notification-log'],
    answer: NotificationListAnswer,
  })
  async list(@Input() { principal, state, limit, cursor }: ListNotifications): Promise<NotificationListAnswer> {
    const { items, next } = await listNotifications(this.store, { accountId: principal.accountId, state, limit, cursor });
    return { items: items.map((mail) => shownTo(principal, mail)), next };
  }
}

/** Whoever sees no other account's mails may see the addresses of its own. */
const seeAddresses: readonly Role[] = ['operator', 'partner', 'customerAdmin'];

function shownTo({ role }: Actor, { userId, accountId, email, place: _, ...mail }: ListedNotification): NotificationAnswer {
  return { ...mail, recipient: { userId, accountId, ...(seeAddresses.includes(role) && { email }) } };
}

@Module({ controllers: [NotificationsController] })
export class NotificationsModule {}
