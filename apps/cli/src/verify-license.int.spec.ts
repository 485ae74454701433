import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { LicenseFileKeys } from '#platform';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';

const pem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const content = {
  fileId: '9f4a0d37-8e61-5fb5-93c2-4b5a6f7d8e07',
  accountId: '9c2b7a64-0d35-4f18-8e21-6b7c8d9e0f02',
  licensee: 'HELSINKI ELEVATORS Oy',
  sku: 'BOT-RUNNER',
  product: 'Bot Runner',
  quantity: 5,
  machine: 'rpa-07',
  issuedAt: '2026-04-01T12:00:00.000Z',
};
let folder: LedgerFolder;
let own: LicenseFileKeys;
const path = (name: string) => join(folder.dataDir, name);
const verify = (...words: string[]) => folder.run(['verify-license', ...words]);

beforeAll(async () => {
  folder = await makeLedgerFolder();
  const key = pem();
  own = await LicenseFileKeys.of(key);
  await writeFile(path('license-file-keys.pem'), key);
  await writeFile(path('keys.json'), JSON.stringify(own.published));
  await writeFile(path('genuine.jws'), `${await own.sign(content)}\n`);
});
afterAll(() => folder.remove());

describe('ledger verify-license', () => {
  it('says what a license is for: by saved keys, by those of the data folder, or from an address', async () => {
    const server = createServer((_, response) => response.end(JSON.stringify(own.published))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/keys`;
    for (const words of [['--keys', path('keys.json')], [], ['--keys', url]]) {
      const { code, stdout } = await verify(path('genuine.jws'), ...words);
      expect(code).toBe(0);
      expect(stdout).toContain('The license is genuine. 5 licenses of Bot Runner (BOT-RUNNER).');
      expect(stdout).toMatch(/for +HELSINKI ELEVATORS Oy \(9c2b7a64.*\n +on +rpa-07\n.*\n +until +for ever/);
    }
    server.close();
  });

  it('refuses one that has ended and says when; at an earlier time it counted', async () => {
    await writeFile(path('ended.jws'), await own.sign({ ...content, expiresAt: '2026-05-01T12:00:00.000Z' }));
    const { code, stderr } = await verify(path('ended.jws'), '--at', '2026-05-01T12:00:00Z');
    expect([code, stderr]).toEqual([1, expect.stringContaining('It ended at 2026-05-01T12:00:00.000Z')]);
    expect((await verify(path('ended.jws'), '--at', '2026-05-01T11:59:59Z')).code).toBe(0);
  });

  it('refuses what was changed, what somebody else signed, and what is no license', async () => {
    const genuine = await own.sign(content);
    await writeFile(path('changed.jws'), genuine.slice(0, -8) + (genuine.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'));
    await writeFile(path('strange.jws'), await (await LicenseFileKeys.of(pem())).sign(content));
    await writeFile(path('letter.txt'), 'Dear Sir or Madam');
    const words = async (name: string) => (await verify(path(name))).stderr;
    expect(await words('changed.jws')).toContain('Its signature is wrong');
    expect(await words('strange.jws')).toMatch(/signed with the key \S+, which is not among the keys given/);
    expect(await words('letter.txt')).toContain('It is not a license file');
  });

  it.each([
    [['nowhere.jws'], /There is no file .*nowhere\.jws/],
    [['genuine.jws', '--keys', 'genuine.jws'], /holds no keys: it must be what GET \/v1\/keys answers/],
    [['genuine.jws', '--keys', 'http://127.0.0.1:1/v1/keys'], /cannot be read/],
    [['genuine.jws', '--at', 'tomorrow'], /--at takes a time/],
  ])('tells what is missing: %j', async (names, words) => {
    const { code, stdout, stderr } = await verify(...names.map((name) => (name.includes('.') && !name.includes(':') ? path(name) : name)));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain('    at ');
  });
});
