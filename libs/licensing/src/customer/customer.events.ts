import type { Fact } from '../fact.js';
import type { Language } from '../partner/partner.events.js';

/** How a customer is called; `nameReading` is the reading of a Japanese name (kana), so that a search finds it. */
export interface CustomerPerson {
  readonly name: string;
  readonly nameReading?: string;
  readonly email: string;
  /** Whom to ask for there (004-20). */
  readonly contactName?: string;
}

export type CustomerRegistered = Fact<
  'CustomerRegistered',
  {
    readonly customerId: string;
    readonly language: Language;
    readonly person: CustomerPerson;
    readonly website?: string;
    /** The partner whose drawdown made it known. It sees the customer until that names a dealer itself (ADR 037). */
    readonly registeredBy?: string;
  }
>;
/** Only what changed is in it (null takes it away). `partnerIds` are all partners whose lists and histories show this customer. */
export type CustomerProfileChanged = Fact<
  'CustomerProfileChanged',
  {
    readonly customerId: string;
    readonly language?: Language;
    readonly person: {
      readonly name?: string;
      readonly nameReading?: string | null;
      readonly email?: string;
      readonly contactName?: string | null;
    };
    readonly website?: string | null;
    readonly partnerIds: readonly string[];
  }
>;
/** The customer, and nobody else, made this partner its dealer (001-03): from now on the partner sees it. Carries the profile for the partner's lists. */
export type DealerLinked = Fact<
  'DealerLinked',
  { readonly customerId: string; readonly partnerId: string; readonly partnerCode: string; readonly person: CustomerPerson }
>;
/** The partner sees the customer no longer. Licenses already given stay given. */
export type DealerUnlinked = Fact<'DealerUnlinked', { readonly customerId: string; readonly partnerId: string }>;

export type CustomerFact = CustomerRegistered | CustomerProfileChanged | DealerLinked | DealerUnlinked;
