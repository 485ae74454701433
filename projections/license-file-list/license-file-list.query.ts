import { viewOf, type ReadStore } from '#read-store';
import { pageOf, type Page, type Paging } from '../pages.js';
import { issuedIndex, licenseFileList, type ListedLicenseFile } from './license-file-list.projection.js';

/** The license files of an account, newest first. */
export async function listLicenseFiles(
  store: ReadStore,
  question: { readonly accountId: string } & Paging,
): Promise<Page<ListedLicenseFile>> {
  return pageOf(await viewOf(store, licenseFileList), question.accountId, [issuedIndex], 'descending', question);
}

/** One license file of an account; undefined when it was issued none with this id. */
export async function findLicenseFile(store: ReadStore, accountId: string, fileId: string): Promise<ListedLicenseFile | undefined> {
  return (await viewOf(store, licenseFileList)).document(accountId, fileId);
}
