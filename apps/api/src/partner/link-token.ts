import { jwtVerify } from 'jose';
import { Rejected } from '#licensing';
import { secretBytes } from '../store/signed-call.js';

const longestLifeSeconds = 10 * 60;
/** The store's clock and ours may differ a little. */
const clockToleranceSeconds = 5;

/**
 * Verifies that the store itself handed out this token for this store account, at most ten minutes ahead of the product's clock (000-01).
 * Errors: STORE_LINK_TOKEN_INVALID.
 */
export async function verifyLinkToken(secret: string | undefined, storeAccountId: string, linkToken: string, now: string): Promise<void> {
  if (!secret) throw refused('this installation has no secret for the store, so no store account can be linked');
  const { payload } = await jwtVerify(linkToken, secretBytes(secret), {
    algorithms: ['HS256'],
    audience: 'license-ledger',
    subject: storeAccountId,
    requiredClaims: ['exp'],
    currentDate: new Date(now),
    clockTolerance: clockToleranceSeconds,
  }).catch((error: Error) => {
    throw refused(`the link token does not hold for store account ${storeAccountId}: ${error.message}`);
  });
  const leftSeconds = payload.exp! - Date.parse(now) / 1000;
  if (leftSeconds > longestLifeSeconds + clockToleranceSeconds)
    throw refused(`the link token expires in ${Math.ceil(leftSeconds)} seconds, more than the ${longestLifeSeconds} it may live`);
}

function refused(detail: string): Rejected {
  return new Rejected('STORE_LINK_TOKEN_INVALID', detail);
}
