import type { Fact } from '../fact.js';

export const languages = ['en', 'ja', 'fr', 'fi'] as const;
export type Language = (typeof languages)[number];

/** A partner may hold licenses and pass them on. Its code is what customers enter to link it as their dealer. */
export type PartnerRegistered = Fact<
  'PartnerRegistered',
  {
    readonly partnerId: string;
    readonly partnerCode: string;
    readonly language: Language;
    readonly person: { readonly name: string; readonly email: string };
  }
>;
/** Only what changed is in it. */
export type PartnerProfileChanged = Fact<
  'PartnerProfileChanged',
  { readonly partnerId: string; readonly language?: Language; readonly person: { readonly name?: string; readonly email?: string } }
>;
/** Purchases made in the shop under this store account land in the partner's pool. Said once, for good (000-02). */
export type StoreLinked = Fact<'StoreLinked', { readonly partnerId: string; readonly storeAccountId: string }>;

export type PartnerFact = PartnerRegistered | PartnerProfileChanged | StoreLinked;
