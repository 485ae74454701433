import { viewOf, type ReadStore } from '#read-store';
import { cursorOf, limitOf, placeOf, type Page } from '../pages.js';
import { issuedIndex, licenseFileList, type ListedLicenseFile } from './license-file-list.projection.js';

/** The license files of an account, newest first. */
export async function listLicenseFiles(
  store: ReadStore,
  question: { readonly accountId: string; readonly limit?: number; readonly cursor?: string },
): Promise<Page<ListedLicenseFile>> {
  const limit = limitOf(question.limit);
  const after = placeOf(question.cursor);
  const view = await viewOf(store, licenseFileList);
  const entries = await view.range(question.accountId, { index: issuedIndex, after, direction: 'descending', limit: limit + 1 });
  const page = entries.slice(0, limit);
  const files = await view.documents(
    question.accountId,
    page.map(({ key }) => key),
  );
  return { items: files.filter((file) => file !== undefined), next: entries.length > limit ? cursorOf(page.at(-1)!) : null };
}

/** One license file of an account; undefined when it was issued none with this id. */
export async function findLicenseFile(store: ReadStore, accountId: string, fileId: string): Promise<ListedLicenseFile | undefined> {
  return (await viewOf(store, licenseFileList)).document(accountId, fileId);
}
