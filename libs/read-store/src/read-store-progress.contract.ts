import { beforeEach, describe, expect, it } from '@jest/globals';
import { document, dumpOf } from '../testing/written.js';
import type { PartitionAddress, PartitionWrite, ProgressMove, ReadStore } from './read-store.js';

/** What every read store keeps to about how far its read models have come, which versions of them there are, and whose they are. */
export function progressContract(under: () => { store: ReadStore; projection: string }): void {
  let store: ReadStore;
  let projection: string;
  beforeEach(() => {
    ({ store, projection } = under());
  });

  const address = (partition = 'a', version = 1): PartitionAddress => ({ projection, version, partition });
  const write = (...documents: PartitionWrite['documents']): PartitionWrite => ({
    address: address(),
    readCheckpoint: undefined,
    checkpoint: 5n,
    documents,
  });

  describe('progress', () => {
    it('does not exist before it is begun, and is begun once', async () => {
      expect(await store.progress(projection, 1)).toEqual({ position: undefined });
      const [first, second] = [await store.begin(projection, 1), await store.begin(projection, 1)];
      expect(first).toEqual({ life: expect.any(String), position: undefined });
      expect(second).toEqual(first);
      expect(await store.versions(projection)).toEqual([1]);
    });

    it('only moves forwards', async () => {
      const known = await store.begin(projection, 1);
      expect(await store.setProgress({ projection, version: 1, next: { position: 90n }, known })).toBe(true);
      expect(await store.setProgress({ projection, version: 1, next: { position: 9_007_199_254_740_993n }, known })).toBe(true);
      expect(await store.setProgress({ projection, version: 1, next: { position: 9_007_199_254_740_992n }, known })).toBe(true);
      expect(await store.progress(projection, 1)).toEqual({ life: known.life, position: 9_007_199_254_740_993n });
    });

    it('is refused to one who knows more than the store does', async () => {
      const known = await store.begin(projection, 1);
      await store.setProgress({ projection, version: 1, next: { position: 90n }, known });
      expect(await store.setProgress({ projection, version: 1, next: { position: 200n }, known: { ...known, position: 100n } })).toBe(
        false,
      );
      expect(await store.setProgress({ projection, version: 1, next: { position: 200n }, known: { position: 90n, life: 'another' } })).toBe(
        false,
      );
      expect((await store.progress(projection, 1)).position).toBe(90n);
    });

    it('keeps what stopped a projection until it goes past that', async () => {
      const known = await store.begin(projection, 1);
      const stopped = { position: '12', eventId: 'e', reason: 'cannot read "x"\n' };
      await store.setProgress({ projection, version: 1, next: { position: 10n, stopped }, known });
      expect(await store.progress(projection, 1)).toEqual({ life: known.life, position: 10n, stopped });
      await store.setProgress({ projection, version: 1, next: { position: 12n }, known: { ...known, position: 10n } });
      expect(await store.progress(projection, 1)).toEqual({ life: known.life, position: 12n });
    });

    it('moves with the commits that it stands for, and not when one of them was refused', async () => {
      const known = await store.begin(projection, 1);
      const here = write(document('x', { n: 1 }));
      const there = { ...here, address: { ...here.address, partition: 'b' } };
      const to = (position: bigint): ProgressMove => ({ projection, version: 1, next: { position }, known });
      expect(await store.commitAll([here, there], to(9n))).toEqual({ committed: [true, true], moved: true });
      expect(await store.commitAll([{ ...here, readCheckpoint: here.checkpoint }, there], to(10n))).toEqual({
        committed: [true, false],
        moved: false,
      });
      expect((await store.progress(projection, 1)).position).toBe(9n);
      expect(await store.commitAll([], to(11n))).toEqual({ committed: [], moved: true });
      expect(await store.commitAll([], { ...to(12n), known: { ...known, life: 'another' } })).toEqual({ committed: [], moved: false });
      expect((await store.progress(projection, 1)).position).toBe(11n);
    });

    it('is told together with the partitions it speaks of', async () => {
      const known = await store.begin(projection, 1);
      await store.commit({ ...write(document('x', { n: 1 })), checkpoint: 7n });
      await store.setProgress({ projection, version: 1, next: { position: 8n }, known });
      expect(
        await store.load(projection, 1, [
          { partition: 'a', keys: ['x', 'y'] },
          { partition: 'b', keys: ['x'] },
        ]),
      ).toEqual({
        partitions: [
          { checkpoint: 7n, documents: [{ n: 1 }, undefined] },
          { checkpoint: undefined, documents: [undefined] },
        ],
        progress: { life: known.life, position: 8n },
      });
    });
  });

  describe('versions', () => {
    it('serve from the highest that was ever named', async () => {
      expect(await store.servingVersion(projection)).toBeUndefined();
      expect(await store.setServingVersion(projection, 2)).toBe(2);
      expect(await store.setServingVersion(projection, 1)).toBe(2);
      expect(await store.setServingVersion(projection, 1_000_001)).toBe(1_000_001);
      expect(await store.servingVersion(projection)).toBe(1_000_001);
      await store.stopServing(projection);
      expect(await store.servingVersion(projection)).toBeUndefined();
    });

    it('are dropped with all they hold, and nothing else is', async () => {
      for (const version of [1, 10, 1_000_001]) {
        await store.begin(projection, version);
        for (const partition of ['a', '*', 'p}q']) {
          await store.commit({
            ...write(document('x', { version }, [{ index: 'i', sort: '1' }])),
            address: address(partition, version),
          });
        }
      }
      await store.drop(projection, 1);
      expect(await dumpOf(store, projection, 1)).toEqual([]);
      expect(await store.partitionCheckpoint(address())).toBeUndefined();
      expect(await store.count(address(), { index: 'i' })).toBe(0);
      expect(await store.progress(projection, 1)).toEqual({ position: undefined });
      expect(await store.versions(projection)).toEqual([10, 1_000_001]);
      expect(await dumpOf(store, projection, 10)).toHaveLength(6);
      expect(await dumpOf(store, projection, 1_000_001)).toHaveLength(6);
    });
  });

  it('belongs to the log that claimed it first, until it is let go', async () => {
    expect(await store.log()).toBeUndefined();
    expect(await store.claim('log-1')).toBe('log-1');
    expect(await store.claim('log-2')).toBe('log-1');
    expect(await store.log()).toBe('log-1');
    await store.disclaim();
    expect(await store.claim('log-2')).toBe('log-2');
    await store.disclaim();
  });
}
