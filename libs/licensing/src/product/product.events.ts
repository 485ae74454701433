import type { Fact, Instant } from '../fact.js';

export const termStarts = ['onPurchase', 'onAssignment', 'onFirstUse'] as const;
export const reversibilities = ['free', 'windowed', 'approval', 'irreversible'] as const;

/** The rules a product is sold under (ADR 005). Durations are ISO 8601. */
export interface Policy {
  /** How long a license lasts; null is perpetual. */
  readonly term: string | null;
  /** From when the term counts (000-22/25). */
  readonly termStarts: (typeof termStarts)[number];
  /** Whether an assignment can be taken back (000-14, 003-16, 002-39). */
  readonly reversibility: (typeof reversibilities)[number];
  readonly cancellationWindow?: string;
  readonly refund?: 'full' | 'proRata';
  readonly billingOptions?: readonly { readonly period: string; readonly commitment: string }[];
  readonly requires?: readonly string[];
  readonly seatGroup?: string;
  readonly delivery?: 'none' | 'file' | 'cloud';
  readonly fulfilment?: 'automatic' | 'provider';
  readonly orderForm?: object;
  readonly tenant?: 'none' | 'microsoft';
  readonly drawdownHold?: string;
}

export interface Price {
  readonly billing?: { readonly period: string; readonly commitment: string };
  readonly currency: string;
  /** A decimal string, never a float. */
  readonly amount: string;
  readonly validFrom: Instant;
}

/** A product as it is offered. */
export interface Listing {
  readonly sku: string;
  readonly name: string;
  readonly category?: string;
  /** Where the product is used (003-57). */
  readonly link?: string;
  readonly prices?: readonly Price[];
  readonly policy: Policy;
}

/** The vendor offers the product from now on; also said again when a withdrawn product returns. */
export type ProductListed = Fact<'ProductListed', Listing>;
/** The listing changed as a whole. Lots already bought keep the terms they were bought under. */
export type ProductPolicyChanged = Fact<'ProductPolicyChanged', Listing>;
/** No new purchase; all that is held goes on. */
export type ProductWithdrawn = Fact<'ProductWithdrawn', { readonly sku: string }>;

export type ProductFact = ProductListed | ProductPolicyChanged | ProductWithdrawn;
