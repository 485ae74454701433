import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { readSettings, SettingsInvalid, settingsTable } from './settings.js';

const jwtSecret = 'a secret of at least 32 characters!';

function findings(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    return (error as SettingsInvalid).findings;
  }
}

describe('settings', () => {
  it('have defaults that start everything on embedded stores', () => {
    const { eventStoreUrl, redisUrl, port, host, sandbox, limitBodyBytes } = readSettings({});
    expect([eventStoreUrl, redisUrl, port, host, sandbox, limitBodyBytes]).toEqual([
      undefined,
      undefined,
      3000,
      '127.0.0.1',
      false,
      1_048_576,
    ]);
  });

  it('take every default as it is printed', () => {
    for (const setting of Object.values(settingsTable))
      if (setting.default !== undefined) expect(() => setting.parse(setting.default)).not.toThrow();
  });

  it('count an empty variable as absent', () => {
    expect(readSettings({ PORT: '', REDIS_URL: '' })).toMatchObject({ port: 3000, redisUrl: undefined });
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '3000.5'],
    ['EVENTSTORE_URL', 'http://localhost:2113'],
    ['EVENTSTORE_URL', 'esdb://'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'redis://one,two'],
    ['LIMIT_BODY_BYTES', '1MiB'],
    ['LIMIT_SIGN_IN_PER_MINUTE', '0'],
    ['ACCESS_TOKEN_MINUTES', '1441'],
    ['LOG_LEVEL', 'verbose'],
    ['SANDBOX', 'yes'],
    ['JWT_SECRET', 'short'],
    ['STORE_SECRET', 'c2VjcmV0'],
    ['STORE_SECRET', 'whsec_c2hvcnQ='],
    ['OPERATOR_PASSWORD', 'short'],
    ['LICENSE_FILE_KEY', 'secret'],
    ['LICENSE_FILE_KEY', generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['LICENSE_FILE_KEY', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string],
    ['SMTP_URL', 'http://mail.example'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'a@b.example, c@d.example'],
    ['MAIL_FROM', 'A\nBcc: x <a@b.example>'],
    ['TRUSTED_PROXIES', 'proxy.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
  ])('refuse %s=%s and name the variable', (name, text) => {
    expect(findings({ [name]: text })).toEqual([expect.stringMatching(new RegExp(`^${name}: must`))]);
  });

  it('tell all that is wrong at once, and no secret', () => {
    const wrong = findings({ PORT: 'x', OPERATOR_PASSWORD: 'hunter2', JWT_SECRET: 'tiny', EVENTSTORE_URL: 'http://admin:changeit@store' });
    expect(wrong).toHaveLength(4);
    expect(wrong.join()).not.toMatch(/hunter2|tiny|changeit/);
  });

  it('want a JWT_SECRET with EVENTSTORE_URL: all API processes accept the same tokens', () => {
    expect(findings({ EVENTSTORE_URL: 'esdb://store:2113' })).toEqual([expect.stringContaining('JWT_SECRET')]);
    expect(findings({ EVENTSTORE_URL: 'esdb://store:2113', JWT_SECRET: jwtSecret })).toEqual([]);
  });

  it('want a MAIL_FROM with SMTP_URL', () => {
    expect(findings({ SMTP_URL: 'smtp://mail' })).toEqual([expect.stringContaining('MAIL_FROM')]);
    expect(findings({ SMTP_URL: 'smtp://mail', MAIL_FROM: 'Licenses <licenses@example.com>' })).toEqual([]);
  });

  it.each([{ EVENTSTORE_URL: 'esdb://store:2113', JWT_SECRET: jwtSecret }, { REDIS_URL: 'redis://cache' }])(
    'keep the sandbox to embedded stores: %j',
    (urls) => {
      expect(findings({ SANDBOX: 'true', ...(urls as object) })).toEqual([expect.stringContaining('SANDBOX')]);
    },
  );
});
