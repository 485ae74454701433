import type { Fact } from '../fact.js';

/** What must be unique over streams (ADR 066). The stream is `reservation-<kind>-<SHA-256 of the folded text>`. */
export type ReservationKind = 'login' | 'partner-code' | 'store-account' | 'service' | 'customer';

/** The text belongs to the holder: the id of a user, a partner, a customer, or the account that has the service. */
export type Reserved = Fact<'Reserved', { readonly kind: ReservationKind; readonly holder: string }>;
/** The text is free again. */
export type ReservationReleased = Fact<'ReservationReleased', { readonly kind: ReservationKind; readonly holder: string }>;

export type ReservationFact = Reserved | ReservationReleased;
