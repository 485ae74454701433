import type { Database } from 'lmdb';

export type Bytes = Database<Buffer, Buffer>;

/** A block is cut in two when it holds more entries than this. */
const entriesMax = 1_024;

/**
 * Ordered entries in LMDB that can be counted between two bounds without walking them. LMDB's own tree keeps no counts, so beside the entries
 * stand blocks: for every run of up to 1,024 neighbouring entries one record, named by the lower bound of the run, that holds how many they are.
 * A count adds up the blocks that lie wholly within the bounds and counts entries only in the two blocks at the ends: a million entries cost about
 * two thousand small records and at most two runs. Adding or removing an entry changes one block, in the same transaction.
 * Blocks depend on the order in which entries came; only the entries are part of what a view says.
 */
export class CountedIndex {
  /** `end` is the first key after all of this index. */
  constructor(
    private readonly entries: Bytes,
    private readonly blocks: Bytes,
    private readonly start: Buffer,
    private readonly end: Buffer,
  ) {}

  /** Within a write transaction. An entry that is there already changes nothing. */
  add(entry: Buffer): void {
    if (this.entries.doesExist(entry)) return;
    this.entries.putSync(entry, nothing);
    const block = this.#blockOf(entry);
    const count = (block ? this.#countIn(block) : 0) + 1;
    if (count > entriesMax) this.#split(block as Buffer, count);
    else this.#setCount(block ?? this.start, count);
  }

  /** Within a write transaction. An entry that is not there changes nothing. */
  remove(entry: Buffer): void {
    if (!this.entries.removeSync(entry)) return;
    const block = this.#blockOf(entry) as Buffer;
    const count = this.#countIn(block) - 1;
    if (count > 0 || block.equals(this.start)) this.#setCount(block, count);
    else this.blocks.removeSync(block);
  }

  /** How many entries lie from `from` (in) to `to` (out). */
  count(from: Buffer, to: Buffer): number {
    if (Buffer.compare(from, to) >= 0) return 0;
    const first = this.#blockOf(from);
    const last = this.#blockOf(to);
    if (!first || !last) return this.#walk(from, to);
    if (first.equals(last)) return this.#walk(from, to);
    // The first block's tail, the whole blocks between, and the last block's head.
    let sum = 0;
    let tailEnd: Buffer | undefined;
    for (const { key, value } of this.blocks.getRange({ start: first, exclusiveStart: true, end: last })) {
      tailEnd ??= key;
      sum += value.readUInt32LE(0);
    }
    return this.#walk(from, tailEnd ?? last) + sum + this.#walk(last, to);
  }

  #walk(start: Buffer, end: Buffer): number {
    return this.entries.getKeysCount({ start, end });
  }

  /** The block whose run holds this key: the last one that begins at or before it. */
  #blockOf(key: Buffer): Buffer | undefined {
    for (const block of this.blocks.getKeys({ start: key, end: this.start, inclusiveEnd: true, reverse: true, limit: 1 })) return block;
    return undefined;
  }

  #countIn(block: Buffer): number {
    return this.blocks.get(block)?.readUInt32LE(0) ?? 0;
  }

  #setCount(block: Buffer, count: number): void {
    const value = Buffer.allocUnsafe(4);
    value.writeUInt32LE(count);
    this.blocks.putSync(block, value);
  }

  #split(block: Buffer, count: number): void {
    const kept = count >> 1;
    for (const middle of this.entries.getKeys({ start: block, end: this.end, offset: kept, limit: 1 })) {
      this.#setCount(middle, count - kept);
    }
    this.#setCount(block, kept);
  }
}

const nothing = Buffer.alloc(0);
