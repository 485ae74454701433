import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadStore } from '#read-store';
import { temporaryStore } from '../testing/stores.js';
import { Story } from '../testing/story.js';
import { listNotifications } from './notification-log.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  const story = new Story(store);
  const queue = (notificationId: string, accountId?: string) =>
    story.tell('NotificationQueued', {
      notificationId,
      kind: 'orderReady',
      language: 'ja',
      userId: `user-of-${notificationId}`,
      ...(accountId && { accountId }),
      about: { type: 'order', id: 'o-1' },
      content: { orderId: 'o-1', lines: [] },
      person: { email: `${notificationId}@example.com`, name: 'Somebody' },
    });
  queue('n-1', 'c-1');
  queue('n-2', 'c-2');
  queue('n-3');
  queue('n-4', 'c-1');
  story.tell('NotificationSent', { notificationId: 'n-1', accountId: 'c-1' }, { at: '2026-04-02T00:00:00.000Z' });
  story.tell('NotificationFailed', { notificationId: 'n-2', accountId: 'c-2', reason: '550 no such user' });
  await story.show();
});
afterEach(() => remove());

const ids = async (question: Parameters<typeof listNotifications>[1]) =>
  (await listNotifications(store, question)).items.map(({ notificationId }) => notificationId);

describe('the mails', () => {
  it('are listed newest first, with what became of each', async () => {
    const { items, next } = await listNotifications(store, {});
    expect(items.map(({ notificationId, state }) => [notificationId, state])).toEqual([
      ['n-4', 'queued'],
      ['n-3', 'queued'],
      ['n-2', 'failed'],
      ['n-1', 'sent'],
    ]);
    expect(next).toBeNull();
    expect(items[2]).toMatchObject({ reason: '550 no such user', email: 'n-2@example.com', userId: 'user-of-n-2', kind: 'orderReady' });
    expect(items[3]).toMatchObject({ queuedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-04-02T00:00:00.000Z' });
    expect(JSON.stringify(items)).not.toContain('Somebody');
  });

  it('are found by state and by the account of who got them', async () => {
    expect(await ids({ state: 'queued' })).toEqual(['n-4', 'n-3']);
    expect(await ids({ accountId: 'c-1' })).toEqual(['n-4', 'n-1']);
    expect(await ids({ accountId: 'c-1', state: 'sent' })).toEqual(['n-1']);
    expect(await ids({ accountId: 'c-2', state: 'sent' })).toEqual([]);
  });

  it('come in pages', async () => {
    const first = await listNotifications(store, { limit: 3 });
    const second = await listNotifications(store, { limit: 3, cursor: first.next! });
    expect([...first.items, ...second.items].map(({ notificationId }) => notificationId)).toEqual(['n-4', 'n-3', 'n-2', 'n-1']);
  });
});
