import { CommaSeparated, Id, Limit, ListOf, LogPosition, Optional, OrNull, Flag } from '../fields.js';
import { Question } from '../http/input.js';
import { story } from '../story.js';
import { CloudEvent } from './cloud-event.js';

const factName = /^[A-Z][A-Za-z]{0,63}$/;

/** Which facts of the log somebody wants to hear of. */
export class FollowEvents extends Question {
  @Optional()
  @LogPosition({ description: 'Only what was recorded after this position; `position` of an event, or `next` of a page' })
  readonly after?: string;

  @Optional()
  @CommaSeparated({ pattern: factName, max: 50, example: ['LicensePurchased', 'LicenseAssigned'] })
  readonly types?: string[];

  @Optional()
  @Id({ example: story.partnerId, description: 'Only the facts of this account: its pool, its profile, its orders, its users' })
  readonly account?: string;
}

export class ListEvents extends FollowEvents {
  @Limit({ fallback: 100, max: 1000 })
  readonly limit: number;
}

export class EventsAnswer {
  @ListOf(() => CloudEvent, { min: 0, max: 1000 })
  readonly items: CloudEvent[];

  @OrNull()
  @LogPosition({ example: '18342', description: 'Go on `after` here; null while the log is empty' })
  readonly next: string | null;

  @Flag({ description: 'Nothing more is there now' })
  readonly end: boolean;
}
