import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadStore } from '#read-store';
import { listCustomers, type CustomerPage } from './customer-list/customer-list.query.js';
import { believed, temporaryStore } from './testing/stores.js';
import { Story } from './testing/story.js';

let store: ReadStore;
let remove: () => Promise<void>;
beforeEach(async () => ({ store, remove } = await temporaryStore()));
afterEach(() => remove());

const names = ({ items }: CustomerPage) => items.map(({ name }) => name);

describe('a list that is kept in memory', () => {
  it('is read in pieces when it is long, and then only what changed', async () => {
    const story = new Story(store);
    for (let number = 0; number < 2_500; number++) story.linked('p', `c${number}`, 'Same');
    await story.show();
    expect((await listCustomers(store, { partnerId: 'p' })).total).toBe(2_500);
    for (let number = 0; number < 1_200; number++) {
      story.tell('CustomerProfileChanged', { customerId: `c${number}`, person: { email: 'new@example.com' }, partnerIds: ['p'] });
    }
    await story.linked('p', 'another', 'Same').show();
    expect((await listCustomers(store, { partnerId: 'p' })).total).toBe(2_501);
    expect((await listCustomers(store, { partnerId: 'p', email: 'new@' })).total).toBe(1_200);
  });

  it('is forgotten when the store was emptied and filled anew', async () => {
    await new Story(store).linked('p', 'a', 'Gone').linked('p', 'b', 'Kept').show();
    expect(names(await listCustomers(store, { partnerId: 'p' }))).toEqual(['Gone', 'Kept']);
    await store.drop('customer-list', 1);
    await new Story(store).linked('p', 'b', 'Kept').show();
    expect(names(await believed(() => listCustomers(store, { partnerId: 'p' })))).toEqual(['Kept']);
  });

  it('is forgotten also when the last fact it knew is there again, in a log that was another one before that', async () => {
    await new Story(store).linked('p', 'a', 'Gone').linked('p', 'b', 'Kept').show();
    expect(names(await listCustomers(store, { partnerId: 'p' }))).toEqual(['Gone', 'Kept']);
    await store.drop('customer-list', 1);
    await new Story(store).linked('q', 'a', 'Elsewhere').linked('p', 'b', 'Kept').show();
    expect(names(await believed(() => listCustomers(store, { partnerId: 'p' })))).toEqual(['Kept']);
  });

  it('keeps up with questions and facts that come at the same time', async () => {
    const story = new Story(store);
    // Before anything was filled there is nothing to answer from.
    await story.linked('somebody', 'else', 'Other').show();
    for (let round = 1; round <= 20; round++) {
      story.linked('p', 'c', `Name ${round}`).linked('p', `d${round}`, 'Other');
      await Promise.all([listCustomers(store, { partnerId: 'p' }), story.show(1), listCustomers(store, { partnerId: 'p' })]);
      const page = await listCustomers(store, { partnerId: 'p' });
      expect([page.total, names(page)[0]]).toEqual([round + 1, `Name ${round}`]);
    }
  });
});
