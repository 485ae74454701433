import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadStore } from '#read-store';
import { Story } from '../testing/story.js';
import { temporaryStore } from '../testing/stores.js';
import { findUsers, listUsers } from './user-list.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  await new Story(store)
    .user('u1', 'Bertil', 'p')
    .user('u2', 'anna', 'p')
    // Longer than a key of the store may be.
    .user('u3', 'x'.repeat(2_000), 'q')
    .user('u4', 'operator')
    .show();
});
afterEach(() => remove());

describe('the users', () => {
  it('of an account stand in the order of their logins', async () => {
    const { items, total, next } = await listUsers(store, { accountId: 'p' });
    expect([items.map(({ login }) => login), total, next]).toEqual([['anna', 'Bertil'], 2, null]);
    expect(items[0]).toEqual({ userId: 'u2', login: 'anna', role: 'partner', accountId: 'p' });
  });

  it('without an account are the vendor’s', async () => {
    expect((await listUsers(store, {})).items).toEqual([{ userId: 'u4', login: 'operator', role: 'operator' }]);
  });

  it('come in pages', async () => {
    const first = await listUsers(store, { accountId: 'p', limit: 1 });
    const second = await listUsers(store, { accountId: 'p', limit: 1, cursor: first.next! });
    expect([...first.items, ...second.items].map(({ userId }) => userId)).toEqual(['u2', 'u1']);
    expect([first.total, second.next]).toEqual([2, null]);
  });

  it('come in pages that miss nobody, also where one login begins with another, or has letters beyond the first plane', async () => {
    const story = new Story(store);
    const logins = ['ann', 'anna', 'ann@x.co', 'ann@x.com', '\u{1f600}', '\ufffd', 'an'];
    logins.forEach((login, index) => story.user(`${(15 - 2 * index).toString(16)}`, login, 'alike'));
    await story.show();
    const all = (await listUsers(store, { accountId: 'alike' })).items.map(({ login }) => login);
    expect(all).toEqual(['an', 'ann', 'ann@x.co', 'ann@x.com', 'anna', '\ufffd', '\u{1f600}']);
    const paged: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const { items, next } = await listUsers(store, { accountId: 'alike', limit: 1, cursor });
      paged.push(...items.map(({ login }) => login));
      more = next !== null;
      cursor = next ?? undefined;
    }
    expect(paged).toEqual(all);
  });

  it('are found by id and account, whoever they belong to', async () => {
    const asked = [
      { userId: 'u1', accountId: 'p' },
      { userId: 'u4' },
      { userId: 'u3', accountId: 'q' },
      { userId: 'u1', accountId: 'q' },
      { userId: 'system' },
    ];
    const found = await findUsers(store, asked);
    expect([...found.keys()].sort()).toEqual(['u1', 'u3', 'u4']);
    expect(found.get('u1')!.login).toBe('Bertil');
  });
});
