import { createHash } from 'node:crypto';
import type { Ledger } from '#event-store';
import { partner, Rejected, reservation, type PartnerState } from '#licensing';
import { reservationId } from '../reservation-id.js';

/** No letters or digits that are read as one another. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** A code for a partner that did not choose one. The same command always makes the same. */
export function generatedPartnerCode(commandId: string): string {
  const bytes = createHash('sha256').update(`partner code of ${commandId}`).digest();
  return `P-${[...bytes.subarray(0, 8)].map((byte) => alphabet[byte % alphabet.length]).join('')}`;
}

/** The partner that has this code. Errors: PARTNER_CODE_NOT_FOUND. */
export async function partnerByCode(ledger: Ledger, partnerCode: string): Promise<PartnerState & { readonly partnerId: string }> {
  const { state } = await ledger.load(reservation, reservationId('partner-code', partnerCode));
  const found = state.holder === undefined ? undefined : (await ledger.load(partner, state.holder)).state;
  // A code is claimed a moment before its partner is registered.
  if (found?.partnerId === undefined)
    throw new Rejected('PARTNER_CODE_NOT_FOUND', `No partner has the code ${partnerCode}.`, { partnerCode });
  return { ...found, partnerId: found.partnerId };
}

/** The dealer that a code names, when there is one. Errors: PARTNER_CODE_NOT_FOUND. */
export async function dealerMeant(ledger: Ledger, partnerCode: string | undefined): Promise<{ readonly partnerId?: string }> {
  return partnerCode === undefined ? {} : { partnerId: (await partnerByCode(ledger, partnerCode)).partnerId };
}
