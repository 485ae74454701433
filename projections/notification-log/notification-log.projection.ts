import type { Instant, NotificationFailed, NotificationQueued, NotificationSent } from '#licensing';
import type { Change, Projection } from '#read-store';
import type { Recorded } from '../recorded.js';
import { positionSort } from '../sort-text.js';

export const notificationStates = ['queued', 'sent', 'failed'] as const;
export type NotificationStateName = (typeof notificationStates)[number];

type Queued = NotificationQueued['data'];

/** A mail, and what became of it; without what it says. */
export interface ListedNotification extends Pick<Queued, 'notificationId' | 'kind' | 'language' | 'userId' | 'accountId' | 'about'> {
  readonly email: string;
  readonly state: NotificationStateName;
  readonly queuedAt: Instant;
  /** When it was sent or given up. */
  readonly endedAt?: Instant;
  readonly reason?: string;
  readonly place: string;
}

/** Mails are asked for over all accounts, newest first, and there are few: they stand together. */
export const everyNotification = 'all';

/** Of everything or of one account's people, in every state or in one. */
export function notificationIndex(accountId: string | undefined, state: string | undefined): string {
  return [accountId ?? 'all', ...(state === undefined ? [] : [state])].join(':');
}

/** What mails were sent to whom, and which were not, and why. The key is the notification's id. */
export const notificationLog: Projection<ListedNotification> = {
  name: 'notification-log',
  version: 1,
  on: {
    NotificationQueued: ({ data, metadata, position }: Recorded<NotificationQueued>) => {
      const { notificationId, kind, language, userId, accountId, about } = data;
      const account = accountId === undefined ? {} : { accountId };
      const place = positionSort(position);
      const listed = {
        notificationId,
        kind,
        language,
        userId,
        ...account,
        about,
        email: data.person.email,
        queuedAt: metadata.recordedAt,
        place,
      };
      return [{ partition: everyNotification, key: notificationId, apply: () => ({ ...listed, state: 'queued' as const }) }];
    },
    NotificationSent: (event: Recorded<NotificationSent>) => ended(event, 'sent'),
    NotificationFailed: (event: Recorded<NotificationFailed>) => ended(event, 'failed'),
  },
  indexes: ({ accountId, state, place }) =>
    [undefined, ...(accountId === undefined ? [] : [accountId])].flatMap((account) =>
      [undefined, state].map((inState) => ({ index: notificationIndex(account, inState), sort: place })),
    ),
};

function ended(
  { data, metadata }: Recorded<NotificationSent | NotificationFailed>,
  state: 'sent' | 'failed',
): Change<ListedNotification>[] {
  const reason = 'reason' in data ? { reason: data.reason } : {};
  const apply = (mail: ListedNotification | undefined) => mail && { ...mail, state, endedAt: metadata.recordedAt, ...reason };
  return [{ partition: everyNotification, key: data.notificationId, apply }];
}
