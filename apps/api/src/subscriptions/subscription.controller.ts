import { Controller, Inject } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ledger, type EventLog, type Receipt } from '#event-store';
import { pool, Rejected, sumsOfMoney, willRenew, type OrderPlaced, type SubscriptionResized } from '#licensing';
import type { Clock } from '#platform';
import { findSubscription, listDeadlines, listSubscriptions } from '#projections';
import type { ReadStore } from '#read-store';
import { answered } from '../answered.js';
import { written, Written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { CLOCK, EVENT_LOG, READ_STORE } from '../parts.js';
import { accountKind } from '../pool/pool.references.js';
import { stateThen } from '../state-then.js';
import { cancellationAnswer } from './cancelling.js';
import {
  CancellationPreviewAnswer,
  DeadlineListAnswer,
  RenewalAnswer,
  ResizedAnswer,
  SubscriptionCancelledAnswer,
  SubscriptionListAnswer,
  SubscriptionStoryAnswer,
} from './subscription.answers.js';
import { CancelSubscription, ResizeSubscription, ScheduleRenewal, SetAutoRenewal, UnscheduleRenewal } from './subscription.commands.js';
import { ListDeadlines, ListSubscriptions, ReadSubscription } from './subscription.questions.js';

@Section('Subscriptions')
@Controller('v1/pools/:accountId')
export class SubscriptionController {
  constructor(
    private readonly commands: CommandBus,
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(READ_STORE) private readonly store: ReadStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Reads('subscriptions', {
    may: 'readPool',
    summary: 'The subscriptions of an account, the latest begun first',
    models: ['subscription-list', 'catalogue'],
    answer: SubscriptionListAnswer,
  })
  async list(@Input() { state, sku, ...question }: ListSubscriptions) {
    const page = await listSubscriptions(this.store, { ...question, states: state, skus: sku }, this.clock.nowText());
    if (page.items.length === 0) await accountKind(this.ledger, question.accountId);
    return page;
  }

  @Reads('subscriptions/:subscriptionId', {
    may: 'readPool',
    summary: 'One subscription, with all that happened to it',
    models: ['subscription-list', 'catalogue', 'user-list'],
    answer: SubscriptionStoryAnswer,
  })
  async read(@Input() question: ReadSubscription) {
    const found = await findSubscription(this.store, question, this.clock.nowText());
    if (found !== undefined) return found;
    const { subscriptionId } = question;
    throw new Rejected('SUBSCRIPTION_NOT_FOUND', `This pool has no subscription ${subscriptionId}.`, { subscriptionId });
  }

  @Writes('POST', 'subscriptions/:subscriptionId/resize', {
    may: 'changeSubscriptions',
    summary: 'Change how many licenses a subscription has',
    description:
      'More of them are an order, 202: they come when it is paid and provisioned, until the same end of the term. Fewer are given back at once, 200, the newest first: ' +
      'only what nobody uses (409 SEATS_IN_USE) and whose cancellation window is open; after it 409 WINDOW_CLOSED points to the schedule.',
    status: 202,
    answer: ResizedAnswer,
  })
  async resize(@Input() command: ResizeSubscription) {
    const receipt: Receipt = await this.commands.execute(command);
    if (receipt.dryRun) return written(receipt);
    const { subscriptionId, quantity } = command;
    const placed = receipt.facts.find(({ type }) => type === 'OrderPlaced')?.data as OrderPlaced['data'] | undefined;
    if (receipt.stream.startsWith('order-')) {
      const orderId = placed?.orderId ?? command.context.commandId;
      return written(receipt, { subscriptionId, quantity, order: { orderId, state: 'placed' } });
    }
    const { body } = written(receipt, { subscriptionId, quantity, ...givenBack(receipt) });
    return new Written(receipt, body, 200);
  }

  @Writes('POST', 'subscriptions/:subscriptionId/auto-renewal', {
    may: 'changeSubscriptions',
    summary: 'Switch auto-renewal on or off',
    description: 'Off: it ends with its term. On again: all of it renews, what a cancellation came too late for included.',
    answer: RenewalAnswer,
  })
  async setAutoRenewal(@Input() command: SetAutoRenewal) {
    return this.renewal(command, await this.commands.execute(command));
  }

  @Writes('POST', 'subscriptions/:subscriptionId/cancel', {
    may: 'changeSubscriptions',
    summary: 'Cancel a subscription, or some of its lots',
    description:
      "Under the product's policy as it is now, lot by lot: within its window a lot is cancelled and credited; after it, it stays and is billed until the term ends, which is an " +
      'outcome and no error, and does not renew unless `keepRenewal`. What is in use stays, too. `dryRun=true` says beforehand what would happen.',
    answer: SubscriptionCancelledAnswer,
    preview: CancellationPreviewAnswer,
    example: { keepRenewal: false },
  })
  async cancel(@Input() command: CancelSubscription) {
    const { receipt, outcome } = await this.commands.execute(command);
    const fields = cancellationAnswer(outcome);
    return written(receipt, fields, () => fields);
  }

  @Writes('PUT', 'subscriptions/:subscriptionId/schedule', {
    may: 'changeSubscriptions',
    summary: 'Say what the next term is to have',
    description:
      'It is kept and applied when the subscription renews, and replaces what was scheduled before. Fewer licenses are never fewer than are in use then.',
    answer: RenewalAnswer,
    example: { quantity: 3 },
  })
  async schedule(@Input() command: ScheduleRenewal) {
    return this.renewal(command, await this.commands.execute(command));
  }

  @Writes('DELETE', 'subscriptions/:subscriptionId/schedule', {
    may: 'changeSubscriptions',
    summary: 'Leave the next term as this one',
    answer: RenewalAnswer,
  })
  async unschedule(@Input() command: UnscheduleRenewal) {
    return this.renewal(command, await this.commands.execute(command));
  }

  @Reads('deadlines', {
    may: 'readPool',
    summary: 'What comes, in the order of time',
    description:
      'Each with its time and what happens then: holds lapse, cancellation windows end, terms renew or end, licenses expire. What is over is not in it any more.',
    models: ['deadline-list'],
    answer: DeadlineListAnswer,
  })
  async deadlines(@Input() question: ListDeadlines) {
    const page = await listDeadlines(this.store, question, this.clock.nowText());
    if (page.items.length === 0) await accountKind(this.ledger, question.accountId);
    return page;
  }

  /** How it stands with the next term after a command. */
  private renewal({ accountId, subscriptionId }: SetAutoRenewal | UnscheduleRenewal, receipt: Receipt) {
    return answered(receipt, async () => {
      const state = await stateThen({ ledger: this.ledger, log: this.log }, pool, accountId, receipt);
      const subscription = state.subscriptions.get(subscriptionId)!;
      const { autoRenewal, termEndsAt, scheduled } = subscription;
      return {
        subscriptionId,
        autoRenewal,
        renews: willRenew(subscription),
        termEndsAt,
        ...(scheduled && { scheduled: { ...scheduled } }),
      };
    });
  }
}

/** What a smaller size took, and what comes back for it; nothing when it had that size already. */
function givenBack({ facts }: Receipt): Pick<ResizedAnswer, 'removed' | 'credited'> {
  const resized = facts.find(({ type }) => type === 'SubscriptionResized')?.data as SubscriptionResized['data'] | undefined;
  const removed = (resized?.removed ?? []).map(({ lotId, quantity, credited }) => ({ lotId, quantity, credited: credited ?? null }));
  return { removed, credited: sumsOfMoney(removed.flatMap(({ credited }) => credited ?? []))[0] ?? null };
}
