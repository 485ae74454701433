import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tally } from '../testing/tally.js';
import { openLmdbReadStore } from './lmdb-read-store.js';
import { ReadStoreUnavailable } from './read-store.js';
import type { Progress, ReadStore } from './read-store.js';
import { viewOf } from './read-view.js';
import { ReadModelBehind, ReadModelStopped, waitFor } from './wait.js';

describe('waiting for a read model', () => {
  let folder: string;
  let store: ReadStore;
  let known: Progress;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wait-'));
    store = await openLmdbReadStore(folder);
    known = await store.begin('tally', 1);
    await store.setServingVersion('tally', 1);
    await move(100n);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const move = async (position: bigint, stopped?: Progress['stopped']): Promise<void> => {
    await store.setProgress({ projection: 'tally', version: 1, next: { position, ...(stopped ? { stopped } : {}) }, known });
  };

  it('is over at once when it has come that far', async () => {
    await expect(waitFor(store, tally, 100n, 0)).resolves.toBeUndefined();
  });

  it('is over when it gets there', async () => {
    const waiting = waitFor(store, tally, 101n, 20_000);
    await move(105n);
    await expect(waiting).resolves.toBeUndefined();
  });

  it('ends after its time with how far it has come', async () => {
    await expect(waitFor(store, tally, 101n, 10)).rejects.toMatchObject({ name: 'ReadModelBehind', position: 101n, reached: 100n });
    await expect(waitFor(store, { name: 'never-filled' }, 1n, 10)).rejects.toMatchObject({ reached: undefined });
  });

  it('looks at the version that serves, not at one that is being filled', async () => {
    await store.setProgress({ projection: 'tally', version: 2, next: { position: 500n }, known: await store.begin('tally', 2) });
    await expect(waitFor(store, tally, 500n, 0)).rejects.toThrow(ReadModelBehind);
    await store.setServingVersion('tally', 2);
    await expect(waitFor(store, tally, 500n, 0)).resolves.toBeUndefined();
  });

  it('ends at once, with the reason, when an event up to there stopped it, and not when a later one did', async () => {
    await move(100n, { position: '120', eventId: 'e', reason: 'cannot read this' });
    await expect(waitFor(store, tally, 120n, 20_000)).rejects.toThrow(ReadModelStopped);
    await expect(waitFor(store, tally, 119n, 0)).rejects.toThrow(ReadModelBehind);
    await expect(waitFor(store, tally, 100n, 0)).resolves.toBeUndefined();
  });

  it('asks the store once for thousands who wait', async () => {
    let asked = 0;
    const counted = new Proxy(store, {
      get(target, name) {
        if (name === 'progress') asked += 1;
        const member = Reflect.get(target, name, target) as (...values: unknown[]) => unknown;
        return member.bind(target);
      },
    });
    await expect(waitFor(counted, tally, 100n, 0)).resolves.toBeUndefined();
    const before = asked;
    await Promise.all(Array.from({ length: 3_000 }, (_, n) => waitFor(counted, tally, BigInt(n % 101), 20_000)));
    expect(asked - before).toBeLessThanOrEqual(2);
  });

  it('is followed by a view that has come as far, and is of the version that has', async () => {
    expect(await viewOf(store, tally)).toMatchObject({ version: 1, position: 100n });
    await store.setProgress({ projection: 'tally', version: 2, next: { position: 500n }, known: await store.begin('tally', 2) });
    await store.setServingVersion('tally', 2);
    await waitFor(store, tally, 500n, 20_000);
    expect(await viewOf(store, tally)).toMatchObject({ version: 2, position: 500n });
  });

  it('is not followed by a view of a version that began to serve meanwhile and is behind', async () => {
    await waitFor(store, tally, 100n, 0);
    const another = await store.begin('tally', 2);
    const at = async (position: bigint) => store.setProgress({ projection: 'tally', version: 2, next: { position }, known: another });
    await at(90n);
    await store.setServingVersion('tally', 2);
    // A look of somebody else finds the other version.
    await waitFor(store, tally, 90n, 0);
    const view = viewOf(store, tally);
    await at(101n);
    expect(await view).toMatchObject({ version: 2, position: 101n });
  });

  it('fails when the store cannot be reached, rather than run out its time', async () => {
    const closed = await openLmdbReadStore(join(folder, 'other'));
    await closed.close();
    await expect(waitFor(closed, tally, 1n, 20_000)).rejects.toThrow(ReadStoreUnavailable);
  });
});
