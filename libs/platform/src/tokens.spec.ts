import { describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { Tokens } from './tokens.js';

const secret = 'a secret of at least 32 characters!';
const partner = { userId: 'u', role: 'partner', accountId: 'a' } as const;

/** A clock that the test moves. */
function clockAt(start: string) {
  let time = Date.parse(start);
  return { now: () => new Date(time), nowText: () => new Date(time).toISOString(), wait: (minutes: number) => (time += minutes * 60_000) };
}

const refusal = async (asked: () => unknown) =>
  Promise.resolve()
    .then(asked)
    .then(String, (error) => error.code);

describe('an access token', () => {
  it('speaks for who it was made for, verified or remembered', async () => {
    const tokens = new Tokens(secret, 60);
    const { accessToken } = await tokens.issue(partner);
    expect(await tokens.principal(accessToken)).toEqual(partner);
    expect(tokens.principal(accessToken)).toEqual(partner);
  });

  it('is over exactly when it said, remembered or not', async () => {
    const clock = clockAt('2026-04-01T00:00:00.000Z');
    const tokens = new Tokens(secret, 60, clock);
    const { accessToken, expiresAt } = await tokens.issue(partner);
    expect(expiresAt).toBe('2026-04-01T01:00:00.000Z');
    expect(tokens.livesMs(accessToken)).toBe(0);
    await tokens.principal(accessToken);
    expect(tokens.livesMs(accessToken)).toBe(60 * 60 * 1000);
    clock.wait(60);
    expect(tokens.livesMs(accessToken)).toBe(0);
    expect(await refusal(() => tokens.principal(accessToken))).toBe('UNAUTHENTICATED');
    expect(await refusal(() => new Tokens(secret, 60, clock).principal(accessToken))).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['signed with another secret', (jwt: SignJWT) => jwt.sign(new TextEncoder().encode('another secret of 32 characters!!'))],
    ['of another issuer', (jwt: SignJWT) => jwt.setIssuer('somebody').sign(new TextEncoder().encode(secret))],
    ['for another audience', (jwt: SignJWT) => jwt.setAudience('license-ledger').sign(new TextEncoder().encode(secret))],
  ])('is refused when it is %s', async (_, sign) => {
    const jwt = new SignJWT({ role: 'operator' }).setProtectedHeader({ alg: 'HS256' }).setSubject('u').setIssuer('license-ledger');
    const token = await sign(jwt.setAudience('license-ledger-api').setExpirationTime('1h'));
    expect(await refusal(() => new Tokens(secret, 60).principal(token))).toBe('UNAUTHENTICATED');
  });

  it('is refused when it is signed by another algorithm, even with our secret', async () => {
    const jwt = new SignJWT({ role: 'operator' }).setProtectedHeader({ alg: 'HS512' }).setSubject('u').setIssuer('license-ledger');
    const long = secret.repeat(2);
    const token = await jwt.setAudience('license-ledger-api').setExpirationTime('1h').sign(new TextEncoder().encode(long));
    expect(await refusal(() => new Tokens(long, 60).principal(token))).toBe('UNAUTHENTICATED');
  });

  it.each([{ role: 'system' }, { role: 'root' }, {}])('is refused when it names no role that signs in: %j', async (claims) => {
    const jwt = new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('u')
      .setIssuer('license-ledger')
      .setAudience('license-ledger-api');
    const token = await jwt.setExpirationTime('1h').sign(new TextEncoder().encode(secret));
    expect(await refusal(() => new Tokens(secret, 60).principal(token))).toBe('UNAUTHENTICATED');
  });

  it('is remembered only among so many', async () => {
    const tokens = new Tokens(secret, 60, undefined, 2);
    const issued = await Promise.all(['a', 'b', 'c'].map((userId) => tokens.issue({ ...partner, userId })));
    for (const { accessToken } of issued) await tokens.principal(accessToken);
    expect(issued.map(({ accessToken }) => tokens.principal(accessToken) instanceof Promise)).toEqual([true, false, false]);
  });
});
