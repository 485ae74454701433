import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, CompactSign, exportJWK, type JSONWebKeySet, type JWK } from 'jose';
import { SettingsInvalid, type Settings } from './settings.js';
import { readLicenseFileKeyText } from './license-file-key-text.js';

/** What a license file says. */
export interface LicenseFileContent {
  readonly fileId: string;
  /** For whom. */
  readonly accountId: string;
  readonly licensee: string;
  readonly sku: string;
  readonly product: string;
  /** Licenses. */
  readonly quantity: number;
  /** Absent: any. */
  readonly machine?: string;
  readonly issuedAt: string;
  /** Absent: it never ends. */
  readonly expiresAt?: string;
}

export const licenseFileType = 'license-file+jwt';
export const licenseFileIssuer = 'license-ledger';
/** In the data folder, for its owner only. */
export const licenseFileKeysFile = 'license-file-keys.pem';

/** Signs license files with the newest key; the public halves of the older ones stay known, so that what they signed can be checked. */
export class LicenseFileKeys {
  private constructor(
    private readonly signingKey: KeyObject,
    private readonly kid: string,
    /** As `GET /v1/keys` answers it: no private part in it. */
    readonly published: JSONWebKeySet,
  ) {}

  /** Of a text with keys in PEM: the first signs. Errors: Error with what is expected. */
  static async of(pem: string): Promise<LicenseFileKeys> {
    const blocks = readLicenseFileKeyText(pem);
    const keys = await Promise.all(blocks.map(publicJwk));
    return new LicenseFileKeys(createPrivateKey(blocks[0]!), keys[0]!.kid!, { keys });
  }

  /** A JWS in compact form, whose claims any JWT library understands. The same content under the same key is the same text. */
  sign(content: LicenseFileContent): Promise<string> {
    const { fileId, accountId, issuedAt, expiresAt } = content;
    const times = { iat: inSeconds(issuedAt), ...(expiresAt !== undefined && { exp: inSeconds(expiresAt) }) };
    const claims = { iss: licenseFileIssuer, sub: accountId, jti: fileId, ...times, ...content };
    return new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'EdDSA', kid: this.kid, typ: licenseFileType })
      .sign(this.signingKey);
  }
}

/**
 * The keys of this installation: LICENSE_FILE_KEY, else, with embedded stores, those in the data folder, made at the first start. Undefined when
 * it has none: several processes that made their own would not agree. Errors: SettingsInvalid when the file is damaged.
 */
export async function readLicenseFileKeys(settings: Settings): Promise<LicenseFileKeys | undefined> {
  if (settings.licenseFileKey !== undefined) return LicenseFileKeys.of(settings.licenseFileKey);
  if (settings.eventStoreUrl !== undefined) return undefined;
  const file = join(settings.dataDir, licenseFileKeysFile);
  const pem = readIfThere(file) ?? makeKeyFile(settings.dataDir, file);
  return LicenseFileKeys.of(pem).catch((error: Error) => {
    throw new SettingsInvalid([`DATA_DIR: ${file} is damaged (it ${error.message}); restore it from a backup`]);
  });
}

function makeKeyFile(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  // A link, unlike a rename, fails when the file is there: of several processes the first one's key counts.
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(file, 'utf8');
}

async function publicJwk(pem: string): Promise<JWK> {
  const { kty, crv, x } = await exportJWK(createPublicKey(pem));
  const key = { kty: kty!, crv: crv!, x: x! };
  return { ...key, kid: await calculateJwkThumbprint(key), alg: 'EdDSA', use: 'sig' };
}

/** Never later than the moment itself. */
function inSeconds(instant: string): number {
  return Math.floor(Date.parse(instant) / 1_000);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
