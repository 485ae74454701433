import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { append, everything, newEvent, openEventLog, temporaryFolder } from '../testing/stores.js';
import { AcknowledgedEnd, acknowledgedFile, readAcknowledgedEnd } from './acknowledged-end.js';
import { DamagedLogError } from './errors.js';
import { RecordFlag, RecordKind, SEAL_BYTES, seedAt, writeEvent, type LogRecord } from './record.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const segments = (dataDir: string): string[] =>
  readdirSync(join(dataDir, 'log'))
    .filter((name) => name.endsWith('.segment'))
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

const note = (): string => acknowledgedFile(join(folder.path, 'log'));

// Leaves the files as they are after kill -9, when so much was acknowledged and the log file holds `bytes`.
function leave(bytes: Buffer, logId: Buffer, acknowledged: number): void {
  rmSync(join(folder.path, 'index'), { recursive: true, force: true });
  writeFileSync(only(folder.path), bytes);
  const end = new AcknowledgedEnd(join(folder.path, 'log'), logId);
  end.note(acknowledged);
  end.close();
}
const logIdOf = (segment: Buffer): Buffer => segment.subarray(16, 32);

describe('a log whose end is torn', () => {
  it('comes back with every whole append and no part of another, wherever it was cut', async () => {
    const { ends } = await threeAppends();
    const whole = readFileSync(only(folder.path));
    const appends = [['pool-1/a@0'], ['pool-1/b@1', 'pool-1/c@2'], ['pool-2/d@0']];
    const differences: unknown[] = [];
    for (let length = 64; length <= whole.length; length++) {
      leave(whole.subarray(0, length), logIdOf(whole), Math.max(64, ...ends.filter((end) => end <= length)));
      const expected = appends.filter((_, index) => ends[index]! <= length).flat();
      const got = await contents();
      if (got.join() !== expected.join()) differences.push({ length, expected, got });
    }
    expect(differences).toEqual([]);
  });

  it('comes back the same without the note of what was acknowledged, or with one that is damaged or of another log', async () => {
    const { ends } = await threeAppends();
    const whole = readFileSync(only(folder.path)).subarray(0, ends[2]! - 1);
    const damage = [
      () => rmSync(note()),
      () => truncateSync(note(), 27),
      () => writeFileSync(note(), flipped(readFileSync(note()), 20)),
      () => writeFileSync(note(), ''),
    ];
    for (const spoil of damage) {
      leave(whole, logIdOf(whole), 1e6);
      spoil();
      expect(await contents()).toEqual(['pool-1/a@0', 'pool-1/b@1', 'pool-1/c@2']);
    }
    leave(whole, Buffer.alloc(16, 7), 1e6);
    expect(await contents()).toEqual(['pool-1/a@0', 'pool-1/b@1', 'pool-1/c@2']);
  });

  it('says how much was cut off and where', async () => {
    const { ends } = await threeAppends();
    leave(readFileSync(only(folder.path)).subarray(0, ends[2]! - 5), logIdOf(readFileSync(only(folder.path))), ends[1]!);
    const log = await openEventLog(folder.path);
    expect(log.cut).toEqual({ file: only(folder.path), offset: ends[1], bytes: ends[2]! - 5 - ends[1]! });
    expect(statSync(only(folder.path)).size).toBeGreaterThanOrEqual(ends[1]!);
    await log.close();
  });

  it('goes on at the right revision after a cut', async () => {
    const { ends } = await threeAppends();
    const whole = readFileSync(only(folder.path));
    leave(whole.subarray(0, ends[1]! - 1), logIdOf(whole), ends[0]!);
    const log = await openEventLog(folder.path);
    const written = await append(log, 'pool-1', [newEvent('e')], 0);
    expect(written).toMatchObject({ kind: 'written', revision: 1 });
    expect(await everything(log)).toEqual(['pool-1/a@0', 'pool-1/e@1']);
    await log.close();
  });
});

describe('a log that has lost acknowledged events at its end', () => {
  it('is refused, naming file and offset, at whichever byte of the last three records it was cut after a kill -9', async () => {
    const { ends } = await threeAppends();
    const whole = readFileSync(only(folder.path));
    const wrong: unknown[] = [];
    for (let length = ends[0]!; length < ends[2]!; length++) {
      leave(whole.subarray(0, length), logIdOf(whole), ends[2]!);
      const lostFrom = length < ends[1]! ? ends[0] : ends[1];
      const error = await contents().catch((reason: unknown) => reason);
      if (!(error instanceof DamagedLogError) || error.file !== only(folder.path) || error.offset !== lostFrom)
        wrong.push({ length, error });
      if (statSync(only(folder.path)).size !== length) wrong.push({ length, changed: true });
    }
    expect(wrong).toEqual([]);
  });

  it('is refused when bytes of what was acknowledged last are wrong and nothing behind them proves that they were synced', async () => {
    const { ends } = await threeAppends();
    const whole = readFileSync(only(folder.path)).subarray(0, ends[2]);
    const wrong: unknown[] = [];
    for (let offset = ends[1]!; offset < ends[2]!; offset++) {
      leave(flipped(whole, offset), logIdOf(whole), ends[2]!);
      const error = await contents().catch((reason: unknown) => reason);
      if (!(error instanceof DamagedLogError) || error.offset !== ends[1]) wrong.push({ offset, error });
    }
    expect(wrong).toEqual([]);
  });

  it('is refused as often as it is started, also when only the index has seen them', async () => {
    const { ends } = await threeAppends();
    truncateSync(only(folder.path), ends[2]! - 1);
    rmSync(note());
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(openEventLog(folder.path)).rejects.toThrow(`${only(folder.path)}, offset ${ends[1]!}`);
    }
    expect(statSync(only(folder.path)).size).toBe(ends[2]! - 1);
  });

  it('is known by a note that never says more than was synced', async () => {
    const log = await openEventLog(folder.path);
    for (const label of ['a', 'b', 'c']) {
      await append(log, 'pool-1', [newEvent(label)]);
      expect(readAcknowledgedEnd(join(folder.path, 'log'), log.log.logId)).toBe(log.log.durableEnd);
    }
    const before = log.log.durableEnd;
    const appended = append(log, 'pool-1', [newEvent('d')]);
    expect(readAcknowledgedEnd(join(folder.path, 'log'), log.log.logId)).toBeLessThanOrEqual(before + SEAL_BYTES);
    await appended;
    await log.close();
  });
});

describe('a full segment', () => {
  it('gets no seal while the log is open: a loss of power would take it after others follow, and the segment would have lost its end', async () => {
    const [full, other] = [await openEventLog(join(folder.path, 'full'), 100), await openEventLog(join(folder.path, 'other'))];
    await append(full, 'pool-1', [newEvent('a')]);
    await append(other, 'pool-1', [newEvent('a')]);
    const [end, otherEnd] = [full.log.durableEnd, other.log.durableEnd];
    // The one that was idle for a shorter time is sealed.
    while (other.log.durableEnd === otherEnd) await new Promise((resolve) => setImmediate(resolve));
    expect(full.log.durableEnd).toBe(end);
    await full.close();
    await other.close();
    expect(full.log.durableEnd).toBe(end + SEAL_BYTES);
  });
});

describe('a damaged log', () => {
  it('is refused, or gives back exactly what was written, whichever byte is flipped', async () => {
    const { ends } = await threeAppends();
    const whole = readFileSync(only(folder.path));
    const written = await bytesOfEvents();
    const wrong: unknown[] = [];
    let refused = 0;
    for (let offset = 0; offset < whole.length; offset++) {
      const changed = flipped(whole, offset);
      leave(changed, logIdOf(whole), ends[2]!);
      try {
        const got = await bytesOfEvents();
        if (got.join() !== written.join()) wrong.push({ offset, got });
      } catch (error) {
        refused += 1;
        const isNamed = error instanceof DamagedLogError && error.message.includes(only(folder.path)) && error.message.includes('Restore');
        if (!isNamed || !readFileSync(only(folder.path)).equals(changed)) wrong.push({ offset, error });
      }
    }
    expect(wrong).toEqual([]);
    // Only the seal at the very end says nothing of an event.
    expect(refused).toBe(ends[2]);
  });

  it('is refused while it is read, when it was sound at the start: nothing changed is ever handed out', async () => {
    const log = await openEventLog(folder.path);
    await append(log, 'pool-1', [newEvent('a')]);
    await log.close();
    const again = await openEventLog(folder.path);
    const whole = readFileSync(only(folder.path));
    writeFileSync(only(folder.path), flipped(whole, 130));
    await expect(everything(again)).rejects.toThrow(`${only(folder.path)}, offset 64: the record here is damaged`);
    await again.close();
  });

  it('is refused while it is read backwards, when the last bytes of a record lead to another one, or to none', async () => {
    const { ends } = await threeAppends();
    const [, second, third] = ends as [number, number, number];
    for (const [end, length] of [
      [third, third - ends[0]!],
      [third, third],
      [second, 0],
      [second, 0xffffffff],
    ] as const) {
      const again = await openEventLog(folder.path);
      const whole = readFileSync(only(folder.path));
      const changed = Buffer.from(whole);
      changed.writeUInt32LE(length, end - 4);
      writeFileSync(only(folder.path), changed);
      await expect((async () => again.log.before(end))()).rejects.toThrow('the record that ends here is damaged');
      writeFileSync(only(folder.path), whole);
      await again.close();
    }
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

describe('a log whose records are sound and contradict each other', () => {
  it('is refused, naming the stream: no revision is ever there twice', async () => {
    const log = await openEventLog(folder.path);
    await append(log, 'pool-1', [newEvent('a')]);
    const { logId } = log.log;
    await log.close();
    const whole = readFileSync(only(folder.path));
    const forged = Buffer.alloc(1000);
    const event = { stream: Buffer.from('pool-1'), revision: 0, createdMs: 0, ...newEvent('b') };
    const flags = RecordFlag.firstOfAppend | RecordFlag.lastOfAppend;
    const length = writeEvent(forged, 0, seedAt(logId, whole.length), RecordKind.event, flags, 0, event);
    writeFileSync(only(folder.path), Buffer.concat([whole, forged.subarray(0, length)]));
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(openEventLog(folder.path)).rejects.toThrow('the log contradicts itself: revision 0 of pool-1 follows 0');
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

describe('a record of many MiB', () => {
  it('is read at the start, and missed there when a byte of it is wrong', async () => {
    const log = await openEventLog(folder.path);
    await append(log, 'pool-1', [newEvent('a')]);
    const offset = log.log.durableEnd;
    await append(log, 'pool-1', [newEvent('b', Buffer.alloc(5_000_000)), newEvent('c', Buffer.alloc(1_500_000))]);
    await append(log, 'pool-1', [newEvent('d')]);
    await log.close();
    rmSync(join(folder.path, 'index'), { recursive: true });
    expect(await contents()).toEqual(['pool-1/a@0', 'pool-1/b@1', 'pool-1/c@2', 'pool-1/d@3']);
    writeFileSync(only(folder.path), flipped(readFileSync(only(folder.path)), offset + 4_000_000));
    await expect(contents()).rejects.toThrow(`${only(folder.path)}, offset ${offset}: `);
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

const flipped = (bytes: Buffer, offset: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[offset]! ^= 0x10;
  return copy;
};

// Every event with all that is stored of it, as text.
async function bytesOfEvents(): Promise<string[]> {
  const log = await openEventLog(folder.path);
  try {
    const found: string[] = [];
    for (let at = log.log.next(log.log.firstPosition); at < log.log.durableEnd; at = log.log.next(at)) {
      const record = await log.log.record(at);
      if (record.isEvent) found.push(asText(record));
      at = record.end;
    }
    return found;
  } finally {
    await log.close();
  }
}

const asText = ({ position, streamName, revision, id, typeName, metadata, data, createdMs, isJson }: LogRecord): string =>
  [position, streamName, revision, id.toString('hex'), typeName, metadata, data, createdMs, isJson].join('|');
