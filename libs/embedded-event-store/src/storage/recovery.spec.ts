import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { append, everything, newEvent, openEventLog, temporaryFolder } from '../testing/stores.js';
import { DamagedLogError } from './errors.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const segments = (dataDir: string): string[] =>
  readdirSync(join(dataDir, 'log'))
    .sort()
    .map((name) => join(dataDir, 'log', name));
const only = (dataDir: string): string => segments(dataDir)[0]!;

// A store with three appends of which the second has two events; where each append ends in the file.
async function threeAppends(): Promise<{ ends: number[] }> {
  const log = await openEventLog(folder.path);
  await append(log, 'pool-1', [newEvent('a')]);
  const first = log.log.durableEnd;
  await append(log, 'pool-1', [newEvent('b'), newEvent('c')]);
  const second = log.log.durableEnd;
  await append(log, 'pool-2', [newEvent('d')]);
  const third = log.log.durableEnd;
  await log.close();
  return { ends: [first, second, third] };
}

const contents = async (): Promise<string[]> => {
  const log = await openEventLog(folder.path);
  try {
    return await everything(log);
  } finally {
    await log.close();
  }
};

describe('a log whose end is torn', () => {
  it('comes back with every whole append and no part of another, wherever it was cut', async () => {
    const { ends } = await threeAppends();
    const whole = readFileSync(only(folder.path));
    const appends = [['pool-1/a@0'], ['pool-1/b@1', 'pool-1/c@2'], ['pool-2/d@0']];
    const differences: unknown[] = [];
    for (let length = 64; length < whole.length; length++) {
      rmSync(join(folder.path, 'index'), { recursive: true });
      writeFileSync(only(folder.path), whole.subarray(0, length));
      const expected = appends.filter((_, index) => ends[index]! <= length).flat();
      const got = await contents();
      if (got.join() !== expected.join()) differences.push({ length, expected, got });
    }
    expect(differences).toEqual([]);
  });

  it('says how much was cut off and where', async () => {
    const { ends } = await threeAppends();
    rmSync(join(folder.path, 'index'), { recursive: true });
    truncateSync(only(folder.path), ends[2]! - 5);
    const log = await openEventLog(folder.path);
    expect(log.cut).toEqual({ file: only(folder.path), offset: ends[1], bytes: ends[2]! - 5 - ends[1]! });
    expect(statSync(only(folder.path)).size).toBeGreaterThanOrEqual(ends[1]!);
    await log.close();
  });

  it('goes on at the right revision after a cut', async () => {
    const { ends } = await threeAppends();
    rmSync(join(folder.path, 'index'), { recursive: true });
    truncateSync(only(folder.path), ends[1]! - 1);
    const log = await openEventLog(folder.path);
    const written = await append(log, 'pool-1', [newEvent('e')], 0);
    expect(written).toMatchObject({ kind: 'written', revision: 1 });
    expect(await everything(log)).toEqual(['pool-1/a@0', 'pool-1/e@1']);
    await log.close();
  });

  it('is refused, as often as it is started, when the index has seen that what is missing had been acknowledged', async () => {
    const { ends } = await threeAppends();
    truncateSync(only(folder.path), ends[2]! - 1);
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(openEventLog(folder.path)).rejects.toThrow(`${only(folder.path)}, offset ${ends[1]!}`);
    }
    expect(statSync(only(folder.path)).size).toBe(ends[2]! - 1);
  });
});

describe('a damaged log', () => {
  it('is refused, or gives back exactly what was written, whichever byte is flipped', async () => {
    await threeAppends();
    const whole = readFileSync(only(folder.path));
    const written = await contents();
    const wrong: unknown[] = [];
    let refused = 0;
    for (let offset = 0; offset < whole.length; offset++) {
      const flipped = Buffer.from(whole);
      flipped[offset]! ^= 0x10;
      rmSync(join(folder.path, 'index'), { recursive: true });
      writeFileSync(only(folder.path), flipped);
      try {
        const got = await contents();
        if (got.join() !== written.join()) wrong.push({ offset, got });
      } catch (error) {
        refused += 1;
        const isNamed = error instanceof DamagedLogError && error.message.includes(only(folder.path)) && error.message.includes('Restore');
        if (!isNamed || !readFileSync(only(folder.path)).equals(flipped)) wrong.push({ offset, error });
      }
    }
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(whole.length - 64);
  });

  it('is refused with file and offset when the damage is in an older segment', async () => {
    const log = await openEventLog(folder.path, 300);
    for (const label of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await append(log, 'pool-1', [newEvent(label)]);
    await log.close();
    expect(segments(folder.path).length).toBeGreaterThan(2);
    const bytes = readFileSync(segments(folder.path)[1]!);
    bytes[130]! ^= 1;
    writeFileSync(segments(folder.path)[1]!, bytes);
    await expect(openEventLog(folder.path)).rejects.toThrow(`${segments(folder.path)[1]!}, offset 64`);
  });

  it('is refused when a segment is missing or from another log', async () => {
    const log = await openEventLog(folder.path, 300);
    for (const label of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await append(log, 'pool-1', [newEvent(label)]);
    await log.close();
    const [first, second] = segments(folder.path) as [string, string];
    const kept = readFileSync(second);
    rmSync(second);
    await expect(openEventLog(folder.path)).rejects.toThrow('a segment is missing');
    writeFileSync(second, kept);

    const other = temporaryFolder();
    await (await openEventLog(other.path)).close();
    copyFileSync(segments(other.path)[0]!, first);
    other.remove();
    await expect(openEventLog(folder.path)).rejects.toThrow(DamagedLogError);
  });
});

describe('a record', () => {
  it('is one only in its place: the bytes of a record in the data of an event are not taken for it', async () => {
    const log = await openEventLog(folder.path);
    await append(log, 'pool-1', [newEvent('a')]);
    const { bytes } = await log.log.record(log.log.firstPosition);
    await append(log, 'pool-1', [newEvent('b', bytes)]);
    const inside = readFileSync(only(folder.path)).lastIndexOf(bytes);
    expect(inside).toBeGreaterThan(bytes.length);
    expect(await log.log.recordStartingAt(log.log.firstPosition)).toBeDefined();
    expect(await log.log.recordStartingAt(inside)).toBeUndefined();
    await log.close();
  });
});

describe('a log of several segments', () => {
  it('is read in order over their borders, forwards and backwards, also after a new start', async () => {
    const log = await openEventLog(folder.path, 300);
    const labels = Array.from({ length: 20 }, (_, n) => `e${n}`);
    for (const label of labels) await append(log, 'pool-1', [newEvent(label), newEvent(`${label}-2`)]);
    await log.close();
    const again = await openEventLog(folder.path, 300);
    const forwards = await everything(again);
    const backwards: string[] = [];
    for (
      let record = await again.log.before(again.log.durableEnd);
      record !== undefined;
      record = await again.log.before(record.position)
    ) {
      if (record.isEvent) backwards.push(`${record.streamName}/${record.typeName}@${record.revision}`);
    }
    await again.close();
    expect(forwards).toEqual(labels.flatMap((label, n) => [`pool-1/${label}@${2 * n}`, `pool-1/${label}-2@${2 * n + 1}`]));
    expect(backwards).toEqual([...forwards].reverse());
    expect(segments(folder.path).length).toBeGreaterThan(5);
  });

  it('starts when the process died while it was making a segment', async () => {
    const log = await openEventLog(folder.path);
    await append(log, 'pool-1', [newEvent('a')]);
    await log.close();
    mkdirSync(join(folder.path, 'log'), { recursive: true });
    writeFileSync(join(folder.path, 'log', '00000000000000000999.segment.new'), 'half a header');
    expect(await contents()).toEqual(['pool-1/a@0']);
  });
});
