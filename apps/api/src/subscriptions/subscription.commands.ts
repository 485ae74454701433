import type { Receipt } from '#event-store';
import type { CancellationOutcome } from '#licensing';
import { Flag, Id, ListOfTexts, Optional, Part, Quantity } from '../fields.js';
import { LedgerCommand } from '../http/input.js';
import { OrderPayment } from '../orders/order.commands.js';
import { BillingOption } from '../product/product.commands.js';
import { story } from '../story.js';

abstract class AboutSubscription<Answer = Receipt> extends LedgerCommand<Answer> {
  @Id({ example: story.customerId })
  readonly accountId: string;

  @Id({ example: story.subscriptionId })
  readonly subscriptionId: string;
}

/** More licenses, which is an order, or fewer. */
export class ResizeSubscription extends AboutSubscription {
  @Quantity({ example: 8, description: 'How many licenses it is to have, all together' })
  readonly quantity: number;

  @Optional()
  @Part(() => OrderPayment, { description: 'How more of them are paid; by invoice unless told' })
  readonly payment?: OrderPayment;
}

/** Whether another term follows. */
export class SetAutoRenewal extends AboutSubscription {
  @Flag({ example: false })
  readonly enabled: boolean;
}

/** Ends a subscription, or some of its lots, under the product's policy. */
export class CancelSubscription extends AboutSubscription<Cancelled> {
  @Optional()
  @ListOfTexts({ pattern: /^\S{1,200}$/, min: 1, max: 300, description: 'Ids of lots; absent: all of them' })
  readonly lots?: string[];

  @Optional()
  @Flag({ example: false, description: 'What has to stay until the term ends renews nevertheless' })
  readonly keepRenewal?: boolean;
}

/** What was recorded; `outcome` is what things are when there was nothing new to record. */
export interface Cancelled {
  readonly receipt: Receipt;
  readonly outcome: CancellationOutcome;
}

/** What the next term is to have; replaces what was scheduled before. */
export class ScheduleRenewal extends AboutSubscription {
  @Optional()
  @Quantity({ example: 3, description: 'How many licenses the next term has, all together' })
  readonly quantity?: number;

  @Optional()
  @Part(() => BillingOption, { description: "One of the product's billing options" })
  readonly billing?: BillingOption;
}

/** The next term is as this one. */
export class UnscheduleRenewal extends AboutSubscription {}
