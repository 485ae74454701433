import type { Fact, Instant } from '../fact.js';
import type { AssignedLine, LotPart } from './pool.events.js';

/** One line of a drawdown: which lots of the order hold back how much for it. */
export interface DrawdownLine {
  /** Counts from 1. */
  readonly line: number;
  readonly sku: string;
  readonly quantity: number;
  readonly lots: readonly { readonly lotId: string; readonly quantity: number }[];
}

/** A partner asks to pass on licenses of one order (004-24). They are held back from now on: nobody else can be promised them (004-36). */
export type DrawdownSubmitted = Fact<
  'DrawdownSubmitted',
  {
    readonly accountId: string;
    readonly drawdownId: string;
    readonly orderId: string;
    readonly customerId: string;
    /** The user who asked: it never approves (four eyes). */
    readonly requestedBy: string;
    readonly lines: readonly DrawdownLine[];
    /** The hold lapses exactly at this time, if nobody decided by then. */
    readonly holdUntil: Instant;
    readonly note?: string;
    readonly clonedFrom?: string;
    readonly website?: string;
    /** The customer as the partner knows it: what it wrote down, or only a name when it named a customer by its id. */
    readonly person: { readonly accountName: string; readonly contactName?: string; readonly contactEmail?: string };
  }
>;
/** The approver let it pass (004-27). The licenses stay held until the partner accepts (004-29). */
export type DrawdownApproved = Fact<'DrawdownApproved', { readonly accountId: string; readonly drawdownId: string }>;
/** The approver did not, and says why (004-32). */
export type DrawdownRejected = Fact<
  'DrawdownRejected',
  { readonly accountId: string; readonly drawdownId: string; readonly reason: string; readonly released: readonly LotPart[] }
>;
/** The partner accepted: what was held leaves its pool (004-31). The customer is credited by LicenseReceived, with `drawdownId` as its assignment. */
export type DrawdownAccepted = Fact<
  'DrawdownAccepted',
  {
    readonly accountId: string;
    readonly drawdownId: string;
    readonly orderId: string;
    readonly customerId: string;
    readonly acceptedAt: Instant;
    readonly lines: readonly AssignedLine[];
  }
>;
/** The partner needs it no more (004-33). */
export type DrawdownCancelled = Fact<
  'DrawdownCancelled',
  { readonly accountId: string; readonly drawdownId: string; readonly reason?: string; readonly released: readonly LotPart[] }
>;
/** Nobody decided in time. `effectiveAt` is the end of the hold, however late it was noticed. */
export type DrawdownLapsed = Fact<
  'DrawdownLapsed',
  { readonly accountId: string; readonly drawdownId: string; readonly effectiveAt: Instant; readonly released: readonly LotPart[] }
>;

export type DrawdownFact = DrawdownSubmitted | DrawdownApproved | DrawdownRejected | DrawdownAccepted | DrawdownCancelled | DrawdownLapsed;

/** Every type of them: the compiler sees to it that none is missing. */
const types: Readonly<Record<DrawdownFact['type'], true>> = {
  DrawdownSubmitted: true,
  DrawdownApproved: true,
  DrawdownRejected: true,
  DrawdownAccepted: true,
  DrawdownCancelled: true,
  DrawdownLapsed: true,
};
export const drawdownFacts = Object.keys(types) as DrawdownFact['type'][];

export function isDrawdownFact(fact: Fact): fact is DrawdownFact {
  return Object.hasOwn(types, fact.type);
}
