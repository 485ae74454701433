import { applyDecorators } from '@nestjs/common';
import { drawdownStates, type DrawdownState } from '#licensing';
import { CommaSeparated, Cursor, Id, Instant, Limit, Optional, Text } from '../fields.js';
import { Question } from '../http/input.js';
import { story } from '../story.js';

const States = (description: string, example: DrawdownState[]) =>
  applyDecorators(
    Optional(),
    CommaSeparated({ pattern: new RegExp(`^(${drawdownStates.join('|')})$`), max: drawdownStates.length, description, example }),
  );

export class ListOrders extends Question {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Limit()
  readonly limit: number = 50;

  @Cursor({ pattern: /^\d{1,15}$/ })
  readonly cursor?: string;
}

/** All filters together; none is the whole list. */
export class ListDrawdowns extends Question {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @States('Several are separated by commas', ['submitted', 'approved'])
  readonly state?: DrawdownState[];

  @Optional()
  @Text({ min: 0, example: 'fjordline', description: "The customer's id, or any part of its name, in any width or case" })
  readonly customer?: string;

  @Optional()
  @Instant({ description: 'Submitted at this moment or later' })
  readonly from?: string;

  @Optional()
  @Instant({ example: '2099-04-01T00:00:00.000Z', description: 'Submitted before this moment' })
  readonly to?: string;

  @Limit()
  readonly limit: number = 50;

  @Cursor()
  readonly cursor?: string;
}

export class FindDrawdown extends Question {
  @Id({ example: story.partnerId })
  readonly accountId: string;

  @Id({ example: story.drawdownId })
  readonly drawdownId: string;
}

export class ListDrawdownQueue extends Question {
  @States('`submitted` when absent; several are separated by commas', ['submitted'])
  readonly state?: DrawdownState[];

  @Limit()
  readonly limit: number = 50;

  @Cursor()
  readonly cursor?: string;
}
