import { orderStates, type OrderStateName } from '#licensing';
import { CommaSeparated, Cursor, Id, Limit, Optional } from '../fields.js';
import { Question } from '../http/input.js';
import { story } from '../story.js';

export class FindOrder extends Question {
  @Id({ example: story.orderId })
  readonly orderId: string;
}

/** Which orders somebody wants to see. */
export class ListMarketplaceOrders extends Question {
  @Optional()
  @Id({ example: story.customerId, description: 'The customer that bought; a user of a customer may leave it out' })
  readonly accountId?: string;

  @Optional()
  @CommaSeparated({ pattern: new RegExp(`^(${orderStates.join('|')})$`), max: orderStates.length })
  readonly state?: OrderStateName[];

  @Limit()
  readonly limit: number;

  @Cursor()
  readonly cursor?: string;
}

export class ListFulfilments extends Question {
  @Limit()
  readonly limit: number;

  @Cursor()
  readonly cursor?: string;
}
