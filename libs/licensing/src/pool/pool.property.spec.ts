import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deserialize, serialize } from 'node:v8';
import { linkedTo, onSale } from '../../testing/pool-facts.js';
import type { Commanded, Instant } from '../fact.js';
import { Invariants } from '../invariants/invariants.js';
import { Rejected } from '../rejection.js';
import { activateLicenses } from './activation.js';
import { assignLicenses } from './assignment.js';
import { balances } from './balance.js';
import { fireDeadlines } from './deadlines.js';
import { completeProvisioning, failProvisioning, issueLicenseFile, requestProvisioning } from './delivery.js';
import { acceptDrawdown, approveDrawdown, cancelDrawdown, rejectDrawdown, submitDrawdown, type RejectDrawdown } from './drawdown.js';
import { pool, type PoolState } from './pool.js';
import type { LicenseAssigned, PoolFact } from './pool.events.js';
import { purchaseLicenses } from './purchase.js';
import { reversePurchase } from './reversal.js';
import { serviceIdOf } from './service-id.js';
import { givenBy, isGiving, receiveLicenses } from './transfer.js';

const products = onSale({
  now: { termStarts: 'onPurchase', term: 'P1M' },
  given: { termStarts: 'onAssignment', term: 'P1W' },
  used: { termStarts: 'onFirstUse', term: 'P1M' },
  forever: { term: null },
  filed: { delivery: 'file', termStarts: 'onFirstUse', term: 'P1M' },
  cloudy: { delivery: 'cloud', termStarts: 'onAssignment', term: 'P2M' },
});
const partners = ['p-1', 'p-2'] as const;
const customers = ['c-1', 'c-2'] as const;
const skus = [...products.keys()];

/** All pools and everything that happened, in the order of a log. */
class World {
  readonly pools = new Map<string, PoolState>();
  readonly facts = new Map<string, PoolFact[]>();
  readonly invariants = new Invariants();
  readonly given: { from: string; giverRevision: number; assignment: LicenseAssigned['data'] }[] = [];
  now: Instant = '2026-01-31T00:00:00.000Z';
  private commands = 0;

  /** Decides and folds; a refusal changes nothing. */
  ask<Command>(
    accountId: string,
    decide: (state: PoolState, command: Command & Commanded, now: Instant) => PoolFact[],
    command: Omit<Command, 'context'>,
    userId = 'u',
  ): void {
    const state = this.pools.get(accountId) ?? pool.initial();
    this.commands += 1;
    const context = { commandId: `command-${this.commands}`, actor: { userId, role: 'operator' as const } };
    let decided: PoolFact[];
    try {
      decided = decide(state, { ...command, context } as unknown as Command & Commanded, this.now);
    } catch (error) {
      if (error instanceof Rejected) return;
      throw error;
    }
    this.pools.set(
      accountId,
      decided.reduce((folded, fact) => this.record(accountId, folded, fact), state),
    );
  }

  private record(accountId: string, state: PoolState, fact: PoolFact): PoolState {
    const folded = pool.evolve(state, fact);
    this.facts.set(accountId, [...(this.facts.get(accountId) ?? []), fact]);
    this.invariants.take({ stream: `pool-${accountId}`, revision: folded.revision, ...fact });
    if (isGiving(fact)) this.given.push({ from: accountId, giverRevision: folded.revision, assignment: givenBy(fact) });
    return folded;
  }
}

const drawdownChanges: Record<string, (state: PoolState, command: RejectDrawdown, now: Instant) => PoolFact[]> = {
  approve: approveDrawdown,
  reject: rejectDrawdown,
  accept: acceptDrawdown,
  cancel: cancelDrawdown,
};

type Step = (world: World) => void;
const quantity = fc.integer({ min: 1, max: 12 });
const line = fc.record({ sku: fc.constantFrom(...skus), quantity });
const lines = fc.array(line, { minLength: 1, maxLength: 3 });
const orderId = fc.integer({ min: 1, max: 8 }).map((number) => `PO-${number}`);
const accountId = fc.constantFrom(...partners, ...customers);

const purchase = fc.record({ accountId, orderId, lines, purchasedFor: fc.option(fc.constantFrom(...customers), { nil: undefined }) });
const steps: fc.Arbitrary<Step> = fc.oneof(
  purchase.map(({ accountId: buyer, purchasedFor, ...rest }): Step => {
    const isPartner = buyer.startsWith('p-');
    const passedOn = isPartner && purchasedFor !== undefined ? { purchasedFor, customer: linkedTo(buyer) } : {};
    const command = {
      accountId: buyer,
      ...rest,
      source: 'store' as const,
      accountKind: isPartner ? ('partner' as const) : ('customer' as const),
      products,
    };
    return (world) => world.ask(buyer, purchaseLicenses, { ...command, ...passedOn });
  }),
  fc.record({ accountId, orderId, lines: fc.option(lines, { nil: undefined }) }).map(
    ({ accountId: buyer, ...rest }): Step =>
      (world) =>
        world.ask(buyer, reversePurchase, { accountId: buyer, ...rest, reason: 'r' }),
  ),
  fc.record({ giver: fc.constantFrom(...partners), customerId: fc.constantFrom(...customers), lines }).map(
    ({ giver, ...rest }): Step =>
      (world) =>
        world.ask(giver, assignLicenses, { accountId: giver, ...rest, customer: linkedTo(giver) }),
  ),
  fc.record({ asking: fc.constantFrom(...partners), customerId: fc.constantFrom(...customers), orderId, lines }).map(
    ({ asking, ...rest }): Step =>
      (world) =>
        world.ask(asking, submitDrawdown, { accountId: asking, ...rest, customer: linkedTo(asking), products }),
  ),
  fc
    .record({ asking: fc.constantFrom(...partners), change: fc.constantFrom(...Object.keys(drawdownChanges)), which: fc.nat() })
    .map(({ asking, change, which }): Step => (world) => {
      const drawdownIds = [...(world.pools.get(asking)?.drawdowns.keys() ?? [])];
      const drawdownId = drawdownIds[which % drawdownIds.length] ?? 'nobody';
      world.ask(asking, drawdownChanges[change]!, { accountId: asking, drawdownId, reason: 'r' }, 'somebody else');
    }),
  fc.record({ accountId, sku: fc.constantFrom(...skus), quantity }).map(
    (command): Step =>
      (world) =>
        world.ask(command.accountId, activateLicenses, command),
  ),
  fc.record({ accountId, sku: fc.constantFrom(...skus), quantity }).map(
    (command): Step =>
      (world) =>
        world.ask(command.accountId, issueLicenseFile, command),
  ),
  fc
    .record({ account: accountId, lot: fc.nat(), decide: fc.constantFrom(requestProvisioning, completeProvisioning, failProvisioning) })
    .map(({ account, lot, decide }): Step => (world) => {
      const services = servicesOf(world, account);
      const serviceId = services[lot % services.length];
      if (serviceId !== undefined) world.ask(account, decide, { accountId: account, serviceId });
    }),
  accountId.map(
    (account): Step =>
      (world) =>
        world.ask(account, fireDeadlines, { accountId: account, products }),
  ),
  fc.integer({ min: 1, max: 20 }).map(
    (days): Step =>
      (world) =>
        (world.now = new Date(Date.parse(world.now) + days * 86_400_000).toISOString()),
  ),
  fc.constant<Step>(deliverAll),
  fc.constant<Step>(keepAll),
);

/** The ids of what was asked for, and of what could be. */
function servicesOf({ pools }: World, account: string): string[] {
  const state = pools.get(account) ?? pool.initial();
  const ready = [...state.lots.values()].filter(({ lot }) => lot.delivery === 'cloud').map(({ lot }) => serviceIdOf(account, lot.lotId));
  return [...new Set([...state.services.keys(), ...ready])];
}

/** Every pool becomes what was kept of it, as after a restart. */
function keepAll({ pools }: World): void {
  for (const [accountId, state] of pools) pools.set(accountId, deserialize(serialize(state)) as PoolState);
}

/** Hands over everything ever given, in order, received already or not: as an automation does that was killed and began again. */
function deliverAll(world: World): void {
  for (const delivery of world.given) world.ask(delivery.assignment.customerId, receiveLicenses, delivery);
}

function played(history: readonly Step[]): World {
  const world = new World();
  for (const step of history) step(world);
  return world;
}

const histories = fc.array(steps, { minLength: 1, maxLength: 60, size: 'large' });
const runs = { numRuns: 500 };

describe('Whatever is asked of the pools, in whatever order', () => {
  it('every license is accounted for, lot by lot and over all pools', () => {
    fc.assert(
      fc.property(histories, (history) => {
        expect(played(history).invariants.violations()).toEqual([]);
      }),
      runs,
    );
  });

  it('no count is ever negative, and each product adds up', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const state of played(history).pools.values()) {
          for (const { sku, purchased, received, ...parts } of balances(state)) {
            expect(Object.values(parts).every((count) => count >= 0)).toBe(true);
            expect({ sku, sum: Object.values(parts).reduce((sum, count) => sum + count, 0) }).toEqual({ sku, sum: purchased + received });
          }
        }
      }),
      runs,
    );
  });

  it('the balances and the second set of books agree', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = played(history);
        deliverAll(world);
        const all = [...world.pools.values()].flatMap((state) => balances(state));
        const total = (count: 'purchased' | 'available' | 'held' | 'inSeats' | 'expired' | 'cancelled') =>
          all.reduce((sum, balance) => sum + balance[count], 0);
        const counts = {
          purchased: total('purchased'),
          available: total('available'),
          inSeats: total('inSeats'),
          held: total('held'),
          expired: total('expired'),
          cancelled: total('cancelled'),
        };
        expect(world.invariants.sums()).toEqual({ ...counts, inTransit: 0 });
      }),
      runs,
    );
  });

  it('a replay gives the same state, and each product’s lots stand in the order of use', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = played(history);
        for (const [account, state] of world.pools) {
          const replayed = (world.facts.get(account) ?? []).reduce((folded, fact) => pool.evolve(folded, fact), pool.initial());
          expect(replayed).toEqual(state);
          for (const { order, available } of state.products.values()) {
            const waiting = order.lots.slice(order.head);
            const keys = waiting.map(({ lot, sequence }) => `${lot.expiresAt ?? 'never'} ${String(sequence).padStart(6, '0')}`);
            expect(keys).toEqual([...keys].sort());
            expect(waiting.reduce((sum, lot) => sum + lot.available, 0)).toBe(available);
          }
        }
      }),
      runs,
    );
  });
});
