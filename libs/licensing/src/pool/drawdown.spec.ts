import { describe, expect, it } from '@jest/globals';
import { approved, drawdownId, holdUntil, requester, submitted } from '../../testing/drawdown-facts.js';
import { commandId, given, noon } from '../../testing/given.js';
import { bought, customerId, linkedTo, lot, onSale, partnerId, sku } from '../../testing/pool-facts.js';
import { customer } from '../customer/customer.js';
import type { Actor } from '../fact.js';
import {
  acceptDrawdown,
  approveDrawdown,
  cancelDrawdown,
  lapsedDrawdown,
  rejectDrawdown,
  submitDrawdown,
  type DecideDrawdown,
  type RejectDrawdown,
  type SubmitDrawdown,
} from './drawdown.js';
import { pool } from './pool.js';
import type { PoolFact } from './pool.events.js';

const other = 'direct-5y';
const typed = {
  accountName: 'Fjordline',
  website: 'https://fjordline.example',
  contactName: 'Ingrid Solberg',
  contactEmail: 'ingrid@fjordline.example',
};
const products = onSale({ [sku]: {}, [other]: { drawdownHold: 'P7D' } });
const request = (changes: Partial<SubmitDrawdown> = {}) => ({
  accountId: partnerId,
  orderId: 'PO-1',
  lines: [{ sku, quantity: 3 }],
  customerId,
  typed,
  customer: customer.initial(),
  products,
  ...changes,
});
const drawn = (...parts: readonly (readonly [string, number])[]) => [
  { data: { lines: [{ lots: parts.map(([lotId, quantity]) => ({ lotId, quantity })) }] } },
];

describe('A drawdown', () => {
  it('holds licenses of its order, and says for whom, by whom and until when', () => {
    expect(given(pool, bought(lot())).when(submitDrawdown, request({ note: 'urgent' }))).toEqual([
      {
        type: 'DrawdownSubmitted',
        data: {
          accountId: partnerId,
          drawdownId: commandId,
          orderId: 'PO-1',
          customerId,
          requestedBy: 'u-1',
          lines: [{ line: 1, sku, quantity: 3, lots: [{ lotId: 'lot-1', quantity: 3 }] }],
          holdUntil,
          note: 'urgent',
          website: typed.website,
          person: { accountName: 'Fjordline', contactName: 'Ingrid Solberg', contactEmail: 'ingrid@fjordline.example' },
        },
      },
    ]);
  });

  it('takes what it holds out of what is available (004-36)', () => {
    const state = [bought(lot()), submitted([[lot(), 4]])].reduce((folded, fact) => pool.evolve(folded, fact), pool.initial());
    expect(state.products.get(sku)).toMatchObject({ available: 6, held: 4 });
  });

  it('is of one order at a time (004-17)', () => {
    const facts = [bought(lot()), bought(lot({ lotId: 'lot-2', orderId: 'PO-2' }))];
    const refused = { refused: 'DRAWDOWN_SINGLE_ORDER', orderIds: ['PO-1', 'PO-2'] };
    const lines = [
      { sku, quantity: 1 },
      { sku, quantity: 1, orderId: 'PO-2' },
    ];
    expect(given(pool, ...facts).when(submitDrawdown, request({ lines }))).toMatchObject(refused);
    expect(given(pool, ...facts).when(submitDrawdown, request({ orderId: ['PO-1', 'PO-2'] }))).toMatchObject(refused);
    expect(given(pool, ...facts).when(submitDrawdown, request({ lines: [{ sku, quantity: 1, orderId: ' po-1 ' }] }))).toHaveLength(1);
  });

  it('takes nothing from other orders, however much they have (004-23)', () => {
    const facts = [bought(lot({ quantity: 2 })), bought(lot({ lotId: 'lot-2', orderId: 'PO-2' }))];
    expect(given(pool, ...facts).when(submitDrawdown, request())).toMatchObject({
      refused: 'DRAWDOWN_EXCEEDS_ORDER',
      orderId: 'PO-1',
      sku,
      requested: 3,
      available: 2,
    });
  });

  it('cannot ask for what another one holds (004-36)', () => {
    expect(given(pool, bought(lot()), submitted([[lot(), 8]])).when(submitDrawdown, request())).toMatchObject({
      refused: 'DRAWDOWN_EXCEEDS_ORDER',
      requested: 3,
      available: 2,
    });
  });

  it('counts lines of the same product together', () => {
    const lines = [
      { sku, quantity: 6 },
      { sku, quantity: 5 },
    ];
    expect(given(pool, bought(lot())).when(submitDrawdown, request({ lines }))).toMatchObject({ requested: 11, available: 10 });
  });

  it('says of every product what is missing', () => {
    const lines = [
      { sku, quantity: 11 },
      { sku: other, quantity: 1 },
    ];
    expect(given(pool, bought(lot())).when(submitDrawdown, request({ lines }))).toMatchObject({
      short: [
        { sku, requested: 11, available: 10 },
        { sku: other, requested: 1, available: 0 },
      ],
    });
  });

  it('takes the lots that end first, then the oldest, none of it twice', () => {
    const lots = [
      lot({ lotId: 'late', quantity: 2, expiresAt: '2027-06-01T00:00:00.000Z' }),
      lot({ lotId: 'never', quantity: 5, term: null }),
      lot({ lotId: 'soon', quantity: 2, expiresAt: '2026-12-01T00:00:00.000Z' }),
    ];
    const lines = [
      { sku, quantity: 3 },
      { sku, quantity: 2 },
    ];
    expect(given(pool, bought(...lots)).when(submitDrawdown, request({ lines }))).toMatchObject([
      {
        data: {
          lines: [
            {
              lots: [
                { lotId: 'soon', quantity: 2 },
                { lotId: 'late', quantity: 1 },
              ],
            },
            {
              lots: [
                { lotId: 'late', quantity: 1 },
                { lotId: 'never', quantity: 1 },
              ],
            },
          ],
        },
      },
    ]);
  });

  it('takes no license whose term is over, recorded or not', () => {
    const lots = [lot({ lotId: 'over', expiresAt: noon }), lot({ lotId: 'lot-2', quantity: 2 })];
    expect(given(pool, bought(...lots)).when(submitDrawdown, request())).toMatchObject({ available: 2 });
    expect(given(pool, bought(...lots)).when(submitDrawdown, request({ lines: [{ sku, quantity: 2 }] }))).toMatchObject(
      drawn(['lot-2', 2]),
    );
  });

  it('takes nothing of a subscription: that is renewed and ends as a whole', () => {
    expect(given(pool, bought(lot({ subscriptionId: 's-1' }))).when(submitDrawdown, request())).toMatchObject({ available: 0 });
  });

  it('touches at most three hundred lots, so that the receiver’s fact fits into one append', () => {
    const many = bought(...Array.from({ length: 301 }, (_, index) => lot({ lotId: `lot-${index}`, quantity: 1 })));
    expect(given(pool, many).when(submitDrawdown, request({ lines: [{ sku, quantity: 300 }] }))).toHaveLength(1);
    expect(given(pool, many).when(submitDrawdown, request({ lines: [{ sku, quantity: 301 }] }))).toMatchObject({
      refused: 'COMMAND_TOO_LARGE',
    });
  });

  it('is of an order that this account bought', () => {
    expect(given(pool).when(submitDrawdown, request())).toMatchObject({ refused: 'ORDER_NOT_FOUND', orderId: 'PO-1' });
  });

  it('has lines that make sense', () => {
    for (const lines of [[], [{ sku, quantity: 0 }], [{ sku, quantity: 1.5 }]])
      expect(given(pool, bought(lot())).when(submitDrawdown, request({ lines }))).toMatchObject({ refused: 'INVALID_REQUEST' });
  });

  it('says what it was cloned from, when that is there (004-34)', () => {
    const facts = [bought(lot()), submitted([[lot(), 1]])];
    expect(given(pool, ...facts).when(submitDrawdown, request({ clonedFrom: drawdownId }))).toMatchObject([
      { data: { clonedFrom: drawdownId } },
    ]);
    expect(given(pool, ...facts).when(submitDrawdown, request({ clonedFrom: 'd-9' }))).toMatchObject({ refused: 'DRAWDOWN_NOT_FOUND' });
  });

  it('is one drawdown, however late the command is repeated', () => {
    expect(given(pool, bought(lot()), submitted([[lot(), 1]], { drawdownId: commandId })).when(submitDrawdown, request())).toEqual([]);
  });
});

describe('The hold', () => {
  const both = bought(lot(), lot({ lotId: 'lot-2', sku: other }));
  const lines = [
    { sku, quantity: 1 },
    { sku: other, quantity: 1 },
  ];

  it('lasts thirty days, or as long as the shortest of its products says', () => {
    expect(given(pool, both).when(submitDrawdown, request())).toMatchObject([{ data: { holdUntil: '2026-05-01T12:00:00.000Z' } }]);
    expect(given(pool, both).when(submitDrawdown, request({ lines }))).toMatchObject([{ data: { holdUntil: '2026-04-08T12:00:00.000Z' } }]);
  });

  it('ends no later than what it holds (ADR 035)', () => {
    const ending = bought(lot({ expiresAt: '2026-04-03T00:00:00.000Z' }));
    expect(given(pool, ending).when(submitDrawdown, request())).toMatchObject([{ data: { holdUntil: '2026-04-03T00:00:00.000Z' } }]);
  });
});

describe('The customer named by its id', () => {
  const byId = (state = customer.initial()) => request({ typed: undefined, customer: state });
  const registeredBy = (partner: string) => ({ ...linkedTo(undefined), registeredBy: partner });

  it('is one that linked the partner, or that its drawdown registered', () => {
    expect(given(pool, bought(lot())).when(submitDrawdown, byId(linkedTo(partnerId)))).toHaveLength(1);
    expect(given(pool, bought(lot())).when(submitDrawdown, byId(registeredBy(partnerId)))).toHaveLength(1);
  });

  it('is called what the partner may know it as (ADR 037)', () => {
    const called = (command: ReturnType<typeof byId>) => given(pool, bought(lot()), submitted([[lot(), 1]])).when(submitDrawdown, command);
    const name = (accountName: string) => [{ data: { person: { accountName } } }];
    expect(called(byId(linkedTo(partnerId)))).toMatchObject(name('山田商店'));
    expect(called({ ...byId(linkedTo(partnerId)), knownAs: 'Fjordline' })).toMatchObject(name('山田商店'));
    expect(called({ ...byId(linkedTo('p-2')), knownAs: 'Fjordline' })).toMatchObject(name('Fjordline'));
    expect(called(byId(linkedTo('p-2')))).toMatchObject(name(customerId));
  });

  it('is one that the partner had a drawdown for', () => {
    expect(given(pool, bought(lot()), submitted([[lot(), 1]])).when(submitDrawdown, byId(linkedTo('p-2')))).toHaveLength(1);
  });

  it('is nobody else’s, and must be there', () => {
    for (const state of [linkedTo(undefined), linkedTo('p-2'), registeredBy('p-2'), customer.initial()])
      expect(given(pool, bought(lot())).when(submitDrawdown, byId(state))).toMatchObject({ refused: 'CUSTOMER_NOT_FOUND', customerId });
  });
});

const accounting: Actor = { userId: 'u-accounting', role: 'accounting' };
const by = (actor: Actor) => ({ accountId: partnerId, drawdownId, context: { commandId, actor } });
const parts = [[lot(), 4]] as const;
const released = [{ lotId: 'lot-1', sku, quantity: 4 }];
const open = [bought(lot()), submitted(parts)];
const passed = [...open, approved()];
const decisions = {
  approve: approveDrawdown,
  reject: (state, command, now) => rejectDrawdown(state, { ...command, reason: 'no' }, now),
  accept: acceptDrawdown,
  cancel: cancelDrawdown,
} satisfies Record<string, (state: ReturnType<typeof pool.initial>, command: DecideDrawdown, now: string) => PoolFact[]>;
const identity = { accountId: partnerId, drawdownId };
const closings: Record<string, PoolFact[]> = {
  accepted: [...passed, { type: 'DrawdownAccepted', data: { ...identity, orderId: 'PO-1', customerId, acceptedAt: noon, lines: [] } }],
  rejected: [...open, { type: 'DrawdownRejected', data: { ...identity, reason: 'no', released } }],
  cancelled: [...passed, { type: 'DrawdownCancelled', data: { ...identity, released } }],
  lapsed: [...open, { type: 'DrawdownLapsed', data: { ...identity, effectiveAt: holdUntil, released } }],
};

describe('The approver', () => {
  it('approves what was submitted (004-27)', () => {
    expect(given(pool, ...open).when(approveDrawdown, by(accounting))).toEqual([{ type: 'DrawdownApproved', data: identity }]);
  });

  it('rejects it with a reason, and what was held is free again (004-32)', () => {
    expect(given(pool, ...open).when<RejectDrawdown>(rejectDrawdown, { ...by(accounting), reason: 'not paid' })).toEqual([
      { type: 'DrawdownRejected', data: { ...identity, reason: 'not paid', released } },
    ]);
    expect(closings['rejected']!.reduce((state, fact) => pool.evolve(state, fact), pool.initial()).products.get(sku)).toMatchObject({
      available: 10,
      held: 0,
    });
  });

  it('is never who asked, nor somebody on behalf of them', () => {
    for (const actor of [
      { userId: requester, role: 'accounting' },
      { userId: 'u-operator', role: 'operator', onBehalfOf: requester },
    ] as const) {
      expect(given(pool, ...open).when(approveDrawdown, by(actor))).toMatchObject({ refused: 'DRAWDOWN_SELF_APPROVAL' });
      expect(given(pool, ...open).when(decisions.reject, by(actor))).toMatchObject({ refused: 'DRAWDOWN_SELF_APPROVAL' });
    }
  });
});

describe('The partner', () => {
  const partner: Actor = { userId: requester, role: 'partner', accountId: partnerId };

  it('accepts what was approved: exactly what was held goes to the customer, with its order and term (004-30, 004-31)', () => {
    expect(given(pool, ...passed).when(acceptDrawdown, by(partner))).toEqual([
      {
        type: 'DrawdownAccepted',
        data: {
          ...identity,
          orderId: 'PO-1',
          customerId,
          acceptedAt: noon,
          lines: [
            {
              line: 1,
              sku,
              quantity: 4,
              expiresAt: '2027-04-01T12:00:00.000Z',
              lots: [
                {
                  lotId: 'lot-1',
                  quantity: 4,
                  orderId: 'PO-1',
                  term: 'P1Y',
                  termStarts: 'onAssignment',
                  reversibility: 'irreversible',
                  startsAt: noon,
                  expiresAt: '2027-04-01T12:00:00.000Z',
                },
              ],
            },
          ],
        },
      },
    ]);
  });

  it('has what it accepted no longer, neither available nor held', () => {
    const facts = given(pool, ...passed).when(acceptDrawdown, by(partner)) as PoolFact[];
    const state = [...passed, ...facts].reduce((folded, fact) => pool.evolve(folded, fact), pool.initial());
    expect(state.products.get(sku)).toMatchObject({ available: 6, held: 0, assigned: 4 });
  });

  it('passes on the rest of a term that runs', () => {
    const running = lot({ termStarts: 'onPurchase', expiresAt: '2026-09-01T00:00:00.000Z' });
    expect(given(pool, bought(running), submitted([[running, 4]]), approved()).when(acceptDrawdown, by(partner))).toMatchObject([
      { data: { lines: [{ expiresAt: '2026-09-01T00:00:00.000Z', lots: [{ startsAt: '2026-01-01T00:00:00.000Z' }] }] } },
    ]);
  });

  it('cancels what is submitted or approved (004-33)', () => {
    for (const facts of [open, passed])
      expect(given(pool, ...facts).when(cancelDrawdown, { ...by(partner), reason: 'not needed' })).toEqual([
        { type: 'DrawdownCancelled', data: { ...identity, reason: 'not needed', released } },
      ]);
  });
});

describe('The states of a drawdown (004-35)', () => {
  const states: Record<string, PoolFact[]> = { submitted: open, approved: passed, ...closings };
  const allowed: Record<string, string[]> = { submitted: ['approve', 'reject', 'cancel'], approved: ['accept', 'cancel'] };

  it.each(Object.keys(states).flatMap((state) => Object.keys(decisions).map((change) => [state, change] as const)))(
    '%s: to %s it is as the table says',
    (state, change) => {
      const outcome = given(pool, ...states[state]!).when(decisions[change as keyof typeof decisions], by(accounting));
      if (allowed[state]?.includes(change)) expect(outcome).toHaveLength(1);
      else {
        const detail = expect.stringContaining(allowed[state] ? `possible is to ${allowed[state].join(' or to ')}` : 'it is closed');
        expect(outcome).toMatchObject({ refused: 'DRAWDOWN_STATE', state, possible: allowed[state] ?? [], detail });
      }
    },
  );

  it.each(Object.keys(decisions))('at the end of the hold it is over, recorded or not: %s comes too late', (change) => {
    const facts = change === 'accept' ? passed : open;
    const decide = decisions[change as keyof typeof decisions];
    expect(given(pool, ...facts).when(decide, by(accounting), holdUntil)).toMatchObject({
      refused: 'DRAWDOWN_STATE',
      state: 'lapsed',
      possible: [],
    });
    expect(given(pool, ...facts).when(decide, by(accounting), '2026-05-01T11:59:59.999Z')).toHaveLength(1);
  });

  it('are those of a drawdown that there is', () => {
    for (const decide of Object.values(decisions))
      expect(given(pool, bought(lot())).when(decide, by(accounting))).toMatchObject({ refused: 'DRAWDOWN_NOT_FOUND', drawdownId });
  });

  it('end with what is recorded when the hold is over: all of it is free again, at that time', () => {
    const state = open.reduce((folded, fact) => pool.evolve(folded, fact), pool.initial());
    const fact = lapsedDrawdown(partnerId, state.drawdowns.get(drawdownId)!);
    expect(fact).toEqual({ type: 'DrawdownLapsed', data: { ...identity, effectiveAt: holdUntil, released } });
    expect(pool.evolve(state, fact).products.get(sku)).toMatchObject({ available: 10, held: 0 });
  });
});
