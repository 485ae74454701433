import { describe, expect, it } from '@jest/globals';
import { commandId, given, noon } from '../../testing/given.js';
import { bought, lot, partnerId, sku } from '../../testing/pool-facts.js';
import { Invariants } from '../invariants/invariants.js';
import { completeProvisioning, failProvisioning, issueLicenseFile, requestProvisioning } from './delivery.js';
import { balanceOf } from './balance.js';
import { pool } from './pool.js';
import type { Lot, PoolFact } from './pool.events.js';
import { serviceIdOf } from './service-id.js';

const june = '2026-06-01T00:00:00.000Z';
const september = '2026-09-01T00:00:00.000Z';
const oneYearOn = '2027-04-01T12:00:00.000Z';
const filed = (changes: Partial<Lot> = {}) => lot({ delivery: 'file', expiresAt: june, ...changes });
const cloud = (changes: Partial<Lot> = {}) => lot({ delivery: 'cloud', expiresAt: june, ...changes });
const issue = (quantity: number, machine?: string) => ({ accountId: partnerId, sku, quantity, ...(machine && { machine }) });
const serviceId = serviceIdOf(partnerId, 'lot-1');
const asked = { accountId: partnerId, serviceId };

/** What several commands leave, each decided on what the ones before it did. */
function after(...steps: ((facts: readonly PoolFact[]) => unknown)[]): PoolFact[] {
  return steps.reduce<PoolFact[]>((facts, step) => [...facts, ...(step(facts) as PoolFact[])], []);
}
const requested = (first: PoolFact = bought(cloud())) =>
  after(
    () => [first],
    (facts) => given(pool, ...facts).when(requestProvisioning, asked),
  );
const failed = (facts = requested()) => [...facts, ...(given(pool, ...facts).when(failProvisioning, asked) as PoolFact[])];

function books(facts: readonly PoolFact[]) {
  const invariants = new Invariants();
  for (const [revision, fact] of facts.entries()) invariants.take({ stream: `pool-${partnerId}`, revision, ...fact });
  const state = facts.reduce((folded, fact) => pool.evolve(folded, fact), pool.initial());
  return { violations: invariants.violations(), balance: balanceOf(state, sku) };
}

describe('A license file', () => {
  it('says what, how many, for which machine and until when, and its licenses are in use', () => {
    const facts = after(
      () => [bought(filed())],
      (before) => given(pool, ...before).when(issueLicenseFile, issue(3, 'rpa-07')),
    );
    expect(facts[1]).toEqual({
      type: 'LicenseFileIssued',
      data: {
        ...issue(3, 'rpa-07'),
        fileId: commandId,
        issuedAt: noon,
        expiresAt: june,
        lots: [{ lotId: 'lot-1', sku, quantity: 3 }],
      },
    });
    expect(books(facts)).toMatchObject({ violations: [], balance: { available: 7, inSeats: 3 } });
  });

  it('takes what ends first, and ends with the first of it', () => {
    const outcome = given(pool, bought(filed({ expiresAt: september }), filed({ lotId: 'lot-2' }))).when(issueLicenseFile, issue(12));
    const lots = [
      { lotId: 'lot-2', quantity: 10 },
      { lotId: 'lot-1', quantity: 2 },
    ];
    expect(outcome).toMatchObject([{ data: { expiresAt: june, lots } }]);
  });

  it('takes nothing that is over, recorded or not', () => {
    const over = filed({ expiresAt: '2026-04-01T12:00:00.000Z' });
    const outcome = given(pool, bought(over, filed({ lotId: 'lot-2', quantity: 4 }))).when(issueLicenseFile, issue(5));
    expect(outcome).toMatchObject({ refused: 'POOL_EXHAUSTED', requested: 5, available: 4 });
  });

  it.each(['onFirstUse', 'onAssignment'] as const)('begins a term that had not begun (%s), before it is issued', (termStarts) => {
    const waiting = lot({ delivery: 'file', termStarts });
    const facts = after(
      () => [bought(waiting)],
      (before) => given(pool, ...before).when(issueLicenseFile, issue(4)),
    );
    expect(facts.slice(1)).toMatchObject([
      { type: 'LicenseActivated', data: { quantity: 4, lots: [{ fromLotId: 'lot-1', lot: { quantity: 4, expiresAt: oneYearOn } }] } },
      { type: 'LicenseFileIssued', data: { expiresAt: oneYearOn, lots: [{ lotId: `${commandId}.1`, quantity: 4 }] } },
    ]);
    expect(books(facts)).toMatchObject({ violations: [], balance: { available: 6, inSeats: 4 } });
  });

  it('of perpetual licenses has no end', () => {
    const outcome = given(pool, bought(lot({ delivery: 'file', term: null, startsAt: noon }))).when(issueLicenseFile, issue(1));
    expect(outcome).toMatchObject([{ type: 'LicenseFileIssued' }]);
    expect(outcome).not.toHaveProperty('0.data.expiresAt');
  });

  it.each([
    ['cloud', cloud()],
    ['none', lot()],
  ])('is not what a product with the delivery %s is handed over as', (delivery, other) => {
    expect(given(pool, bought(other)).when(issueLicenseFile, issue(1))).toMatchObject({ refused: 'DELIVERY_MISMATCH', sku, delivery });
  });

  it('is refused for more than there are, with the numbers', () => {
    expect(given(pool).when(issueLicenseFile, issue(1))).toMatchObject({ refused: 'POOL_EXHAUSTED', requested: 1, available: 0 });
    expect(given(pool, bought(filed())).when(issueLicenseFile, issue(11))).toMatchObject({ refused: 'POOL_EXHAUSTED', available: 10 });
    expect(given(pool, bought(filed())).when(issueLicenseFile, issue(0))).toMatchObject({ refused: 'INVALID_REQUEST' });
  });

  it('touches at most three hundred lots', () => {
    const many = bought(...Array.from({ length: 301 }, (_, index) => filed({ lotId: `lot-${index}`, quantity: 1 })));
    expect(given(pool, many).when(issueLicenseFile, issue(300))).toHaveLength(1);
    expect(given(pool, many).when(issueLicenseFile, issue(301))).toMatchObject({ refused: 'COMMAND_TOO_LARGE', lots: 301 });
  });
});

describe('A cloud service', () => {
  it('is a lot of a cloud product, with an id that is always the same and nobody else’s', () => {
    expect(serviceId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-/);
    expect(new Set([serviceId, serviceIdOf(partnerId, 'lot-2'), serviceIdOf('c-1', 'lot-1')]).size).toBe(3);
  });

  it('takes all of its lot into use when it is asked for, and keeps it when it runs', () => {
    const facts = requested();
    expect(facts.slice(1)).toEqual([
      { type: 'ServiceProvisioningRequested', data: { ...asked, sku, lot: { lotId: 'lot-1', sku, quantity: 10 } } },
    ]);
    const runs = given(pool, ...facts).when(completeProvisioning, { ...asked, details: 'cr-7.example' });
    expect(runs).toEqual([{ type: 'ServiceProvisioned', data: { ...asked, details: 'cr-7.example' } }]);
    expect(books([...facts, ...(runs as PoolFact[])])).toMatchObject({ violations: [], balance: { available: 0, inSeats: 10 } });
  });

  it('that failed gives its licenses back and can be asked for again', () => {
    const again = failed();
    expect(books(again)).toMatchObject({ violations: [], balance: { available: 10, inSeats: 0 } });
    const facts = [...again, ...(given(pool, ...again).when(requestProvisioning, asked) as PoolFact[])];
    expect(books(facts)).toMatchObject({ violations: [], balance: { available: 0, inSeats: 10 } });
  });

  it('begins its term with the first use, once, and stays the same service', () => {
    const waiting = bought(lot({ delivery: 'cloud', termStarts: 'onFirstUse' }));
    const first = requested(waiting);
    expect(first.map(({ type }) => type)).toEqual(['LicensePurchased', 'LicenseActivated', 'ServiceProvisioningRequested']);
    const again = failed(first);
    const facts = [...again, ...(given(pool, ...again).when(requestProvisioning, asked) as PoolFact[])];
    expect(facts.at(-1)).toEqual({ ...first[2], type: 'ServiceProvisioningRequested' });
    expect(facts.filter(({ type }) => type === 'LicenseActivated')).toHaveLength(1);
    expect(books(facts)).toMatchObject({ violations: [], balance: { available: 0, inSeats: 10 } });
  });

  it('says nothing new when it is told twice how it went', () => {
    const runs: PoolFact = { type: 'ServiceProvisioned', data: asked };
    expect(given(pool, ...requested(), runs).when(completeProvisioning, asked)).toEqual([]);
    expect(given(pool, ...failed()).when(failProvisioning, asked)).toEqual([]);
  });

  it.each([
    ['provisioning', requestProvisioning, requested()],
    ['provisioned', requestProvisioning, [...requested(), { type: 'ServiceProvisioned', data: asked } as PoolFact]],
    ['failed', completeProvisioning, failed()],
    ['provisioned', failProvisioning, [...requested(), { type: 'ServiceProvisioned', data: asked } as PoolFact]],
    ['ready', completeProvisioning, [bought(cloud())]],
    ['ready', failProvisioning, [bought(cloud())]],
  ] as const)('that is %s refuses %O and says what it is', (state, decide, facts) => {
    expect(given(pool, ...facts).when(decide, asked)).toMatchObject({ refused: 'SERVICE_STATE_CONFLICT', serviceId, state });
  });

  it.each([requestProvisioning, completeProvisioning, failProvisioning])('that nobody holds is not found (%O)', (decide) => {
    expect(given(pool).when(decide, asked)).toMatchObject({ refused: 'SERVICE_NOT_FOUND', serviceId });
    expect(given(pool, bought(filed())).when(decide, asked)).toMatchObject({ refused: 'SERVICE_NOT_FOUND' });
  });

  it('whose licenses are over cannot be asked for', () => {
    expect(given(pool, bought(cloud({ expiresAt: noon }))).when(requestProvisioning, asked)).toMatchObject({ refused: 'POOL_EXHAUSTED' });
  });

  it('gives nothing back that ended while it was provisioned', () => {
    const parts = [{ lotId: 'lot-1', sku, quantity: 10, from: 'inSeats' as const }];
    const over: PoolFact = { type: 'LicenseExpired', data: { accountId: partnerId, effectiveAt: june, lots: parts } };
    const facts = after(
      () => [...requested(), over],
      (before) => given(pool, ...before).when(failProvisioning, asked),
    );
    expect(facts.at(-1)).toMatchObject({ type: 'ServiceProvisioningFailed', data: { released: [] } });
    expect(books(facts)).toMatchObject({ violations: [], balance: { expired: 10, available: 0 } });
  });
});
