import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import { LedgerCommand } from '../http/input.js';
import { Email, Id, ListOf, LongText, Optional, Part, Text, TextOfOne, Website } from '../fields.js';
import { Line } from '../pool/pool.commands.js';
import { story } from '../story.js';

/** Mandatory, unless the customer is named by its id. */
const WrittenDown = () =>
  applyDecorators(
    ValidateIf((customer: CustomerOfDrawdown) => customer.customerId === undefined),
    ApiProperty({ required: false }),
  );

/** Whom the licenses are for: all four fields (004-18…21), or the id of a customer that this partner knows. */
export class CustomerOfDrawdown {
  @WrittenDown()
  @Text({ example: 'Fjordline Logistics AS', description: 'Mandatory without `customerId`, as are the other three' })
  readonly accountName?: string;

  @WrittenDown()
  @Website({ example: 'https://www.fjordline-logistics.example' })
  readonly website?: string;

  @WrittenDown()
  @Text({ example: 'Ingrid Solberg' })
  readonly contactName?: string;

  @WrittenDown()
  @Email({ example: 'ingrid.solberg@fjordline-logistics.example' })
  readonly contactEmail?: string;

  @Optional()
  @Id({
    example: story.customerId,
    description: 'Instead of the other fields: a customer that linked this partner, or that it had a drawdown for',
  })
  readonly customerId?: string;
}

/** A product of the order and how many of it. */
export class DrawdownLine extends Line {
  @Optional()
  @Text({ max: 128, example: 'PO-2026-0412', description: 'The order, again; all lines are of one' })
  readonly orderId?: string;
}

/** Asks to pass on licenses of one order to a customer. They are held until it is decided. */
export class SubmitDrawdown extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @TextOfOne({ max: 128, example: 'PO-2026-0412', description: 'One order of this pool' })
  readonly orderId: string | string[];

  @Part(() => CustomerOfDrawdown)
  readonly customer: CustomerOfDrawdown;

  @ListOf(() => DrawdownLine, { max: 100 })
  readonly lines: DrawdownLine[];

  @Optional()
  @LongText({ max: 1000, example: 'For the second warehouse', description: 'For the approver' })
  readonly note?: string;

  @Optional()
  @Id({ example: story.drawdownId, description: 'The drawdown of this pool that the draft was cloned from' })
  readonly clonedFrom?: string;
}

class OfDrawdown extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Id({ example: story.drawdownId })
  readonly drawdownId: string;
}

export class ApproveDrawdown extends OfDrawdown {}

export class RejectDrawdown extends OfDrawdown {
  @LongText({ max: 500, example: 'The order is not paid yet', description: 'The partner reads it' })
  readonly reason: string;
}

export class AcceptDrawdown extends OfDrawdown {}

export class CancelDrawdown extends OfDrawdown {
  @Optional()
  @LongText({ max: 500, example: 'The customer changed its mind' })
  readonly reason?: string;
}

/** Records nothing: it answers a draft. */
export class CloneDrawdown extends OfDrawdown {}
