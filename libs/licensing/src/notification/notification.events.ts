import type { Fact, Instant } from '../fact.js';
import type { Language } from '../partner/partner.events.js';

/** What mails there are. */
export const mailKinds = [
  'drawdownSubmitted',
  'drawdownApproved',
  'drawdownRejected',
  'orderReady',
  'orderFailed',
  'paymentFailed',
] as const;
export type MailKind = (typeof mailKinds)[number];

/** What a mail tells, without who it is about. */
export interface MailContent {
  readonly orderId: string;
  readonly lines: readonly { readonly sku: string; readonly product: string; readonly quantity: number }[];
  /** Until when licenses are held. */
  readonly until?: Instant;
  /** As somebody wrote them. */
  readonly reason?: string;
  readonly note?: string;
}

/** Who a mail goes to, and whom it names. */
export interface MailPerson {
  readonly email: string;
  readonly name?: string;
  /** The names of the accounts that it is about. */
  readonly partner?: string;
  readonly customer?: string;
}

/** Somebody is to get a mail about a fact: one mail a fact and recipient, whatever is repeated. */
export type NotificationQueued = Fact<
  'NotificationQueued',
  {
    readonly notificationId: string;
    readonly kind: MailKind;
    readonly language: Language;
    /** The recipient. */
    readonly userId: string;
    /** The recipient's; absent for the vendor's people. */
    readonly accountId?: string;
    readonly about: { readonly type: 'drawdown' | 'order'; readonly id: string };
    readonly content: MailContent;
    readonly person: MailPerson;
  }
>;
/** A mail server took it, or it was written to the outbox. */
export type NotificationSent = Fact<'NotificationSent', { readonly notificationId: string; readonly accountId?: string }>;
/** It will never be sent: the mail server refused it for good, or took it for too long. */
export type NotificationFailed = Fact<
  'NotificationFailed',
  { readonly notificationId: string; readonly accountId?: string; readonly reason: string }
>;

export type NotificationFact = NotificationQueued | NotificationSent | NotificationFailed;
