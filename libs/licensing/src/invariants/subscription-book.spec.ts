import { describe, expect, it } from '@jest/globals';
import { noon, stateAfter } from '../../testing/given.js';
import { customerId } from '../../testing/pool-facts.js';
import { m365, onOffer, ordered, subscriptionId } from '../../testing/subscription-facts.js';
import { fireDeadlines } from '../pool/deadlines.js';
import { pool } from '../pool/pool.js';
import type { PoolFact } from '../pool/pool.events.js';
import { Invariants } from './invariants.js';

const end = '2027-04-01T12:00:00.000Z';
const five = ordered([], 5);
const seven = ordered(five, 2, { orderId: 'o-2' });
const context = { commandId: 'x', actor: { userId: 'u', role: 'system' } } as const;
const renewed = fireDeadlines(stateAfter(pool, five), { accountId: customerId, products: onOffer(), context }, end)[0]!;
const identity = { accountId: customerId, subscriptionId };
const part = (quantity: number, changes: object = {}) => ({ lotId: 'o-1.1', sku: m365, quantity, ...changes });
const eur = (amount: string) => ({ currency: 'EUR', amount });
const cancelled = (quantity: number, ...lots: object[]) => fact('SubscriptionCancelled', { quantity, lots });
const declined = (changes: object = {}) =>
  fact('CancellationDeclined', { until: end, lots: [{ lotId: 'o-1.1', quantity: 5 }], keepRenewal: false, ...changes });
const expired = (quantity: number, effectiveAt = end) => fact('SubscriptionExpired', { effectiveAt, lots: [part(quantity)] });

function fact(type: string, data: object): PoolFact {
  return { type, data: { ...identity, ...data } } as PoolFact;
}

function changed(told: PoolFact, changes: object): PoolFact {
  return { ...told, data: { ...told.data, ...changes } } as PoolFact;
}

function found(...facts: PoolFact[]): string {
  const invariants = new Invariants();
  for (const [revision, told] of facts.entries()) invariants.take({ stream: `pool-${customerId}`, revision, ...told });
  return invariants
    .violations()
    .map(({ message }) => message)
    .join('\n');
}

describe('The second books of subscriptions', () => {
  it('find nothing wrong with sound histories', () => {
    expect(found(...seven)).toBe('');
    expect(found(...five, renewed, cancelled(3, part(2)), cancelled(0, part(3)))).toBe('');
    expect(found(...five, declined(), expired(5))).toBe('');
    const priced = fact('SubscriptionCancelled', { quantity: 0, lots: [part(5, { credited: eur('50.00') })], credited: eur('50.00') });
    expect(found(...five, priced)).toBe('');
  });

  const elsewhere = ordered([], 1, { orderId: 'o-9', subscriptionId: 's-9' });
  it.each<[string, PoolFact[], string]>([
    ['one begins twice', [...five, five[1]!], `subscription ${subscriptionId} is started twice`],
    ['one changes that never began', [declined()], `there is no subscription ${subscriptionId}`],
    ['one changes that is over', [...five, cancelled(0, part(5)), declined()], 'was cancelled and is changed by CancellationDeclined'],
    ['one ends twice', [...five, expired(5), expired(5)], 'was expired and is changed by SubscriptionExpired'],
    ['it has another size than its lots', [...five, cancelled(4, part(2))], 'says 4 but its lots have 3'],
    ['more is taken than there was', [...five, cancelled(0, part(6))], 'lot o-1.1 has -1 licenses left'],
    ['it begins with more than its order brought', [five[0]!, changed(five[1]!, { quantity: 6 })], 'says 6 but its lots have 5'],
    [
      'it takes the lots of another one',
      [...five, ...elsewhere, cancelled(5, { lotId: 'o-9.1', sku: m365, quantity: 1 })],
      `lot o-9.1 is not of subscription ${subscriptionId}`,
    ],
    ['it renews before its time', [...five, changed(renewed, { effectiveAt: noon })], `ends at ${end}, not at ${noon}`],
    ['terms leave a gap', [...five, changed(renewed, { termStartsAt: '2027-04-02T12:00:00.000Z' })], 'leaves a gap'],
    ['a renewal forgets a lot', [...seven, renewed], `lot o-2.1 ends at ${end}, its term at 2028-04-01T12:00:00.000Z`],
    ['it expires at another time than its term', [...five, expired(5, noon)], `ends at ${end}, not at ${noon}`],
    ['something outlives it', [...five, expired(4)], 'says 0 but its lots have 1'],
    [
      'a lot of it ends by itself',
      [...five, { type: 'LicenseExpired', data: { accountId: customerId, effectiveAt: end, lots: [part(5)] } }],
      `lot o-1.1 ends with subscription ${subscriptionId}, not by itself`,
    ],
    [
      'nothing is retained',
      [...five, declined({ lots: [{ lotId: 'o-7.1', quantity: 1 }] })],
      'lot o-7.1 is retained, of which nothing was left',
    ],
    [
      'it is retained for longer than its term',
      [...five, declined({ until: '2027-05-01T12:00:00.000Z' })],
      'ends at another time than its term',
    ],
    [
      'credits do not add up',
      [...five, fact('SubscriptionCancelled', { quantity: 3, lots: [part(2, { credited: eur('20.00') })], credited: eur('25.00') })],
      'is credited 25.00, but its lots come to 20.00',
    ],
    [
      'bills do not add up',
      [...five, declined({ lots: [{ lotId: 'o-1.1', quantity: 5, billed: eur('500.00') }] })],
      'is billed nothing, but its lots come to 500.00',
    ],
    ['a renewal drops what it does not name', [...five, changed(renewed, { lots: [], quantity: 0 })], 'says 0 but its lots have 5'],
  ])('notice that %s', (_, facts, message) => {
    expect(found(...facts)).toContain(message);
  });
});
