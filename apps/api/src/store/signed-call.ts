import { createHmac, timingSafeEqual } from 'node:crypto';
import { Rejected } from '#licensing';
import { wallClock, type Clock } from '#platform';

const toleranceSeconds = 5 * 60;

export interface SignedCall {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as it came over the wire: a parsed and printed one would have another signature. */
  readonly rawBody: Buffer;
}

/**
 * Verifies a call by Standard Webhooks with a secret of the form `whsec_<base64>` and answers its `webhook-id`, which is the idempotency key of the call.
 * The timestamp (seconds) may differ by five minutes from one of `nows`: see shopTimes. Errors: SIGNATURE_INVALID.
 */
export function verifySignedCall(secret: string | undefined, call: SignedCall, nows: readonly string[]): string {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => call.headers[name]);
  if (!secret) throw refused('this installation has no secret for such calls, so it takes none');
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(id))
    throw refused('a signed call carries webhook-id, webhook-timestamp and webhook-signature');
  const sentAt = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN;
  if (!nows.some((now) => Math.abs(Math.floor(Date.parse(now) / 1000) - sentAt) <= toleranceSeconds))
    throw refused(`webhook-timestamp is more than ${toleranceSeconds} seconds away from ${nows.join(' and ')}`);
  const expected = createHmac('sha256', secretBytes(secret)).update(`${id}.${timestamp}.`).update(call.rawBody).digest();
  if (!signatures.split(' ').some((signature) => matches(signature, expected))) throw refused('no signature matches this body');
  return id;
}

/**
 * What may count as now in a call or token of an outside system: the product's clock; in the sandbox, where that stands still, also the wall's,
 * which is what such a system goes by (ADR 065).
 */
export function shopTimes(clock: Clock, sandbox: boolean): readonly string[] {
  return sandbox ? [clock.nowText(), wallClock.nowText()] : [clock.nowText()];
}

/** The bytes that `whsec_<base64>` stands for. */
export function secretBytes(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

/** Several signatures may come with a call while the store changes its secret; only those of version 1 are symmetric. */
function matches(signature: string, expected: Buffer): boolean {
  const [version, encoded = ''] = signature.split(',');
  const given = Buffer.from(encoded, 'base64');
  return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
}

function refused(detail: string): Rejected {
  return new Rejected('SIGNATURE_INVALID', detail);
}
