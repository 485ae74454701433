import type { EventLog, Feed, Ledger } from '#event-store';
import type { Clock, Log, Secrets, Settings } from '#platform';
import type { ReadStore } from '#read-store';

/**
 * What the API is made of. `main.ts` opens them for a process, a test for itself.
 * In Nest: `Ledger` is injected by its class, `Clock`, `Secrets` and the others by the tokens below: `@Inject(CLOCK) private readonly clock: Clock`.
 */
export interface ApiParts {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
  readonly eventLog: EventLog;
  readonly ledger: Ledger;
  readonly feed: Feed;
  readonly readStore: ReadStore;
}

export const SETTINGS = Symbol('settings');
export const SECRETS = Symbol('secrets');
export const CLOCK = Symbol('clock');
export const LOG = Symbol('log');
export const EVENT_LOG = Symbol('event log');
export const FEED = Symbol('feed');
export const READ_STORE = Symbol('read store');
