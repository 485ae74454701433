import { read } from 'node:fs';
import type { Segment } from './segment-files.js';

export const BLOCK_BYTES = 64 * 1024;

interface Block {
  bytes: Buffer;
  /** How many of the bytes are filled in; only the last block of the log is not full. */
  filled: number;
  loading: Promise<void> | undefined;
  wasUsed: boolean;
  /** How many wait for something else before they copy out of it: its memory must stay what it is. */
  awaitedBy: number;
}

/** Memory of blocks that were forgotten, kept for the next ones: new memory of this size makes the garbage collector run. */
const SPARES_MAX = 16;

/**
 * The log's recently used bytes, in blocks, with an upper bound. What is written goes through it, so whoever follows the end of
 * the log never waits for the disk. Blocks are found by the log position they begin at. Everything read is a copy: the memory of
 * a block is used again for another.
 */
export class BlockCache {
  private readonly blocks = new Map<number, Block>();
  private readonly spares: Buffer[] = [];

  constructor(private readonly blocksMax: number) {}

  /** `length` bytes at `offset` of a segment, as they are on disk: at once if they are here, else later. */
  read(segment: Segment, offset: number, length: number): Buffer | Promise<Buffer> {
    const within = offset % BLOCK_BYTES;
    const block = within + length <= BLOCK_BYTES ? this.filledTo(segment, offset - within, within + length) : undefined;
    return block === undefined ? this.assemble(segment, offset, length) : copyOf(block, within, within + length);
  }

  /** The bytes that begin with their own length, a u32, at `offset` of a segment; undefined when not all lie in one block that is here. */
  readMeasured(segment: Segment, offset: number): Buffer | undefined {
    const within = offset % BLOCK_BYTES;
    const block = within + 4 <= BLOCK_BYTES ? this.filledTo(segment, offset - within, within + 4) : undefined;
    if (block === undefined) return undefined;
    const end = within + block.bytes.readUInt32LE(within);
    return end <= block.filled ? copyOf(block, within, end) : undefined;
  }

  /** Copies what is here from `offset` of a segment on, without a gap, into `target`. Returns how many bytes that were. */
  copyRun(segment: Segment, offset: number, target: Buffer): number {
    for (let done = 0; ;) {
      const within = (offset + done) % BLOCK_BYTES;
      const block = this.filledTo(segment, offset + done - within, within + 1);
      if (block === undefined) return done;
      done += block.bytes.copy(target, done, within, block.filled);
      if (done === target.length || block.filled < BLOCK_BYTES) return done;
    }
  }

  /** Puts what was just written at `offset` of a segment into the blocks it belongs to. */
  wrote(segment: Segment, offset: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length;) {
      const within = (offset + done) % BLOCK_BYTES;
      const part = Math.min(bytes.length - done, BLOCK_BYTES - within);
      const key = segment.base + offset + done - within;
      let block = this.blocks.get(key);
      if (block === undefined && within === 0) this.keep(key, (block = this.newBlock(false)));
      if (block !== undefined && block.loading === undefined && block.filled === within) {
        bytes.copy(block.bytes, within, done, done + part);
        block.filled += part;
      }
      done += part;
    }
  }

  /** Forgets everything from a position on, because the log was cut there. */
  forgetFrom(position: number): void {
    for (const key of [...this.blocks.keys()]) if (key + BLOCK_BYTES > position) this.blocks.delete(key);
  }

  private filledTo(segment: Segment, start: number, needed: number): Block | undefined {
    const block = this.blocks.get(segment.base + start);
    if (block === undefined || block.filled < needed) return undefined;
    block.wasUsed = true;
    return block;
  }

  // What lies in several blocks, or in one that is not here.
  private assemble(segment: Segment, offset: number, length: number): Buffer | Promise<Buffer> {
    const first = offset - (offset % BLOCK_BYTES);
    const held: Block[] = [];
    const blocks: (Block | Promise<Block>)[] = [];
    for (let start = first; start < offset + length; start += BLOCK_BYTES) {
      const needed = Math.min(BLOCK_BYTES, offset + length - start);
      const block = this.blocks.get(segment.base + start);
      const isHere = block !== undefined && block.loading === undefined && block.filled >= needed;
      blocks.push(isHere ? hold(block, held) : this.loaded(segment, start, needed, held));
    }
    if (!isAllHere(blocks)) return this.joined(blocks, held, offset - first, length);
    release(held);
    return join(blocks, offset - first, length);
  }

  private async joined(blocks: (Block | Promise<Block>)[], held: Block[], skip: number, length: number): Promise<Buffer> {
    try {
      return join(await Promise.all(blocks), skip, length);
    } finally {
      release(held);
    }
  }

  // A load that was under way already may have begun before the bytes asked for were written: then the block is loaded again.
  private async loaded(segment: Segment, start: number, needed: number, held: Block[]): Promise<Block> {
    const present = this.blocks.get(segment.base + start);
    let block = hold(present?.loading === undefined ? this.load(segment, start) : present, held);
    await block.loading;
    if (block.filled < needed) {
      block = hold(this.load(segment, start), held);
      await block.loading;
    }
    if (block.filled < needed) throw new Error(`${segment.path} ends before offset ${start + needed}`);
    return block;
  }

  private load(segment: Segment, start: number): Block {
    const key = segment.base + start;
    const block = this.newBlock(true);
    block.loading = new Promise((resolve, reject) => {
      read(segment.fd, block.bytes, 0, BLOCK_BYTES, start, (error, length) => {
        block.loading = undefined;
        if (error) {
          this.blocks.delete(key);
          reject(error);
        } else {
          block.filled = length;
          resolve();
        }
      });
    });
    this.keep(key, block);
    return block;
  }

  // Second chance: a block that was used since the last round stays for another.
  private keep(key: number, block: Block): void {
    this.blocks.delete(key);
    this.blocks.set(key, block);
    while (this.blocks.size > this.blocksMax) {
      const [oldestKey, oldest] = this.blocks.entries().next().value!;
      this.blocks.delete(oldestKey);
      if (!oldest.wasUsed) {
        this.useAgain(oldest);
        continue;
      }
      oldest.wasUsed = false;
      this.blocks.set(oldestKey, oldest);
    }
  }

  private newBlock(wasUsed: boolean): Block {
    return { bytes: this.spares.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES), filled: 0, loading: undefined, wasUsed, awaitedBy: 0 };
  }

  // A block that is being loaded, or that somebody is about to copy from, is left to the garbage collector.
  private useAgain(block: Block): void {
    if (block.loading === undefined && block.awaitedBy === 0 && this.spares.length < SPARES_MAX) this.spares.push(block.bytes);
  }
}

function hold(block: Block, held: Block[]): Block {
  block.awaitedBy += 1;
  held.push(block);
  return block;
}

function release(held: Block[]): void {
  for (const block of held.splice(0)) block.awaitedBy -= 1;
}

const isAllHere = (blocks: (Block | Promise<Block>)[]): blocks is Block[] => !blocks.some((block) => block instanceof Promise);

function copyOf(block: Block, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start);
  block.bytes.copy(bytes, 0, start, end);
  return bytes;
}

function join(blocks: Block[], skip: number, length: number): Buffer {
  const whole = Buffer.allocUnsafe(length);
  let done = 0;
  let from = skip;
  for (const { bytes } of blocks) {
    done += bytes.copy(whole, done, from, Math.min(BLOCK_BYTES, from + length - done));
    from = 0;
  }
  return whole;
}
