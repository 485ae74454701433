import type { EventFilter, EventLog, FactMetadata, RecordedEvent } from '#event-store';
import { Rejected, type Actor } from '#licensing';
import { cloudEvent, factStreams, isFactStream } from '#platform';
import type { EventsAnswer, FollowEvents, ListEvents } from './feed.questions.js';

/** What a reader wants, and may have. */
export interface Wanted {
  readonly types?: readonly string[];
  readonly account?: string;
}

/** A service of an account hears of that account only. Errors: POOL_NOT_FOUND for another one. */
export function wantedBy({ accountId }: Actor, { types, account }: FollowEvents): Wanted {
  if (accountId !== undefined && account !== undefined && account !== accountId)
    throw new Rejected('POOL_NOT_FOUND', `Nothing that you may see has the id ${account}`);
  return { types, account: accountId ?? account };
}

export function isWanted({ types, account }: Wanted, event: RecordedEvent): boolean {
  return isFactStream(event.stream) && (types?.includes(event.type) ?? true) && (account === undefined || concerns(event, account));
}

/** The facts of its pool, of its profile, of its orders and of its users. */
function concerns({ stream, data, metadata }: RecordedEvent, account: string): boolean {
  if (accountStreams(account).includes(stream)) return true;
  if (stream.startsWith('order-')) return (data as { accountId?: string }).accountId === account;
  if (!stream.startsWith('user-')) return false;
  return (data as { accountId?: string }).accountId === account || (metadata as FactMetadata).actor.accountId === account;
}

function accountStreams(account: string): string[] {
  return [`pool-${account}`, `partner-${account}`, `customer-${account}`];
}

/** What the event store leaves out for us; `isWanted` has the last word. */
function filterOf({ types, account }: Wanted): EventFilter {
  if (account !== undefined) return { streamPrefixes: [...accountStreams(account), 'order-', 'user-'] };
  return types ? { types } : { streamPrefixes: factStreams };
}

/** How many events are looked at for one page at most: a rare fact is found over several pages, each answered soon. */
const lookedAtMax = 20_000;

/** One page of the ordered feed. Errors: PositionUnknown when no event stands at `after`. */
export async function listEvents(log: EventLog, wanted: Wanted, { after, limit }: ListEvents): Promise<EventsAnswer> {
  // Asked for first: whatever is recorded from now on is after it, so all before it has been looked at when the reading ends.
  const endOfLog = await log.end();
  const items = [];
  let lookedAt = 0;
  let next = after === undefined ? undefined : BigInt(after);
  for await (const event of log.readAll({ after: next, filter: filterOf(wanted) })) {
    if (items.length === limit || lookedAt === lookedAtMax) return { items, next: String(next), end: false };
    lookedAt++;
    next = event.position;
    if (isWanted(wanted, event)) items.push(cloudEvent(event));
  }
  if (endOfLog !== undefined && endOfLog > (next ?? -1n)) next = endOfLog;
  return { items, next: next === undefined ? null : String(next), end: true };
}
