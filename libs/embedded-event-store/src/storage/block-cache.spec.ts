import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '../testing/stores.js';
import { BLOCK_BYTES, BlockCache } from './block-cache.js';
import type { Segment } from './segment-files.js';

const BLOCKS = 24;
const WORDS = (BLOCKS * BLOCK_BYTES) / 4;

let folder: ReturnType<typeof temporaryFolder>;
let segment: Segment;
beforeEach(() => {
  folder = temporaryFolder();
  const path = join(folder.path, 'words');
  writeFileSync(path, Buffer.from(Uint32Array.from({ length: WORDS }, (_, word) => word).buffer));
  segment = { base: 0, path, fd: openSync(path, 'r'), size: WORDS * 4 };
});
afterEach(() => {
  closeSync(segment.fd);
  folder.remove();
});

const firstAndLast = (bytes: Buffer): number[] => [bytes.readUInt32LE(0), bytes.readUInt32LE(bytes.length - 4)];

describe('a cache that is too small for what is read at once', () => {
  it('gives everyone the bytes asked for, and they stay what they are', async () => {
    const cache = new BlockCache(3);
    const reads = Array.from({ length: 600 }, (_, n) => ({ word: (n * 7919) % (WORDS - 40_000), words: 1 + ((n * 104_729) % 40_000) }));
    const found = await Promise.all(reads.map(({ word, words }) => cache.read(segment, word * 4, words * 4)));
    for (let block = 0; block < BLOCKS; block++) await cache.read(segment, block * BLOCK_BYTES, 4);
    expect(found.map(firstAndLast)).toEqual(reads.map(({ word, words }) => [word, word + words - 1]));
  });

  it('puts together what lies in more blocks than it keeps, though the first of them was here', async () => {
    const cache = new BlockCache(1);
    await cache.read(segment, 0, 4);
    const words = (5 * BLOCK_BYTES) / 4;
    const found = await cache.read(segment, 0, words * 4);
    expect([...new Uint32Array(found.buffer, found.byteOffset, words)].findIndex((value, word) => value !== word)).toBe(-1);
  });

  it('has without a gap what it copies at once', async () => {
    const cache = new BlockCache(3);
    const target = Buffer.alloc(4 * BLOCK_BYTES);
    await cache.read(segment, 0, 2 * BLOCK_BYTES);
    const offset = 400;
    const count = cache.copyRun(segment, offset, target);
    expect([count, ...firstAndLast(target.subarray(0, count))]).toEqual([2 * BLOCK_BYTES - offset, 100, BLOCK_BYTES / 2 - 1]);
  });
});
