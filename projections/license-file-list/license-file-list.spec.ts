import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadStore } from '#read-store';
import { temporaryStore } from '../testing/stores.js';
import { Story } from '../testing/story.js';
import { findLicenseFile, listLicenseFiles } from './license-file-list.query.js';

const issuedAt = '2026-04-01T00:00:00.000Z';
let store: ReadStore;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  const story = new Story(store);
  for (const number of [1, 2, 3]) {
    const lots = [{ lotId: `lot-${number}`, sku: 'bot-runner', quantity: number }];
    story.tell('LicenseFileIssued', { accountId: 'p', fileId: `file-${number}`, sku: 'bot-runner', quantity: number, issuedAt, lots });
  }
  await story.show();
});
afterEach(() => remove());

describe('the license files of an account', () => {
  it('are listed newest first, in pages', async () => {
    const first = await listLicenseFiles(store, { accountId: 'p', limit: 2 });
    const second = await listLicenseFiles(store, { accountId: 'p', limit: 2, cursor: first.next! });
    expect([...first.items, ...second.items].map(({ fileId }) => fileId)).toEqual(['file-3', 'file-2', 'file-1']);
    expect(second.next).toBeNull();
  });

  it('are found by their id, in their own account only', async () => {
    expect(await findLicenseFile(store, 'p', 'file-2')).toMatchObject({ quantity: 2, lotIds: ['lot-2'], issuedBy: 'user-1' });
    expect(await findLicenseFile(store, 'q', 'file-2')).toBeUndefined();
  });
});
