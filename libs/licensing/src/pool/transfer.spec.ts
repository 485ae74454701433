import { describe, expect, it } from '@jest/globals';
import { given, noon } from '../../testing/given.js';
import { assigned, customerId, lot, partnerId, sku } from '../../testing/pool-facts.js';
import { lotsPerCommandMax } from './lines.js';
import { pool } from './pool.js';
import type { LicenseAssigned, PoolFact } from './pool.events.js';
import { givenBy, isGiving, receiveLicenses } from './transfer.js';

const context = { commandId: 'x', actor: { userId: 'transfers', role: 'system' } } as const;
const assignment = (assigned([lot(), 3], [lot({ lotId: 'lot-2', sku: 'direct-5y', term: null }), 1]) as LicenseAssigned).data;
const arrival = (giverRevision: number, from = partnerId) => ({ from, giverRevision, assignment });
const received = (giverRevision: number, from = partnerId): PoolFact => ({
  type: 'LicenseReceived',
  data: { accountId: customerId, assignmentId: `a-${giverRevision}`, from, giverRevision, lots: [] },
});

describe('A transfer', () => {
  it('arrives as it was given, with a new lot for each given one and the term that began', () => {
    const { lotId, quantity, ...terms } = lot({ startsAt: noon, expiresAt: '2027-04-01T12:00:00.000Z' });
    expect(given(pool).when(receiveLicenses, arrival(7))).toEqual([
      {
        type: 'LicenseReceived',
        data: {
          accountId: customerId,
          assignmentId: 'a-1',
          from: partnerId,
          giverRevision: 7,
          lots: [
            { ...terms, lotId: 'a-1.1.1', quantity: 3, fromLotId: lotId },
            { ...lot({ sku: 'direct-5y', term: null, startsAt: noon }), lotId: 'a-1.2.1', quantity: 1, fromLotId: 'lot-2' },
          ],
        },
      },
    ]);
  });

  it('arrives once, however often and however late it is delivered', () => {
    expect(given(pool, received(7)).when(receiveLicenses, arrival(7))).toEqual([]);
    expect(given(pool, received(7), received(9)).when(receiveLicenses, arrival(7))).toEqual([]);
    expect(given(pool, received(7), received(9)).when(receiveLicenses, arrival(8))).toEqual([]);
  });

  it('arrives after an earlier one of the same giver', () => {
    expect(given(pool, received(7)).when(receiveLicenses, arrival(8))).toHaveLength(1);
  });

  it('by an accepted drawdown is an assignment that took an approval: it arrives under the drawdown’s id', () => {
    const { accountId, lines } = assignment;
    const data = { accountId, drawdownId: 'd-1', orderId: 'PO-1', customerId, acceptedAt: noon, lines };
    const accepted = { type: 'DrawdownAccepted' as const, data };
    expect([isGiving(accepted), isGiving(received(1))]).toEqual([true, false]);
    expect(givenBy(accepted)).toEqual({ accountId, assignmentId: 'd-1', customerId, assignedAt: noon, lines });
    expect(givenBy(assigned([lot(), 3]) as LicenseAssigned)).toEqual((assigned([lot(), 3]) as LicenseAssigned).data);
  });

  it('of the giver’s very first fact arrives', () => {
    expect(given(pool).when(receiveLicenses, arrival(0))).toHaveLength(1);
  });

  it('is counted for each giver by itself', () => {
    expect(given(pool, received(7)).when(receiveLicenses, arrival(2, 'p-2'))).toHaveLength(1);
  });

  it('of as many lots as one command may give fits into one append, however long their names are', () => {
    const id = '11111111-1111-4111-8111-111111111111';
    const longest = lot({
      lotId: `${id}.300`,
      sku: 'x'.repeat(64),
      orderId: '注'.repeat(128),
      quantity: 1_000_000_000,
      term: 'P000100Y',
      expiresAt: noon,
    });
    const [given] = [assigned(...Array.from({ length: lotsPerCommandMax }, () => [longest, 1_000_000_000] as const))] as LicenseAssigned[];
    const [arrived] = receiveLicenses(pool.initial(), {
      from: id,
      giverRevision: 1_000_000_000,
      assignment: { ...given!.data, assignmentId: id },
      context,
    });
    const metadataBytesMax = 4_096;
    expect(Buffer.byteLength(JSON.stringify(given)) + metadataBytesMax).toBeLessThan(256 * 1_024);
    expect(Buffer.byteLength(JSON.stringify(arrived)) + metadataBytesMax).toBeLessThan(256 * 1_024);
  });

  it('is what the receiver holds from then on', () => {
    const [fact] = given(pool).when(receiveLicenses, arrival(7)) as PoolFact[];
    const state = pool.evolve(pool.initial(), fact!);
    expect([...state.products.values()].map(({ received: count, available }) => [count, available])).toEqual([
      [3, 3],
      [1, 1],
    ]);
    expect(state.products.get(sku)!.order.lots[0]!.lot.lotId).toBe('a-1.1.1');
  });
});
