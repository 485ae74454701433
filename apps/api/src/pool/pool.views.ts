import type { EventLog, FactMetadata, Ledger, Receipt, RecordedEvent } from '#event-store';
import {
  balances,
  givenBy,
  isGiving,
  pool,
  Rejected,
  totalOf,
  type Giving,
  type LicenseReceived,
  type PoolFact,
  type PoolState,
} from '#licensing';
import { balanceOf, productNames } from '#projections';
import type { ReadStore } from '#read-store';
import { readMoment, type Moment } from './moment.js';
import type { PoolAnswer } from './pool.answers.js';
import { accountKind } from './pool.references.js';

export interface PoolSources {
  readonly ledger: Ledger;
  readonly log: EventLog;
  readonly store: ReadStore;
  /** The product's clock. */
  readonly now: () => string;
}

/** What an account holds, now or as of a moment or position. Errors: POOL_NOT_FOUND, AS_OF_IN_FUTURE. */
export async function readPool(
  sources: PoolSources,
  { accountId, asOf }: { readonly accountId: string; readonly asOf?: string },
): Promise<PoolAnswer> {
  const moment = readMoment(asOf);
  const held = await (moment === undefined ? balanceOf(sources.store, { accountId }) : poolAsOf(sources, accountId, moment));
  // Who holds something exists; of the others it has to be asked.
  if (held.products.length === 0) await accountKind(sources.ledger, accountId);
  return held;
}

/** The pool as it would stand after a dry run. */
export async function previewedPool({ store }: PoolSources, accountId: string, receipt: Receipt): Promise<PoolAnswer> {
  const { products } = await balanceOf(store, { accountId });
  const inTransit = new Map(products.map((product) => [product.sku, product.inTransit]));
  for (const fact of receipt.facts) addGiven(inTransit, fact as unknown as PoolFact);
  return shown(store, accountId, receipt.state as PoolState, inTransit, receipt.position);
}

/** Replays the pool's own stream; what was in transit is what the receivers' streams did not have by then. */
async function poolAsOf(sources: PoolSources, accountId: string, moment: Moment): Promise<PoolAnswer> {
  const { log, store } = sources;
  await refuseFuture(sources, moment);
  let state = pool.initial();
  let position: bigint | undefined;
  const given: RecordedEvent[] = [];
  for await (const event of upTo(log, accountId, moment)) {
    state = pool.evolve(state, event as unknown as PoolFact);
    position = event.position;
    if (isGiving(event)) given.push(event);
  }
  return shown(store, accountId, state, await inTransitAsOf(log, given, moment), position);
}

async function inTransitAsOf(log: EventLog, given: readonly RecordedEvent[], moment: Moment): Promise<Map<string, number>> {
  const received = new Map<string, number>();
  for (const customerId of new Set(given.map(({ data }) => (data as Giving['data']).customerId))) {
    for await (const { type, data } of upTo(log, customerId, moment)) {
      if (type !== 'LicenseReceived') continue;
      const { from, giverRevision } = data as LicenseReceived['data'];
      received.set(`${from} ${customerId}`, giverRevision);
    }
  }
  const inTransit = new Map<string, number>();
  for (const event of given) {
    const { accountId, customerId } = event.data as Giving['data'];
    if (event.revision > (received.get(`${accountId} ${customerId}`) ?? -1)) addGiven(inTransit, event as unknown as PoolFact);
  }
  return inTransit;
}

function addGiven(inTransit: Map<string, number>, fact: PoolFact): void {
  if (!isGiving(fact)) return;
  for (const { sku, quantity } of givenBy(fact).lines) inTransit.set(sku, (inTransit.get(sku) ?? 0) + quantity);
}

/** The facts of a pool that were recorded by then: at the moment itself still counts. */
async function* upTo(log: EventLog, accountId: string, moment: Moment): AsyncIterable<RecordedEvent> {
  for await (const event of log.readStream(`pool-${accountId}`)) {
    const isLater = 'position' in moment ? event.position > moment.position : (event.metadata as FactMetadata).recordedAt > moment.at;
    if (isLater) return;
    yield event;
  }
}

async function refuseFuture({ log, now }: PoolSources, moment: Moment): Promise<void> {
  const end = 'position' in moment ? ((await log.end()) ?? 0n) : now();
  const asked = 'position' in moment ? moment.position : moment.at;
  if (asked <= end) return;
  throw new Rejected('AS_OF_IN_FUTURE', `asOf is ${asked}; what is known ends at ${end}.`, { asOf: String(asked), end: String(end) });
}

async function shown(
  store: ReadStore,
  accountId: string,
  state: PoolState,
  inTransit: ReadonlyMap<string, number>,
  position: bigint | undefined,
): Promise<PoolAnswer> {
  const held = balances(state).sort((one, other) => (one.sku < other.sku ? -1 : 1));
  const names = await productNames(
    store,
    held.map(({ sku }) => sku),
  );
  const products = held.map(({ sku, ...counts }) => ({ sku, name: names.get(sku) ?? sku, ...counts, inTransit: inTransit.get(sku) ?? 0 }));
  return { accountId, total: totalOf(held), products, position: position === undefined ? null : String(position) };
}
