import { describe, expect, it } from '@jest/globals';
import { Gathering } from './gathering.js';

const after = (...groups: number[]): Gathering => {
  const gathering = new Gathering();
  for (const appends of groups) gathering.synced(appends, 4);
  return gathering;
};

describe('the gathering of a group', () => {
  it('is over at once for one caller, and for two who take turns', () => {
    expect(after().isOver(1, 500)).toBe(true);
    expect(after(1, 1, 1).isOver(1, 500)).toBe(true);
    expect(after(2, 1, 2).isOver(1, 500)).toBe(true);
  });

  it('waits when only a few of those have come who were answered last', () => {
    expect(after(30).isOver(2, 500)).toBe(false);
    expect(after(30, 2).isOver(2, 500)).toBe(false);
  });

  it('is over when nearly as many have come as the last time', () => {
    const gathering = after(10);
    expect([gathering.isOver(2, 500), gathering.isOver(9, 500)]).toEqual([false, true]);
  });

  it('is over when enough have come for a sync of their own', () => {
    expect([after(60).isOver(15, 500), after(60).isOver(16, 500)]).toEqual([false, true]);
  });

  it('is over when the few that have come are large', () => {
    expect(after(30).isOver(2, 32 * 1024)).toBe(true);
  });

  it('is over at once with so many callers that they keep a client busy', () => {
    expect(after(65).isOver(1, 500)).toBe(true);
  });

  it('is over although nobody comes any more', () => {
    const gathering = after(30);
    while (!gathering.isOver(2, 500)) gathering.sleep();
    expect(gathering.isOver(2, 500)).toBe(false);
  });

  it('is over although they come too slowly', () => {
    const gathering = after(30);
    let appends = 1;
    while (!gathering.isOver(appends, 500)) appends += 1e-6;
    expect(appends).toBeLessThan(16);
  });

  it('forgets a crowd that has left', () => {
    expect(after(30, ...Array.from({ length: 20 }, () => 1)).isOver(1, 500)).toBe(true);
  });
});
