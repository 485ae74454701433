import { describe, expect, it } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { verifyLinkToken } from './link-token.js';

const key = Buffer.from('thirty-two bytes of a secret key');
const secret = `whsec_${key.toString('base64')}`;
const now = '2026-04-01T02:15:00.000Z';
const nowSeconds = Date.parse(now) / 1000;

function token({
  sub = 'EC-7',
  aud = 'license-ledger',
  alg = 'HS256',
  exp = (nowSeconds + 600) as number | undefined,
  by = key as Uint8Array,
} = {}) {
  const jwt = new SignJWT({ ...(exp !== undefined && { exp }) }).setProtectedHeader({ alg }).setSubject(sub).setAudience(aud);
  return jwt.sign(by);
}

describe('a link token', () => {
  it('holds for the store account it names, for ten minutes', async () => {
    await expect(verifyLinkToken(secret, 'EC-7', await token(), [now])).resolves.toBeUndefined();
  });

  it('holds when it was signed with the text of the secret', async () => {
    await expect(verifyLinkToken(secret, 'EC-7', await token({ by: Buffer.from(secret) }), [now])).resolves.toBeUndefined();
  });

  it('holds at any of the times that count as now', async () => {
    await expect(verifyLinkToken(secret, 'EC-7', await token(), ['2030-01-01T00:00:00.000Z', now])).resolves.toBeUndefined();
  });

  it.each([
    ['another store account', { sub: 'EC-8' }],
    ['another audience', { aud: 'somebody-else' }],
    ['another algorithm', { alg: 'HS512', by: Buffer.alloc(64, 1) }],
    ['another secret', { by: Buffer.alloc(32, 7) }],
    ['an expiry in the past', { exp: nowSeconds - 60 }],
    ['an expiry more than ten minutes ahead', { exp: nowSeconds + 660 }],
  ])('does not hold with %s', async (_, claims) => {
    await expect(verifyLinkToken(secret, 'EC-7', await token(claims), [now])).rejects.toMatchObject({ code: 'STORE_LINK_TOKEN_INVALID' });
  });

  it('does not hold without an expiry, without a signature, or when it is no token', async () => {
    const eternal = await new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject('EC-7').setAudience('license-ledger').sign(key);
    const unsigned = new UnsecuredJWT()
      .setSubject('EC-7')
      .setAudience('license-ledger')
      .setExpirationTime(nowSeconds + 60)
      .encode();
    for (const text of [eternal, unsigned, 'nonsense'])
      await expect(verifyLinkToken(secret, 'EC-7', text, [now])).rejects.toMatchObject({ code: 'STORE_LINK_TOKEN_INVALID' });
  });

  it('holds for nobody in an installation without a secret', async () => {
    await expect(verifyLinkToken(undefined, 'EC-7', await token(), [now])).rejects.toMatchObject({ code: 'STORE_LINK_TOKEN_INVALID' });
  });
});
