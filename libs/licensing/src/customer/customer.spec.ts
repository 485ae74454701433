import { describe, expect, it } from '@jest/globals';
import { given, stateAfter } from '../../testing/given.js';
import { changeCustomerProfile, customer, isLinkedTo, isSeenBy, linkDealer, registerCustomer, unlinkDealer } from './customer.js';
import type { CustomerFact } from './customer.events.js';

const customerId = 'c-1';
const person = { name: '山田商店', nameReading: 'ヤマダショウテン', email: 'yamada@example.jp' };
const registered: CustomerFact = { type: 'CustomerRegistered', data: { customerId, language: 'ja', person } };
const linked = (partnerId: string): CustomerFact => ({
  type: 'DealerLinked',
  data: { customerId, partnerId, partnerCode: `CODE-${partnerId}`, person },
});
const unlinked = (partnerId: string): CustomerFact => ({ type: 'DealerUnlinked', data: { customerId, partnerId } });
const dealer = (partnerId: string) => ({ customerId, partnerId, partnerCode: `CODE-${partnerId}` });

describe('A customer', () => {
  it('is registered with its name and how that is read', () => {
    expect(given(customer).when(registerCustomer, { customerId, language: 'ja', ...person })).toEqual([registered]);
  });

  it('is registered once, however often it is asked', () => {
    expect(given(customer, registered).when(registerCustomer, { customerId, ...person })).toEqual([]);
  });
});

describe('A customer that a drawdown registered', () => {
  const byDrawdown: CustomerFact = {
    type: 'CustomerRegistered',
    data: {
      customerId,
      language: 'fr',
      person: { name: 'Fjordline', email: 'ingrid@fjordline.example', contactName: 'Ingrid Solberg' },
      website: 'https://fjordline.example',
      registeredBy: 'p-1',
    },
  };
  const seenBy = (...facts: CustomerFact[]) => ['p-1', 'p-2'].filter((partnerId) => isSeenBy(stateAfter(customer, facts), partnerId));

  it('says whose drawdown that was, and whom to ask for', () => {
    const { person, ...data } = byDrawdown.data as Extract<CustomerFact, { type: 'CustomerRegistered' }>['data'];
    expect(given(customer).when(registerCustomer, { ...data, ...person })).toEqual([byDrawdown]);
  });

  it('is seen by that partner, and by no other, until it names a dealer itself (ADR 037)', () => {
    expect(seenBy(byDrawdown)).toEqual(['p-1']);
    expect(seenBy(byDrawdown, linked('p-2'))).toEqual(['p-2']);
    expect(seenBy(byDrawdown, linked('p-2'), unlinked('p-2'))).toEqual([]);
    expect(seenBy(byDrawdown, linked('p-1'))).toEqual(['p-1']);
    expect(seenBy(registered)).toEqual([]);
    expect(seenBy()).toEqual([]);
  });

  it('tells that partner of a new name, and keeps its contact', () => {
    expect(given(customer, byDrawdown).when(changeCustomerProfile, { customerId, name: 'Fjord' })).toMatchObject([
      { data: { partnerIds: ['p-1'] } },
    ]);
    const renamed: CustomerFact = { type: 'CustomerProfileChanged', data: { customerId, person: { name: 'Fjord' }, partnerIds: [] } };
    expect(stateAfter(customer, [byDrawdown, renamed]).person).toMatchObject({ name: 'Fjord', contactName: 'Ingrid Solberg' });
    expect(given(customer, byDrawdown, linked('p-2')).when(changeCustomerProfile, { customerId, name: 'Fjord' })).toMatchObject([
      { data: { partnerIds: ['p-2'] } },
    ]);
  });
});

describe('The profile of a customer', () => {
  it('changes where it is told to, and the fact says only that', () => {
    expect(given(customer, registered).when(changeCustomerProfile, { customerId, email: 'new@example.jp' })).toEqual([
      { type: 'CustomerProfileChanged', data: { customerId, person: { email: 'new@example.jp' }, partnerIds: [] } },
    ]);
  });

  it('names every partner that ever was the dealer, whose lists show it', () => {
    const facts = [registered, linked('p-1'), unlinked('p-1'), linked('p-2'), unlinked('p-2'), linked('p-1')];
    expect(given(customer, ...facts).when(changeCustomerProfile, { customerId, name: '山田屋' })).toMatchObject([
      { data: { partnerIds: ['p-1', 'p-2'] } },
    ]);
  });

  it('is what was last said of each part', () => {
    const changed: CustomerFact = {
      type: 'CustomerProfileChanged',
      data: { customerId, language: 'fr', person: { name: '山田屋', nameReading: 'ヤマダヤ' }, partnerIds: [] },
    };
    const changedPerson = { name: '山田屋', nameReading: 'ヤマダヤ', email: person.email };
    expect(stateAfter(customer, [registered, changed])).toMatchObject({ language: 'fr', person: changedPerson });
  });

  it('may lose the reading of its name', () => {
    const withoutReading: CustomerFact = {
      type: 'CustomerProfileChanged',
      data: { customerId, person: { nameReading: null }, partnerIds: [] },
    };
    expect(given(customer, registered).when(changeCustomerProfile, { customerId, nameReading: null })).toEqual([withoutReading]);
    expect(stateAfter(customer, [registered, withoutReading]).person).toEqual({ name: person.name, email: person.email });
    expect(given(customer, registered, withoutReading).when(changeCustomerProfile, { customerId, nameReading: null })).toEqual([]);
  });

  it('says whom to ask for and where to look, as long as nobody takes that away', () => {
    const contactName = 'Kari Nordmann';
    const moved: CustomerFact = {
      type: 'CustomerProfileChanged',
      data: { customerId, person: { contactName }, website: 'https://fjord.example', partnerIds: [] },
    };
    const emptied: CustomerFact = {
      type: 'CustomerProfileChanged',
      data: { customerId, person: { contactName: null }, website: null, partnerIds: [] },
    };
    const [told, taken] = [
      { contactName, website: 'https://fjord.example' },
      { contactName: null, website: null },
    ];
    const change = { customerId, ...told };
    expect(given(customer, registered).when(changeCustomerProfile, change)).toEqual([moved]);
    expect(given(customer, registered, moved).when(changeCustomerProfile, change)).toEqual([]);
    expect(given(customer, registered, moved).when(changeCustomerProfile, { customerId, ...taken })).toEqual([emptied]);
    expect(given(customer, registered, emptied).when(changeCustomerProfile, { customerId, ...taken })).toEqual([]);
    expect(stateAfter(customer, [registered, moved])).toMatchObject({ website: told.website, person: { contactName } });
    const after = stateAfter(customer, [registered, moved, emptied]);
    expect([after.website, after.person.contactName]).toEqual([undefined, undefined]);
  });

  it('does not change by saying what it already says', () => {
    expect(given(customer, registered).when(changeCustomerProfile, { customerId, ...person, language: 'ja' })).toEqual([]);
  });

  it.each(['name', 'email'])('cannot lose its %s', (member) => {
    expect(given(customer, registered).when(changeCustomerProfile, { customerId, [member]: null })).toMatchObject({
      errors: [{ path: member }],
    });
  });

  it('of nobody cannot change', () => {
    expect(given(customer).when(changeCustomerProfile, { customerId, name: 'X' })).toMatchObject({
      refused: 'CUSTOMER_NOT_FOUND',
      customerId,
    });
  });
});

describe('The dealer of a customer', () => {
  it('is linked with the profile that the partner may now see (001-02, 001-03)', () => {
    expect(given(customer, registered).when(linkDealer, dealer('p-1'))).toEqual([linked('p-1')]);
  });

  it('is linked as the customer is called now, not as it was registered', () => {
    const renamed: CustomerFact = { type: 'CustomerProfileChanged', data: { customerId, person: { name: '山田屋' }, partnerIds: [] } };
    expect(given(customer, registered, renamed).when(linkDealer, dealer('p-1'))).toMatchObject([
      { data: { person: { ...person, name: '山田屋' } } },
    ]);
  });

  it('linked again says nothing new', () => {
    expect(given(customer, registered, linked('p-1')).when(linkDealer, dealer('p-1'))).toEqual([]);
  });

  it('is replaced by another one in one step', () => {
    expect(given(customer, registered, linked('p-1')).when(linkDealer, dealer('p-2'))).toEqual([unlinked('p-1'), linked('p-2')]);
  });

  it('can be unlinked', () => {
    expect(given(customer, registered, linked('p-1')).when(unlinkDealer, { customerId })).toEqual([unlinked('p-1')]);
  });

  it('is unlinked only if it is the one that is meant', () => {
    expect(given(customer, registered, linked('p-1')).when(unlinkDealer, { customerId, partnerId: 'p-1' })).toEqual([unlinked('p-1')]);
    expect(given(customer, registered, linked('p-2')).when(unlinkDealer, { customerId, partnerId: 'p-1' })).toMatchObject({
      refused: 'DEALER_NOT_LINKED',
    });
  });

  it('cannot be unlinked when there is none', () => {
    expect(given(customer, registered, linked('p-1'), unlinked('p-1')).when(unlinkDealer, { customerId })).toMatchObject({
      refused: 'DEALER_NOT_LINKED',
    });
  });

  it('is one partner at a time (000-17)', () => {
    const state = stateAfter(customer, [registered, linked('p-1'), unlinked('p-1'), linked('p-2')]);
    expect([isLinkedTo(state, 'p-1'), isLinkedTo(state, 'p-2')]).toEqual([false, true]);
  });

  it.each([
    ['linked', linkDealer],
    ['unlinked', unlinkDealer],
  ])('of nobody cannot be %s', (_, decide) => {
    expect(given(customer).when(decide as typeof linkDealer, dealer('p-1'))).toMatchObject({ refused: 'CUSTOMER_NOT_FOUND' });
  });
});
