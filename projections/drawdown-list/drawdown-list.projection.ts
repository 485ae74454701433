import type {
  Actor,
  CustomerProfileChanged,
  DealerLinked,
  DrawdownAccepted,
  DrawdownApproved,
  DrawdownCancelled,
  DrawdownLapsed,
  DrawdownRejected,
  DrawdownState,
  DrawdownSubmitted,
  Instant,
} from '#licensing';
import type { Change, Projection } from '#read-store';
import { changedIndex, type Changing } from '../look-up-table.js';
import type { Recorded } from '../recorded.js';
import { positionSort } from '../sort-text.js';

/** What happened to a drawdown, when, by whom, and why where somebody said. */
export interface DrawdownStep {
  readonly state: DrawdownState;
  readonly at: Instant;
  readonly by: Pick<Actor, 'userId' | 'accountId'>;
  readonly reason?: string;
}

/** One drawdown as its facts left it (004-14, 004-32). */
export interface ListedDrawdown extends Changing {
  readonly drawdownId: string;
  readonly accountId: string;
  readonly state: DrawdownState;
  readonly orderId: string;
  readonly customerId: string;
  /** As the partner knew the customer: what it wrote down, or only a name when it named it by its id. */
  readonly typed: DrawdownSubmitted['data']['person'] & { readonly website?: string };
  readonly lines: readonly { readonly line: number; readonly sku: string; readonly quantity: number }[];
  readonly holdUntil: Instant;
  readonly note?: string;
  readonly clonedFrom?: string;
  /** The oldest first. */
  readonly history: readonly DrawdownStep[];
  /** The place of its submission in the log, as positionSort. */
  readonly submitted: string;
}

/** What a customer of the partner is called, as far as the partner knows: what it wrote down, until the customer linked it. */
export interface DrawdownCustomer extends Changing {
  readonly customerId: string;
  readonly name: string;
}

export type DrawdownDocument = ListedDrawdown | DrawdownCustomer;

/** Approvers look at the drawdowns of all accounts; theirs is a partition of its own beside those of the partners. */
export const everyDrawdown = 'all';
export const stateIndex = (state: DrawdownState): string => `state:${state}`;
const customerKey = (customerId: string): string => `customer:${customerId}`;

/**
 * What a partner asked to pass on, and what came of it (004-14). The partition is the partner, and once more all of them together; the key is the
 * drawdown's id. Beside the drawdowns a partner's partition holds today's names of its customers, so that they are found by them.
 */
export const drawdownList: Projection<DrawdownDocument> = {
  name: 'drawdown-list',
  version: 1,
  on: {
    DrawdownSubmitted: submitted,
    DrawdownApproved: (event: Recorded<DrawdownApproved>) => moved(event, 'approved'),
    DrawdownRejected: (event: Recorded<DrawdownRejected>) => moved(event, 'rejected', { reason: event.data.reason }),
    DrawdownAccepted: (event: Recorded<DrawdownAccepted>) => moved(event, 'accepted'),
    DrawdownCancelled: (event: Recorded<DrawdownCancelled>) => moved(event, 'cancelled', { reason: event.data.reason }),
    DrawdownLapsed: (event: Recorded<DrawdownLapsed>) => moved(event, 'lapsed', { at: event.data.effectiveAt }),
    DealerLinked: (event: Recorded<DealerLinked>) => {
      const { partnerId, customerId, person } = event.data;
      return [named(partnerId, customerId, event, () => person.name)];
    },
    CustomerProfileChanged: (event: Recorded<CustomerProfileChanged>) => {
      const { partnerIds, customerId, person } = event.data;
      return partnerIds.map((partnerId) => named(partnerId, customerId, event, (known) => person.name ?? known));
    },
  },
  indexes: (document) => [
    { index: changedIndex, sort: document.changed },
    ...('drawdownId' in document ? [{ index: stateIndex(document.state), sort: document.submitted }] : []),
  ],
};

function submitted(event: Recorded<DrawdownSubmitted>): Change<DrawdownDocument>[] {
  const { data, metadata, position } = event;
  const { accountId, drawdownId, orderId, customerId, holdUntil, note, clonedFrom, person, website, lines } = data;
  const changed = positionSort(position);
  const drawdown: ListedDrawdown = {
    ...{ drawdownId, accountId, state: 'submitted', orderId, customerId, holdUntil, note, clonedFrom },
    typed: { ...person, website },
    lines: lines.map(({ line, sku, quantity }) => ({ line, sku, quantity })),
    history: [step('submitted', metadata)],
    submitted: changed,
    changed,
  };
  const added = [accountId, everyDrawdown].map((partition) => ({ partition, key: drawdownId, apply: () => drawdown }));
  return [...added, named(accountId, customerId, event, (known) => known ?? person.accountName)];
}

type Moved = DrawdownApproved | DrawdownRejected | DrawdownAccepted | DrawdownCancelled | DrawdownLapsed;

function moved(
  { data, metadata, position }: Recorded<Moved>,
  state: DrawdownState,
  more: Partial<DrawdownStep> = {},
): Change<DrawdownDocument>[] {
  const changed = positionSort(position);
  return [data.accountId, everyDrawdown].map((partition) => ({
    partition,
    key: data.drawdownId,
    apply: (document) => {
      const drawdown = document as ListedDrawdown | undefined;
      return drawdown && { ...drawdown, state, history: [...drawdown.history, step(state, metadata, more)], changed };
    },
  }));
}

function step(state: DrawdownState, { recordedAt, actor }: Recorded<Moved>['metadata'], more: Partial<DrawdownStep> = {}): DrawdownStep {
  return { state, at: recordedAt, by: { userId: actor.userId, accountId: actor.accountId }, ...more };
}

function named(
  partition: string,
  customerId: string,
  { position }: { readonly position: bigint },
  nameOf: (known: string | undefined) => string | undefined,
): Change<DrawdownDocument> {
  return {
    partition,
    key: customerKey(customerId),
    apply: (document) => {
      const known = (document as DrawdownCustomer | undefined)?.name;
      const name = nameOf(known);
      return name === undefined || name === known ? document : { customerId, name, changed: positionSort(position) };
    },
  };
}
