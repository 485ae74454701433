import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawdownStates, type DrawdownSubmitted } from '#licensing';
import type { ReadStore } from '#read-store';
import { Story, type Telling } from '../testing/story.js';
import { changedMidway, temporaryStore } from '../testing/stores.js';
import { drawdownCustomers, drawdownQueue, findDrawdown, listDrawdowns, type DrawdownQuestion } from './drawdown-list.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
let story: Story;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  story = new Story(store);
});
afterEach(() => remove());

const person = (accountName: string) => ({ accountName, contactName: 'Ingrid', contactEmail: 'ingrid@example.com' });
const lines = [{ line: 1, sku: 'bot', quantity: 2, lots: [{ lotId: 'lot', quantity: 2 }] }];
const holdUntil = '2026-05-01T00:00:00.000Z';
const released = [{ lotId: 'lot', sku: 'bot', quantity: 2 }];

function submitted(drawdownId: string, changes: Partial<DrawdownSubmitted['data']> = {}, telling: Telling = {}): void {
  const common = { accountId: 'p', drawdownId, orderId: 'PO-1', customerId: 'c', requestedBy: 'u1', lines, holdUntil };
  story.tell('DrawdownSubmitted', { ...common, person: person('Fjordline'), website: 'https://fjordline.example', ...changes }, telling);
}
const approved = (drawdownId: string, telling: Telling = {}) => story.tell('DrawdownApproved', { accountId: 'p', drawdownId }, telling);
const rejected = (drawdownId: string, reason: string) => story.tell('DrawdownRejected', { accountId: 'p', drawdownId, reason, released });
const list = (question: Omit<DrawdownQuestion, 'accountId'> = {}) => listDrawdowns(store, { accountId: 'p', ...question });
const ids = async (question: Omit<DrawdownQuestion, 'accountId'> = {}) => (await list(question)).items.map(({ drawdownId }) => drawdownId);

describe('a drawdown', () => {
  it('is shown with the names of everything in it', async () => {
    story.product('bot', 'Bot Runner').user('u1', 'sato', 'p');
    submitted('d1', { note: 'urgent' }, { at: '2026-04-01T00:00:00.000Z', by: { userId: 'u1', role: 'partner', accountId: 'p' } });
    await story.show();
    const by = { userId: 'u1', login: 'sato' };
    expect(await findDrawdown(store, 'p', 'd1')).toEqual({
      drawdownId: 'd1',
      accountId: 'p',
      state: 'submitted',
      orderId: 'PO-1',
      customer: { customerId: 'c', website: 'https://fjordline.example', ...person('Fjordline') },
      lines: [{ line: 1, sku: 'bot', productName: 'Bot Runner', quantity: 2 }],
      submittedAt: '2026-04-01T00:00:00.000Z',
      requestedBy: by,
      holdUntil,
      note: 'urgent',
      history: [{ state: 'submitted', at: '2026-04-01T00:00:00.000Z', by }],
    });
    expect(await findDrawdown(store, 'p', 'd2')).toBeUndefined();
    expect(await findDrawdown(store, 'q', 'd1')).toBeUndefined();
  });

  it('has a history that says who did what, when and why', async () => {
    story.user('a1', 'accounting');
    submitted('d1');
    approved('d1', { at: '2026-04-02T00:00:00.000Z', by: { userId: 'a1', role: 'accounting' } });
    story.tell(
      'DrawdownCancelled',
      { accountId: 'p', drawdownId: 'd1', reason: 'not needed', released },
      { at: '2026-04-03T00:00:00.000Z' },
    );
    await story.show();
    expect(await findDrawdown(store, 'p', 'd1')).toMatchObject({
      state: 'cancelled',
      reason: 'not needed',
      history: [
        { state: 'submitted' },
        { state: 'approved', at: '2026-04-02T00:00:00.000Z', by: { login: 'accounting' } },
        { state: 'cancelled', at: '2026-04-03T00:00:00.000Z', reason: 'not needed' },
      ],
    });
  });

  it('lapsed when its hold ended, however late that was noticed', async () => {
    submitted('d1');
    story.tell(
      'DrawdownLapsed',
      { accountId: 'p', drawdownId: 'd1', effectiveAt: holdUntil, released },
      { at: '2026-06-01T00:00:00.000Z' },
    );
    await story.show();
    expect((await findDrawdown(store, 'p', 'd1'))!.history.at(-1)).toMatchObject({ state: 'lapsed', at: holdUntil });
  });

  it('names a customer that was named by its id as the partner knew it, and is found by what it is called today, too', async () => {
    story.linked('p', 'linked', 'Société Générale');
    submitted('d1', { customerId: 'linked', person: { accountName: 'Société Générale' }, website: undefined });
    story.tell('CustomerProfileChanged', { customerId: 'linked', person: { name: 'Tout Autre' }, partnerIds: ['p'] });
    await story.show();
    expect((await findDrawdown(store, 'p', 'd1'))!.customer).toEqual({ customerId: 'linked', accountName: 'Société Générale' });
    expect([await ids({ customer: 'generale' }), await ids({ customer: 'autre' }), await ids({ customer: 'fjord' })]).toEqual([
      ['d1'],
      ['d1'],
      [],
    ]);
  });

  it('is never listed in a state that was not asked for, also when it is decided while the list is made', async () => {
    for (const drawdownId of ['d1', 'd2', 'd3']) submitted(drawdownId);
    await story.show();
    const states = ['submitted'] as const;
    const queue = await drawdownQueue(
      changedMidway(store, () => approved('d2').show()),
      { states },
    );
    expect(queue.items.map(({ drawdownId }) => drawdownId)).toEqual(['d1', 'd3']);
    // The first reading of a list takes it into memory, the second is of what it shows.
    const listed = await listDrawdowns(
      changedMidway(store, () => approved('d3').show(), 2),
      { accountId: 'p', states },
    );
    expect(listed.items.map(({ drawdownId, state }) => [drawdownId, state])).toEqual([['d1', 'submitted']]);
  });
});

describe('the list of a partner', () => {
  it('is empty at first (004-13)', async () => {
    await story.show();
    expect(await list()).toEqual({ items: [], total: 0, next: null });
    expect(await drawdownCustomers(store, 'p')).toEqual([]);
  });

  it('is what looking at every drawdown would find, the newest first, in pages of any size', async () => {
    const names = ['Fjordline', 'Société Générale', '山田商店'];
    const told = fc.array(fc.record({ name: fc.nat({ max: 2 }), state: fc.constantFrom(...drawdownStates), days: fc.nat({ max: 3 }) }), {
      maxLength: 25,
    });
    const asked = fc.record(
      {
        states: fc.subarray([...drawdownStates], { minLength: 1 }),
        customer: fc.constantFrom('fjord', 'generale', 'やまだ', '山田', 'c1', '', 'fjrodline'),
        from: fc.constantFrom('2026-04-01T00:00:00.000Z', '2026-04-05T00:00:00.000Z'),
        to: fc.constantFrom('2026-04-09T00:00:00.000Z', '2026-05-01T00:00:00.000Z'),
      },
      { requiredKeys: [] },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(told, asked, fc.integer({ min: 1, max: 7 }), async (history, question, limit) => {
        const accountId = `p${(run += 1)}`;
        const wanted: string[] = [];
        let day = 0;
        for (const [index, { name, state, days }] of history.entries()) {
          const at = new Date(Date.UTC(2026, 3, 1 + (day += days))).toISOString();
          const drawdownId = `${accountId}-d${index}`;
          submitted(drawdownId, { accountId, customerId: `c${name}`, person: person(names[name]!) }, { at });
          const identity = { accountId, drawdownId };
          if (state === 'approved' || state === 'accepted') story.tell('DrawdownApproved', identity);
          if (state === 'accepted')
            story.tell('DrawdownAccepted', { ...identity, orderId: 'PO-1', customerId: `c${name}`, acceptedAt: at, lines: [] });
          if (state === 'rejected') story.tell('DrawdownRejected', { ...identity, reason: 'r', released });
          if (state === 'cancelled') story.tell('DrawdownCancelled', { ...identity, released });
          if (state === 'lapsed') story.tell('DrawdownLapsed', { ...identity, effectiveAt: at, released });
          const found: Record<string, number> = { fjord: 0, fjrodline: 0, generale: 1, 山田: 2, c1: 1 };
          const { customer = '', states, from, to } = question;
          const isCustomer = customer === '' || found[customer] === name;
          if (isCustomer && (states?.includes(state) ?? true) && (!from || at >= from) && (!to || at < to)) wanted.unshift(drawdownId);
        }
        await story.show();
        const seen: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page = await listDrawdowns(store, { accountId, ...question, limit, cursor });
          expect(page.total).toBe(wanted.length);
          seen.push(...page.items.map(({ drawdownId }) => drawdownId));
          if (page.next === null) break;
          cursor = page.next;
        }
        expect(seen).toEqual(wanted);
      }),
      { numRuns: 25 },
    );
  });

  it('neither skips nor doubles when drawdowns come meanwhile', async () => {
    for (const drawdownId of ['d1', 'd2', 'd3']) submitted(drawdownId);
    await story.show();
    const { items, next } = await list({ limit: 2 });
    submitted('d4');
    await story.show();
    expect([...items.map(({ drawdownId }) => drawdownId), ...(await ids({ cursor: next! }))]).toEqual(['d3', 'd2', 'd1']);
  });

  it('is fresh after each change, also of what was listed before', async () => {
    submitted('d1');
    await story.show();
    expect(await ids({ states: ['submitted'] })).toEqual(['d1']);
    approved('d1');
    await story.show();
    expect([await ids({ states: ['submitted'] }), await ids({ states: ['approved'] })]).toEqual([[], ['d1']]);
  });

  it('refuses a cursor that it did not give out', async () => {
    await story.show();
    await expect(list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

describe('the queue of the approvers', () => {
  it('has what waits over all partners, the longest first, and loses what was decided', async () => {
    submitted('d1');
    submitted('d2', { accountId: 'q' });
    submitted('d3');
    await story.show();
    const queue = async (accountId?: string) =>
      (await drawdownQueue(store, { accountId, states: ['submitted'] })).items.map(({ drawdownId }) => drawdownId);
    expect([await queue(), await queue('q')]).toEqual([['d1', 'd2', 'd3'], ['d2']]);
    approved('d1');
    rejected('d3', 'no');
    await story.show();
    expect(await queue()).toEqual(['d2']);
    expect((await drawdownQueue(store, { states: ['rejected'] })).items).toMatchObject([{ drawdownId: 'd3', reason: 'no' }]);
  });

  it('can be asked for several states at once, in pages', async () => {
    for (const drawdownId of ['d1', 'd2', 'd3', 'd4']) submitted(drawdownId);
    approved('d1');
    rejected('d2', 'no');
    approved('d3');
    await story.show();
    const first = await drawdownQueue(store, { states: ['approved', 'submitted'], limit: 2 });
    const second = await drawdownQueue(store, { states: ['approved', 'submitted'], limit: 2, cursor: first.next! });
    expect([first.items, second.items].map((items) => items.map(({ drawdownId }) => drawdownId))).toEqual([['d1', 'd3'], ['d4']]);
    expect([first.total, second.next]).toEqual([3, null]);
  });

  it('comes in pages', async () => {
    for (const drawdownId of ['d1', 'd2', 'd3']) submitted(drawdownId);
    await story.show();
    const first = await drawdownQueue(store, { states: ['submitted'], limit: 2 });
    const second = await drawdownQueue(store, { states: ['submitted'], limit: 2, cursor: first.next! });
    expect([...first.items, ...second.items].map(({ drawdownId }) => drawdownId)).toEqual(['d1', 'd2', 'd3']);
    expect([first.total, second.next]).toEqual([3, null]);
  });
});
