import { describe, expect, it } from '@jest/globals';
import { NameSet } from './name-set.js';

describe('a set of names', () => {
  const names = Array.from({ length: 5_000 }, (_, n) => `pool-${n.toString(36)}-${'x'.repeat(n % 40)}`);

  it('knows every name that was added, and next to no other', () => {
    const set = new NameSet();
    for (const name of names) set.add(name);
    for (const name of names) set.add(name);
    expect(names.filter((name) => !set.has(name))).toEqual([]);
    // By chance there would be one in a billion runs of this.
    expect(names.filter((name) => set.has(`$$${name}`) || set.has(`${name}\0`))).toEqual([]);
  });

  it('is the same when it is made of its bytes, and takes in more', () => {
    const set = new NameSet();
    const [known, more] = [names.slice(0, 700), names.slice(700)];
    for (const name of known) set.add(name);
    const again = NameSet.from(set.bytes);
    expect(known.filter((name) => !again.has(name))).toEqual([]);
    expect(more.filter((name) => again.has(name))).toEqual([]);
    for (const name of more) again.add(name);
    expect(names.filter((name) => !again.has(name))).toEqual([]);
    expect(NameSet.from(again.bytes).bytes).toEqual(again.bytes);
  });

  it('tells names apart that differ in one letter or in their order', () => {
    const set = new NameSet();
    set.add('pool-1');
    expect(['pool-2', 'pool1-', 'pool-', 'pool-11', ''].filter((name) => set.has(name))).toEqual([]);
  });
});
