import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { CommandMemory } from './command-memory.js';

const start = Date.parse('2026-11-21T00:00:00.000Z');
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
const day = 24 * 60 * 60;

describe('the command memory', () => {
  it('knows where each command stands, also one of several facts', () => {
    const memory = new CommandMemory();
    const [one, two] = [randomUUID(), v7()] as const;
    memory.add(one, 0, at(0));
    for (const revision of [1, 2, 3]) memory.add(two, revision, at(1));
    expect(memory.find(one)).toEqual({ first: 0, last: 0 });
    expect(memory.find(two.toUpperCase())).toEqual({ first: 1, last: 3 });
    expect(memory.find(randomUUID())).toBeUndefined();
    expect(() => memory.find('order-1')).toThrow(TypeError);
  });

  it('keeps the last 10,000 commands however old they are', () => {
    const memory = new CommandMemory();
    const ids = Array.from({ length: 10_001 }, () => randomUUID());
    ids.forEach((id, revision) => memory.add(id, revision, at(revision * day * 2)));
    memory.prune();
    expect(memory.find(ids[0]!)).toBeUndefined();
    expect(memory.find(ids[1]!)).toEqual({ first: 1, last: 1 });
    expect(memory.size).toBe(10_000);
  });

  it('keeps the last 24 hours however many commands they hold, at about 40 bytes each', () => {
    const memory = new CommandMemory();
    const ids = Array.from({ length: 30_000 }, () => randomUUID());
    ids.forEach((id, revision) => memory.add(id, revision, at(0)));
    memory.add(randomUUID(), 30_000, at(day));
    memory.prune();
    expect(memory.find(ids[0]!)).toEqual({ first: 0, last: 0 });
    expect(memory.sizeInBytes / memory.size).toBeLessThan(80);
    memory.add(randomUUID(), 30_001, at(day + 2));
    memory.prune();
    expect(memory.find(ids[0]!)).toBeUndefined();
    expect(memory.size).toBe(10_000);
  });

  it('agrees with a plain map of what both bounds allow, whatever comes in', () => {
    const step = fc.record({
      undone: fc.integer({ min: 0, max: 2 }),
      repeats: fc.integer({ min: 1, max: 3 }),
      seconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 400 }), fc.boolean(), (steps, timeOrdered) => {
        const memory = new CommandMemory();
        const model: { id: string; first: number; last: number; second: number }[] = [];
        let [revision, second] = [0, 0];
        for (const { repeats, seconds, undone } of [...steps, ...Array.from({ length: 40 }, () => steps).flat()]) {
          second += seconds * 20;
          const id = timeOrdered ? v7() : randomUUID();
          model.push({ id, first: revision, last: revision + repeats - 1, second });
          for (let count = 0; count < repeats; count++) memory.add(id, revision++, at(second));
          const never = Array.from({ length: undone }, () => randomUUID());
          for (const other of never) memory.add(other, revision, at(second + day * 10));
          memory.undo(undone);
          for (const other of never) expect(memory.find(other)).toBeUndefined();
          memory.prune();
        }
        const kept = model.filter(({ second: then }, index) => index >= model.length - 10_000 || then >= second - day);
        for (const { id, first, last } of kept) expect(memory.find(id)).toEqual({ first, last });
        const forgotten = model.filter(({ second: then }, index) => index < model.length - 10_000 && then < second - day - 2);
        for (const { id } of forgotten) expect(memory.find(id)).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });
});
