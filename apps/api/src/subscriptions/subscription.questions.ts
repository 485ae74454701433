import { deadlineKinds, subscriptionStates } from '#projections';
import { CommaSeparated, Cursor, Id, Instant, Limit, Optional, Text } from '../fields.js';
import { skuPattern } from '../field-rules.js';
import { Question } from '../http/input.js';
import { story } from '../story.js';

/** All filters together. */
export class ListSubscriptions extends Question {
  @Id({ example: story.customerId })
  readonly accountId: string;

  @Optional()
  @CommaSeparated({ pattern: new RegExp(`^(?:${subscriptionStates.join('|')})$`), max: 3, example: ['active'] })
  readonly state?: string[];

  @Optional()
  @CommaSeparated({ pattern: skuPattern, max: 50, example: ['M365-BUSINESS'] })
  readonly sku?: string[];

  @Optional()
  @Text({ min: 0, example: '365', description: "Any part of the product's name or sku, in any width, case or kana" })
  readonly query?: string;

  @Limit()
  readonly limit: number = 50;

  @Cursor()
  readonly cursor?: string;
}

export class ReadSubscription extends Question {
  @Id({ example: story.customerId })
  readonly accountId: string;

  @Id({ example: story.subscriptionId })
  readonly subscriptionId: string;
}

/** All filters together. */
export class ListDeadlines extends Question {
  @Id({ example: story.customerId })
  readonly accountId: string;

  @Optional()
  @Instant({ example: '2999-01-01T00:00:00.000Z', description: 'What comes before this moment' })
  readonly before?: string;

  @Optional()
  @CommaSeparated({
    pattern: new RegExp(`^(?:${[...deadlineKinds, 'activationLinkExpires'].join('|')})$`),
    max: 6,
    example: ['termRenews', 'termEnds', 'cancellationWindowEnds'],
  })
  readonly kinds?: string[];

  @Limit()
  readonly limit: number = 50;

  @Cursor()
  readonly cursor?: string;
}
