import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecrets } from './secrets.js';
import { readSettings, SettingsInvalid } from './settings.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const secrets = (environment: Record<string, string> = {}) => readSecrets(readSettings({ DATA_DIR: join(folder, 'data'), ...environment }));
const file = () => join(folder, 'data', 'secrets.json');

describe('secrets', () => {
  it('are made at the first start, for the owner only, and found again', () => {
    const made = secrets();
    expect(made).toEqual({
      jwtSecret: expect.stringMatching(/^.{64}$/),
      storeSecret: expect.stringMatching(/^whsec_/),
      paymentSecret: expect.stringMatching(/^whsec_/),
      provisioningSecret: expect.stringMatching(/^whsec_/),
    });
    expect([statSync(file()).mode & 0o777, readdirSync(join(folder, 'data'))]).toEqual([0o600, ['secrets.json']]);
    expect(secrets()).toEqual(made);
  });

  it('are those of the environment where it has them', () => {
    const storeSecret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(secrets({ STORE_SECRET: storeSecret }).storeSecret).toBe(storeSecret);
  });

  it('are never made for an event store of their own: several processes would not agree', () => {
    const environment = { EVENTSTORE_URL: 'esdb://store', JWT_SECRET: 'x'.repeat(32) };
    expect(secrets(environment)).toEqual({ jwtSecret: 'x'.repeat(32) });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['', '{"jwtSecret":', '{"jwtSecret":"short"}'])('are not replaced when the file is damaged (%j)', (text) => {
    secrets();
    writeFileSync(file(), text);
    expect(() => secrets()).toThrow(SettingsInvalid);
  });
});
