import type { Actor, Fact, Instant, OrderFact, PoolFact, CustomerFact, ProductFact, UserFact, NotificationFact } from '#licensing';
import type { ProjectedEvent, Projection, ReadStore } from '#read-store';
import { applyChanges, changesByPartition } from '../../libs/read-store/src/projection-batch.js';
import { projections } from '../index.js';

type AnyFact = OrderFact | PoolFact | CustomerFact | ProductFact | UserFact | NotificationFact;
type DataOf<Type extends AnyFact['type']> = Extract<AnyFact, Fact<Type>>['data'];

/** How a fact came about, where the test cares: when, by whom, in which pool's order. */
export interface Telling {
  readonly at?: Instant;
  readonly by?: Actor;
}

/** A log in small: facts are told in order, and brought into the read models of one store when they are shown. */
export class Story {
  readonly events: ProjectedEvent[] = [];
  private shown = 0;
  private position = 0n;
  private now: Instant = '2026-01-01T00:00:00.000Z';

  constructor(readonly store: ReadStore) {}

  tell<Type extends AnyFact['type']>(type: Type, data: DataOf<Type>, { at = this.now, by }: Telling = {}): this {
    this.now = at;
    // Positions of a real log have gaps.
    this.position += 1n + (this.position % 3n);
    const actor = by ?? { userId: 'user-1', role: 'partner', accountId: 'partner-1' };
    const metadata = { recordedAt: at, actor };
    this.events.push({
      stream: 'told',
      revision: this.events.length,
      position: this.position,
      id: `event-${this.position}`,
      type,
      data,
      metadata,
    });
    return this;
  }

  product(sku: string, name: string, category?: string): this {
    const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' } as const;
    return this.tell('ProductListed', { sku, name, category, policy });
  }

  user(userId: string, login: string, accountId?: string): this {
    return this.tell('UserCreated', { userId, role: accountId ? 'partner' : 'operator', accountId, person: { login } });
  }

  linked(partnerId: string, customerId: string, name: string, nameReading?: string, email = `${customerId}@example.com`): this {
    return this.tell('DealerLinked', { customerId, partnerId, partnerCode: 'CODE', person: { name, nameReading, email } });
  }

  purchased(accountId: string, sku: string, quantity: number, lotId = `lot-${this.events.length}`, expiresAt?: Instant): this {
    const terms = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' } as const;
    const lots = [{ lotId, sku, quantity, orderId: `order-${lotId}`, ...terms, ...(expiresAt ? { expiresAt } : {}) }];
    return this.tell('LicensePurchased', { accountId, orderId: `order-${lotId}`, source: 'operator', lots });
  }

  /** One assignment with a line for each of the quantities given by sku. */
  assigned(
    accountId: string,
    customerId: string,
    quantities: Readonly<Record<string, number>>,
    telling: Telling & { lotId?: string } = {},
  ): this {
    const assignedAt = telling.at ?? this.now;
    const terms = { orderId: 'order', term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' } as const;
    const lines = Object.entries(quantities).map(([sku, quantity], index) => ({
      line: index + 1,
      sku,
      quantity,
      lots: [{ lotId: telling.lotId ?? 'lot', quantity, ...terms }],
    }));
    return this.tell(
      'LicenseAssigned',
      { accountId, assignmentId: `assignment-${this.events.length}`, customerId, assignedAt, lines },
      telling,
    );
  }

  /** Brings what was told since the last time into the read models, in batches of this many facts. */
  async show(batch = Number.POSITIVE_INFINITY): Promise<void> {
    // Once also when there is nothing to show: what was filled with nothing answers that there is nothing.
    do {
      const events = this.events.slice(this.shown, this.shown + batch);
      for (const projection of projections) await show(this.store, projection, events);
      this.shown += events.length;
    } while (this.shown < this.events.length);
  }
}

/** Brings events into one read model, and lets queries be answered from it. */
export async function show(store: ReadStore, projection: Projection<any>, events: readonly ProjectedEvent[]): Promise<void> {
  const known = await store.begin(projection.name, projection.version);
  await store.setServingVersion(projection.name, projection.version);
  for (const changes of changesByPartition(projection, events)) {
    const { partitions } = await store.load(projection.name, projection.version, [changes]);
    const address = { projection: projection.name, version: projection.version, partition: changes.partition };
    const write = applyChanges(projection, address, partitions[0]!, changes);
    if (write && !(await store.commit(write))) throw new Error(`somebody else writes ${projection.name}`);
  }
  const next = { position: events.at(-1)?.position };
  await store.setProgress({ projection: projection.name, version: projection.version, next, known });
}
