import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lot } from '../../testing/pool-facts.js';
import { firstCurrent, firstWithoutExpiry, type HeldLot, insert, remove, type UseOrder } from './use-order.js';

const day = (number: number) => `2026-04-${String(number).padStart(2, '0')}T00:00:00.000Z`;
const held = (sequence: number, expiresAt?: string): HeldLot => ({
  lot: lot({ lotId: `lot-${sequence}`, ...(expiresAt !== undefined && { expiresAt }) }),
  sequence,
  held: 0,
  inSeats: 0,
  available: sequence + 1,
});
const orderOf = (...lots: HeldLot[]): UseOrder => {
  const order: UseOrder = { lots: [], head: 0 };
  for (const each of lots) insert(order, each);
  return order;
};
const waiting = ({ lots, head }: UseOrder) => lots.slice(head).map(({ sequence }) => sequence);

describe('The order of use', () => {
  it('is first to expire first, what never expires last, then oldest first', () => {
    expect(waiting(orderOf(held(0), held(1, day(9)), held(2, day(3)), held(3), held(4, day(9))))).toEqual([2, 1, 4, 0, 3]);
  });

  it('stays that way whatever comes and goes', () => {
    const expiry = fc.option(fc.integer({ min: 1, max: 5 }).map(day), { nil: undefined });
    const steps = fc.array(fc.oneof(fc.record({ comes: expiry }), fc.record({ goes: fc.nat() })), { maxLength: 1_500 });
    fc.assert(
      fc.property(steps, (each) => {
        const order = orderOf();
        let model: HeldLot[] = [];
        for (const [index, step] of each.entries()) {
          if ('comes' in step) {
            const added = held(index, step.comes);
            insert(order, added);
            model.push(added);
          } else if (model.length > 0) {
            const gone = model[step.goes % model.length]!;
            remove(order, gone);
            model = model.filter((other) => other !== gone);
          }
        }
        const key = ({ lot: { expiresAt = 'never' }, sequence }: HeldLot) => `${expiresAt} ${String(sequence).padStart(6, '0')}`;
        expect(waiting(order)).toEqual(model.sort((left, right) => (key(left) < key(right) ? -1 : 1)).map(({ sequence }) => sequence));
      }),
    );
  });

  it('forgets the lots that are used up, so that it does not grow with history', () => {
    const lots = Array.from({ length: 10_000 }, (_, sequence) => held(sequence));
    const order = orderOf(...lots);
    for (const each of lots.slice(0, 9_990)) remove(order, each);
    expect(waiting(order)).toEqual([9_990, 9_991, 9_992, 9_993, 9_994, 9_995, 9_996, 9_997, 9_998, 9_999]);
    expect(order.lots.length).toBeLessThan(600);
  });

  it('leaves the others alone when a lot goes that is not in it', () => {
    const order = orderOf(held(0), held(2));
    remove(order, held(1));
    remove(order, held(9));
    expect(waiting(order)).toEqual([0, 2]);
  });

  it('knows which lots are overdue, and which never expire', () => {
    const order = orderOf(held(0, day(1)), held(1, day(2)), held(2, day(3)), held(3));
    remove(order, order.lots[0]!);
    expect(firstCurrent(order, day(2))).toBe(2);
    expect(firstWithoutExpiry(order)).toBe(3);
  });
});
