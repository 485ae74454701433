import { describe, expect, it } from '@jest/globals';
import { given, noon, stateAfter } from '../../testing/given.js';
import { assigned, bought, customerId, lot, partnerId, sku } from '../../testing/pool-facts.js';
import { monthly, onOffer, ordered } from '../../testing/subscription-facts.js';
import { fireDeadlines, nextDeadline, skusDue } from './deadlines.js';
import { pool } from './pool.js';
import type { LotPart, PoolFact } from './pool.events.js';

const earliest = '2026-02-01T00:00:00.000Z';
const early = '2026-03-01T00:00:00.000Z';
const late = '2026-05-01T00:00:00.000Z';
const fire = { accountId: partnerId, products: onOffer() };
const expired = (effectiveAt: string, ...lots: LotPart[]): PoolFact => ({
  type: 'LicenseExpired',
  data: { accountId: partnerId, effectiveAt, lots },
});
const part = (lotId: string, quantity = 10, ofSku = sku): LotPart => ({ lotId, sku: ofSku, quantity });

describe('A term that is over', () => {
  it('ends what is left of its lot, at the time it was over (000-25)', () => {
    expect(given(pool, bought(lot({ expiresAt: early }))).when(fireDeadlines, fire)).toEqual([expired(early, part('lot-1'))]);
  });

  it('is over exactly at its end, not before', () => {
    const facts = [bought(lot({ expiresAt: noon }))];
    expect(given(pool, ...facts).when(fireDeadlines, fire, '2026-04-01T11:59:59.999Z')).toEqual([]);
    expect(given(pool, ...facts).when(fireDeadlines, fire, noon)).toHaveLength(1);
  });

  it('leaves alone what was given away before', () => {
    const ending = lot({ expiresAt: early });
    expect(given(pool, bought(ending), assigned([ending, 7])).when(fireDeadlines, fire)).toEqual([expired(early, part('lot-1', 3))]);
    expect(given(pool, bought(ending), assigned([ending, 10])).when(fireDeadlines, fire)).toEqual([]);
  });

  it('leaves alone what has no end, or not yet', () => {
    expect(given(pool, bought(lot(), lot({ lotId: 'lot-2', expiresAt: late }))).when(fireDeadlines, fire)).toEqual([]);
  });

  it('is recorded once', () => {
    expect(given(pool, bought(lot({ expiresAt: early })), expired(early, part('lot-1'))).when(fireDeadlines, fire)).toEqual([]);
  });

  it('is one fact for each moment, earliest first, over all products', () => {
    const lots = bought(
      lot({ expiresAt: noon }),
      lot({ lotId: 'lot-2', expiresAt: early }),
      lot({ lotId: 'lot-3', sku: 'direct-5y', expiresAt: noon }),
      lot({ lotId: 'lot-4', sku: 'direct-5y', expiresAt: late }),
      lot({ lotId: 'lot-5', sku: 'direct-5y', expiresAt: earliest }),
    );
    expect(given(pool, lots).when(fireDeadlines, fire)).toEqual([
      expired(earliest, part('lot-5', 10, 'direct-5y')),
      expired(early, part('lot-2')),
      expired(noon, part('lot-1'), part('lot-3', 10, 'direct-5y')),
    ]);
  });

  it('names the lots of one moment oldest first', () => {
    const other = lot({ lotId: 'lot-2', sku: 'direct-5y', expiresAt: early });
    const lots = bought(lot({ expiresAt: early }), other, lot({ lotId: 'lot-3', expiresAt: early }));
    expect(given(pool, lots).when(fireDeadlines, fire)).toEqual([
      expired(early, part('lot-1'), part('lot-2', 10, 'direct-5y'), part('lot-3')),
    ]);
  });

  it('is recorded for three hundred lots at a time, the rest when asked again', () => {
    const many = Array.from({ length: 301 }, (_, index) => lot({ lotId: `lot-${index}`, expiresAt: early }));
    const [first] = given(pool, bought(...many)).when(fireDeadlines, fire) as PoolFact[];
    expect(first).toMatchObject({ data: { lots: { length: 300 } } });
    expect(given(pool, bought(...many), first!).when(fireDeadlines, fire)).toEqual([expired(early, part('lot-300'))]);
  });
});

const held = (drawdownId: string, lotId: string, quantity: number, holdUntil: string): PoolFact => ({
  type: 'DrawdownSubmitted',
  data: {
    accountId: partnerId,
    drawdownId,
    orderId: 'PO-1',
    customerId,
    requestedBy: 'u',
    person: { accountName: 'Fjordline' },
    lines: [{ line: 1, sku, quantity, lots: [{ lotId, quantity }] }],
    holdUntil,
  },
});
const lapsed = (drawdownId: string, quantity: number, effectiveAt: string): PoolFact => ({
  type: 'DrawdownLapsed',
  data: { accountId: partnerId, drawdownId, effectiveAt, released: [part('lot-1', quantity)] },
});

describe('A hold', () => {
  it('lapses exactly at its end, and gives back what it held (004-36)', () => {
    const facts = [bought(lot()), held('d-1', 'lot-1', 4, noon)];
    expect(given(pool, ...facts).when(fireDeadlines, fire, '2026-04-01T11:59:59.999Z')).toEqual([]);
    expect(given(pool, ...facts).when(fireDeadlines, fire, noon)).toEqual([lapsed('d-1', 4, noon)]);
    expect(given(pool, ...facts, lapsed('d-1', 4, noon)).when(fireDeadlines, fire, noon)).toEqual([]);
  });

  it('lapses before what it holds ends, at the same moment too, approved or not', () => {
    const approved: PoolFact = { type: 'DrawdownApproved', data: { accountId: partnerId, drawdownId: 'd-2' } };
    const facts = [bought(lot({ expiresAt: early })), held('d-2', 'lot-1', 3, early), held('d-1', 'lot-1', 4, earliest), approved];
    expect(given(pool, ...facts).when(fireDeadlines, fire)).toEqual([
      lapsed('d-1', 4, earliest),
      lapsed('d-2', 3, early),
      expired(early, part('lot-1')),
    ]);
  });

  it('that was decided about lapses no more', () => {
    const rejected: PoolFact = {
      type: 'DrawdownRejected',
      data: { accountId: partnerId, drawdownId: 'd-1', reason: 'r', released: [part('lot-1', 4)] },
    };
    expect(given(pool, bought(lot()), held('d-1', 'lot-1', 4, early), rejected).when(fireDeadlines, fire)).toEqual([]);
  });
});

describe('What is due in one pool', () => {
  const subscribed = ordered([bought(lot({ expiresAt: late }))], 5, { at: '2026-01-31T00:00:00.000Z', billing: monthly });
  const february = '2026-02-28T00:00:00.000Z';
  const march = '2026-03-31T00:00:00.000Z';

  it('is recorded in the order of time, a renewal between what is due before and after it', () => {
    const facts = [...subscribed, held('d-1', 'lot-1', 4, early)];
    const types = (after: PoolFact[], now: string) =>
      (given(pool, ...after).when(fireDeadlines, fire, now) as PoolFact[]).map(({ type }) => type);
    expect(types(facts, early)).toEqual(['SubscriptionRenewed', 'DrawdownLapsed']);
    // One append goes as far as what it renewed is due again.
    const first = given(pool, ...facts).when(fireDeadlines, fire, late) as PoolFact[];
    expect(first).toMatchObject([{ data: { effectiveAt: february, termEndsAt: march } }, { type: 'DrawdownLapsed' }]);
    expect(types([...facts, ...first], late)).toEqual(['SubscriptionRenewed']);
  });

  it('waits for the product where a renewal needs it, and holds up nothing else', () => {
    const without = { ...fire, products: new Map() };
    expect(given(pool, ...subscribed).when(fireDeadlines, without, late)).toEqual([expired(late, part('lot-1'))]);
    expect(skusDue(stateAfter(pool, subscribed), february)).toEqual(['m365']);
    expect(skusDue(stateAfter(pool, subscribed), '2026-02-27T23:59:59.999Z')).toEqual([]);
  });
});

describe('The next deadline', () => {
  const lots = bought(lot(), lot({ lotId: 'lot-2', expiresAt: late }), lot({ lotId: 'lot-3', sku: 'direct-5y', expiresAt: early }));

  it('is when the first lot of any product ends, or a hold lapses before', () => {
    expect(nextDeadline(stateAfter(pool, [lots]))).toBe(early);
    expect(nextDeadline(stateAfter(pool, [lots, held('d-1', 'lot-2', 1, earliest)]))).toBe(earliest);
  });

  it('is the end of a subscription’s term', () => {
    expect(nextDeadline(stateAfter(pool, ordered([], 5)))).toBe('2027-04-01T12:00:00.000Z');
  });

  it('is none when nothing ends', () => {
    expect(nextDeadline(stateAfter(pool, [bought(lot())]))).toBeUndefined();
  });
});
