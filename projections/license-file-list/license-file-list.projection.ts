import type { LicenseFileIssued } from '#licensing';
import type { Projection } from '#read-store';
import type { Recorded } from '../recorded.js';
import { positionSort } from '../sort-text.js';

type Issued = LicenseFileIssued['data'];

/** A license file as it was issued; `lotIds` are the lots its licenses are of, so that a renewed one can be given a new end. */
export interface ListedLicenseFile extends Omit<Issued, 'lots'> {
  readonly lotIds: readonly string[];
  readonly issuedBy: string;
  readonly place: string;
}

export const issuedIndex = 'issued';

/** Which license files an account was issued (004-08). The partition is the account, the key the file's id. */
export const licenseFileList: Projection<ListedLicenseFile> = {
  name: 'license-file-list',
  version: 1,
  on: {
    LicenseFileIssued: ({ data, metadata, position }: Recorded<LicenseFileIssued>) => {
      const { lots, ...issued } = data;
      const lotIds = lots.map(({ lotId }) => lotId);
      const file = { ...issued, lotIds, issuedBy: metadata.actor.userId, place: positionSort(position) };
      return [{ partition: data.accountId, key: data.fileId, apply: () => file }];
    },
  },
  indexes: ({ place }) => [{ index: issuedIndex, sort: place }],
};
