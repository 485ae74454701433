import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { Rejected, roles, type Actor, type Role } from '#licensing';
import { wallClock, type Clock } from './clock.js';

const issuer = 'license-ledger';
const audience = 'license-ledger-api';

export interface IssuedToken {
  readonly accessToken: string;
  /** RFC 3339 UTC. */
  readonly expiresAt: string;
}

/**
 * Access tokens: short JWTs (HS256). They live by the machine's time, not by the product's clock: a session is somebody sitting there,
 * and an operator who moves the sandbox by a year must not be signed out by that (ADR 063).
 */
export class Tokens {
  private readonly key: Uint8Array;
  /** Verifying costs 170 µs, a look-up here less than one: a token is verified once and then known until it expires. */
  private readonly verified: LRUCache<string, { principal: Actor; expiresAtMs: number }>;

  constructor(
    secret: string,
    private readonly lifeMinutes: number,
    private readonly clock: Clock = wallClock,
    knownMax = 20_000,
  ) {
    this.key = new TextEncoder().encode(secret);
    this.verified = new LRUCache({ max: knownMax });
  }

  async issue({ userId, role, accountId }: Actor): Promise<IssuedToken> {
    const issuedAt = Math.floor(this.clock.now().getTime() / 1000);
    const expiresAt = issuedAt + this.lifeMinutes * 60;
    const accessToken = await new SignJWT({ role, ...(accountId !== undefined && { accountId }) })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(userId)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.key);
    return { accessToken, expiresAt: new Date(expiresAt * 1000).toISOString() };
  }

  /** Who a token speaks for; at once when it is known already. Errors: Rejected UNAUTHENTICATED. */
  principal(token: string): Actor | Promise<Actor> {
    const known = this.verified.get(token);
    if (!known) return this.verify(token);
    if (known.expiresAtMs > this.clock.now().getTime()) return known.principal;
    this.verified.delete(token);
    throw new Rejected('UNAUTHENTICATED', 'The access token has expired');
  }

  /** For how many milliseconds a token still speaks for somebody; 0 when it is not known to. */
  livesMs(token: string): number {
    const { expiresAtMs = 0 } = this.verified.get(token) ?? {};
    return Math.max(0, expiresAtMs - this.clock.now().getTime());
  }

  private async verify(token: string): Promise<Actor> {
    const currentDate = this.clock.now();
    const { payload } = await jwtVerify(token, this.key, {
      algorithms: ['HS256'],
      issuer,
      audience,
      requiredClaims: ['exp', 'sub'],
      currentDate,
    }).catch((error: { code?: string }) => {
      const expired = error.code === 'ERR_JWT_EXPIRED';
      throw new Rejected('UNAUTHENTICATED', expired ? 'The access token has expired' : 'The access token is not one of ours');
    });
    const { sub, role, accountId, exp } = payload as { sub: string; role?: unknown; accountId?: unknown; exp: number };
    if (!roles.includes(role as never)) throw new Rejected('UNAUTHENTICATED', 'The access token names no role');
    const principal: Actor = { userId: sub, role: role as Role, ...(typeof accountId === 'string' && { accountId }) };
    this.verified.set(token, { principal, expiresAtMs: exp * 1000 });
    return principal;
  }
}
