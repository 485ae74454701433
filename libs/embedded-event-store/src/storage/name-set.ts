import { randomBytes } from 'node:crypto';

const FIRST_SLOTS = 1024;
const LOAD_MAX = 0.7;
const HEADER_NUMBERS = 3;

/**
 * A set of names by a hash of 53 bits each: `has` is true for every name that was added. Among a million names it is wrongly true for one
 * other name in ten billion; which one differs from set to set. 12 to 24 bytes a name.
 */
export class NameSet {
  private slots = new Float64Array(FIRST_SLOTS);
  private size = 0;
  private seeds: readonly [number, number] = [randomBytes(4).readUInt32LE(), randomBytes(4).readUInt32LE()];

  /** The set that `bytes` were made of. They have to be whole. */
  static from(bytes: Buffer): NameSet {
    const set = new NameSet();
    const numbers = new Float64Array(Uint8Array.from(bytes).buffer);
    set.seeds = [numbers[0]!, numbers[1]!];
    set.size = numbers[2]!;
    set.slots = numbers.slice(HEADER_NUMBERS);
    return set;
  }

  /** All of it, in the byte order of this machine. */
  get bytes(): Buffer {
    const numbers = new Float64Array(HEADER_NUMBERS + this.slots.length);
    numbers.set([...this.seeds, this.size]);
    numbers.set(this.slots, HEADER_NUMBERS);
    return Buffer.from(numbers.buffer);
  }

  add(name: string): void {
    if (this.size >= this.slots.length * LOAD_MAX) this.grow();
    if (this.put(this.hashOf(name))) this.size += 1;
  }

  has(name: string): boolean {
    return this.slots[this.slotOf(this.hashOf(name))] !== 0;
  }

  private put(hash: number): boolean {
    const at = this.slotOf(hash);
    const isNew = this.slots[at] === 0;
    this.slots[at] = hash;
    return isNew;
  }

  // Where a hash is, or the empty slot where it would be.
  private slotOf(hash: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    let at = hash & mask;
    while (slots[at] !== 0 && slots[at] !== hash) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = new Float64Array(slots.length * 2);
    for (const hash of slots) if (hash !== 0) this.put(hash);
  }

  // Two multiplying hashes, each from a random beginning. Zero stands for an empty slot.
  private hashOf(name: string): number {
    let [low, high] = this.seeds;
    for (let index = 0; index < name.length; index++) {
      const code = name.charCodeAt(index);
      low = Math.imul(low ^ code, 0x9e3779b1);
      high = Math.imul(high ^ code, 0x85ebca6b);
    }
    low = mixed(low ^ (high >>> 9));
    high = mixed(high ^ (low >>> 7));
    return (high >>> 11) * 0x100000000 + (low >>> 0) || 1;
  }
}

// Lets every bit of a number bear on every other.
function mixed(number: number): number {
  number = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  number = Math.imul(number ^ (number >>> 13), 0xc2b2ae35);
  return number ^ (number >>> 16);
}
