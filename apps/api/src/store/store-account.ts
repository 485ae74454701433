import type { Ledger } from '#event-store';
import { foldUnique, partner, Rejected, reservation } from '#licensing';
import { reservationId } from '../reservation-id.js';

/** The partner that linked this store account. Errors: STORE_ACCOUNT_NOT_LINKED: the shop tries again later. */
export async function partnerOfStoreAccount(ledger: Ledger, storeAccountId: string): Promise<string> {
  const { holder } = (await ledger.load(reservation, reservationId('store-account', storeAccountId))).state;
  // An account is claimed a moment before it is linked, and only the partner's own fact says that it is.
  const linked = holder === undefined ? undefined : (await ledger.load(partner, holder)).state.storeAccountId;
  if (holder !== undefined && linked !== undefined && foldUnique(linked) === foldUnique(storeAccountId)) return holder;
  throw new Rejected('STORE_ACCOUNT_NOT_LINKED', `No partner has linked the store account ${storeAccountId} yet.`, { storeAccountId });
}
