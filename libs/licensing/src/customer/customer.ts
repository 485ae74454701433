import type { Commanded } from '../fact.js';
import { refuseFindings } from '../invalid.js';
import type { Language } from '../partner/partner.events.js';
import { Rejected } from '../rejection.js';
import type { CustomerFact, CustomerPerson, CustomerProfileChanged } from './customer.events.js';

export interface CustomerState {
  /** Absent until the customer is registered. */
  customerId?: string;
  language: Language;
  person: CustomerPerson;
  website?: string;
  /** The partner whose drawdown registered it. */
  registeredBy?: string;
  /** The dealer: the one partner that sees the customer and may give it licenses. */
  partnerId?: string;
  /** Every partner that was ever the dealer; their lists and histories show this customer. */
  partnerIds: string[];
}

export interface RegisterCustomer extends Commanded {
  readonly customerId: string;
  readonly name: string;
  readonly nameReading?: string;
  readonly email: string;
  readonly contactName?: string;
  readonly language?: Language;
  readonly website?: string;
  readonly registeredBy?: string;
}
/** JSON merge patch: what is absent stays, null takes away. */
export interface ChangeCustomerProfile extends Commanded {
  readonly customerId: string;
  readonly name?: string | null;
  readonly nameReading?: string | null;
  readonly email?: string | null;
  readonly contactName?: string | null;
  readonly website?: string | null;
  readonly language?: Language | null;
}
/** The partner is the one that has this code: looked up by the caller. */
export interface LinkDealer extends Commanded {
  readonly customerId: string;
  readonly partnerId: string;
  readonly partnerCode: string;
}
export interface UnlinkDealer extends Commanded {
  readonly customerId: string;
  /** The dealer meant; absent: whoever it is. Another one that came meanwhile stays. */
  readonly partnerId?: string;
}

export const customer = {
  category: 'customer',

  initial(): CustomerState {
    return { language: 'en', person: { name: '', email: '' }, partnerIds: [] };
  },

  evolve(state: CustomerState, fact: CustomerFact): CustomerState {
    switch (fact.type) {
      case 'CustomerRegistered':
        state.customerId = fact.data.customerId;
        state.language = fact.data.language;
        state.person = fact.data.person;
        state.website = fact.data.website;
        state.registeredBy = fact.data.registeredBy;
        return state;
      case 'CustomerProfileChanged':
        state.language = fact.data.language ?? state.language;
        state.person = changedPerson(state.person, fact.data.person);
        if (fact.data.website !== undefined) state.website = fact.data.website ?? undefined;
        return state;
      case 'DealerLinked':
        state.partnerId = fact.data.partnerId;
        if (!state.partnerIds.includes(fact.data.partnerId)) state.partnerIds.push(fact.data.partnerId);
        return state;
      case 'DealerUnlinked':
        delete state.partnerId;
        return state;
      default:
        return state;
    }
  },

  sizeInBytes(state: CustomerState): number {
    return 1_000 + 80 * state.partnerIds.length;
  },
};

/** Whether this partner is the customer's dealer now (000-17, 001-02). */
export function isLinkedTo(state: CustomerState, partnerId: string): boolean {
  return state.customerId !== undefined && state.partnerId === partnerId;
}

/**
 * Whether this partner may look at the customer: its dealer may, and so may the partner that registered it by a drawdown, until the customer has
 * named a dealer itself. From then on only that one does (ADR 037).
 */
export function isSeenBy(state: CustomerState, partnerId: string): boolean {
  return isLinkedTo(state, partnerId) || (state.registeredBy === partnerId && state.partnerIds.length === 0);
}

export function registerCustomer(state: CustomerState, command: RegisterCustomer): CustomerFact[] {
  if (state.customerId !== undefined) return [];
  const { customerId, language = 'en', name, nameReading, email, contactName, website, registeredBy } = command;
  const person = { name, ...(nameReading != null && { nameReading }), email, ...(contactName !== undefined && { contactName }) };
  const origin = { ...(website !== undefined && { website }), ...(registeredBy !== undefined && { registeredBy }) };
  return [{ type: 'CustomerRegistered', data: { customerId, language, person, ...origin } }];
}

/** Says only what changes; the language falls back to English, a name and an e-mail address cannot be taken away, the rest can. */
export function changeCustomerProfile(state: CustomerState, command: ChangeCustomerProfile): CustomerFact[] {
  const customerId = registeredId(state, command.customerId);
  refuseFindings(
    (['name', 'email'] as const).filter((member) => command[member] === null).map((path) => ({ path, message: 'cannot be removed' })),
  );
  const { name, nameReading, email, contactName, website } = command;
  const language = command.language === null ? 'en' : command.language;
  const person = {
    ...(name != null && name !== state.person.name && { name }),
    ...(nameReading !== undefined && nameReading !== (state.person.nameReading ?? null) && { nameReading }),
    ...(email != null && email !== state.person.email && { email }),
    ...(contactName !== undefined && contactName !== (state.person.contactName ?? null) && { contactName }),
  };
  const others = {
    ...(language !== undefined && language !== state.language && { language }),
    ...(website !== undefined && website !== (state.website ?? null) && { website }),
  };
  if (Object.keys({ ...person, ...others }).length === 0) return [];
  const { registeredBy } = state;
  const partnerIds = registeredBy !== undefined && state.partnerIds.length === 0 ? [registeredBy] : [...state.partnerIds];
  return [{ type: 'CustomerProfileChanged', data: { customerId, ...others, person, partnerIds } }];
}

/** The customer names its dealer (001-03). Another dealer replaces the first, in one append: there is no moment with two or none. */
export function linkDealer(state: CustomerState, command: LinkDealer): CustomerFact[] {
  const customerId = registeredId(state, command.customerId);
  const { partnerId, partnerCode } = command;
  if (state.partnerId === partnerId) return [];
  const linked: CustomerFact = { type: 'DealerLinked', data: { customerId, partnerId, partnerCode, person: state.person } };
  if (state.partnerId === undefined) return [linked];
  return [{ type: 'DealerUnlinked', data: { customerId, partnerId: state.partnerId } }, linked];
}

/** The dealer sees the customer no longer. What it gave stays given. */
export function unlinkDealer(state: CustomerState, command: UnlinkDealer): CustomerFact[] {
  const customerId = registeredId(state, command.customerId);
  if (state.partnerId === undefined) throw new Rejected('DEALER_NOT_LINKED', 'The customer has no dealer to unlink.', { customerId });
  if (command.partnerId !== undefined && command.partnerId !== state.partnerId)
    throw new Rejected('DEALER_NOT_LINKED', `The partner ${command.partnerId} is not the dealer of this customer.`, { customerId });
  return [{ type: 'DealerUnlinked', data: { customerId, partnerId: state.partnerId } }];
}

function registeredId(state: CustomerState, customerId: string): string {
  if (state.customerId === undefined) throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${customerId}.`, { customerId });
  return state.customerId;
}

function changedPerson(person: CustomerPerson, change: CustomerProfileChanged['data']['person']): CustomerPerson {
  const nameReading = change.nameReading === undefined ? person.nameReading : change.nameReading;
  const contactName = change.contactName === undefined ? person.contactName : change.contactName;
  return {
    name: change.name ?? person.name,
    ...(nameReading != null && { nameReading }),
    email: change.email ?? person.email,
    ...(contactName != null && { contactName }),
  };
}
