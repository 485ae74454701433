import type { EventLog, Ledger, Receipt } from '#event-store';
import { partner, Rejected, type PartnerState } from '#licensing';
import { stateThen } from '../state-then.js';
import type { PartnerAnswer } from './partner.answers.js';

/** A partner as it stands; read `anew` from the log, or as this process knows it. Errors: PARTNER_NOT_FOUND. */
export async function partnerNow(ledger: Ledger, partnerId: string, anew = false): Promise<PartnerAnswer> {
  const { state } = await ledger.load(partner, partnerId, anew);
  if (state.partnerId === undefined) throw new Rejected('PARTNER_NOT_FOUND', `There is no partner ${partnerId}.`, { partnerId });
  return shown(state, state.partnerId);
}

/** A partner as a command left it, also when it is answered again. */
export async function partnerThen(
  parts: { readonly ledger: Ledger; readonly log: EventLog },
  partnerId: string,
  receipt: Receipt,
): Promise<PartnerAnswer> {
  return shown(await stateThen(parts, partner, partnerId, receipt), partnerId);
}

function shown({ name, email, partnerCode, language, storeAccountId }: PartnerState, partnerId: string): PartnerAnswer {
  const storeLinked = storeAccountId !== undefined;
  return { partnerId, name, email, partnerCode, language, storeLinked, promptStoreLink: !storeLinked };
}
