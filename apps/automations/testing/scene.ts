import { createHash, randomUUID } from 'node:crypto';
import { Ledger, type EventLog, type RecordedEvent } from '#event-store';
import { pool, product, provisionOrder, type LicenseAssigned, type Lot, type PoolFact } from '#licensing';
import { createLog, type Log } from '#platform';
import { startTestStore, type TestStore } from '../../../libs/event-store/src/testing/store.js';

export const quiet: Log = createLog('test', 'silent');
const now = '2026-04-01T00:00:00.000Z';

/** An event store of a test's own, and what partners and customers did in it. */
export class Scene {
  readonly log: EventLog;
  readonly ledger: Ledger;

  private constructor(readonly store: TestStore) {
    this.log = store.open();
    this.ledger = new Ledger({ log: this.log, now: () => now });
  }

  static async open(): Promise<Scene> {
    return new Scene(await startTestStore());
  }

  /** Records facts as they are, in one command. */
  async record(accountId: string, ...facts: PoolFact[]): Promise<bigint> {
    const inputHash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
    const actor = { userId: 'a-test', role: 'operator' as const };
    const context = { commandId: randomUUID(), inputHash, correlationId: randomUUID(), actor };
    return (await this.ledger.record(pool, accountId, { context }, () => facts)).position!;
  }

  buy(accountId: string, ...expiries: string[]): Promise<bigint> {
    const lots = expiries.map((expiresAt, index) => lotUntil(`${accountId}.${index + 1}`, expiresAt));
    return this.record(accountId, { type: 'LicensePurchased', data: { accountId, orderId: randomUUID(), source: 'operator', lots } });
  }

  /** A product that is billed and bound by the month. */
  async list(sku: string): Promise<void> {
    const policy = { term: 'P1M', termStarts: 'onPurchase', reversibility: 'windowed', cancellationWindow: 'P7D' } as const;
    const context = {
      commandId: randomUUID(),
      inputHash: '0'.repeat(64),
      correlationId: randomUUID(),
      actor: { userId: 'o', role: 'operator' },
    };
    await this.ledger.record(product, sku, { context }, () => [{ type: 'ProductListed' as const, data: { sku, name: sku, policy } }]);
  }

  /** One license by the month, from a time on. */
  subscribe(accountId: string, sku: string, at: string): Promise<bigint> {
    const billing = { period: 'P1M', commitment: 'P1M' };
    const lines = [{ sku, quantity: 1, billing, subscriptionId: randomUUID() }];
    const listing = { sku, name: sku, policy: { ...terms, term: 'P1M' } };
    const products = new Map([[sku, { status: 'listed' as const, listing }]]);
    const context = { commandId: randomUUID(), actor: { userId: 'orders', role: 'system' as const } };
    return this.record(accountId, ...provisionOrder(pool.initial(), { accountId, orderId: randomUUID(), lines, products, context }, at));
  }

  /** A drawdown of what `buy` bought first. */
  hold(accountId: string, holdUntil: string): Promise<bigint> {
    const lines = [{ line: 1, sku: 'REMO-EDGE-1Y', quantity: 1, lots: [{ lotId: `${accountId}.1`, quantity: 1 }] }];
    const drawdown = {
      drawdownId: randomUUID(),
      orderId: 'PO-1',
      customerId: randomUUID(),
      requestedBy: 'u',
      person: { accountName: 'Fjordline' },
    };
    return this.record(accountId, { type: 'DrawdownSubmitted', data: { accountId, ...drawdown, lines, holdUntil } });
  }

  /** One assignment of so many lots; how many makes its fact large or small. */
  give(accountId: string, customerId: string, lots = 1): Promise<bigint> {
    const given = Array.from({ length: lots }, () => ({ lotId: randomUUID(), quantity: 1, orderId: 'PO-1', ...terms }));
    const lines: LicenseAssigned['data']['lines'] = [{ line: 1, sku: 'REMO-EDGE-1Y', quantity: lots, lots: given }];
    return this.record(accountId, {
      type: 'LicenseAssigned',
      data: { accountId, assignmentId: randomUUID(), customerId, assignedAt: now, lines },
    });
  }

  /** One accepted drawdown of one license. */
  accept(accountId: string, customerId: string): Promise<bigint> {
    const lots = [{ lotId: randomUUID(), quantity: 1, orderId: 'PO-1', ...terms }];
    const lines = [{ line: 1, sku: 'REMO-EDGE-1Y', quantity: 1, lots }];
    const data = { accountId, drawdownId: randomUUID(), orderId: 'PO-1', customerId, acceptedAt: now, lines };
    return this.record(accountId, { type: 'DrawdownAccepted', data });
  }

  async facts(stream: string): Promise<RecordedEvent<string, any, any>[]> {
    const events: RecordedEvent[] = [];
    for await (const event of this.log.readStream(stream)) events.push(event);
    return events;
  }

  async everyFact(type: string): Promise<RecordedEvent<string, any, any>[]> {
    const events: RecordedEvent[] = [];
    for await (const event of this.log.readAll({ filter: { types: [type] } })) events.push(event);
    return events;
  }

  close(): Promise<void> {
    return this.store.stop();
  }
}

const terms = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' } as const;

function lotUntil(lotId: string, expiresAt: string): Lot {
  return { lotId, sku: 'REMO-EDGE-1Y', quantity: 1, orderId: 'PO-1', ...terms, startsAt: '2025-04-01T00:00:00.000Z', expiresAt };
}
