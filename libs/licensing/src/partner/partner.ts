import type { Commanded } from '../fact.js';
import { refuseFindings } from '../invalid.js';
import { Rejected } from '../rejection.js';
import { foldUnique } from '../unique-text.js';
import type { Language, PartnerFact } from './partner.events.js';

export interface PartnerState {
  /** Absent until the partner is registered. */
  partnerId?: string;
  partnerCode: string;
  language: Language;
  name: string;
  email: string;
  /** The account in the shop whose purchases land in this partner's pool. */
  storeAccountId?: string;
}

export interface RegisterPartner extends Commanded {
  readonly partnerId: string;
  readonly name: string;
  readonly email: string;
  readonly partnerCode: string;
  readonly language?: Language;
}
/** JSON merge patch: what is absent stays, null takes away. */
export interface ChangePartnerProfile extends Commanded {
  readonly partnerId: string;
  readonly name?: string | null;
  readonly email?: string | null;
  readonly language?: Language | null;
}
export interface LinkStore extends Commanded {
  readonly partnerId: string;
  readonly storeAccountId: string;
}

export const partner = {
  category: 'partner',

  initial(): PartnerState {
    return { partnerCode: '', language: 'en', name: '', email: '' };
  },

  evolve(state: PartnerState, fact: PartnerFact): PartnerState {
    switch (fact.type) {
      case 'PartnerRegistered':
        state.partnerId = fact.data.partnerId;
        state.partnerCode = fact.data.partnerCode;
        state.language = fact.data.language;
        state.name = fact.data.person.name;
        state.email = fact.data.person.email;
        return state;
      case 'PartnerProfileChanged':
        state.language = fact.data.language ?? state.language;
        state.name = fact.data.person.name ?? state.name;
        state.email = fact.data.person.email ?? state.email;
        return state;
      case 'StoreLinked':
        state.storeAccountId = fact.data.storeAccountId;
        return state;
      default:
        return state;
    }
  },

  sizeInBytes(): number {
    return 800;
  },
};

/** From now on the partner may hold licenses. Its code is reserved beforehand: see reservation.ts. */
export function registerPartner(state: PartnerState, command: RegisterPartner): PartnerFact[] {
  if (state.partnerId !== undefined) return [];
  const { partnerId, partnerCode, language = 'en', name, email } = command;
  return [{ type: 'PartnerRegistered', data: { partnerId, partnerCode, language, person: { name, email } } }];
}

/** Says only what changes; the language falls back to English, a name and an address cannot be taken away. */
export function changePartnerProfile(state: PartnerState, command: ChangePartnerProfile): PartnerFact[] {
  const partnerId = registeredId(state, command.partnerId);
  refuseFindings(
    (['name', 'email'] as const).filter((member) => command[member] === null).map((path) => ({ path, message: 'cannot be removed' })),
  );
  const language = command.language === null ? 'en' : command.language;
  const person = {
    ...(command.name != null && command.name !== state.name && { name: command.name }),
    ...(command.email != null && command.email !== state.email && { email: command.email }),
  };
  const newLanguage = language !== undefined && language !== state.language ? { language } : {};
  if (Object.keys({ ...person, ...newLanguage }).length === 0) return [];
  return [{ type: 'PartnerProfileChanged', data: { partnerId, ...newLanguage, person } }];
}

/** Linked once, for good (000-02): again to the same store account says nothing new, to another one is refused. */
export function linkStore(state: PartnerState, command: LinkStore): PartnerFact[] {
  const partnerId = registeredId(state, command.partnerId);
  const { storeAccountId } = command;
  if (state.storeAccountId === undefined) return [{ type: 'StoreLinked', data: { partnerId, storeAccountId } }];
  if (foldUnique(state.storeAccountId) === foldUnique(storeAccountId)) return [];
  throw new Rejected('STORE_ALREADY_LINKED', `The partner is linked to the store account ${state.storeAccountId} for good.`, {
    linkedTo: state.storeAccountId,
    requested: storeAccountId,
  });
}

function registeredId(state: PartnerState, partnerId: string): string {
  if (state.partnerId === undefined) throw new Rejected('PARTNER_NOT_FOUND', `There is no partner ${partnerId}.`, { partnerId });
  return state.partnerId;
}
