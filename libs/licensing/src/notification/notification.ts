import type { Commanded } from '../fact.js';
import type { NotificationFact, NotificationQueued } from './notification.events.js';

export interface NotificationState {
  /** Absent before it was queued. */
  queued?: NotificationQueued['data'];
  outcome?: 'sent' | 'failed';
}

export interface QueueNotification extends Commanded {
  readonly notification: NotificationQueued['data'];
}
export interface NoteSent extends Commanded {
  readonly notificationId: string;
}
export interface NoteFailed extends NoteSent {
  readonly reason: string;
}

export const notification = {
  category: 'notification',

  initial(): NotificationState {
    return {};
  },

  evolve(state: NotificationState, fact: NotificationFact): NotificationState {
    if (fact.type === 'NotificationQueued') state.queued = fact.data;
    else state.outcome ??= fact.type === 'NotificationSent' ? 'sent' : 'failed';
    return state;
  },

  sizeInBytes({ queued }: NotificationState): number {
    return 1_500 + 200 * (queued?.content.lines.length ?? 0);
  },
};

/** Queued once, however often the fact that asks for it is seen. */
export function queueNotification(state: NotificationState, { notification: asked }: QueueNotification): NotificationFact[] {
  return state.queued === undefined ? [{ type: 'NotificationQueued', data: asked }] : [];
}

/** The first outcome counts: two processes may both have handed over the same mail. */
export function noteSent({ queued, outcome }: NotificationState, { notificationId }: NoteSent): NotificationFact[] {
  if (queued === undefined || outcome !== undefined) return [];
  return [{ type: 'NotificationSent', data: { notificationId, ...accountOf(queued) } }];
}

export function noteFailed({ queued, outcome }: NotificationState, { notificationId, reason }: NoteFailed): NotificationFact[] {
  if (queued === undefined || outcome !== undefined) return [];
  return [{ type: 'NotificationFailed', data: { notificationId, ...accountOf(queued), reason } }];
}

function accountOf({ accountId }: NotificationQueued['data']): { accountId?: string } {
  return accountId === undefined ? {} : { accountId };
}
