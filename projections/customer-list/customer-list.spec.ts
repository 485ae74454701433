import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ReadStore } from '#read-store';
import { fold } from '../folding.js';
import { Story } from '../testing/story.js';
import { temporaryStore } from '../testing/stores.js';
import { listCustomers } from './customer-list.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
let story: Story;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  story = new Story(store);
});
afterEach(() => remove());

const ask = (question: { email?: string; page?: number } = {}) => listCustomers(store, { partnerId: 'p', ...question });
const ids = async (email?: string) => (await ask({ email })).items.map(({ customerId }) => customerId);

describe('a partner’s customers', () => {
  it('are those that are linked to it, with their profile and since when', async () => {
    await story.linked('p', 'c', '山田', 'ヤマダ', 'yamada@example.jp').linked('other', 'd', 'Other').show();
    expect(await ask()).toEqual({
      items: [{ customerId: 'c', name: '山田', nameReading: 'ヤマダ', email: 'yamada@example.jp', linkedAt: '2026-01-01T00:00:00.000Z' }],
      page: 1,
      pageSize: 20,
      total: 1,
    });
  });

  it('leave the list when they unlink, and return when they link again', async () => {
    await story.linked('p', 'c', 'C').linked('p', 'd', 'D').show();
    await story.tell('DealerUnlinked', { customerId: 'c', partnerId: 'p' }).show();
    expect(await ids()).toEqual(['d']);
    await story.linked('p', 'c', 'C').show();
    expect(await ids()).toEqual(['c', 'd']);
  });

  it('change dealers in one step', async () => {
    await story.linked('p', 'c', 'C').show();
    await story.tell('DealerUnlinked', { customerId: 'c', partnerId: 'p' }).linked('other', 'c', 'C').show();
    expect(await ids()).toEqual([]);
    expect((await listCustomers(store, { partnerId: 'other' })).total).toBe(1);
  });

  it('show a changed profile to the partner they are linked to, and to no former one', async () => {
    story
      .linked('p', 'c', 'Old', 'オルド', 'old@example.com')
      .linked('former', 'c', 'Old')
      .tell('DealerUnlinked', { customerId: 'c', partnerId: 'former' });
    story.tell('CustomerProfileChanged', {
      customerId: 'c',
      person: { name: 'New', nameReading: null },
      partnerIds: ['p', 'former', 'stranger'],
    });
    await story
      .tell('CustomerProfileChanged', { customerId: 'c', person: { email: 'new@example.com' }, partnerIds: ['p', 'former'] })
      .show();
    const { items } = await ask();
    expect(items).toMatchObject([{ name: 'New', email: 'new@example.com' }]);
    expect(items[0]!.nameReading).toBeUndefined();
    expect((await listCustomers(store, { partnerId: 'former' })).total).toBe(0);
    // Not even in what is stored.
    expect(await store.documents({ projection: 'customer-list', version: 1, partition: 'former' }, ['c'])).toEqual([
      { customerId: 'c', changed: expect.any(String) },
    ]);
    expect((await listCustomers(store, { partnerId: 'stranger' })).total).toBe(0);
  });

  it.each([
    ['exam', ['c', 'd']],
    ['DA@EXAMPLE', ['c']],
    ['ｙａｍａ', ['c']],
    ['.fi', ['d']],
    ['%', []],
    ['yamaba@example', []],
    ['  ', ['c', 'd']],
  ])('are found by any part of their e-mail address, without slips: %s', async (email, expected) => {
    await story.linked('p', 'c', 'A', undefined, 'Yamada@example.jp').linked('p', 'd', 'B', undefined, 'virtanen@example.fi').show();
    expect(await ids(email)).toEqual(expected);
  });

  it('are not found by an address they no longer have', async () => {
    await story.linked('p', 'c', 'C', undefined, 'old@example.com').show();
    expect(await ids('old@')).toEqual(['c']);
    await story.tell('CustomerProfileChanged', { customerId: 'c', person: { email: 'new@example.com' }, partnerIds: ['p'] }).show();
    expect([await ids('old@'), await ids('new@')]).toEqual([[], ['c']]);
  });

  it('stand in the order of their names, Japanese ones where their readings belong', async () => {
    story
      .linked('p', '1', '山田', 'ヤマダ')
      .linked('p', '2', '青木', 'アオキ')
      .linked('p', '3', 'やまぐち')
      .linked('p', '4', 'Zeta')
      .linked('p', '5', 'alpha');
    await story.show();
    expect(await ids()).toEqual(['5', '4', '2', '3', '1']);
  });
});

describe('pages of customers', () => {
  const link = async (count: number) => {
    for (let number = 1; number <= count; number++) story.linked('p', `c${number}`, `Customer ${String(number).padStart(3, '0')}`);
    await story.show();
  };

  it('hold 20: the 20th customer needs no second page', async () => {
    await link(20);
    const [first, second] = [await ask(), await ask({ page: 2 })];
    expect([first.items.length, first.total, second.items.length, second.total]).toEqual([20, 20, 0, 20]);
  });

  it('hold 20: the 21st customer stands on the second page', async () => {
    await link(21);
    const second = await ask({ page: 2 });
    expect(second).toMatchObject({ page: 2, pageSize: 20, total: 21, items: [{ customerId: 'c21' }] });
  });

  it('together are all customers that a plain look at each finds, whatever happened before', async () => {
    const customer = fc.constantFrom(...Array.from({ length: 30 }, (_, index) => `c${index}`));
    const email = fc.constantFrom('a@x.example', 'b@x.example', 'ab@y.example');
    const step = fc.record({
      what: fc.constantFrom('link', 'link', 'unlink', 'change'),
      customerId: customer,
      email,
      name: fc.constantFrom('A', 'B', 'Ä'),
    });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 60, size: 'max' }), { maxLength: 3 }),
        fc.constantFrom('a@', 'b@', 'x.', undefined),
        async (parts, wanted) => {
          const partnerId = `partner-${++runs}`;
          const random = new Story(store);
          const linked = new Map<string, { email: string; name: string }>();
          // Questions in between: what is kept in memory from the last one must not show in the next.
          for (const part of parts) {
            for (const { what, customerId, email: address, name } of part) {
              if (what === 'link') random.linked(partnerId, customerId, name, undefined, address);
              if (what === 'unlink') random.tell('DealerUnlinked', { customerId, partnerId });
              if (what === 'change')
                random.tell('CustomerProfileChanged', { customerId, person: { name, email: address }, partnerIds: [partnerId] });
              if (what === 'unlink') linked.delete(customerId);
              else if (what === 'link' || linked.has(customerId)) linked.set(customerId, { email: address, name });
            }
            await random.show(13);
            const expected = [...linked]
              .filter(([, profile]) => wanted === undefined || profile.email.includes(wanted))
              .sort(([one, a], [other, b]) => (`${fold(a.name)}\n${one}` < `${fold(b.name)}\n${other}` ? -1 : 1))
              .map(([customerId]) => customerId);
            const pages = await Promise.all([1, 2].map((page) => listCustomers(store, { partnerId, email: wanted, page })));
            expect(pages.flatMap(({ items }) => items.map(({ customerId }) => customerId))).toEqual(expected);
            expect(pages.map(({ total }) => total)).toEqual([expected.length, expected.length]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
