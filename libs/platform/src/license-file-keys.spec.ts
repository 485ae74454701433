import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign, jwtVerify, createLocalJWKSet } from 'jose';
import { checkLicenseFile } from './license-file-check.js';
import { LicenseFileKeys, licenseFileType, readLicenseFileKeys } from './license-file-keys.js';
import { readSettings, SettingsInvalid } from './settings.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'keys-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const content = {
  fileId: 'f-1',
  accountId: 'c-1',
  licensee: 'Société Générale de Robots',
  sku: 'bot-runner',
  product: 'Bot Runner',
  quantity: 5,
  machine: 'rpa-07',
  issuedAt: '2026-04-01T12:00:00.000Z',
  expiresAt: '2027-04-01T12:00:00.500Z',
};
const pem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const keys = (environment: Record<string, string> = {}) =>
  readLicenseFileKeys(readSettings({ DATA_DIR: join(folder, 'data'), ...environment }));
const before = '2027-04-01T12:00:00.499Z';

describe('the keys of license files', () => {
  it('are made at the first start, for the owner only, and found again', async () => {
    const made = (await Promise.all([keys(), keys(), keys()])).map((one) => one!.published);
    expect(new Set(made.map((published) => JSON.stringify(published))).size).toBe(1);
    expect((await keys())!.published).toEqual(made[0]);
    expect(readdirSync(join(folder, 'data'))).toEqual(['license-file-keys.pem']);
    expect(statSync(join(folder, 'data', 'license-file-keys.pem')).mode & 0o777).toBe(0o600);
  });

  it('are published without their private half', async () => {
    expect((await keys())!.published.keys).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), alg: 'EdDSA', use: 'sig' },
    ]);
  });

  it('are those of the setting where it is set, also written on one line, and none with an event store of its own', async () => {
    const key = pem();
    const [lines, line] = [await keys({ LICENSE_FILE_KEY: key }), await keys({ LICENSE_FILE_KEY: key.replaceAll('\n', '\\n') })];
    expect(line!.published).toEqual(lines!.published);
    expect(await keys({ EVENTSTORE_URL: 'esdb://store', JWT_SECRET: 'x'.repeat(32) })).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('may be replaced: the new one signs, and what the old one signed is still known', async () => {
    const [old, fresh] = [pem(), pem()];
    const signed = await (await LicenseFileKeys.of(old)).sign(content);
    const both = await LicenseFileKeys.of(fresh + old);
    expect(both.published.keys).toHaveLength(2);
    for (const file of [signed, await both.sign(content)]) expect(await checkLicenseFile(file, both.published, before)).toEqual(content);
    expect(await both.sign(content)).not.toBe(signed);
  });

  it('are not replaced when the file is damaged', async () => {
    await keys();
    writeFileSync(join(folder, 'data', 'license-file-keys.pem'), 'half a k');
    await expect(keys()).rejects.toThrow(SettingsInvalid);
  });
});

describe('a license file', () => {
  it('says the same text for the same content, and any JWT library can read it', async () => {
    const own = (await keys())!;
    const file = await own.sign(content);
    expect(await own.sign({ ...content })).toBe(file);
    const currentDate = new Date(content.issuedAt);
    const { payload } = await jwtVerify(file, createLocalJWKSet(own.published), { issuer: 'license-ledger', subject: 'c-1', currentDate });
    expect(payload).toMatchObject({ jti: 'f-1', quantity: 5, exp: Date.parse('2027-04-01T12:00:00Z') / 1_000 });
  });

  it('counts until its end, exactly', async () => {
    const own = (await keys())!;
    const file = await own.sign(content);
    expect(await checkLicenseFile(`${file}\n`, own.published, before)).toEqual(content);
    await expect(checkLicenseFile(file, own.published, content.expiresAt)).rejects.toMatchObject({
      why: 'expired',
      message: expect.stringContaining(content.expiresAt),
    });
    const { expiresAt: _, ...forEver } = content;
    expect(await checkLicenseFile(await own.sign(forEver), own.published, '2999-01-01T00:00:00.000Z')).toEqual(forEver);
  });

  it('that was changed, or signed by somebody else, is refused', async () => {
    const own = (await keys())!;
    const [header, , signature] = (await own.sign(content)).split('.');
    const larger = Buffer.from(JSON.stringify({ ...content, iss: 'license-ledger', quantity: 500 })).toString('base64url');
    await expect(checkLicenseFile([header, larger, signature].join('.'), own.published, before)).rejects.toMatchObject({
      why: 'signatureWrong',
    });
    const stranger = await (await LicenseFileKeys.of(pem())).sign(content);
    await expect(checkLicenseFile(stranger, own.published, before)).rejects.toMatchObject({ why: 'unknownKey' });
  });

  it('is not any text, nor any token of ours', async () => {
    const key = generateKeyPairSync('ed25519');
    const own = await LicenseFileKeys.of(key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    const { kid } = own.published.keys[0]!;
    const signed = (typ: string, claims: object) =>
      new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg: 'EdDSA', kid, typ }).sign(key.privateKey);
    const others = ['', 'hello', 'a.b.c', await signed('JWT', content), await signed(licenseFileType, { ...content, iss: 'somebody' })];
    for (const other of others)
      await expect(checkLicenseFile(other, own.published, before)).rejects.toMatchObject({ why: 'notALicenseFile' });
  });
});
