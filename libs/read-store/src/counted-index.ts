import type { Database } from 'lmdb';

export type Bytes = Database<Buffer, Buffer>;

/** A run of entries is cut when it holds more than this. */
const entriesMax = 1_024;

/**
 * Ordered entries in LMDB that can be counted between two bounds without walking them. LMDB's own tree keeps no counts, so beside the entries
 * stand blocks: for every run of up to 1,024 neighbouring entries one record, under the lower bound of the run, that holds how many they are.
 * A count adds up the blocks that lie wholly within the bounds and counts entries only in the two blocks at the ends: a million entries cost about
 * two thousand small records and at most two runs. Adding or removing entries changes the blocks they fall into, in the same transaction.
 * Blocks depend on the order in which entries came; only the entries are part of what a view says. An index that fits into one block, as most do,
 * costs one record that is found by its key.
 */
export class CountedIndex {
  /** `start` is what all keys of the index begin with and none equals, `end` the first key after all of them. */
  constructor(
    private readonly entries: Bytes,
    private readonly blocks: Bytes,
    private readonly start: Buffer,
    private readonly end: Buffer,
  ) {}

  /** Within a write transaction. What is there already is not added, what is not there is not removed. */
  change(removed: readonly Buffer[], added: readonly Buffer[]): void {
    const changes: { entry: Buffer; by: 1 | -1 }[] = [];
    for (const entry of removed) if (this.entries.removeSync(entry)) changes.push({ entry, by: -1 });
    for (const entry of added) if (this.#put(entry)) changes.push({ entry, by: 1 });
    if (changes.length === 0) return;
    const first = this.blocks.get(this.start);
    if (first === undefined || first[wholeFlag] === 1) {
      const count = changes.reduce((sum, { by }) => sum + by, first?.readUInt32LE(0) ?? 0);
      this.#store(this.start, this.end, count, true);
    } else {
      this.#changeBlocks(changes);
    }
  }

  /** False when it was there. The package's types do not tell that it says so. */
  #put(entry: Buffer): boolean {
    return this.entries.putSync(entry, nothing, notAgain) as unknown as boolean;
  }

  #changeBlocks(changes: { entry: Buffer; by: 1 | -1 }[]): void {
    changes.sort((a, b) => Buffer.compare(a.entry, b.entry));
    let block = this.start;
    let next = this.start;
    let count = 0;
    for (const { entry, by } of changes) {
      if (Buffer.compare(entry, next) >= 0) {
        if (next !== this.start) this.#store(block, next, count, false);
        block = this.#blockOf(entry);
        next = this.#blockAfter(block);
        count = this.blocks.get(block)?.readUInt32LE(0) ?? 0;
      }
      count += by;
    }
    this.#store(block, next, count, false);
  }

  /** Writes the count of the run from `block` to `next`, in pieces when it has grown too long. */
  #store(block: Buffer, next: Buffer, count: number, whole: boolean): void {
    if (count === 0 && block !== this.start && !block.equals(this.start)) {
      this.blocks.removeSync(block);
      return;
    }
    if (count <= entriesMax) {
      this.blocks.putSync(block, countRecord(count, whole));
      return;
    }
    const pieceLength = Math.ceil(count / Math.ceil(count / (entriesMax / 2)));
    let piece = block;
    let inPiece = 0;
    for (const entry of [...this.entries.getKeys({ start: block, end: next })]) {
      if (inPiece === pieceLength) {
        this.blocks.putSync(piece, countRecord(inPiece, false));
        piece = entry;
        inPiece = 0;
      }
      inPiece += 1;
    }
    this.blocks.putSync(piece, countRecord(inPiece, false));
  }

  /** How many entries lie from `from` (in) to `to` (out). */
  count(from: Buffer, to: Buffer): number {
    if (Buffer.compare(from, to) >= 0) return 0;
    const whole = this.blocks.get(this.start);
    if (!whole) return 0;
    if (whole[wholeFlag] === 1) return from.equals(this.start) && to.equals(this.end) ? whole.readUInt32LE(0) : this.#walk(from, to);
    const first = this.#blockOf(from);
    const last = this.#blockOf(to);
    if (first.equals(last)) return this.#walk(from, to);
    // The first block's tail, the whole blocks between, and the last block's head.
    let between = 0;
    let tailEnd: Buffer | undefined;
    for (const { key, value } of this.blocks.getRange({ start: first, exclusiveStart: true, end: last })) {
      tailEnd ??= key;
      between += value.readUInt32LE(0);
    }
    return this.#walk(from, tailEnd ?? last) + between + this.#walk(last, to);
  }

  #walk(start: Buffer, end: Buffer): number {
    return this.entries.getKeysCount({ start, end });
  }

  /** The block whose run holds this key: the last one that begins at or before it. */
  #blockOf(key: Buffer): Buffer {
    for (const block of this.blocks.getKeys({ start: key, end: this.start, inclusiveEnd: true, reverse: true, limit: 1 })) return block;
    return this.start;
  }

  #blockAfter(block: Buffer): Buffer {
    for (const next of this.blocks.getKeys({ start: block, exclusiveStart: true, end: this.end, limit: 1 })) return next;
    return this.end;
  }
}

const nothing = Buffer.alloc(0);
const notAgain = { noOverwrite: true };

/** A count, and whether the one block is the whole index. */
const wholeFlag = 4;
function countRecord(count: number, whole: boolean): Buffer {
  const record = Buffer.allocUnsafe(5);
  record.writeUInt32LE(count);
  record[wholeFlag] = whole ? 1 : 0;
  return record;
}
