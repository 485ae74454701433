import { describe, expect, it } from '@jest/globals';
import { given, stateAfter } from '../../testing/given.js';
import { changePartnerProfile, linkStore, partner, registerPartner } from './partner.js';
import type { PartnerFact } from './partner.events.js';

const partnerId = 'p-1';
const person = { name: '東京カメラ販売', email: 'info@tokyo-camera.example' };
const registered: PartnerFact = { type: 'PartnerRegistered', data: { partnerId, partnerCode: 'TOKYO-1', language: 'ja', person } };
const linked: PartnerFact = { type: 'StoreLinked', data: { partnerId, storeAccountId: 'shop-7' } };
const change = { partnerId };

describe('A partner', () => {
  it('is registered with the code its customers will enter', () => {
    expect(given(partner).when(registerPartner, { partnerId, partnerCode: 'TOKYO-1', language: 'ja', ...person })).toEqual([registered]);
  });

  it('is written to in English unless it says otherwise', () => {
    expect(given(partner).when(registerPartner, { partnerId, partnerCode: 'TOKYO-1', ...person })).toMatchObject([
      { data: { language: 'en' } },
    ]);
  });

  it('is registered once, however often it is asked', () => {
    expect(given(partner, registered).when(registerPartner, { partnerId, partnerCode: 'OTHER', ...person })).toEqual([]);
  });
});

describe('The profile of a partner', () => {
  it('changes where it is told to, and the fact says only that', () => {
    expect(given(partner, registered).when(changePartnerProfile, { ...change, name: '大阪カメラ販売' })).toEqual([
      { type: 'PartnerProfileChanged', data: { partnerId, person: { name: '大阪カメラ販売' } } },
    ]);
  });

  it('does not change by saying what it already says', () => {
    expect(given(partner, registered).when(changePartnerProfile, { ...change, ...person, language: 'ja' })).toEqual([]);
  });

  it('falls back to English when the language is taken away', () => {
    expect(given(partner, registered).when(changePartnerProfile, { ...change, language: null })).toMatchObject([
      { data: { language: 'en' } },
    ]);
  });

  it.each(['name', 'email'])('cannot lose its %s', (member) => {
    expect(given(partner, registered).when(changePartnerProfile, { ...change, [member]: null })).toMatchObject({
      errors: [{ path: member }],
    });
  });

  it('is what was last said of each part', () => {
    const changed: PartnerFact = {
      type: 'PartnerProfileChanged',
      data: { partnerId, language: 'fi', person: { email: 'new@tokyo-camera.example' } },
    };
    const renamed: PartnerFact = { type: 'PartnerProfileChanged', data: { partnerId, person: { name: '大阪カメラ販売' } } };
    const now = { name: '大阪カメラ販売', email: 'new@tokyo-camera.example', language: 'fi' };
    expect(stateAfter(partner, [registered, changed, renamed])).toMatchObject(now);
  });

  it('of nobody cannot change', () => {
    expect(given(partner).when(changePartnerProfile, { ...change, name: 'X' })).toMatchObject({ refused: 'PARTNER_NOT_FOUND', partnerId });
  });
});

describe('The link to the store', () => {
  it('is made once (000-01)', () => {
    expect(given(partner, registered).when(linkStore, { partnerId, storeAccountId: 'shop-7' })).toEqual([linked]);
  });

  it('needs not be made again (000-02)', () => {
    expect(given(partner, registered, linked).when(linkStore, { partnerId, storeAccountId: 'SHOP-7' })).toEqual([]);
  });

  it('stays: another store account is refused (000-02)', () => {
    expect(given(partner, registered, linked).when(linkStore, { partnerId, storeAccountId: 'shop-8' })).toMatchObject({
      refused: 'STORE_ALREADY_LINKED',
      linkedTo: 'shop-7',
      requested: 'shop-8',
    });
  });

  it('is missing until it is made, however often the dialog was cancelled (000-03, 000-04)', () => {
    expect(stateAfter(partner, [registered]).storeAccountId).toBeUndefined();
    expect(stateAfter(partner, [registered, linked]).storeAccountId).toBe('shop-7');
  });

  it('is nothing for somebody who is no partner', () => {
    expect(given(partner).when(linkStore, { partnerId, storeAccountId: 'shop-7' })).toMatchObject({ refused: 'PARTNER_NOT_FOUND' });
  });
});
