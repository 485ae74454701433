import { jwtVerify, type JWTPayload } from 'jose';
import { Rejected } from '#licensing';
import { secretBytes } from '../store/signed-call.js';

const longestLifeSeconds = 10 * 60;
/** The store's clock and ours may differ a little. */
const clockToleranceSeconds = 5;

/**
 * Verifies that the store itself handed out this token for this store account, and that it lives ten minutes at most from one of `nows` (000-01).
 * The key is what `whsec_…` encodes; a store that signs with the text as it is is understood too (ADR 065). Errors: STORE_LINK_TOKEN_INVALID.
 */
export async function verifyLinkToken(
  secret: string | undefined,
  storeAccountId: string,
  linkToken: string,
  nows: readonly string[],
): Promise<void> {
  if (!secret) throw refused('this installation has no secret for the store, so no store account can be linked');
  const failures: string[] = [];
  for (const now of nows) {
    for (const key of [secretBytes(secret), Buffer.from(secret)]) {
      try {
        const { payload } = await jwtVerify(linkToken, key, {
          algorithms: ['HS256'],
          audience: 'license-ledger',
          subject: storeAccountId,
          requiredClaims: ['exp'],
          currentDate: new Date(now),
          clockTolerance: clockToleranceSeconds,
        });
        return expiresSoon(payload, now);
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
  }
  throw refused(`the link token does not hold for store account ${storeAccountId}: ${failures[0]}`);
}

function expiresSoon({ exp }: JWTPayload, now: string): void {
  const leftSeconds = Math.ceil(exp! - Date.parse(now) / 1000);
  if (leftSeconds > longestLifeSeconds + clockToleranceSeconds)
    throw new Error(`it expires in ${leftSeconds} seconds, more than the ${longestLifeSeconds} it may live`);
}

function refused(detail: string): Rejected {
  return new Rejected('STORE_LINK_TOKEN_INVALID', detail);
}
