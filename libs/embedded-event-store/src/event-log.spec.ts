import { randomBytes } from 'node:crypto';
import { closeSync, cpSync, existsSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventLog } from './event-log.js';
import { resolveLink } from './links.js';
import { startEventStore } from './server.js';
import { append, everything, newEvent, openEventLog, streamByIndex, temporaryFolder } from './testing/stores.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const positionsOf = async (log: EventLog): Promise<number[]> => {
  const positions: number[] = [];
  for (let at = log.log.firstPosition; at < log.log.durableEnd;) {
    const record = await log.log.record(log.log.next(at));
    if (record.isEvent) positions.push(record.position);
    at = record.end;
  }
  return positions;
};

const placesOf = (file: Buffer, needle: Buffer): number[] => {
  const places: number[] = [];
  for (let at = file.indexOf(needle); at !== -1; at = file.indexOf(needle, at + 1)) places.push(at);
  return places;
};

const readBack = async (): Promise<string[]> => {
  const log = await openEventLog(folder.path);
  const found = await everything(log);
  await log.close();
  return found;
};

describe('appends at once', () => {
  it('get dense revisions in the order they came, and growing positions', async () => {
    const log = await openEventLog(folder.path);
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, (_, n) => append(log, `pool-${n % 3}`, [newEvent(`e${n}`), newEvent(`f${n}`)])),
    );
    expect(outcomes.map((outcome) => outcome.kind === 'written' && outcome.revision)).toEqual(
      Array.from({ length: 300 }, (_, n) => 2 * Math.floor(n / 3) + 1),
    );
    const positions = await positionsOf(log);
    expect(positions.length).toBe(600);
    expect(positions.every((position, n) => n === 0 || position > positions[n - 1]!)).toBe(true);
    await log.close();
  });

  it('at one exact revision have one winner', async () => {
    const log = await openEventLog(folder.path);
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, n) => append(log, 'pool-1', [newEvent(`e${n}`)], 'no_stream')));
    expect(outcomes.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.kind === 'wrongRevision' && outcome.current === 0)).toHaveLength(99);
    await log.close();
  });

  it('that repeat the same ids are written once, with ANY and with an exact revision', async () => {
    const log = await openEventLog(folder.path);
    const [one, two] = [newEvent('a'), newEvent('b')];
    const outcomes = await Promise.all([
      ...Array.from({ length: 20 }, () => append(log, 'pool-1', [one, two], 'no_stream')),
      ...Array.from({ length: 20 }, () => append(log, 'pool-1', [one, two], 'any')),
    ]);
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(await everything(log)).toEqual(['pool-1/a@0', 'pool-1/b@1']);
    await log.close();
  });
});

describe('the index', () => {
  const streams = ['pool-1', 'pool-2', `long-${'n'.repeat(2000)}`];

  async function fill(): Promise<void> {
    const log = await openEventLog(folder.path, 20_000);
    for (let n = 0; n < 40; n++)
      await Promise.all(
        streams.map((stream) =>
          append(
            log,
            stream,
            Array.from({ length: 20 }, (_, m) => newEvent(`e${n}-${m}`)),
          ),
        ),
      );
    await log.close();
  }
  const expected = Array.from({ length: 40 }, (_, n) => Array.from({ length: 20 }, (_, m) => `e${n}-${m}`)).flat();
  const data = (): string => join(folder.path, 'index/data.mdb');

  async function expectAllStreams(): Promise<void> {
    const log = await openEventLog(folder.path);
    for (const stream of streams) expect(await streamByIndex(log, stream)).toEqual(expected);
    expect(await append(log, 'pool-1', [newEvent('next')], expected.length - 1)).toMatchObject({
      kind: 'written',
      revision: expected.length,
    });
    await log.close();
  }

  it('is used again after a clean stop', async () => {
    await fill();
    await expectAllStreams();
  });

  it.each([
    ['deleted', () => rmSync(join(folder.path, 'index'), { recursive: true })],
    ['shortened', () => truncateSync(data(), 8192)],
    ['emptied', () => truncateSync(data(), 0)],
    ['overwritten', () => writeFileSync(data(), randomBytes(100_000))],
    ['left by a process that did not stop cleanly', () => rmSync(join(folder.path, 'index/as-left'))],
  ])('is made anew when its file was %s', async (_, damage) => {
    await fill();
    damage();
    await expectAllStreams();
  });

  it('is made anew when any of its bytes was flipped', async () => {
    await fill();
    const whole = readFileSync(data());
    for (let round = 0; round < 12; round++) {
      const flipped = Buffer.from(whole);
      flipped[Math.floor((round / 12) * whole.length) + 100]! ^= 1 << (round % 8);
      writeFileSync(data(), flipped);
      const log = await openEventLog(folder.path);
      for (const stream of streams) expect(await streamByIndex(log, stream)).toEqual(expected);
      await log.close();
    }
  });

  const behindName = (bytes: number) => (file: Buffer) => placesOf(file, Buffer.from('npool-1')).map((at) => at + bytes);
  const positions = (file: Buffer, log: EventLog) => {
    const packed = log.index.positions(log.find('pool-1')!, 0, 3).map((position) => position.toString(16).padStart(12, '0'));
    return placesOf(file, Buffer.from(packed.join(''), 'hex')).map((at) => at + 11);
  };
  it.each([
    ['key', behindName(2)],
    ['revision', behindName('npool-1'.length + 15)],
    ['checksum', behindName('npool-1'.length + 50)],
    ['position', positions],
  ])('answers nothing that damage made while it was used: a flipped %s is noticed, and the next start makes it anew', async (_, places) => {
    await fill();
    const damages: Error[] = [];
    const log = await openEventLog(folder.path, 20_000, { onDamagedIndex: (error) => damages.push(error) });
    const file = readFileSync(data());
    const fd = openSync(data(), 'r+');
    for (const at of places(file, log)) writeSync(fd, Buffer.from([file[at]! ^ 4]), 0, 1, at);
    closeSync(fd);
    await expect(streamByIndex(log, 'pool-1')).rejects.toThrow('the index is damaged');
    await expect(append(log, 'pool-1', [newEvent('x')], 'no_stream')).rejects.toThrow('the index is damaged');
    expect(damages).toHaveLength(2);
    await log.close();
    await expectAllStreams();
  });

  it('catches up when it is older than the log, and is made anew when it belongs to another', async () => {
    await fill();
    const older = temporaryFolder();
    cpSync(join(folder.path, 'index'), older.path, { recursive: true });
    await expectAllStreams();
    rmSync(join(folder.path, 'index'), { recursive: true });
    cpSync(older.path, join(folder.path, 'index'), { recursive: true });
    const log = await openEventLog(folder.path);
    expect(await streamByIndex(log, 'pool-1')).toEqual([...expected, 'next']);
    await log.close();

    const other = temporaryFolder();
    const elsewhere = await openEventLog(other.path);
    await append(elsewhere, 'pool-1', [newEvent('x')]);
    await elsewhere.close();
    rmSync(join(other.path, 'index'), { recursive: true });
    cpSync(older.path, join(other.path, 'index'), { recursive: true });
    const again = await openEventLog(other.path);
    expect(await streamByIndex(again, 'pool-1')).toEqual(['x']);
    expect(await streamByIndex(again, 'pool-2')).toEqual([]);
    await again.close();
    other.remove();
    older.remove();
  });
});

describe('a clock that jumps backwards', () => {
  it('lets created times repeat and changes no order, also over a new start', async () => {
    const created = async (log: EventLog) => (await log.log.record((await positionsOf(log)).at(-1)!)).createdMs;
    const [realNow, start] = [Date.now, Date.now()];
    try {
      const times: number[] = [];
      for (const clock of [start, start - 3_600_000, start + 5, start - 86_400_000]) {
        Date.now = () => clock;
        const log = await openEventLog(folder.path);
        await append(log, 'pool-1', [newEvent('a')]);
        times.push(await created(log));
        await log.close();
      }
      expect(times).toEqual([start, start, start + 5, start + 5]);
    } finally {
      Date.now = realNow;
    }
    expect(await readBack()).toEqual(['pool-1/a@0', 'pool-1/a@1', 'pool-1/a@2', 'pool-1/a@3']);
  });
});

describe('an event that is older than its stream shows', () => {
  it('is not shown by a link to it either', async () => {
    const log = await openEventLog(folder.path);
    await append(log, '$$pool-1', [newEvent('$metadata', Buffer.from('{"$maxAge":60}'))]);
    await append(log, 'pool-1', [newEvent('a')]);
    await append(log, 'links', [{ ...newEvent('$>', Buffer.from('0@pool-1')), isJson: false }]);
    const link = await log.event(log.find('links')!, 0);
    expect((await resolveLink(log, link)).event?.typeName).toBe('a');
    const realNow = Date.now;
    try {
      Date.now = () => realNow() + 61_000;
      expect(await resolveLink(log, link)).toEqual({ event: undefined, link });
    } finally {
      Date.now = realNow;
    }
    await log.close();
  });
});

describe('a stream that was deleted softly', () => {
  it('stays deleted after a new start and goes on at the next revision when somebody appends', async () => {
    const log = await openEventLog(folder.path);
    await append(log, 'pool-1', [newEvent('a'), newEvent('b')]);
    await new Promise((resolve) => log.delete('pool-1', 'any', resolve));
    await log.close();
    rmSync(join(folder.path, 'index'), { recursive: true });
    const again = await openEventLog(folder.path);
    expect(again.find('pool-1')?.metadata?.truncateBefore).toBe(2 ** 63);
    expect(await append(again, 'pool-1', [newEvent('c')], 'no_stream')).toMatchObject({ kind: 'written', revision: 2 });
    expect(again.find('pool-1')?.metadata?.truncateBefore).toBe(2);
    await again.close();
  });
});

describe('a data folder', () => {
  it('is refused to a second store, which is told who has it, and is free again after a stop', async () => {
    const first = await startEventStore({ dataDir: folder.path });
    await expect(startEventStore({ dataDir: join(folder.path, '.') })).rejects.toThrow(
      new RegExp(`is in use by process ${process.pid}, since \\d{4}-\\d\\d-\\d\\dT`),
    );
    await first.close();
    const second = await startEventStore({ dataDir: folder.path });
    await second.close();
    expect(existsSync(join(folder.path, 'index/as-left'))).toBe(true);
  });
});
