import { compactVerify, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { licenseFileIssuer, licenseFileType, type LicenseFileContent } from './license-file-keys.js';

/** Why a license file does not count. The message is a sentence for people. */
export class LicenseFileRefused extends Error {
  constructor(
    readonly why: 'notALicenseFile' | 'unknownKey' | 'signatureWrong' | 'expired',
    message: string,
  ) {
    super(message);
    this.name = 'LicenseFileRefused';
  }
}

/** What a license file says, checked with the public keys of who issued it: nobody has to be asked. `now` is RFC 3339. Errors: LicenseFileRefused. */
export async function checkLicenseFile(text: string, keys: JSONWebKeySet, now: string): Promise<LicenseFileContent> {
  const file = text.trim();
  const kid = keyIdOf(file);
  if (!keys.keys.some((key) => key.kid === kid))
    throw new LicenseFileRefused('unknownKey', `It was signed with the key ${kid}, which is not among the keys given.`);
  const { payload } = await compactVerify(file, createLocalJWKSet(keys), { algorithms: ['EdDSA'] }).catch(() => {
    throw new LicenseFileRefused('signatureWrong', 'Its signature is wrong: it was changed, or somebody else wrote it.');
  });
  const {
    iss,
    sub: _,
    jti: __,
    iat: ___,
    exp: ____,
    ...content
  } = JSON.parse(new TextDecoder().decode(payload)) as LicenseFileContent & Record<'iss' | 'sub' | 'jti' | 'iat' | 'exp', unknown>;
  if (iss !== licenseFileIssuer) throw notALicenseFile();
  if (content.expiresAt !== undefined && content.expiresAt <= now)
    throw new LicenseFileRefused('expired', `It ended at ${content.expiresAt}; now it is ${now}.`);
  return content;
}

function keyIdOf(file: string): string {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(file);
  } catch {
    throw notALicenseFile();
  }
  if (header.typ !== licenseFileType || header.kid === undefined || file.split('.').length !== 3) throw notALicenseFile();
  return header.kid;
}

function notALicenseFile(): LicenseFileRefused {
  return new LicenseFileRefused('notALicenseFile', 'It is not a license file.');
}
