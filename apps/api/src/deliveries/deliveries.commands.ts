import { Choice, Cursor, Id, Limit, LongText, Optional, Quantity, Sku, Text } from '../fields.js';
import { LedgerCommand, Question } from '../http/input.js';
import { story } from '../story.js';
import { serviceStates } from '#projections';

/** Puts licenses into a signed file (004-08). */
export class IssueLicenseFile extends LedgerCommand {
  @Id({ example: story.partnerId, description: 'Whose licenses' })
  readonly accountId: string;

  @Sku({ example: 'BOT-RUNNER', description: 'A product with the delivery `file`' })
  readonly sku: string;

  @Quantity({ example: 2 })
  readonly quantity: number;

  @Optional()
  @Text({ max: 200, example: 'rpa-07.sakura.example', description: 'What the machine calls itself; absent: any' })
  readonly machine?: string;
}

/** Asks for a cloud service (004-10). */
export class RequestProvisioning extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Id({ example: story.serviceId })
  readonly serviceId: string;
}

/** Says that a service runs. */
export class CompleteProvisioning extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Id({ example: story.serviceId })
  readonly serviceId: string;

  @Optional()
  @LongText({ max: 500, example: 'https://control-room.sakura.example', description: 'What its owner should know; shown with the service' })
  readonly details?: string;
}

/** Says that a service could not be provisioned. */
export class FailProvisioning extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Id({ example: story.serviceId })
  readonly serviceId: string;

  @LongText({ max: 500, example: 'No room in the region asked for', description: 'Shown with the service' })
  readonly reason: string;
}

/** What the provisioning service says by a signed call. It may say it as often as it likes. */
export class ConfirmProvisioning extends LedgerCommand {
  @Id({ example: story.serviceId })
  readonly serviceId: string;

  @Choice(['provisioned', 'failed'])
  readonly outcome: 'provisioned' | 'failed';

  @Optional()
  @LongText({ max: 500, example: 'https://control-room.sakura.example', description: 'Shown with the service' })
  readonly details?: string;
}

export class ListLicenseFiles extends Question {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Limit()
  readonly limit: number;

  @Cursor()
  readonly cursor?: string;
}

export class ReadLicenseFile extends Question {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Id({ example: story.fileId })
  readonly fileId: string;
}

export class ListServices extends Question {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Optional()
  @Choice(serviceStates)
  readonly state?: string;

  @Limit()
  readonly limit: number;

  @Cursor()
  readonly cursor?: string;
}
