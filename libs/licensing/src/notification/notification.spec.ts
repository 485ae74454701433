import { describe, expect, it } from '@jest/globals';
import { given } from '../../testing/given.js';
import { noteFailed, noteSent, notification, queueNotification } from './notification.js';
import type { NotificationFact, NotificationQueued } from './notification.events.js';

const asked: NotificationQueued['data'] = {
  notificationId: 'n-1',
  kind: 'orderReady',
  language: 'fi',
  userId: 'u-1',
  accountId: 'c-1',
  about: { type: 'order', id: 'o-1' },
  content: { orderId: 'o-1', lines: [] },
  person: { email: 'jane@example.com' },
};
const queued: NotificationFact = { type: 'NotificationQueued', data: asked };
const sent: NotificationFact = { type: 'NotificationSent', data: { notificationId: 'n-1', accountId: 'c-1' } };
const failed: NotificationFact = { type: 'NotificationFailed', data: { notificationId: 'n-1', accountId: 'c-1', reason: 'r' } };

describe('A mail', () => {
  it('is queued once, however often it is asked for', () => {
    expect(given(notification).when(queueNotification, { notification: asked })).toEqual([queued]);
    expect(given(notification, queued).when(queueNotification, { notification: asked })).toEqual([]);
    expect(given(notification, queued, sent).when(queueNotification, { notification: asked })).toEqual([]);
  });

  it('is sent or has failed, and says so without who it went to', () => {
    expect(given(notification, queued).when(noteSent, { notificationId: 'n-1' })).toEqual([sent]);
    expect(given(notification, queued).when(noteFailed, { notificationId: 'n-1', reason: 'r' })).toEqual([failed]);
  });

  it.each([[sent], [failed]])('has one outcome: the first (%j)', (outcome) => {
    expect(given(notification, queued, outcome).when(noteSent, { notificationId: 'n-1' })).toEqual([]);
    expect(given(notification, queued, outcome).when(noteFailed, { notificationId: 'n-1', reason: 'r' })).toEqual([]);
  });

  it('that was never queued has no outcome', () => {
    expect(given(notification).when(noteSent, { notificationId: 'n-1' })).toEqual([]);
    expect(given(notification).when(noteFailed, { notificationId: 'n-1', reason: 'r' })).toEqual([]);
  });
});
