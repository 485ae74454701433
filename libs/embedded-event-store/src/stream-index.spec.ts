import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TOMBSTONE_REVISION } from './storage/record.js';
import { StreamIndex } from './stream-index.js';
import { temporaryFolder } from './testing/stores.js';

/** How many streams are kept in memory though nothing has to be done with them. */
const KEPT = 50;

let folder: ReturnType<typeof temporaryFolder>;
let index: StreamIndex;
let position = 64;
beforeEach(() => {
  folder = temporaryFolder();
  const onDamaged = (error: Error): void => {
    throw error;
  };
  index = StreamIndex.open(folder.path, onDamaged, KEPT);
  index.startFor(Buffer.alloc(16, 1));
});
afterEach(async () => {
  await index.close();
  folder.remove();
});

function take(name: string, revision = 0): void {
  index.apply(index.forAppend(name), {
    position: (position += 100),
    revision,
    id: Buffer.alloc(16, 1),
    isJson: false,
    data: Buffer.alloc(0),
  });
}
const takeMany = (category: string, count: number): void => {
  for (let n = 0; n < count; n++) take(`${category}-${n}`);
};

describe('An index of more streams than it keeps in memory', () => {
  it('forgets none that somebody has just asked for, however many wait to be written', async () => {
    takeMany('pool', KEPT + 1);
    await index.flush();
    takeMany('order', 2 * KEPT);
    const first = index.forAppend('pool-0');
    expect(index.find('pool-0')).toBe(first);
  });

  it('forgets none that is being written', async () => {
    takeMany('pool', 2 * KEPT + 2);
    await index.flush();
    for (let n = 0; n < KEPT; n++) index.find(`pool-${n}`);
    const oldest = `pool-${KEPT + 2}`;
    take(oldest, TOMBSTONE_REVISION);
    const written = index.flush();
    for (const n of [KEPT, KEPT + 1]) index.find(`pool-${n}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(index.find(oldest)?.tombstone).toBe(position);
    await written;
  });
});
