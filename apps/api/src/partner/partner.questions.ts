import { Id, Optional, Page, Text } from '../fields.js';
import { Question } from '../http/input.js';
import { story } from '../story.js';

export class FindPartner extends Question {
  @Id({ example: story.partnerId })
  readonly partnerId: string;
}

export class ListLinkedCustomers extends Question {
  @Id({ example: story.partnerId })
  readonly partnerId: string;

  @Optional()
  @Text({ min: 0, max: 254, example: 'yamada', description: 'Any part of the e-mail address' })
  readonly email?: string;

  @Page()
  readonly page: number = 1;
}
