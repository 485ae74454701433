import { describe, expect, it } from '@jest/globals';
import { lastMoves, moved, noted, poisonedBy, tally } from '../testing/tally.js';
import { applyChanges, changesByPartition, PoisonedEvent } from './projection-batch.js';
import type { ProjectedEvent, Projection } from './projection.js';

const events = (...facts: { stream: string; type: string; data: object }[]): ProjectedEvent[] =>
  facts.map((fact, n) => ({ ...fact, revision: n, position: BigInt(n + 1) * 10n, id: `e${n + 1}`, metadata: {} }));
const address = { projection: 'tally', version: 1, partition: 'b' };
const ofPartition = (batch: ProjectedEvent[], partition = 'b', projection: Projection<any> = tally) => {
  const found = changesByPartition(projection, batch).find((changes) => changes.partition === partition);
  if (!found) throw new Error(`nothing changes in ${partition}`);
  return found;
};

describe('a batch of events', () => {
  it('is sorted by the partitions it changes, each in the log’s order', () => {
    const changes = changesByPartition(tally, events(moved('a', 'b', 1), moved('b', 'c', 2, 's2'), moved('a', 'b', 3)));
    expect(changes.map(({ partition, keys }) => [partition, keys])).toEqual([
      ['a', ['s1']],
      ['b', ['s1', 's2']],
      ['c', ['s2']],
    ]);
    expect(changes[1]?.changes.map(({ event }) => event.position)).toEqual([10n, 20n, 30n]);
  });

  it('skips what the checkpoint says is there already', () => {
    const batch = events(moved('a', 'b', 1), moved('a', 'b', 2), moved('a', 'b', 4));
    const state = { checkpoint: 20n, documents: [{ account: 'b', quantity: 3, moves: [] }] };
    expect(applyChanges(tally, address, state, ofPartition(batch))).toMatchObject({
      readCheckpoint: 20n,
      checkpoint: 30n,
      documents: [{ key: 's1', document: { quantity: 7 } }],
    });
    expect(applyChanges(tally, address, { ...state, checkpoint: 30n }, ofPartition(batch))).toBeUndefined();
  });

  it('moves only the index entries that differ', () => {
    const state = { checkpoint: 5n, documents: [{ account: 'b', quantity: 3, moves: [] }] };
    const [written] = applyChanges(tally, address, state, ofPartition(events(moved('a', 'b', 1))))?.documents ?? [];
    expect(written?.indexAdd).toEqual([{ index: 'by-quantity', sort: '01000004' }]);
    expect(written?.indexRemove).toEqual([{ index: 'by-quantity', sort: '01000003' }]);
  });

  it('that changes nothing in the end is still committed, because another projector may be half way through it', () => {
    const batch = events(moved('a', 'b', 1), moved('b', 'a', 1));
    const write = applyChanges(tally, address, { checkpoint: undefined, documents: [undefined] }, ofPartition(batch));
    expect(write).toEqual({ address, readCheckpoint: undefined, checkpoint: 20n, documents: [] });
  });

  it('names the event that a handler, a change or an index cannot take', () => {
    const poison = (projection: Projection<any>): unknown => {
      try {
        const changes = ofPartition(events(moved('a', 'b', 1), noted('x')), 'all', projection);
        applyChanges(projection, address, { checkpoint: undefined, documents: changes.keys.map(() => undefined) }, changes);
        return undefined;
      } catch (error) {
        return error instanceof PoisonedEvent ? error.event.id : error;
      }
    };
    const fault = (): never => {
      throw new Error('fault');
    };
    expect(poison(lastMoves)).toBeUndefined();
    expect(poison(poisonedBy('Noted'))).toBe('e2');
    expect(poison({ ...lastMoves, on: { Moved: () => [{ partition: 'all', key: 'k', apply: fault }] } })).toBe('e1');
    expect(poison({ ...lastMoves, indexes: fault })).toBe('e1');
    expect(poison({ ...lastMoves, on: { Moved: () => [{ partition: 'p\0q', key: 'k', apply: fault }] } })).toBe('e1');
    expect(poison({ ...lastMoves, on: { Moved: () => [{ partition: 'all', key: '', apply: fault }] } })).toBe('e1');
  });

  it('asks only for what the projection itself lists', () => {
    expect(changesByPartition(lastMoves, events({ stream: 's', type: 'toString', data: {} }))).toEqual([]);
  });
});
