import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { document, dumpOf, type Written } from '../testing/written.js';
import { progressContract } from './read-store-progress.contract.js';
import type { PartitionAddress, PartitionWrite, ReadStore } from './read-store.js';

/** A store under test. `another` opens the same store once more, as another process would. */
export interface StoreUnderTest {
  readonly store: ReadStore;
  another(): Promise<ReadStore>;
  stop(): Promise<void>;
}

/** What every read store keeps to. One suite, run against each. */
export function readStoreContract(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a read store`, () => {
    let tested: StoreUnderTest;
    let store: ReadStore;
    let projection: string;
    let tests = 0;
    beforeAll(async () => {
      tested = await start();
      store = tested.store;
    });
    afterAll(() => tested.stop());
    beforeEach(() => {
      tests += 1;
      projection = `view-${tests}`;
    });

    const address = (partition = 'a', version = 1): PartitionAddress => ({ projection, version, partition });
    const write = (readCheckpoint: bigint | undefined, checkpoint: bigint, ...documents: Written[]): PartitionWrite =>
      writeAll(readCheckpoint, checkpoint, documents);
    const writeAll = (readCheckpoint: bigint | undefined, checkpoint: bigint, documents: readonly Written[]): PartitionWrite => ({
      address: address(),
      readCheckpoint,
      checkpoint,
      documents,
    });
    const lines = (version = 1): Promise<string[]> => dumpOf(store, projection, version);

    describe('documents', () => {
      it('answers them under their keys, and undefined where there is none', async () => {
        await store.commit(write(undefined, 5n, document('山田', { n: 1, name: 'ﾔﾏﾀﾞ' }), document('b', { n: 2 })));
        expect(await store.documents(address(), ['b', 'missing', '山田'])).toEqual([{ n: 2 }, undefined, { n: 1, name: 'ﾔﾏﾀﾞ' }]);
        expect(await store.documents(address(), [])).toEqual([]);
        expect(await store.documents(address('other'), ['b'])).toEqual([undefined]);
      });

      it('answers all of a partition, and nothing of another one that begins with the same letters', async () => {
        await store.commit(write(undefined, 5n, document('x', { n: 1 }), document('y', { n: 2 })));
        await store.commit({ ...write(undefined, 5n, document('z', { n: 3 })), address: address('ab') });
        const all = await store.allDocuments(address());
        expect(all.sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
          { key: 'x', document: { n: 1 } },
          { key: 'y', document: { n: 2 } },
        ]);
        expect(await store.allDocuments(address('none'))).toEqual([]);
      });

      it('replaces and removes them', async () => {
        await store.commit(write(undefined, 5n, document('x', { n: 1 }), document('y', { n: 2 })));
        await store.commit(write(5n, 6n, document('x', { n: 3 }), document('y', undefined)));
        expect(await store.documents(address(), ['x', 'y'])).toEqual([{ n: 3 }, undefined]);
        expect(await store.allDocuments(address())).toEqual([{ key: 'x', document: { n: 3 } }]);
      });

      it('keeps versions of a projection apart', async () => {
        await store.commit(write(undefined, 5n, document('x', { n: 1 })));
        await store.commit({ ...write(undefined, 9n, document('x', { n: 2 })), address: address('a', 2) });
        expect(await store.documents(address(), ['x'])).toEqual([{ n: 1 }]);
        expect(await store.partitionCheckpoint(address('a', 2))).toBe(9n);
      });
    });

    describe('a commit', () => {
      it('stores nothing when the checkpoint is not the one that was read', async () => {
        const entry = { index: 'by-time', sort: '1' };
        expect(await store.commit(write(undefined, 5n, document('x', { n: 1 }, [entry])))).toBe(true);
        for (const stale of [undefined, 4n, 6n]) {
          expect(await store.commit(write(stale, 9n, document('x', { n: 9 }, [{ index: 'by-time', sort: '9' }], [entry])))).toBe(false);
        }
        expect(await store.documents(address(), ['x'])).toEqual([{ n: 1 }]);
        expect(await store.range(address(), { index: 'by-time', direction: 'ascending', limit: 9 })).toEqual([{ sort: '1', key: 'x' }]);
        expect(await store.partitionCheckpoint(address())).toBe(5n);
        expect(await store.commit(write(5n, 9n, document('x', { n: 9 })))).toBe(true);
      });

      it('is won by exactly one of many at the same time, and what is stored is all of that one', async () => {
        const other = await tested.another();
        try {
          for (let round = 0; round < 20; round += 1) {
            const read = await store.partitionCheckpoint(address());
            const checkpoint = (read ?? 0n) + 1n;
            const outcomes = await Promise.all(
              Array.from({ length: 8 }, (_, n) =>
                (n % 2 ? store : other).commit(write(read, checkpoint, document('x', { n }), document('y', { n }))),
              ),
            );
            expect(outcomes.filter((won) => won)).toHaveLength(1);
            const winner = { n: outcomes.indexOf(true) };
            expect(await store.documents(address(), ['x', 'y'])).toEqual([winner, winner]);
          }
        } finally {
          await other.close();
        }
      });

      it('is seen by another process at once', async () => {
        const other = await tested.another();
        try {
          for (let checkpoint = 1n; checkpoint < 50n; checkpoint += 1n) {
            await store.commit(
              write(checkpoint === 1n ? undefined : checkpoint - 1n, checkpoint, document('x', { n: Number(checkpoint) })),
            );
            expect(await other.documents(address(), ['x'])).toEqual([{ n: Number(checkpoint) }]);
          }
        } finally {
          await other.close();
        }
      });

      it('takes thousands of documents and index entries', async () => {
        const documents = Array.from({ length: 5_000 }, (_, n) =>
          document(`d${n}`, { n }, [{ index: `mod-${n % 3}`, sort: String(n).padStart(6, '0') }]),
        );
        expect(await store.commit(write(undefined, 1n, ...documents))).toBe(true);
        expect(await store.count(address(), { index: 'mod-0' })).toBe(1_667);
        expect(await store.documents(address(), ['d4999'])).toEqual([{ n: 4_999 }]);
      });

      it('takes more changes, and answers more documents, than a call has room for arguments', async () => {
        const many = Array.from({ length: 130_000 }, (_, n) => `d${n}`);
        expect(
          await store.commit(
            writeAll(
              undefined,
              1n,
              many.map((key) => document(key, undefined)),
            ),
          ),
        ).toBe(true);
        expect(new Set(await store.documents(address(), many))).toEqual(new Set([undefined]));
      });
    });

    describe('an index', () => {
      it('is ordered by the bytes of the sort text, then by key', async () => {
        const sorts = ['b', 'a', 'ab', '', 'é', '山', '😀', 'a b', 'B'];
        await store.commit(
          write(
            undefined,
            1n,
            ...sorts.map((sort, n) => document(`k${n}`, { n }, [{ index: 'i', sort }])),
            document('k', {}, [{ index: 'i', sort: 'a' }]),
          ),
        );
        const entries = await store.range(address(), { index: 'i', direction: 'ascending', limit: 99 });
        expect(entries.map(({ sort }) => sort)).toEqual(['', 'B', 'a', 'a', 'a b', 'ab', 'b', 'é', '山', '😀']);
        expect(entries.filter(({ sort }) => sort === 'a').map(({ key }) => key)).toEqual(['k', 'k1']);
      });

      it('answers any range, in both directions, page by page, and counts it, as a sorted list would', async () => {
        const text = fc.stringMatching(/^[ab山😀]{0,3}$/u);
        const bounds = fc.record({ from: fc.option(text, { nil: undefined }), to: fc.option(text, { nil: undefined }) });
        let run = 0;
        await fc.assert(
          fc.asyncProperty(
            fc.uniqueArray(fc.record({ sort: text, key: fc.stringMatching(/^[a-c]{1,2}$/) }), {
              selector: ({ sort, key }) => `${sort}\0${key}`,
              maxLength: 40,
            }),
            bounds,
            fc.constantFrom('ascending' as const, 'descending' as const),
            fc.integer({ min: 1, max: 7 }),
            async (entries, { from, to }, direction, limit) => {
              const at = address(`p${(run += 1)}`);
              await store.commit({
                address: at,
                readCheckpoint: undefined,
                checkpoint: 1n,
                documents: entries.map(({ sort, key }) => document(key, { key }, [{ index: 'i', sort }])),
              });
              const bytes = ({ sort, key }: { sort: string; key: string }): Buffer => Buffer.from(`${sort}\0${key}`);
              const inRange = entries
                .filter(({ sort }) => from === undefined || Buffer.compare(Buffer.from(sort), Buffer.from(from)) >= 0)
                .filter(({ sort }) => to === undefined || Buffer.compare(Buffer.from(sort), Buffer.from(to)) < 0)
                .sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
              if (direction === 'descending') inRange.reverse();
              const paged: { sort: string; key: string }[] = [];
              for (let page = undefined as typeof paged | undefined; page === undefined || page.length === limit;) {
                page = await store.range(at, { index: 'i', from, to, after: paged.at(-1), direction, limit });
                paged.push(...page);
              }
              expect(paged).toEqual(inRange);
              expect(await store.count(at, { index: 'i', from, to })).toBe(inRange.length);
            },
          ),
          { numRuns: 150 },
        );
      });

      it('answers and counts many ranges at once as it does each of them', async () => {
        const documents = Array.from({ length: 900 }, (_, n) =>
          document(`k${n}`, { n }, [{ index: `i${n % 450}`, sort: String(n).padStart(3, '0') }]),
        );
        await store.commit(write(undefined, 1n, ...documents));
        const ranges = Array.from({ length: 460 }, (_, n) => ({
          index: `i${n}`,
          from: n % 2 ? '100' : undefined,
          to: n % 3 ? '700' : undefined,
          after: n % 5 ? undefined : { sort: '600', key: 'k600' },
          direction: n % 4 < 2 ? ('ascending' as const) : ('descending' as const),
          limit: n % 7,
        }));
        const each = await Promise.all(ranges.map((range) => store.range(address(), range)));
        expect(each.flat().length).toBeGreaterThan(300);
        expect(await store.ranges(address(), ranges)).toEqual(each);
        expect(await store.counts(address(), ranges)).toEqual(await Promise.all(ranges.map((range) => store.count(address(), range))));
        expect([await store.ranges(address(), []), await store.counts(address(), [])]).toEqual([[], []]);
      });

      it('counts a range right while thousands of entries come and go', async () => {
        const present = new Set<number>();
        let seed = 7;
        const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
        const sort = (n: number): string => String(n).padStart(5, '0');
        for (let round = 1; round <= 12; round += 1) {
          const changed = new Set(Array.from({ length: 1_500 }, () => random(6_000)));
          const documents = [...changed].map((n) => {
            const entry = [{ index: 'i', sort: sort(n) }];
            if (present.delete(n)) return document(`k${n}`, undefined, [], entry);
            present.add(n);
            return document(`k${n}`, { n }, entry);
          });
          await store.commit(write(round === 1 ? undefined : BigInt(round - 1), BigInt(round), ...documents));
          for (const [from, to] of [
            [0, 6_000],
            [random(6_000), random(6_000)],
            [random(3_000), 3_000 + random(3_000)],
          ] as [number, number][]) {
            const expected = [...present].filter((n) => n >= from && n < to).length;
            expect(await store.count(address(), { index: 'i', from: sort(from), to: sort(to) })).toBe(expected);
          }
          expect(await store.count(address(), { index: 'i' })).toBe(present.size);
        }
      });

      it('forgets entries that are removed, also when one is removed twice or added twice', async () => {
        const entry = [{ index: 'i', sort: '1' }];
        await store.commit(write(undefined, 1n, document('x', {}, entry)));
        await store.commit(write(1n, 2n, document('x', {}, entry)));
        expect(await store.count(address(), { index: 'i' })).toBe(1);
        await store.commit(write(2n, 3n, document('x', undefined, [], entry)));
        await store.commit(write(3n, 4n, document('x', undefined, [], entry)));
        expect(await store.count(address(), { index: 'i' })).toBe(0);
        expect(await store.range(address(), { index: 'i', direction: 'descending', limit: 5 })).toEqual([]);
      });
    });

    progressContract(() => ({ store, projection }));

    it('is dumped in one order, whatever the order of writing was', async () => {
      for (const [partition, key] of [
        ['b', 'y'],
        ['a', 'z'],
        ['é', 'x'],
        ['a', 'b'],
      ] as [string, string][]) {
        const read = await store.partitionCheckpoint(address(partition));
        const value = key === 'y' ? { b: 1, a: { d: 1, c: [{ z: 1, y: 2 }] } } : { key };
        const entries = [
          { index: 'time', sort: key },
          { index: 'name', sort: 'n' },
        ];
        await store.commit({ ...write(read, (read ?? 0n) + 1n, document(key, value, entries)), address: address(partition) });
      }
      expect(await lines()).toEqual([
        '["document","a","b",{"key":"b"}]',
        '["document","a","z",{"key":"z"}]',
        '["entry","a","name","n","b"]',
        '["entry","a","name","n","z"]',
        '["entry","a","time","b","b"]',
        '["entry","a","time","z","z"]',
        '["document","b","y",{"a":{"c":[{"y":2,"z":1}],"d":1},"b":1}]',
        '["entry","b","name","n","y"]',
        '["entry","b","time","y","y"]',
        '["document","é","x",{"key":"x"}]',
        '["entry","é","name","n","x"]',
        '["entry","é","time","x","x"]',
      ]);
    });

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });
  });
}
