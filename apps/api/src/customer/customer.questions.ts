import { Id } from '../fields.js';
import { Question } from '../http/input.js';

export class FindCustomer extends Question {
  @Id()
  readonly customerId: string;
}
