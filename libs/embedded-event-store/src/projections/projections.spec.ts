import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventLog } from '../event-log.js';
import { append, newEvent, openEventLog, temporaryFolder } from '../testing/stores.js';
import { Projections } from './projections.js';

let folder: ReturnType<typeof temporaryFolder>;
let log: EventLog;
let projections: Projections;
beforeEach(async () => {
  folder = temporaryFolder();
  log = await openEventLog(folder.path);
});
afterEach(async () => {
  await projections.stop();
  await log.close();
  folder.remove();
});

async function linksIn(stream: string): Promise<string[]> {
  const found = log.find(stream);
  if (found === undefined) return [];
  const records = await Promise.all(Array.from({ length: found.last + 1 }, (_, revision) => log.event(found, revision)));
  return records.map((record) => record.data.toString());
}

async function untilDone(): Promise<void> {
  const isBehind = (): boolean => projections.list().some(({ isEnabled, at }) => isEnabled && at < log.log.durableEnd - 20);
  while (isBehind()) await new Promise((resolve) => setImmediate(resolve));
}

const write = async (stream: string, ...types: string[]) =>
  append(
    log,
    stream,
    types.map((type) => newEvent(type)),
  );

describe('the standard projections', () => {
  it('go by what they said themselves: a link that somebody else puts into their streams does not move them', async () => {
    projections = await Projections.start(log, false);
    await projections.enable('$by_category');
    await write('pool-1', 'a', 'b');
    await untilDone();
    await projections.stop();
    await write('pool-1', 'c');
    const [position] = log.index.positions(log.find('pool-1')!, 2, 2);
    const metadata = Buffer.from(JSON.stringify({ $c: position, $p: position }));
    await append(log, '$ce-pool', [{ ...newEvent('$>', Buffer.from('7@pool-1')), isJson: false, metadata }]);
    projections = await Projections.start(log, false);
    await untilDone();
    expect(await linksIn('$ce-pool')).toEqual(['0@pool-1', '1@pool-1', '7@pool-1', '2@pool-1']);
  });

  it('go on when one of their streams is deleted: for good, it gets no more; softly, it begins a new life', async () => {
    projections = await Projections.start(log, true);
    await write('pool-1', 'a');
    await write('user-1', 'a');
    await untilDone();
    await new Promise((resolve) => log.tombstone('$ce-pool', 'any', resolve));
    await new Promise((resolve) => log.delete('$ce-user', 'any', resolve));
    await write('pool-1', 'b');
    await write('user-1', 'b');
    await untilDone();
    expect(projections.list().map(({ fault }) => fault)).toEqual(Array.from({ length: 5 }, () => undefined));
    expect(await linksIn('$et-b')).toEqual(['1@pool-1', '1@user-1']);
    expect(await linksIn('$ce-pool')).toEqual(['0@pool-1']);
    expect(await linksIn('$ce-user')).toEqual(['0@user-1', '1@user-1']);
    expect(log.find('$ce-user')!.metadata).toEqual({ truncateBefore: 1 });
  });

  it('note their place now and then, so that a start does not look through all they ever wrote', async () => {
    projections = await Projections.start(log, false);
    await projections.enable('$by_category');
    for (let n = 0; n < 10; n++)
      await append(
        log,
        'pool-1',
        Array.from({ length: 1000 }, () => newEvent('b')),
      );
    await untilDone();
    // Enabled once, and 10,000 events with as many links make 20,000 records.
    expect(log.find('$projections-$by_category')!.last).toBeGreaterThanOrEqual(4);
    expect(projections.find('$by_category')!.recordsSinceNote).toBeLessThan(4096);
  });
});
