import type { Commanded } from '../fact.js';
import { Rejected, type RejectionCode } from '../rejection.js';
import type { ReservationFact, ReservationKind } from './reservation.events.js';

export interface ReservationState {
  /** The id of the user, partner or customer that has the text; absent while it is free. */
  holder?: string;
}

export interface Reserve extends Commanded {
  readonly kind: ReservationKind;
  readonly holder: string;
}
export type Release = Reserve;

const refusals: Record<ReservationKind, { code: RejectionCode; sentence: string }> = {
  login: { code: 'LOGIN_TAKEN', sentence: 'Somebody else has this login.' },
  'partner-code': { code: 'PARTNER_CODE_TAKEN', sentence: 'Another partner has this code.' },
  service: { code: 'SERVICE_NOT_FOUND', sentence: 'Another account has this service.' },
  'store-account': { code: 'STORE_ALREADY_LINKED', sentence: 'Another partner is linked to this store account.' },
  customer: { code: 'CONCURRENT_CHANGE', sentence: 'Another customer was registered with this name and website.' },
};

export const reservation = {
  category: 'reservation',

  initial(): ReservationState {
    return {};
  },

  evolve(state: ReservationState, fact: ReservationFact): ReservationState {
    switch (fact.type) {
      case 'Reserved':
        state.holder = fact.data.holder;
        return state;
      case 'ReservationReleased':
        delete state.holder;
        return state;
      default:
        return state;
    }
  },

  sizeInBytes(): number {
    return 200;
  },
};

/** The first one to ask has the text. Asking again for the same holder says nothing new, so a half-done registration can be repeated. */
export function reserve(state: ReservationState, command: Reserve): ReservationFact[] {
  const { kind, holder } = command;
  if (state.holder === undefined) return [{ type: 'Reserved', data: { kind, holder } }];
  if (state.holder === holder) return [];
  throw new Rejected(refusals[kind].code, refusals[kind].sentence);
}

/** The first one to ask has the text; whoever asks later finds out who that is, by the state it leads to. */
export function reserveUnlessHeld(state: ReservationState, { kind, holder }: Reserve): ReservationFact[] {
  return state.holder === undefined ? [{ type: 'Reserved', data: { kind, holder } }] : [];
}

/** Only the holder can let go; anybody else's call changes nothing. */
export function release(state: ReservationState, command: Release): ReservationFact[] {
  const { kind, holder } = command;
  return state.holder === holder ? [{ type: 'ReservationReleased', data: { kind, holder } }] : [];
}
