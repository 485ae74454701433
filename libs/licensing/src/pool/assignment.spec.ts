import { describe, expect, it } from '@jest/globals';
import { commandId, given, noon } from '../../testing/given.js';
import { assigned, bought, customerId, linkedTo, lot, partnerId, sku } from '../../testing/pool-facts.js';
import { assignLicenses } from './assignment.js';
import type { Line } from './lines.js';
import { pool } from './pool.js';
import type { Lot } from './pool.events.js';

const give = (...lines: Line[]) => ({ accountId: partnerId, customerId, customer: linkedTo(partnerId), lines });
const soon = '2026-05-01T00:00:00.000Z';
const later = '2026-06-01T00:00:00.000Z';
const oneYearOn = '2027-04-01T12:00:00.000Z';
/** Which lots were taken, and how much of each, line by line. */
const taken = (...lines: [string, number][][]) => [
  { data: { lines: lines.map((lots) => ({ lots: lots.map(([lotId, quantity]) => ({ lotId, quantity })) })) } },
];

describe('An assignment', () => {
  it('moves licenses to a linked customer, from one moment (000-13)', () => {
    expect(given(pool, bought(lot())).when(assignLicenses, give({ sku, quantity: 3 }))).toEqual([
      {
        type: 'LicenseAssigned',
        data: {
          accountId: partnerId,
          assignmentId: commandId,
          customerId,
          assignedAt: noon,
          lines: [
            {
              line: 1,
              sku,
              quantity: 3,
              expiresAt: oneYearOn,
              lots: [
                {
                  lotId: 'lot-1',
                  quantity: 3,
                  orderId: 'PO-1',
                  term: 'P1Y',
                  termStarts: 'onAssignment',
                  reversibility: 'irreversible',
                  startsAt: noon,
                  expiresAt: oneYearOn,
                },
              ],
            },
          ],
        },
      },
    ]);
  });

  it('may have several lines (000-10)', () => {
    const lots = [lot(), lot({ lotId: 'lot-2', sku: 'direct-5y', term: 'P5Y' })];
    expect(given(pool, bought(...lots)).when(assignLicenses, give({ sku, quantity: 1 }, { sku: 'direct-5y', quantity: 2 }))).toMatchObject([
      {
        data: {
          lines: [
            { line: 1, sku, expiresAt: oneYearOn },
            { line: 2, sku: 'direct-5y', expiresAt: '2031-04-01T12:00:00.000Z' },
          ],
        },
      },
    ]);
  });

  it('is given as a whole or not at all (000-10)', () => {
    expect(given(pool, bought(lot())).when(assignLicenses, give({ sku, quantity: 1 }, { sku: 'direct-5y', quantity: 1 }))).toMatchObject({
      refused: 'POOL_EXHAUSTED',
      sku: 'direct-5y',
    });
  });

  it.each([0, -1, 0.5, Infinity])('of %d licenses is refused (000-11)', (quantity) => {
    expect(given(pool, bought(lot())).when(assignLicenses, give({ sku, quantity }))).toMatchObject({ refused: 'INVALID_REQUEST' });
  });

  it('of nothing is refused (000-11)', () => {
    expect(given(pool, bought(lot())).when(assignLicenses, give())).toMatchObject({
      refused: 'INVALID_REQUEST',
      errors: [{ path: 'lines' }],
    });
  });

  it.each([
    ['linked to another partner', linkedTo('p-2')],
    ['linked to nobody', linkedTo(undefined)],
  ])('to a customer %s is refused (000-17)', (_, customer) => {
    expect(given(pool, bought(lot())).when(assignLicenses, { ...give({ sku, quantity: 1 }), customer })).toMatchObject({
      refused: 'CUSTOMER_NOT_FOUND',
      customerId,
    });
  });
});

describe('A pool never gives more than is available', () => {
  it('and says what was asked and what is there (000-16)', () => {
    expect(given(pool, bought(lot())).when(assignLicenses, give({ sku, quantity: 11 }))).toMatchObject({
      refused: 'POOL_EXHAUSTED',
      sku,
      requested: 11,
      available: 10,
    });
  });

  it('but may give the last one', () => {
    expect(given(pool, bought(lot())).when(assignLicenses, give({ sku, quantity: 10 }))).toHaveLength(1);
  });

  it('after what was given before', () => {
    expect(given(pool, bought(lot()), assigned([lot(), 4])).when(assignLicenses, give({ sku, quantity: 7 }))).toMatchObject({
      requested: 7,
      available: 6,
    });
  });

  it('over all lines of the same product together', () => {
    expect(given(pool, bought(lot())).when(assignLicenses, give({ sku, quantity: 6 }, { sku, quantity: 5 }))).toMatchObject({
      requested: 11,
      available: 10,
    });
  });

  it('and names every product that is short', () => {
    expect(given(pool, bought(lot())).when(assignLicenses, give({ sku, quantity: 11 }, { sku: 'direct-5y', quantity: 1 }))).toMatchObject({
      short: [
        { sku, requested: 11, available: 10 },
        { sku: 'direct-5y', requested: 1, available: 0 },
      ],
    });
  });

  it('where a lot whose term is over is not available, recorded or not', () => {
    const over = bought(lot({ expiresAt: noon }), lot({ lotId: 'lot-2', quantity: 2, expiresAt: soon }));
    expect(given(pool, over).when(assignLicenses, give({ sku, quantity: 3 }))).toMatchObject({ refused: 'POOL_EXHAUSTED', available: 2 });
    expect(given(pool, over).when(assignLicenses, give({ sku, quantity: 2 }))).toMatchObject(taken([['lot-2', 2]]));
  });

  it('and a lot is available up to the moment its term ends', () => {
    const last = '2026-04-01T11:59:59.999Z';
    expect(given(pool, bought(lot({ expiresAt: noon }))).when(assignLicenses, give({ sku, quantity: 1 }), last)).toHaveLength(1);
  });
});

describe('Lots are used', () => {
  const lots = (...changes: Partial<Lot>[]) =>
    bought(...changes.map((change, index) => lot({ lotId: `lot-${index + 1}`, quantity: 5, ...change })));

  it('first to expire first', () => {
    expect(given(pool, lots({ expiresAt: later }, { expiresAt: soon })).when(assignLicenses, give({ sku, quantity: 6 }))).toMatchObject(
      taken([
        ['lot-2', 5],
        ['lot-1', 1],
      ]),
    );
  });

  it('before those without an end', () => {
    expect(given(pool, lots({}, { expiresAt: later })).when(assignLicenses, give({ sku, quantity: 6 }))).toMatchObject(
      taken([
        ['lot-2', 5],
        ['lot-1', 1],
      ]),
    );
  });

  it('oldest first when they end together, or never', () => {
    expect(given(pool, lots({}, {})).when(assignLicenses, give({ sku, quantity: 6 }))).toMatchObject(
      taken([
        ['lot-1', 5],
        ['lot-2', 1],
      ]),
    );
    expect(given(pool, lots({ expiresAt: soon }, { expiresAt: soon })).when(assignLicenses, give({ sku, quantity: 1 }))).toMatchObject(
      taken([['lot-1', 1]]),
    );
  });

  it('in that order over lines of the same product, none twice', () => {
    const lines = give({ sku, quantity: 3 }, { sku, quantity: 4 }, { sku, quantity: 1 });
    const [first, second, third] = [
      [['lot-1', 3]],
      [
        ['lot-1', 2],
        ['lot-2', 2],
      ],
      [['lot-2', 1]],
    ] as [string, number][][];
    expect(given(pool, lots({}, {})).when(assignLicenses, lines)).toMatchObject(taken(first!, second!, third!));
  });

  it('where the last ones stopped', () => {
    const first = lot({ quantity: 5 });
    expect(given(pool, lots({}, {}), assigned([first, 5])).when(assignLicenses, give({ sku, quantity: 1 }))).toMatchObject(
      taken([['lot-2', 1]]),
    );
    expect(given(pool, lots({}, {}), assigned([first, 4])).when(assignLicenses, give({ sku, quantity: 2 }))).toMatchObject(
      taken([
        ['lot-1', 1],
        ['lot-2', 1],
      ]),
    );
  });

  it('at most three hundred at once, so that the receiver’s fact fits into one append', () => {
    const many = bought(...Array.from({ length: 301 }, (_, index) => lot({ lotId: `lot-${index}`, quantity: 1 })));
    expect(given(pool, many).when(assignLicenses, give({ sku, quantity: 300 }))).toHaveLength(1);
    expect(given(pool, many).when(assignLicenses, give({ sku, quantity: 301 }))).toMatchObject({
      refused: 'COMMAND_TOO_LARGE',
      lots: 301,
      lotsMax: 300,
    });
  });
});

describe('The term of what is given', () => {
  const givenTerm = (startsAt: string | undefined, expiresAt: string | undefined) => [
    { data: { lines: [{ lots: [{ ...(startsAt && { startsAt }), ...(expiresAt && { expiresAt }) }] }] } },
  ];
  const one = give({ sku, quantity: 1 });

  it('begins now when the policy says so (000-25)', () => {
    expect(given(pool, bought(lot())).when(assignLicenses, one)).toMatchObject(givenTerm(noon, oneYearOn));
  });

  it('goes on when it began with the purchase', () => {
    const running = { termStarts: 'onPurchase', startsAt: '2026-01-01T00:00:00.000Z', expiresAt: '2027-01-01T00:00:00.000Z' } as const;
    expect(given(pool, bought(lot(running))).when(assignLicenses, one)).toMatchObject(givenTerm(running.startsAt, running.expiresAt));
  });

  it('does not begin before first use', () => {
    const outcome = given(pool, bought(lot({ termStarts: 'onFirstUse' }))).when(assignLicenses, one);
    expect(outcome).not.toMatchObject([{ data: { lines: [{ lots: [{ startsAt: expect.anything() }] }] } }]);
    expect(outcome).not.toMatchObject([{ data: { lines: [{ expiresAt: expect.anything() }] } }]);
  });

  it('goes on when first use began it before', () => {
    const begun = { termStarts: 'onFirstUse', startsAt: '2026-01-01T00:00:00.000Z', expiresAt: '2027-01-01T00:00:00.000Z' } as const;
    expect(given(pool, bought(lot(begun))).when(assignLicenses, one)).toMatchObject(givenTerm(begun.startsAt, begun.expiresAt));
  });

  it('has no end when it is perpetual', () => {
    const outcome = given(pool, bought(lot({ term: null }))).when(assignLicenses, one);
    expect(outcome).toMatchObject(givenTerm(noon, undefined));
    expect(outcome).not.toMatchObject([{ data: { lines: [{ lots: [{ expiresAt: expect.anything() }] }] } }]);
  });

  it('is told of a line by the lot that ends first', () => {
    const lots = bought(
      lot({ expiresAt: later, quantity: 1 }),
      lot({ lotId: 'lot-2', expiresAt: soon, quantity: 1 }),
      lot({ lotId: 'lot-3', term: null, quantity: 1 }),
    );
    expect(given(pool, lots).when(assignLicenses, give({ sku, quantity: 3 }))).toMatchObject([{ data: { lines: [{ expiresAt: soon }] } }]);
  });
});
