import type { EventLog, FactMetadata, RecordedEvent } from '#event-store';
import { givenBy, isGiving, Rejected, type LicenseReceived } from '#licensing';
import { cursorOf, placeOf, type Asked } from '#projections';
import { toPosition } from '../field-rules.js';
import { invalid } from '../http/invalid.js';
import { readMoment, type Moment } from '../pool/moment.js';
import { readPool, type PoolSources } from '../pool/pool.views.js';
import type { AuditedAssignment, AuditedAssignmentsAnswer } from './audit.answers.js';

export interface AuditQuestion {
  readonly account?: string;
  readonly asOf?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Balances of so many accounts are answered at most when none is named: those whose first pool facts come first. */
const accountsMax = 200;
/** Clocks of several processes may differ; the log is read on for this long after the moment asked for. */
const clockSkewMs = 10 * 60 * 1000;

/**
 * Assignments and balances as they stood: replayed from the log, by the time or position at which facts were recorded. Rows come oldest first,
 * one a line; balances come with the first page. Memory holds one page and one pool at a time. Errors: AS_OF_IN_FUTURE, POOL_NOT_FOUND, INVALID_REQUEST.
 */
export async function auditAssignments(sources: PoolSources, question: AuditQuestion): Promise<AuditedAssignmentsAnswer> {
  const { log, now } = sources;
  const endOfLog = await log.end();
  const moment = readMoment(question.asOf) ?? { at: now() };
  refuseFuture(moment, now(), endOfLog ?? 0n);
  const asked = ['audit', question.account, question.asOf];
  const begin = readCursor(question.cursor, asked);
  const page = new Page(question.limit, begin, asked);
  const accounts = new Set<string>(question.account === undefined ? [] : [question.account]);
  let position: bigint | undefined;
  for await (const event of poolFacts(log, question.account, begin?.after, moment)) {
    position = event.position;
    if (question.account === undefined && accounts.size < accountsMax) accounts.add(event.stream.slice('pool-'.length));
    page.take(rowsOf(event, question.account !== undefined), event.position);
    // Only the first page answers balances and has to see everything.
    if (page.next !== null && begin !== undefined) break;
  }
  const asOf = 'position' in moment ? String(moment.position) : moment.at;
  return {
    asOf,
    position: position?.toString() ?? null,
    balances: begin === undefined ? await balancesOf(sources, accounts, asOf) : [],
    items: page.rows,
    next: page.next,
  };
}

async function balancesOf(
  sources: PoolSources,
  accounts: ReadonlySet<string>,
  asOf: string,
): Promise<AuditedAssignmentsAnswer['balances']> {
  const balances = [];
  for (const accountId of accounts) {
    const { products } = await readPool(sources, { accountId, asOf });
    balances.push({ accountId, products });
  }
  return balances;
}

/** The facts of one pool or of all, recorded by then. */
async function* poolFacts(
  log: EventLog,
  account: string | undefined,
  after: bigint | undefined,
  moment: Moment,
): AsyncIterable<RecordedEvent> {
  const all = account === undefined;
  const events = all ? log.readAll({ filter: { streamPrefixes: ['pool-'] }, after }) : log.readStream(`pool-${account}`);
  const lastRecordedAt = 'at' in moment ? new Date(Date.parse(moment.at) + clockSkewMs).toISOString() : undefined;
  for await (const event of events) {
    const { recordedAt } = event.metadata as FactMetadata;
    if ('position' in moment ? event.position > moment.position : recordedAt > lastRecordedAt!) return;
    if (after !== undefined && event.position <= after) continue;
    if ('position' in moment || recordedAt <= moment.at) yield event;
  }
}

/** Where a page begins: behind an event, and behind so many rows of the one that follows. */
interface Place {
  readonly after: bigint | undefined;
  readonly rows: number;
}

function readCursor(cursor: string | undefined, asked: Asked): Place | undefined {
  const place = placeOf(cursor, asked);
  if (place === undefined) return undefined;
  // Anybody can seal a cursor: what it says is looked at as everything else that is sent.
  const after = toPosition(place.sort);
  if ((place.sort !== '' && after === undefined) || !/^\d{1,6}$/.test(place.key))
    throw invalid([{ path: 'cursor', message: 'must be `next` of the page before' }]);
  return { after, rows: Number(place.key) };
}

/** Gathers the rows of one page, and knows where the next one begins. */
class Page {
  readonly rows: AuditedAssignment[] = [];
  next: string | null = null;
  private after: bigint | undefined;
  private skip: number;

  constructor(
    private readonly limit: number,
    begin: Place | undefined,
    private readonly asked: Asked,
  ) {
    this.after = begin?.after;
    this.skip = begin?.rows ?? 0;
  }

  /** The rows of the next event, all of which may be too many. */
  take(rows: readonly AuditedAssignment[], position: bigint): void {
    if (this.next !== null) return;
    const room = this.limit - this.rows.length;
    const fresh = rows.slice(this.skip);
    this.rows.push(...fresh.slice(0, room));
    if (fresh.length > room) {
      this.next = cursorOf({ sort: String(this.after ?? ''), key: String(this.skip + room) }, this.asked);
      return;
    }
    if (rows.length > 0) this.skip = 0;
    this.after = position;
  }
}

/** What a pool gave; asked for by itself, also what it received. */
function rowsOf(event: RecordedEvent, withReceived: boolean): AuditedAssignment[] {
  const { actor, recordedAt } = event.metadata as FactMetadata;
  const recorded = {
    recordedAt,
    assignedBy: { userId: actor.userId },
    stream: event.stream,
    revision: event.revision,
    position: event.position.toString(),
  };
  if (isGiving(event)) {
    const { accountId, assignmentId, customerId, assignedAt, lines } = givenBy(event);
    const kind = event.type === 'LicenseAssigned' ? ('assignment' as const) : ('drawdown' as const);
    return lines.map(({ line, sku, quantity, expiresAt }) => ({
      ...{ side: 'given' as const, kind, assignmentId, line, accountId, customerId, assignedAt, sku, quantity },
      ...(expiresAt !== undefined && { expiresAt }),
      ...recorded,
    }));
  }
  if (event.type === 'LicenseReceived' && withReceived) {
    const { accountId, assignmentId, from, lots } = event.data as LicenseReceived['data'];
    return lots.map(({ sku, quantity, expiresAt }, index) => ({
      ...{
        side: 'received' as const,
        assignmentId,
        line: index + 1,
        accountId: from,
        customerId: accountId,
        assignedAt: recordedAt,
        sku,
        quantity,
      },
      ...(expiresAt !== undefined && { expiresAt }),
      ...recorded,
    }));
  }
  return [];
}

function refuseFuture(moment: Moment, now: string, endOfLog: bigint): void {
  const [asked, end] = 'position' in moment ? [moment.position, endOfLog] : [moment.at, now];
  if (asked > end)
    throw new Rejected('AS_OF_IN_FUTURE', `asOf is ${asked}; what is known ends at ${end}`, { asOf: String(asked), end: String(end) });
}
