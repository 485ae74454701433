import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventLog } from '../event-log.js';
import { append, newEvent, openEventLog, temporaryFolder } from '../testing/stores.js';
import type { LogScan } from './log-scan.js';
import type { LogRecord } from './record.js';

const SEGMENT_BYTES = 700_000;
const SCANS = 20;

let folder: ReturnType<typeof temporaryFolder>;
let log: EventLog;
beforeEach(async () => {
  folder = temporaryFolder();
  log = await openEventLog(folder.path, SEGMENT_BYTES);
});
afterEach(async () => {
  await log.close();
  folder.remove();
});

const shown = (record: LogRecord): string => `${record.position} ${record.streamName} ${record.revision} ${record.data.length}`;

// Without the seals, which come when the log has been idle for a moment.
async function oneByOne(): Promise<string[]> {
  const found: string[] = [];
  for (let at = log.log.next(log.log.firstPosition); at < log.log.durableEnd; at = log.log.next(at)) {
    const record = await log.log.record(at);
    if (record.isEvent) found.push(shown(record));
    at = record.end;
  }
  return found;
}

async function toTheEnd(scan: LogScan, from: number): Promise<{ found: string[]; end: number }> {
  const found: string[] = [];
  let end = from;
  for (let record = await scan.at(from); record !== undefined; record = await scan.at(end)) {
    if (record.isEvent) found.push(shown(record));
    end = record.end;
  }
  return { found, end };
}

describe('a scan of the log', () => {
  it('meets every record once and in order, over all segments, whatever the size of the records and however many scan', async () => {
    for (let round = 0; round < 20; round++) {
      const sizes = [0, 10, 5000, round % 5 === 0 ? 400_000 : 70_000, 100, 300];
      await append(
        log,
        `pool-${round % 3}`,
        sizes.map((bytes) => newEvent('LicenseAssigned', Buffer.alloc(bytes, 'x'))),
      );
    }
    const expected = await oneByOne();
    const scans = Array.from({ length: SCANS }, () => log.log.scan());
    const all = await Promise.all(scans.map((scan) => toTheEnd(scan, log.log.firstPosition)));
    for (const scan of scans) scan.rest();
    for (const { found } of all) expect(found).toEqual(expected);
  });

  it('goes on with what was appended after it had come to the end', async () => {
    const scan = log.log.scan();
    await append(log, 'pool-1', [newEvent('LicenseAssigned')]);
    const { found, end } = await toTheEnd(scan, log.log.firstPosition);
    await append(log, 'pool-1', [newEvent('LicenseReleased')]);
    const later = await toTheEnd(scan, end);
    scan.rest();
    expect([...found, ...later.found]).toEqual(await oneByOne());
  });
});
