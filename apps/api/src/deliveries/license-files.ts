import { Inject, Injectable } from '@nestjs/common';
import { Ledger, type Receipt } from '#event-store';
import { customer, partner, pool, product, Rejected, type LicenseFileIssued } from '#licensing';
import { readLicenseFileKeys, type LicenseFileKeys, type Settings } from '#platform';
import { findLicenseFile, listLicenseFiles, type ListedLicenseFile, type Page } from '#projections';
import type { ReadStore } from '#read-store';
import { READ_STORE, SETTINGS } from '../parts.js';
import { accountKind } from '../pool/pool.references.js';
import type { LicenseFileAnswer } from './deliveries.answers.js';
import type { ListLicenseFiles } from './deliveries.commands.js';

type Issued = Omit<ListedLicenseFile, 'place' | 'issuedBy'>;
/** When lots end, by their ids; those that are used up are not in it. */
type Ends = ReadonlyMap<string, string | undefined>;

/** Makes license files of what was issued: never stored, always signed anew. */
@Injectable()
export class LicenseFiles {
  private keys: Promise<LicenseFileKeys | undefined> | undefined;

  constructor(
    private readonly ledger: Ledger,
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** The keys of this installation. Errors: SettingsInvalid. */
  ownKeys(): Promise<LicenseFileKeys | undefined> {
    return (this.keys ??= readLicenseFileKeys(this.settings));
  }

  /** Errors: LICENSE_FILE_KEY_MISSING: then nothing may be issued. */
  async signingKeys(): Promise<LicenseFileKeys> {
    const keys = await this.ownKeys();
    if (keys === undefined)
      throw new Rejected('LICENSE_FILE_KEY_MISSING', 'LICENSE_FILE_KEY is not set, so this installation cannot sign license files.');
    return keys;
  }

  /** The file of the fact that a command recorded. */
  async issued({ facts }: Receipt): Promise<{ fileId: string; file: string }> {
    const { lots, ...issued } = facts.find(({ type }) => type === 'LicenseFileIssued')!.data as LicenseFileIssued['data'];
    const lotIds = lots.map(({ lotId }) => lotId);
    const { fileId, file } = await this.answer({ ...issued, lotIds }, await this.endsOf(issued.accountId));
    return { fileId, file };
  }

  /** Errors: LICENSE_FILE_KEY_MISSING; POOL_NOT_FOUND. */
  async list(question: ListLicenseFiles): Promise<Page<LicenseFileAnswer>> {
    const { items, next } = await listLicenseFiles(this.store, question);
    if (items.length === 0) await accountKind(this.ledger, question.accountId);
    const ends = await this.endsOf(question.accountId);
    return { items: await Promise.all(items.map((file) => this.answer(file, ends))), next };
  }

  /** Errors: LICENSE_FILE_NOT_FOUND, LICENSE_FILE_KEY_MISSING. */
  async find(accountId: string, fileId: string): Promise<LicenseFileAnswer> {
    const file = await findLicenseFile(this.store, accountId, fileId);
    if (file === undefined) throw new Rejected('LICENSE_FILE_NOT_FOUND', `This account was issued no license file ${fileId}.`, { fileId });
    return this.answer(file, await this.endsOf(accountId));
  }

  private async answer(issued: Issued, ends: Ends): Promise<LicenseFileAnswer> {
    const { accountId, fileId, sku, quantity, machine, issuedAt } = issued;
    const [keys, licensee, name] = await Promise.all([this.signingKeys(), this.nameOf(accountId), this.productName(sku)]);
    const expiresAt = endOf(issued, ends);
    const optional = { ...(machine !== undefined && { machine }), ...(expiresAt !== undefined && { expiresAt }) };
    const file = await keys.sign({ fileId, accountId, licensee, sku, product: name, quantity, issuedAt, ...optional });
    return { fileId, sku, name, quantity, issuedAt, ...optional, file };
  }

  /** When the lots that an account has now end. */
  private async endsOf(accountId: string): Promise<Ends> {
    const { lots } = (await this.ledger.load(pool, accountId, true)).state;
    // A copy: the ledger's state goes on changing.
    return new Map([...lots].map(([lotId, { lot }]) => [lotId, lot.expiresAt]));
  }

  private async nameOf(accountId: string): Promise<string> {
    const asPartner = (await this.ledger.load(partner, accountId)).state;
    if (asPartner.partnerId !== undefined) return asPartner.name;
    return (await this.ledger.load(customer, accountId)).state.person.name;
  }

  private async productName(sku: string): Promise<string> {
    return (await this.ledger.load(product, sku)).state.listing?.name ?? sku;
  }
}

/** When the first of its licenses ends. A subscription that was renewed since has given them more time. */
function endOf({ lotIds, expiresAt }: Issued, ends: Ends): string | undefined {
  if (expiresAt === undefined) return undefined;
  return lotIds.map((lotId) => ends.get(lotId) ?? expiresAt).sort()[0];
}
