import type { EventLog, FactMetadata, Ledger, RecordedEvent } from '#event-store';
import {
  drawdownIn,
  order,
  pool,
  product,
  type DrawdownFact,
  type DrawdownSubmitted,
  type MailContent,
  type MailKind,
  type NotificationQueued,
  type OrderFact,
  type Role,
} from '#licensing';
import type { Recipients } from './recipients.js';

/** Facts that somebody gets a mail about. */
export const causes = [
  'DrawdownSubmitted',
  'DrawdownApproved',
  'DrawdownRejected',
  'OrderProvisioned',
  'OrderFailed',
  'PaymentFailed',
] as const satisfies readonly (DrawdownFact | OrderFact)['type'][];
type Cause = Extract<DrawdownFact | OrderFact, { type: (typeof causes)[number] }>;

export type CauseEvent = Cause & Pick<RecordedEvent, 'stream' | 'revision' | 'position' | 'id'> & { readonly metadata: FactMetadata };

/** What a fact asks for: one letter to each of these users. */
export interface AskedFor extends Pick<NotificationQueued['data'], 'kind' | 'about' | 'content'> {
  readonly to: readonly string[];
  readonly names: { readonly partner?: string; readonly customer?: string };
}

/** Which mails a fact asks for, and what they tell (004-26, 004-28, 003-56). */
export class Letters {
  constructor(
    private readonly log: EventLog,
    private readonly ledger: Ledger,
    private readonly recipients: Recipients,
    private readonly approverRole: Role,
  ) {}

  /** Errors: those of the log and of the read store. */
  async askedFor(event: CauseEvent, signal: AbortSignal): Promise<AskedFor> {
    switch (event.type) {
      case 'DrawdownSubmitted': {
        const approvers = await this.approvers(event, signal);
        // Four eyes: who asked never approves.
        const to = approvers.filter((userId) => userId !== event.data.requestedBy);
        return this.aboutDrawdown('drawdownSubmitted', event.data, to, event.data.note === undefined ? {} : { note: event.data.note });
      }
      case 'DrawdownApproved':
      case 'DrawdownRejected': {
        const submitted = await this.submitted(event.data);
        const [kind, more] =
          event.type === 'DrawdownApproved'
            ? (['drawdownApproved', {}] as const)
            : (['drawdownRejected', { reason: event.data.reason }] as const);
        return this.aboutDrawdown(kind, submitted, [submitted.requestedBy], more);
      }
      case 'OrderProvisioned':
        return this.aboutOrder('orderReady', event.data);
      case 'OrderFailed':
        return this.aboutOrder('orderFailed', event.data);
      case 'PaymentFailed':
        return this.aboutOrder('paymentFailed', event.data);
    }
  }

  /** The vendor's people with the role; when partners approve their own drawdowns, the others of that account. */
  private approvers({ data, position }: CauseEvent, signal: AbortSignal): Promise<string[]> {
    const accountId = this.approverRole === 'partner' ? data.accountId : undefined;
    return this.recipients.usersWith(this.approverRole, accountId, position, signal);
  }

  private async aboutDrawdown(
    kind: MailKind,
    { accountId, drawdownId, orderId, lines, holdUntil, person }: DrawdownSubmitted['data'],
    to: readonly string[],
    more: Pick<MailContent, 'reason' | 'note'>,
  ): Promise<AskedFor> {
    const [partner, products] = await Promise.all([this.recipients.accountName(accountId), this.products(lines)]);
    const until = kind === 'drawdownRejected' ? {} : { until: holdUntil };
    return {
      kind,
      to,
      about: { type: 'drawdown', id: drawdownId },
      content: { orderId, lines: products, ...until, ...more },
      // Who asked knows who it is; the customer is called what the partner may know it as.
      names: { ...(kind === 'drawdownSubmitted' && { partner }), customer: person.accountName },
    };
  }

  private async aboutOrder(
    kind: MailKind,
    { orderId, placedBy, reason }: { readonly orderId: string; readonly placedBy: string; readonly reason?: string },
  ): Promise<AskedFor> {
    const placed = (await this.ledger.load(order, orderId, true)).state.order;
    const lines = await this.products(placed?.lines ?? []);
    const content = { orderId, lines, ...(reason !== undefined && { reason }) };
    return { kind, to: [placedBy], about: { type: 'order', id: orderId }, content, names: {} };
  }

  private products(lines: readonly { readonly sku: string; readonly quantity: number }[]): Promise<MailContent['lines']> {
    return Promise.all(
      lines.map(async ({ sku, quantity }) => {
        const { listing } = (await this.ledger.load(product, sku, true)).state;
        return { sku, product: listing?.name ?? sku, quantity };
      }),
    );
  }

  /** What a decision was about: the pool forgets the lines of a drawdown that is over, but not where the log has them. */
  private async submitted(decided: { readonly accountId: string; readonly drawdownId: string }): Promise<DrawdownSubmitted['data']> {
    const { accountId, drawdownId } = decided;
    const { revision } = drawdownIn((await this.ledger.load(pool, accountId, true)).state, drawdownId);
    for await (const { data } of this.log.readStream(`pool-${accountId}`, { fromRevision: revision, limit: 1 }))
      return data as DrawdownSubmitted['data'];
    throw new Error(`pool-${accountId} has no revision ${revision}`);
  }
}
