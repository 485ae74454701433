import { cpSync, existsSync, openSync, closeSync, readFileSync, readSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventLogOptions } from './log-and-index.js';
import { append, everything, newEvent, openEventLog, streamByIndex, temporaryFolder } from './testing/stores.js';

const MEBIBYTE = 1024 * 1024;
const SEGMENT_BYTES = 2 * MEBIBYTE;
const labels = Array.from({ length: 240 }, (_, n) => `e${n}`);
const asRead = labels.map((label, n) => `pool-1/${label}@${n}`);

// 24 MB in segments of two mebibytes, stopped cleanly.
let filled: ReturnType<typeof temporaryFolder>;
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  filled = temporaryFolder();
  const log = await openEventLog(filled.path, SEGMENT_BYTES);
  for (const label of labels) await append(log, 'pool-1', [newEvent(label, Buffer.alloc(100_000, label))]);
  await log.close();
});
afterAll(() => filled.remove());
beforeEach(() => {
  folder = temporaryFolder();
  cpSync(filled.path, folder.path, { recursive: true });
});
afterEach(() => folder.remove());

const asLeft = (): string => join(folder.path, 'index/as-left');
const segments = (): { path: string; base: number; size: number }[] =>
  readdirSync(join(folder.path, 'log'))
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => ({
      path: join(folder.path, 'log', name),
      base: Number.parseInt(name, 10),
      size: statSync(join(folder.path, 'log', name)).size,
    }));
// The last segment that ends so many bytes, or more, before the end of the log.
const segmentBefore = (bytes: number): { path: string; base: number; size: number } => {
  const { base, size } = segments().at(-1)!;
  return segments().findLast((segment) => segment.base + segment.size <= base + size - bytes)!;
};

function flip(path: string, offset: number): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  writeSync(fd, Buffer.from([byte[0]! ^ 0x10]), 0, 1, offset);
  closeSync(fd);
}

const open = (damages: Error[] = [], options: Partial<EventLogOptions> = {}) => {
  const onDamaged = (error: Error): void => void damages.push(error);
  return openEventLog(folder.path, SEGMENT_BYTES, { onDamagedIndex: onDamaged, onDamagedLog: onDamaged, ...options });
};

describe('a large log after a clean stop', () => {
  it('serves at once: damage in what the index has seen and the start did not read is found beside other work, and refuses the next starts', async () => {
    const { path } = segments()[1]!;
    flip(path, 130);
    const damages: Error[] = [];
    const log = await open(damages);
    expect(await append(log, 'pool-1', [newEvent('next')], 239)).toMatchObject({ kind: 'written', revision: 240 });
    await log.readRest();
    expect(damages.map(({ message }) => message)).toEqual([
      expect.stringContaining(`${path}, offset 64: the record here is damaged, and later segments exist. Acknowledged events are affected`),
    ]);
    expect(damages[0]!.message).toContain('Restore this file from a backup');
    expect(existsSync(asLeft())).toBe(false);
    await log.close();
    for (let attempt = 0; attempt < 2; attempt++) await expect(open()).rejects.toThrow(`${path}, offset 64`);

    flip(path, 130);
    const restored = await open();
    expect(await everything(restored)).toEqual([...asRead, 'pool-1/next@240']);
    await restored.close();
  });

  it('hands out nothing that is damaged in what the start did not read, from whichever side it is asked for', async () => {
    const { path, base } = segments()[1]!;
    flip(path, 130);
    const log = await open();
    const damaged = `${path}, offset 64: the record here is damaged`;
    await expect(everything(log)).rejects.toThrow(damaged);
    await expect(streamByIndex(log, 'pool-1')).rejects.toThrow(damaged);
    await expect((async () => log.log.scan().at(base))()).rejects.toThrow(damaged);
    expect(() => log.log.recordNow(base + 64)).toThrow(damaged);
    expect(await log.log.recordStartingAt(base + 64)).toBeUndefined();
    const backwards = async (): Promise<void> => {
      for (let at: number | undefined = log.log.durableEnd; at !== undefined; at = (await log.log.before(at))?.position);
    };
    await expect(backwards()).rejects.toThrow(damaged);
    await log.close();
  });

  it('is sound when what was left out is', async () => {
    const damages: Error[] = [];
    const log = await open(damages);
    await log.readRest();
    expect(damages).toEqual([]);
    expect(await everything(log)).toEqual(asRead);
    await log.close();
    expect(existsSync(asLeft())).toBe(true);
  });

  it('can be stopped again before all of it was read', async () => {
    const damages: Error[] = [];
    const log = await open(damages);
    const reading = log.readRest();
    await log.close();
    await reading;
    expect(damages).toEqual([]);
    expect(existsSync(asLeft())).toBe(true);
  });

  it.each([
    ['the last 16 MiB', () => segmentBefore(14 * MEBIBYTE).path, () => undefined],
    ['everything when it was not stopped cleanly', () => segments()[0]!.path, () => rmSync(asLeft())],
    ['everything when the index is missing', () => segments()[0]!.path, () => rmSync(join(folder.path, 'index'), { recursive: true })],
    ['everything when the names of the index are damaged', () => segments()[0]!.path, () => flip(join(folder.path, 'index/names'), 999)],
    ['everything when the index is damaged', () => segments()[0]!.path, () => flip(join(folder.path, 'index/data.mdb'), 9999)],
  ])('is refused at the start when there is damage in what a start reads: %s', async (_, damaged, change) => {
    const path = damaged();
    flip(path, 130);
    change();
    await expect(open()).rejects.toThrow(`${path}, offset 64: the record here is damaged`);
  });

  it('is read wholly at the start when that is wished', async () => {
    const { path } = segments()[0]!;
    flip(path, 130);
    await expect(open([], { readsAllAtStart: true })).rejects.toThrow(`${path}, offset 64: the record here is damaged`);
  });

  it('is refused at the start when a segment is missing, shorter or from another log, though the start would not read it', async () => {
    const { path } = segments()[1]!;
    const whole = readFileSync(path);
    rmSync(path);
    await expect(open()).rejects.toThrow('a segment is missing');
    for (const bytes of [whole.subarray(0, -1), whole.subarray(0, 64), Buffer.concat([whole, Buffer.alloc(1)])]) {
      rmSync(path, { force: true });
      const fd = openSync(path, 'w');
      writeSync(fd, bytes);
      closeSync(fd);
      await expect(open()).rejects.toThrow('a segment is missing or has lost its end');
    }
  });

  it('has after a kill -9 what was appended since, over more than what every start reads', async () => {
    const log = await open();
    const later = Array.from({ length: 220 }, (_, n) => ({ label: `later${n}`, stream: `pool-${2 + (n % 2)}` }));
    for (const { label, stream } of later) await append(log, stream, [newEvent(label, Buffer.alloc(100_000, label))]);
    const killed = temporaryFolder();
    cpSync(folder.path, killed.path, { recursive: true });
    await log.close();
    expect(existsSync(join(killed.path, 'index/as-left'))).toBe(true);

    const again = await openEventLog(killed.path, SEGMENT_BYTES);
    expect(await streamByIndex(again, 'pool-1')).toEqual(labels);
    expect(await streamByIndex(again, 'pool-3')).toEqual(later.filter(({ stream }) => stream === 'pool-3').map(({ label }) => label));
    expect(await everything(again)).toEqual([...asRead, ...later.map(({ label, stream }, n) => `${stream}/${label}@${Math.floor(n / 2)}`)]);
    await again.close();
    killed.remove();
  });
});
