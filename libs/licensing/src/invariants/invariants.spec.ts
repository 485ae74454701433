import { describe, expect, it } from '@jest/globals';
import { noon } from '../../testing/given.js';
import { approved, drawdownId, holdUntil, submitted } from '../../testing/drawdown-facts.js';
import { assigned, bought, customerId, lot, partnerId, sku } from '../../testing/pool-facts.js';
import { Invariants } from './invariants.js';
import type { LicenseAssigned, LicenseReceived, PoolFact } from '../pool/pool.events.js';
import { pool } from '../pool/pool.js';
import { receiveLicenses } from '../pool/transfer.js';

const context = { commandId: 'x', actor: { userId: 'u', role: 'system' } } as const;
const purchase = bought(lot());
const given = assigned([lot(), 3]) as LicenseAssigned;
const arrival = receiveLicenses(pool.initial(), {
  from: partnerId,
  giverRevision: 1,
  assignment: given.data,
  context,
})[0] as LicenseReceived;
const at = (stream: string, revision: number, fact: { type: string; data: object }) => ({ stream: `pool-${stream}`, revision, ...fact });
const sound = [at(partnerId, 0, purchase), at(partnerId, 1, given), at(customerId, 0, arrival)];

function found(...facts: ReturnType<typeof at>[]): string {
  const invariants = new Invariants();
  for (const fact of facts) invariants.take(fact);
  return invariants
    .violations()
    .map(({ stream, revision, message }) => `${stream}@${revision ?? ''} ${message}`)
    .join('\n');
}
const changed = (fact: PoolFact, changes: object) => ({ ...fact, data: { ...fact.data, ...changes } });
const lineOf = (changes: object, lotChanges: object = {}) => ({
  lines: [{ ...given.data.lines[0]!, ...changes, lots: [{ ...given.data.lines[0]!.lots[0]!, ...lotChanges }] }],
});
const reversal = (lotId: string, quantity: number, orderId = 'PO-1') => ({
  type: 'PurchaseReversed',
  data: { accountId: partnerId, orderId, lots: [{ lotId, sku, quantity }], reason: 'r' },
});
const expiry = (quantity: number, effectiveAt: string) => ({
  type: 'LicenseExpired',
  data: { accountId: partnerId, effectiveAt, lots: [{ lotId: 'lot-1', sku, quantity }] },
});
const use = (quantity: number, changes: object) => ({
  type: 'LicenseActivated',
  data: {
    accountId: partnerId,
    activationId: 'x',
    sku,
    quantity: 2,
    lots: [{ fromLotId: 'lot-1', lot: lot({ lotId: 'x.1', quantity, ...changes }) }],
  },
});

describe('The second set of books', () => {
  it('finds nothing wrong with a sound history, and knows what is in transit', () => {
    expect(found(...sound)).toBe('');
    const invariants = new Invariants();
    for (const fact of sound.slice(0, 2)) invariants.take(fact);
    expect(invariants.sums()).toMatchObject({ purchased: 10, available: 7, inTransit: 3 });
    invariants.take(sound[2]!);
    expect(invariants.sums()).toMatchObject({ purchased: 10, available: 10, inTransit: 0 });
  });

  it('looks at nothing but pools', () => {
    expect(found({ stream: 'user-1', revision: 0, type: 'UserCreated', data: {} })).toBe('');
  });

  const ending = bought(lot({ expiresAt: noon }));
  it.each([
    [
      'more was given than there was',
      [at(partnerId, 0, purchase), at(partnerId, 1, assigned([lot(), 11]))],
      'lot lot-1 has -1 licenses left',
    ],
    [
      'a used-up lot was given',
      [at(partnerId, 0, purchase), at(partnerId, 1, assigned([lot(), 10])), at(partnerId, 2, assigned([lot(), 1]))],
      'was already used up',
    ],
    ['a lot was given that never came in', [at(partnerId, 0, given)], 'there is no lot lot-1'],
    ['nothing was given', [at(partnerId, 0, purchase), at(partnerId, 1, assigned([lot(), 0]))], '0 licenses were taken'],
    [
      'a line does not add up',
      [at(partnerId, 0, purchase), at(partnerId, 1, changed(given, lineOf({ quantity: 4 })))],
      'line 1 says 4 but its lots have 3',
    ],
    [
      'a lot became another product',
      [at(partnerId, 0, purchase), at(partnerId, 1, changed(given, lineOf({ sku: 'other' })))],
      'is of edge-1y, not of other',
    ],
    ['a lot was given after its end', [at(partnerId, 0, ending), at(partnerId, 1, given)], `lot lot-1 was over at ${noon}`],
    [
      'a running term was changed',
      [at(partnerId, 0, bought(lot({ expiresAt: '2026-09-01T00:00:00.000Z' }))), at(partnerId, 1, given)],
      'another term than it has',
    ],
    [
      'an order was bought twice',
      [at(partnerId, 0, purchase), at(partnerId, 1, bought(lot({ lotId: 'lot-2', orderId: 'po-1' })))],
      'order po-1 is bought twice',
    ],
    ['a lot came in twice', [at(partnerId, 0, purchase), at(partnerId, 1, bought(lot({ orderId: 'PO-2' })))], 'lot lot-1 came in twice'],
    ['a lot has no whole number', [at(partnerId, 0, bought(lot({ quantity: 1.5 })))], 'has 1.5 licenses'],
    ['a fact is in another account’s stream', [at('p-2', 0, purchase)], 'names another account'],
    [
      'a fact is none of a pool',
      [at(partnerId, 0, { type: 'LicenseUnassigned', data: { accountId: partnerId } })],
      'knows no fact LicenseUnassigned',
    ],
    ['an arrival was doubled', [...sound, at(customerId, 1, arrival)], 'revision 1 of p-1 was received after revision 1'],
    [
      'an arrival was never given',
      [at(partnerId, 0, purchase), at(customerId, 0, arrival)],
      'nothing was in transit from revision 1 of p-1',
    ],
    [
      'an arrival came to another account',
      [...sound.slice(0, 2), at('c-2', 0, changed(arrival, { accountId: 'c-2' }))],
      'was given to another account',
    ],
    [
      'an arrival grew on the way',
      [...sound.slice(0, 2), at(customerId, 0, changed(arrival, { lots: [{ ...arrival.data.lots[0]!, quantity: 4 }] }))],
      'other lots than were given',
    ],
    [
      'an unknown order was reversed',
      [at(partnerId, 0, purchase), at(partnerId, 1, reversal('lot-1', 1, 'PO-9'))],
      'order PO-9 is reversed but was never bought',
    ],
    [
      'another order’s lot was reversed',
      [
        at(partnerId, 0, purchase),
        at(partnerId, 1, bought(lot({ lotId: 'lot-2', orderId: 'PO-2' }))),
        at(partnerId, 2, reversal('lot-2', 1)),
      ],
      'is not of order PO-1',
    ],
    [
      'an irreversible assignment was taken back',
      [...sound, at(customerId, 1, changed(reversal('a-1.1.1', 1) as PoolFact, { accountId: customerId }))],
      'no reversal takes it back',
    ],
    [
      'a lot ended at another time',
      [at(partnerId, 0, ending), at(partnerId, 1, expiry(10, '2026-03-01T00:00:00.000Z'))],
      `lot lot-1 ends at ${noon}`,
    ],
    ['a perpetual lot ended', [at(partnerId, 0, purchase), at(partnerId, 1, expiry(10, noon))], 'ends at no time'],
    [
      'a part of a lot outlived it',
      [at(partnerId, 0, ending), at(partnerId, 1, expiry(9, noon))],
      '1 licenses of lot lot-1 outlived its term',
    ],
    [
      'first use does not add up',
      [at(partnerId, 0, purchase), at(partnerId, 1, use(3, { startsAt: noon }))],
      '2 were activated but the lots have 3',
    ],
    ['first use began nothing', [at(partnerId, 0, purchase), at(partnerId, 1, use(2, {}))], 'did not begin with its first use'],
    [
      'first use began a term again',
      [at(partnerId, 0, ending), at(partnerId, 1, use(2, { startsAt: noon }))],
      'had begun before its first use',
    ],
  ])('notices that %s', (_, facts, message) => {
    expect(found(...facts)).toContain(message);
  });

  const asked = [at(partnerId, 0, purchase), at(partnerId, 1, submitted([[lot(), 3]]))];
  const passed = [...asked, at(partnerId, 2, approved())];
  const accepted = (changes: object = {}, lotChanges: object = {}) => {
    const { lines } = (assigned([lot(), 3]) as LicenseAssigned).data;
    const taken = [{ ...lines[0]!, lots: [{ ...lines[0]!.lots[0]!, ...lotChanges }] }];
    const data = { accountId: partnerId, drawdownId, orderId: 'PO-1', customerId, acceptedAt: noon, lines: taken, ...changes };
    return { type: 'DrawdownAccepted', data };
  };
  const closed = (type: string, changes: object = {}) => ({
    type,
    data: { accountId: partnerId, drawdownId, released: [{ lotId: 'lot-1', sku, quantity: 3 }], ...changes },
  });
  it('finds nothing wrong with drawdowns that went well', () => {
    expect(found(...passed, at(partnerId, 3, accepted()))).toBe('');
    expect(found(...asked, at(partnerId, 2, closed('DrawdownRejected', { reason: 'r' })))).toBe('');
    expect(found(...passed, at(partnerId, 3, closed('DrawdownCancelled')))).toBe('');
    expect(found(...passed, at(partnerId, 3, closed('DrawdownLapsed', { effectiveAt: holdUntil })))).toBe('');
  });

  it.each([
    ['more was held than there was', [asked[0]!, at(partnerId, 1, submitted([[lot(), 11]]))], 'lot lot-1 has -1 licenses left'],
    [
      'another order’s lot was held',
      [...asked, at(partnerId, 2, submitted([[lot(), 1]], { drawdownId: 'd-2', orderId: 'PO-2' }))],
      'lot lot-1 is not of order PO-2',
    ],
    [
      'a line holds other than it says',
      [
        asked[0]!,
        at(
          partnerId,
          1,
          changed(submitted([[lot(), 3]]), { lines: [{ line: 1, sku, quantity: 4, lots: [{ lotId: 'lot-1', quantity: 3 }] }] }),
        ),
      ],
      'line 1 says 4 but holds other',
    ],
    ['a drawdown came twice', [...asked, at(partnerId, 2, submitted([[lot(), 1]]))], 'drawdown d-1 is submitted twice'],
    ['a hold outlives its lot', [at(partnerId, 0, ending), at(partnerId, 1, submitted([[lot(), 1]]))], 'lot lot-1 ends before its hold'],
    ['a drawdown of nobody was approved', [asked[0]!, at(partnerId, 1, approved())], 'there is no drawdown d-1'],
    ['one was approved twice', [...passed, at(partnerId, 3, approved())], 'drawdown d-1 is approved twice'],
    ['one was accepted unapproved', [...asked, at(partnerId, 2, accepted())], 'was accepted before it was approved'],
    [
      'one was accepted twice',
      [...passed, at(partnerId, 3, accepted()), at(partnerId, 4, accepted())],
      'was DrawdownAccepted and is changed by DrawdownAccepted',
    ],
    ['one went to another customer', [...passed, at(partnerId, 3, accepted({ customerId: 'c-2' }))], 'went to another customer'],
    [
      'one was accepted from another order',
      [...passed, at(partnerId, 3, accepted({ orderId: 'PO-2' }))],
      'was accepted from another order',
    ],
    [
      'one was accepted with other licenses',
      [...passed, at(partnerId, 3, accepted({}, { quantity: 2 }))],
      'was accepted with other licenses than were held',
    ],
    [
      'an approved one was rejected',
      [...passed, at(partnerId, 3, closed('DrawdownRejected', { reason: 'r' }))],
      'was rejected after it was approved',
    ],
    [
      'a rejected one was accepted',
      [...asked, at(partnerId, 2, closed('DrawdownRejected', { reason: 'r' })), at(partnerId, 3, accepted())],
      'was DrawdownRejected and is changed by DrawdownAccepted',
    ],
    [
      'one lapsed at another time',
      [...asked, at(partnerId, 2, closed('DrawdownLapsed', { effectiveAt: noon }))],
      `ends at ${holdUntil}, not at ${noon}`,
    ],
    [
      'less was released than was held',
      [...asked, at(partnerId, 2, closed('DrawdownCancelled', { released: [{ lotId: 'lot-1', sku, quantity: 2 }] }))],
      'was released with other licenses than were held',
    ],
    [
      'something is held for nobody',
      [...asked, at(partnerId, 2, closed('DrawdownCancelled', { released: [] }))],
      'lot lot-1 holds 3, its open drawdowns 0',
    ],
  ])('notices that %s', (_, facts, message) => {
    expect(found(...facts)).toContain(message);
  });

  it('notices when the licenses of all pools do not add up', () => {
    expect(found(at(customerId, 0, arrival))).toContain('all pools@ 0 licenses were purchased, 3 are accounted for');
  });

  it('says in which stream, at which revision', () => {
    expect(found(at(partnerId, 7, given))).toContain('pool-p-1@7 there is no lot lot-1');
  });
});
