import { Id } from '../fields.js';
import { Question } from '../http/input.js';
import { story } from '../story.js';

export class FindCustomer extends Question {
  @Id({ example: story.customerId })
  readonly customerId: string;
}
