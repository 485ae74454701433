import { describe, expect, it } from '@jest/globals';
import { given } from '../../testing/given.js';
import { release, reservation, reserve, reserveUnlessHeld } from './reservation.js';
import type { ReservationFact, ReservationKind } from './reservation.events.js';

const reserved = (holder: string, kind: ReservationKind = 'login'): ReservationFact => ({ type: 'Reserved', data: { kind, holder } });
const released: ReservationFact = { type: 'ReservationReleased', data: { kind: 'login', holder: 'u-1' } };

describe('What must be unique', () => {
  it('belongs to the first who asks', () => {
    expect(given(reservation).when(reserve, { kind: 'login', holder: 'u-1' })).toEqual([reserved('u-1')]);
  });

  it('may be asked for again by its holder, as a repeated registration does', () => {
    expect(given(reservation, reserved('u-1')).when(reserve, { kind: 'login', holder: 'u-1' })).toEqual([]);
  });

  it.each([
    ['login', 'LOGIN_TAKEN'],
    ['partner-code', 'PARTNER_CODE_TAKEN'],
    ['store-account', 'STORE_ALREADY_LINKED'],
    ['service', 'SERVICE_NOT_FOUND'],
    ['customer', 'CONCURRENT_CHANGE'],
  ] as const)('and is a %s is refused to the second with %s', (kind, refused) => {
    expect(given(reservation, reserved('u-1', kind)).when(reserve, { kind, holder: 'u-2' })).toMatchObject({ refused });
  });

  it('and is a customer belongs to the first, and nobody is refused: whoever asks later learns who has it', () => {
    const ask = { kind: 'customer' as const, holder: 'c-2' };
    expect(given(reservation).when(reserveUnlessHeld, ask)).toEqual([reserved('c-2', 'customer')]);
    expect(given(reservation, reserved('c-1', 'customer')).when(reserveUnlessHeld, ask)).toEqual([]);
  });

  it('is free again when its holder lets go', () => {
    expect(given(reservation, reserved('u-1')).when(release, { kind: 'login', holder: 'u-1' })).toEqual([released]);
    expect(given(reservation, reserved('u-1'), released).when(reserve, { kind: 'login', holder: 'u-2' })).toEqual([reserved('u-2')]);
  });

  it('stays with its holder when somebody else lets go', () => {
    expect(given(reservation, reserved('u-1')).when(release, { kind: 'login', holder: 'u-2' })).toEqual([]);
  });
});
