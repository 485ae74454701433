import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReadStore } from '#read-store';
import { Story } from '../testing/story.js';
import { believed, temporaryStore } from '../testing/stores.js';
import { historySearch } from './history-search.projection.js';
import { searchHistory, type HistoryItem, type HistoryQuestion } from './history-search.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
beforeAll(async () => ({ store, remove } = await temporaryStore()));
afterAll(() => remove());

let accounts = 0;
/** Each test has a partner of its own, so all may share one store. */
const newAccount = () => `partner-${++accounts}`;
const ask = (accountId: string, question: Omit<HistoryQuestion, 'accountId'> = {}) => searchHistory(store, { accountId, ...question });
const quantities = (items: readonly HistoryItem[]) => items.map(({ quantity }) => quantity);
const day = (number: number) => `2026-03-${String(number).padStart(2, '0')}T00:00:00.000Z`;

/** Three customers; the quantity of a row tells which one it is. */
async function history(): Promise<string> {
  const partner = newAccount();
  const story = new Story(store)
    .product('edge-1y', 'エッジストレージ録画1年')
    .product('edge-5y', 'エッジストレージ録画5年')
    .user('user-1', 'tanaka@partner.example', partner)
    .linked(partner, 'yamada', '山田製作所', 'ヤマダセイサクショ')
    .linked(partner, 'helsinki', 'City of Helsinki')
    .linked(partner, 'societe', 'Société Générale');
  const by = { userId: 'user-1', role: 'partner', accountId: partner } as const;
  story.assigned(partner, 'yamada', { 'edge-1y': 1, 'edge-5y': 2 }, { at: day(1), by });
  story.assigned(partner, 'helsinki', { 'edge-1y': 3 }, { at: day(2), by });
  story.assigned(partner, 'societe', { 'edge-5y': 4 }, { at: day(3), by });
  story.assigned(partner, 'yamada', { 'edge-1y': 5 }, { at: day(4), by });
  await story.show();
  return partner;
}

describe('the history of assignments', () => {
  it('is a row for each line, the newest assignment first, lines in their order', async () => {
    const { items, total, next } = await ask(await history());
    expect(quantities(items)).toEqual([5, 4, 3, 1, 2]);
    expect({ total, next }).toEqual({ total: 5, next: null });
  });

  it('says in each row who gave what to whom, by today’s names', async () => {
    const partner = await history();
    const [row] = (await ask(partner, { from: day(4) })).items;
    expect(row).toEqual({
      assignmentId: expect.any(String),
      line: 1,
      kind: 'assignment',
      assignedAt: day(4),
      customerId: 'yamada',
      customerName: '山田製作所',
      sku: 'edge-1y',
      productName: 'エッジストレージ録画1年',
      quantity: 5,
      expiresAt: null,
      assignedBy: { userId: 'user-1', login: 'tanaka@partner.example' },
    });
  });

  it('of an account that gave nothing is empty', async () => {
    expect(await ask(newAccount(), { customerName: 'x', skus: ['edge-1y'] })).toEqual({ items: [], total: 0, next: null });
  });

  it('shows nothing of another account', async () => {
    const [one, other] = [await history(), newAccount()];
    await new Story(store).assigned(other, 'yamada', { 'edge-1y': 9 }).show();
    expect(quantities((await ask(other)).items)).toEqual([9]);
    expect((await ask(one)).total).toBe(5);
  });

  it.each<[string, Omit<HistoryQuestion, 'accountId'>, number[]]>([
    ['from is in', { from: day(3) }, [5, 4]],
    ['to is out', { to: day(3) }, [3, 1, 2]],
    ['from and to the same is nothing', { from: day(3), to: day(3) }, []],
    ['from after to is nothing', { from: day(4), to: day(2) }, []],
    ['times of other zones are the same times', { from: '2026-03-03T09:00:00+09:00', to: '2026-03-04T00:00:00+00:00' }, [4]],
    ['one product', { skus: ['edge-5y'] }, [4, 2]],
    ['several products', { skus: ['edge-5y', 'edge-1y', 'edge-5y'] }, [5, 4, 3, 1, 2]],
    ['no product named is all of them', { skus: [] }, [5, 4, 3, 1, 2]],
    ['an unknown product', { skus: ['nothing'] }, []],
    ['a part of a name', { customerName: '田製' }, [5, 1, 2]],
    ['a reading in half-width kana', { customerName: 'ﾔﾏﾀﾞ' }, [5, 1, 2]],
    ['a name in another case', { customerName: 'HELSINKI' }, [3]],
    ['a name without its accents', { customerName: 'societe' }, [4]],
    ['a name with a slip', { customerName: 'Helsikni' }, [3]],
    ['a name that nobody has', { customerName: 'Nagoya' }, []],
    ['an empty name is no filter', { customerName: ' ' }, [5, 4, 3, 1, 2]],
    ['all filters together', { from: day(1), to: day(4), customerName: 'やまだ', skus: ['edge-1y'] }, [1]],
  ])('is filtered: %s', async (_, question, expected) => {
    const { items, total } = await ask(await history(), question);
    expect({ found: quantities(items), total }).toEqual({ found: expected, total: expected.length });
  });
});

describe('a customer that was renamed', () => {
  async function renamed(): Promise<string> {
    const partner = newAccount();
    const story = new Story(store).linked(partner, 'c', 'Tokyo Denki').assigned(partner, 'c', { a: 1 });
    // The clock stands still: the order of the log alone tells what came first.
    story
      .tell('CustomerProfileChanged', { customerId: 'c', person: { name: 'Osaka Kikai' }, partnerIds: [partner] })
      .assigned(partner, 'c', { a: 2 });
    story
      .tell('CustomerProfileChanged', { customerId: 'c', person: { name: 'Nagoya Shoji' }, partnerIds: [partner] })
      .assigned(partner, 'c', { a: 3 });
    await story.show();
    return partner;
  }

  it('is shown by today’s name, with the one of then where it differed', async () => {
    const { items } = await ask(await renamed());
    expect(items.map(({ customerName, customerNameThen }) => [customerName, customerNameThen])).toEqual([
      ['Nagoya Shoji', undefined],
      ['Nagoya Shoji', 'Osaka Kikai'],
      ['Nagoya Shoji', 'Tokyo Denki'],
    ]);
    expect(items[0]).not.toHaveProperty('customerNameThen');
  });

  it.each([
    ['nagoya', [3, 2, 1]],
    ['osaka', [2]],
    ['tokyo', [1]],
    ['ki', [2, 1]],
  ])('is found by today’s name or that of then: %s', async (customerName, expected) => {
    const { items, total } = await ask(await renamed(), { customerName });
    expect({ found: quantities(items), total }).toEqual({ found: expected, total: expected.length });
  });

  it('is counted where it had the name, also when nearly everybody else has it all the time', async () => {
    const partner = newAccount();
    const story = new Story(store);
    for (const other of ['d', 'e', 'f', 'g', 'h']) story.linked(partner, other, 'Tokyo Gas').assigned(partner, other, { a: 1 });
    story.linked(partner, 'c', 'Tokyo Denki').assigned(partner, 'c', { a: 2 });
    for (const name of ['Osaka', 'Tokyo', 'Nagoya']) {
      story.tell('CustomerProfileChanged', { customerId: 'c', person: { name }, partnerIds: [partner] }).assigned(partner, 'c', { a: 2 });
    }
    await story.show();
    const { items, total } = await ask(partner, { customerName: 'tokyo' });
    expect({ found: quantities(items), total }).toEqual({ found: [2, 2, 1, 1, 1, 1, 1], total: 7 });
  });

  it('is called by its first name in what is timed before it', async () => {
    const partner = newAccount();
    const story = new Story(store).tell('UserLoggedIn', { userId: 'u' }, { at: day(2) }).linked(partner, 'c', 'Tokyo');
    // Another process, whose clock is behind.
    await story.assigned(partner, 'c', { a: 1 }, { at: day(1) }).show();
    const [row] = (await ask(partner, { customerName: 'tokyo' })).items;
    expect([row!.customerName, row!.customerNameThen]).toEqual(['Tokyo', undefined]);
  });

  it('is shown by its new name to the next question', async () => {
    const partner = await renamed();
    const story = new Story(store);
    story.tell('LoginFailed', { userId: 'nobody', reason: 'noPassword' });
    for (let gap = 0; gap < 40; gap++) story.tell('UserLoggedIn', { userId: 'nobody' });
    story.tell('CustomerProfileChanged', { customerId: 'c', person: { name: 'Kobe Unyu', nameReading: 'コウベ' }, partnerIds: [partner] });
    await story.show();
    expect((await ask(partner, { customerName: 'こうべ' })).items.map(({ customerName }) => customerName)).toEqual(
      Array(3).fill('Kobe Unyu'),
    );
  });
});

describe('the total', () => {
  /** 20 customers, half of them called Odd, each with one row of one product and one of another. */
  function crowd(partner: string, story = new Story(store)): Story {
    for (let number = 0; number < 20; number++) story.linked(partner, `c${number}`, number % 2 ? 'Odd' : 'Even');
    for (let number = 0; number < 20; number++) story.assigned(partner, `c${number}`, { a: 1, b: 1 });
    return story;
  }
  const totals = async (partner: string) => {
    const asked = [{ customerName: 'odd' }, { customerName: 'odd', skus: ['a'] }, { customerName: 'even', skus: ['b', 'c'] }];
    return Promise.all(asked.map(async (question) => (await ask(partner, { limit: 1, ...question })).total));
  };

  it('grows with each row, whatever is asked at the same time', async () => {
    const partner = newAccount();
    const story = crowd(partner);
    await story.show();
    expect(await totals(partner)).toEqual([20, 10, 10]);
    await story.assigned(partner, 'c1', { a: 1, c: 1 }).assigned(partner, 'c2', { c: 1 }).show();
    expect(await Promise.all([totals(partner), totals(partner)])).toEqual([
      [22, 11, 11],
      [22, 11, 11],
    ]);
  });

  it('is counted anew when very many rows came at once', async () => {
    const partner = newAccount();
    const story = crowd(partner);
    await story.show();
    expect(await totals(partner)).toEqual([20, 10, 10]);
    for (let row = 0; row < 1_100; row++) story.assigned(partner, 'c1', { a: 1 });
    await story.show();
    expect(await totals(partner)).toEqual([1_120, 1_110, 10]);
  });

  it('is counted anew when the store was emptied and filled with something else', async () => {
    const other = await temporaryStore();
    const partner = newAccount();
    const question = { accountId: partner, customerName: 'odd' };
    await crowd(partner, new Story(other.store)).show();
    expect((await searchHistory(other.store, question)).total).toBe(20);
    await other.store.drop('history-search', historySearch.version);
    const story = new Story(other.store).tell('UserLoggedIn', { userId: 'u' }, { at: day(1) });
    await crowd(partner, story).assigned(partner, 'c1', { a: 1 }).show();
    expect((await believed(() => searchHistory(other.store, question))).total).toBe(21);
    await other.remove();
  });
});

describe('accepted drawdowns in the history', () => {
  const lines = [{ line: 1, sku: 'a', quantity: 2, lots: [] }];
  const submitted = (story: Story, accountId: string, accountName: string, customerId = 'drawn') => {
    const person = { accountName, contactName: 'Ingrid', contactEmail: 'ingrid@example.com' };
    const holdUntil = '2026-12-01T00:00:00.000Z';
    return story.tell('DrawdownSubmitted', {
      accountId,
      drawdownId: 'd',
      orderId: 'o',
      customerId,
      requestedBy: 'u',
      lines,
      holdUntil,
      person,
    });
  };
  const accepted = (story: Story, accountId: string, customerId = 'drawn') =>
    story.tell('DrawdownAccepted', { accountId, drawdownId: 'd', orderId: 'o', customerId, acceptedAt: day(2), lines }, { at: day(2) });

  it('are rows of their own kind, found by the name that the partner wrote down', async () => {
    const partner = newAccount();
    const story = submitted(new Story(store).linked(partner, 'c', 'Customer'), partner, 'Fjordline AS').assigned(
      partner,
      'c',
      { a: 1 },
      { at: day(1) },
    );
    await accepted(story, partner).show();
    const rows = await ask(partner);
    expect(rows.items).toMatchObject([
      { kind: 'drawdown', assignmentId: 'd', line: 1, customerId: 'drawn', customerName: 'Fjordline AS', quantity: 2, assignedAt: day(2) },
      { kind: 'assignment' },
    ]);
    expect((await ask(partner, { customerName: 'fjord' })).total).toBe(1);
    expect((await ask(partner, { customerName: 'customer' })).total).toBe(1);
  });

  it('are not there before they are accepted', async () => {
    const partner = newAccount();
    await submitted(new Story(store), partner, 'Fjordline AS').show();
    expect((await ask(partner)).total).toBe(0);
  });

  it('do not rename a customer that the partner knows already', async () => {
    const partner = newAccount();
    const story = submitted(new Story(store).linked(partner, 'drawn', 'Official Name'), partner, 'typed name');
    await accepted(story, partner).show();
    expect((await ask(partner)).items).toMatchObject([{ customerName: 'Official Name' }]);
  });
});

describe('pages of the history', () => {
  it('hold 50 rows unless told, and go on where the last one ended', async () => {
    const partner = newAccount();
    const story = new Story(store).linked(partner, 'c', 'Customer');
    for (let quantity = 1; quantity <= 51; quantity++) story.assigned(partner, 'c', { a: quantity });
    await story.show();
    const first = await ask(partner);
    expect([first.items.length, first.total]).toEqual([50, 51]);
    const second = await ask(partner, { cursor: first.next! });
    expect({ rows: quantities(second.items), total: second.total, next: second.next }).toEqual({ rows: [1], total: 51, next: null });
  });

  it('neither skip nor double a row when others arrive meanwhile', async () => {
    const partner = newAccount();
    const story = new Story(store).linked(partner, 'c', 'Customer');
    for (let quantity = 1; quantity <= 5; quantity++) story.assigned(partner, 'c', { a: quantity, b: quantity });
    await story.show();
    const seen: number[] = [];
    for (let cursor: string | undefined, arriving = 100; ; arriving++) {
      const page = await ask(partner, { limit: 3, cursor, customerName: 'customer' });
      seen.push(...quantities(page.items));
      if (!page.next) break;
      cursor = page.next;
      await story.assigned(partner, 'c', { a: arriving }).show();
    }
    expect(seen).toEqual([5, 5, 4, 4, 3, 3, 2, 2, 1, 1]);
  });

  it('are whole when one of many customers has nearly all of the rows', async () => {
    const partner = newAccount();
    const story = new Story(store);
    for (let number = 0; number < 60; number++) story.linked(partner, `c${number}`, number % 2 ? 'Odd' : 'Even');
    for (let number = 0; number < 60; number++) story.assigned(partner, `c${number}`, { a: 1 });
    for (let quantity = 1; quantity <= 60; quantity++) story.assigned(partner, 'c7', { a: quantity });
    await story.show();
    const { items, total } = await ask(partner, { customerName: 'odd' });
    expect({ rows: quantities(items), total }).toEqual({ rows: Array.from({ length: 50 }, (_, index) => 60 - index), total: 90 });
  });

  it('refuse a cursor that is none', async () => {
    await expect(ask(newAccount(), { cursor: 'bm9uZQ' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
