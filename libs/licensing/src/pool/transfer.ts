import type { Commanded } from '../fact.js';
import type { PoolState } from './pool.js';
import type { DrawdownAccepted } from './drawdown.events.js';
import type { LicenseAssigned, PoolFact } from './pool.events.js';

/** What the automation hands over: the giver's fact and where it stands. */
export interface ReceiveLicenses extends Commanded {
  /** The giver. */
  readonly from: string;
  /** The revision of the fact in the giver's stream. */
  readonly giverRevision: number;
  readonly assignment: LicenseAssigned['data'];
}

/** The two facts by which licenses leave a pool for a customer's. */
export type Giving = LicenseAssigned | DrawdownAccepted;
export const givings = ['LicenseAssigned', 'DrawdownAccepted'] as const satisfies readonly Giving['type'][];

export function isGiving(fact: { readonly type: string; readonly data: object }): fact is Giving {
  return (givings as readonly string[]).includes(fact.type);
}

/** What was given, in one form: an accepted drawdown is an assignment that took an approval. */
export function givenBy(fact: Giving): LicenseAssigned['data'] {
  if (fact.type === 'LicenseAssigned') return fact.data;
  const { accountId, drawdownId, customerId, acceptedAt, lines } = fact.data;
  return { accountId, assignmentId: drawdownId, customerId, assignedAt: acceptedAt, lines };
}

/**
 * Credits the customer with what a partner gave. Delivered again, whenever that is, it says nothing new: the giver's revisions arrive in
 * order, so the highest one received tells all (ADR 004).
 */
export function receiveLicenses(state: PoolState, command: ReceiveLicenses): PoolFact[] {
  const { from, giverRevision, assignment } = command;
  const highest = state.received.get(from);
  if (highest !== undefined && giverRevision <= highest) return [];
  const { assignmentId, customerId, lines } = assignment;
  const lots = lines.flatMap(({ line, sku, lots: given }) =>
    given.map(({ lotId, ...rest }, index) => ({ ...rest, lotId: `${assignmentId}.${line}.${index + 1}`, sku, fromLotId: lotId })),
  );
  return [{ type: 'LicenseReceived', data: { accountId: customerId, assignmentId, from, giverRevision, lots } }];
}
