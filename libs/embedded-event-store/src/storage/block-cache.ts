import { read } from 'node:fs';
import type { Segment } from './segment-files.js';

export const BLOCK_BYTES = 64 * 1024;

interface Block {
  bytes: Buffer;
  /** How many of the bytes are filled in; only the last block of the log is not full. */
  filled: number;
  loading: Promise<Block> | undefined;
  wasUsed: boolean;
}

/**
 * The log's recently used bytes, in blocks, with an upper bound. What is written goes through it, so whoever follows the end of
 * the log never waits for the disk. Blocks are found by the log position they begin at.
 */
export class BlockCache {
  private readonly blocks = new Map<number, Block>();

  constructor(private readonly blocksMax: number) {}

  /** The bytes that begin with their own length, a u32, at `offset` of a segment; undefined when not all of them lie in one block that is here. */
  measured(segment: Segment, offset: number): Buffer | undefined {
    const within = offset % BLOCK_BYTES;
    const block = this.blocks.get(segment.base + offset - within);
    if (block === undefined || within + 4 > block.filled) return undefined;
    const end = within + block.bytes.readUInt32LE(within);
    if (end > block.filled) return undefined;
    block.wasUsed = true;
    return block.bytes.subarray(within, end);
  }

  /** `length` bytes at `offset` of a segment, as they are on disk: at once if they are here, else later. */
  read(segment: Segment, offset: number, length: number): Buffer | Promise<Buffer> {
    const within = offset % BLOCK_BYTES;
    if (within + length <= BLOCK_BYTES) {
      const block = this.blocks.get(segment.base + offset - within);
      if (block !== undefined && within + length <= block.filled) {
        block.wasUsed = true;
        return block.bytes.subarray(within, within + length);
      }
    }
    return this.assemble(segment, offset, length);
  }

  /** Puts what was just written at `offset` of a segment into the blocks it belongs to. */
  wrote(segment: Segment, offset: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length;) {
      const within = (offset + done) % BLOCK_BYTES;
      const part = Math.min(bytes.length - done, BLOCK_BYTES - within);
      const key = segment.base + offset + done - within;
      let block = this.blocks.get(key);
      if (block === undefined && within === 0)
        this.keep(key, (block = { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), filled: 0, loading: undefined, wasUsed: false }));
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

  // What lies in several blocks, or in one that is not here.
  private assemble(segment: Segment, offset: number, length: number): Buffer | Promise<Buffer> {
    const first = offset - (offset % BLOCK_BYTES);
    const blocks: (Block | Promise<Block>)[] = [];
    for (let start = first; start < offset + length; start += BLOCK_BYTES) {
      const needed = Math.min(BLOCK_BYTES, offset + length - start);
      const block = this.blocks.get(segment.base + start);
      const isHere = block !== undefined && block.loading === undefined && block.filled >= needed;
      blocks.push(isHere ? block : this.loaded(segment, start, needed));
    }
    const isAllHere = (all: (Block | Promise<Block>)[]): all is Block[] => !all.some((block) => block instanceof Promise);
    return isAllHere(blocks) ? join(blocks, offset - first, length) : Promise.all(blocks).then((all) => join(all, offset - first, length));
  }

  // A load that was under way already may have begun before the bytes asked for were written: then the block is loaded again.
  private async loaded(segment: Segment, start: number, needed: number): Promise<Block> {
    let block = await (this.blocks.get(segment.base + start)?.loading ?? this.load(segment, start));
    if (block.filled < needed) block = await this.load(segment, start);
    if (block.filled < needed) throw new Error(`${segment.path} ends before offset ${start + needed}`);
    return block;
  }

  private load(segment: Segment, start: number): Promise<Block> {
    const key = segment.base + start;
    const block: Block = { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), filled: 0, loading: undefined, wasUsed: true };
    block.loading = new Promise((resolve, reject) => {
      read(segment.fd, block.bytes, 0, BLOCK_BYTES, start, (error, length) => {
        block.loading = undefined;
        if (error) {
          this.blocks.delete(key);
          reject(error);
        } else {
          block.filled = length;
          resolve(block);
        }
      });
    });
    this.keep(key, block);
    return block.loading;
  }

  // Second chance: a block that was used since the last round stays for another.
  private keep(key: number, block: Block): void {
    this.blocks.delete(key);
    this.blocks.set(key, block);
    while (this.blocks.size > this.blocksMax) {
      const [oldestKey, oldest] = this.blocks.entries().next().value!;
      this.blocks.delete(oldestKey);
      if (!oldest.wasUsed) continue;
      oldest.wasUsed = false;
      this.blocks.set(oldestKey, oldest);
    }
  }
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
