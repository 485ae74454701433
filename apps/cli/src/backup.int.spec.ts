import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventLog, Ledger, RecordedEvent } from '#event-store';
import { pool, product, purchaseLicenses } from '#licensing';
import { makeEventStoreAccess, readEventStoreAccess } from '#platform';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive, context, edge, partnerId } from '../testing/story.js';
import { backUp } from './backup.command.js';
import { checkBackup } from './backup.js';
import { restore } from './restore.command.js';

let folder: LedgerFolder;
let scratch: string;
const inScratch = (name: string): string => join(scratch, name);

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'ledger-backup-'));
  folder = await makeLedgerFolder();
  await folder.open(async ({ ledger }) => {
    await begin(ledger);
    await buyAndGive(ledger);
  });
  writeFileSync(join(folder.dataDir, 'secrets.json'), '{"jwtSecret":"a secret of this test that is long enough"}');
  writeFileSync(join(folder.dataDir, 'ledger.mode'), 'normal\n');
});
afterAll(async () => {
  await folder.remove();
  rmSync(scratch, { recursive: true });
});

async function all(log: EventLog): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const event of log.readAll()) found.push(event);
  return found;
}

async function purchase(ledger: Ledger, orderId: string): Promise<void> {
  const products = new Map([[edge, (await ledger.load(product, edge)).state]]);
  const order = {
    accountId: partnerId,
    orderId,
    lines: [{ sku: edge, quantity: 1 }],
    source: 'operator',
    accountKind: 'partner',
    products,
  } as const;
  await ledger.record(pool, partnerId, { ...order, context: context() }, purchaseLicenses);
}

const segment = (dataDir: string): Buffer => readFileSync(join(dataDir, 'events/log/00000000000000000000.segment'));

describe('A backup', () => {
  it('of a ledger that is being written to is equal to a moment of it, and holds all that was acknowledged before', async () => {
    const [to, restored] = [inScratch('running'), inScratch('running-restored')];
    let acknowledgedBefore = 0;
    const original = await folder.open(async ({ log, ledger }) => {
      let [isOver, orders] = [false, 0];
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let n = 0; !isOver; n++, orders++) await purchase(ledger, `R-${writer}-${n}`);
      });
      while (orders < 50) await new Promise((resolve) => setImmediate(resolve));
      acknowledgedBefore = (await all(log)).length;
      const { code, stdout, stderr } = await folder.run(['backup', to]);
      isOver = true;
      await Promise.all(writers);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Backed up and checked\. [\d,]+ events, up to position \d+, [\d.,]+ [kM]B in /);
      return all(log);
    });
    expect((await folder.run(['restore', to], { DATA_DIR: restored })).code).toBe(0);
    const { code, stdout } = await folder.run(['verify'], { DATA_DIR: restored });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('The log is sound.') });
    const bytes = segment(to);
    expect(segment(folder.dataDir).subarray(0, bytes.length).equals(bytes)).toBe(true);
    const back = await openedAt(restored, all);
    expect(back).toEqual(original.slice(0, back.length));
    expect(back.length).toBeGreaterThanOrEqual(acknowledgedBefore);
  });

  it('of a ledger that is stopped is all of it, with its secrets, its mode and the access to its store; what is restored goes on', async () => {
    const [to, restored] = [inScratch('stopped'), inScratch('stopped-restored')];
    const { password } = await makeEventStoreAccess(folder.dataDir);
    const original = await folder.open(({ log }) => all(log));
    expect((await folder.run(['backup', to])).code).toBe(0);
    expect(spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: to }).status).toBe(0);
    const { code, stdout } = await folder.run(['restore', to], { DATA_DIR: restored });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Restored\. [\d,]+ events, up to position \d+, as it was on \d{4}-/),
    });
    expect(readdirSync(restored).sort()).toEqual(['event-store-access', 'events', 'ledger.mode', 'secrets.json']);
    expect(readEventStoreAccess(restored)!.password).toBe(password);
    expect(statSync(join(restored, 'event-store-access')).mode & 0o077).toBe(0);
    expect(readFileSync(join(restored, 'secrets.json'))).toEqual(readFileSync(join(folder.dataDir, 'secrets.json')));
    expect(statSync(join(restored, 'secrets.json')).mode & 0o077).toBe(0);
    expect(await openedAt(restored, all)).toEqual(original);
  });
});

describe('A damaged backup', () => {
  let backup: string;
  beforeAll(async () => {
    const small = await makeLedgerFolder();
    await small.open(({ log }) => log.append('pool-1', [{ id: partnerId, type: 'A', data: {}, metadata: {} }], -1));
    writeFileSync(join(small.dataDir, 'secrets.json'), '{}');
    backup = inScratch('small');
    expect((await small.run(['backup', backup])).code).toBe(0);
    await small.remove();
  });

  const files = ['SHA256SUMS', 'backup.json', 'secrets.json', 'events/log/00000000000000000000.segment'];

  it.each(files)('is refused, whichever byte of %s was flipped or cut off', async (name) => {
    const path = join(backup, name);
    const whole = readFileSync(path);
    const accepted: number[] = [];
    const isAccepted = (bytes: Buffer): Promise<boolean> => {
      writeFileSync(path, bytes);
      return checkBackup(backup).then(
        () => true,
        (error: Error) => !/ is damaged: | holds no whole backup/.test(error.message),
      );
    };
    for (let offset = 0; offset < whole.length; offset++) {
      const flipped = Buffer.from(whole);
      flipped[offset]! ^= 4;
      if (await isAccepted(flipped)) accepted.push(offset);
      if (offset % 16 === 0 && (await isAccepted(whole.subarray(0, offset)))) accepted.push(-offset);
    }
    expect(accepted).toEqual([]);
    expect(await isAccepted(whole)).toBe(true);
  });

  it('is refused when a file is missing, or one too many is there', async () => {
    for (const name of files) {
      const kept = readFileSync(join(backup, name));
      rmSync(join(backup, name));
      await expect(checkBackup(backup)).rejects.toThrow(
        name === 'SHA256SUMS' ? 'there is no SHA256SUMS' : `is damaged: ${name} is missing`,
      );
      writeFileSync(join(backup, name), kept);
    }
    writeFileSync(join(backup, 'events/log/00000000000000001000.segment'), 'x');
    await expect(checkBackup(backup)).rejects.toThrow('events/log/00000000000000001000.segment does not belong to it');
    rmSync(join(backup, 'events/log/00000000000000001000.segment'));
  });

  it('is refused when its sums are right and its log is not: nothing is restored', async () => {
    const [path, target] = [join(backup, files[3]!), inScratch('refused')];
    const [whole, sums] = [readFileSync(path), readFileSync(join(backup, 'SHA256SUMS'), 'utf8')];
    const flipped = Buffer.from(whole);
    flipped[100]! ^= 4;
    writeFileSync(path, flipped);
    const { createHash } = await import('node:crypto');
    const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(backup, 'SHA256SUMS'), sums.replace(sum(whole), sum(flipped)));
    const { code, stdout, stderr } = await folder.run(['restore', backup], { DATA_DIR: target });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^ledger: The backup in .* is damaged: .*segment, offset \d+: .* It cannot be restored: take another one\./);
    expect(existsSync(target)).toBe(false);
  });
});

describe('ledger backup and restore', () => {
  it('are not spoilt by a command that is set on the backup itself, which is told to restore it first', async () => {
    const to = inScratch('looked-at');
    expect((await folder.run(['backup', to])).code).toBe(0);
    const { code, stderr } = await folder.run(['verify'], { DATA_DIR: to });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${to} is a backup`)]);
    await expect(checkBackup(to)).resolves.toMatchObject({ format: 1 });
  });

  it('leave alone what is not theirs, and put back a folder that a killed restore had begun to fill', async () => {
    const [backup, target] = [inScratch('again'), inScratch('again-restored')];
    expect((await folder.run(['backup', backup])).code).toBe(0);
    mkdirSync(join(target, 'restoring'), { recursive: true });
    for (const name of ['restoring/begun', 'mine']) writeFileSync(join(target, name), '');
    expect(await folder.run(['restore', backup], { DATA_DIR: target })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not empty'),
    });
    expect(readdirSync(target, { recursive: true }).sort()).toEqual(['mine', 'restoring', 'restoring/begun']);
    rmSync(join(target, 'mine'));
    expect((await folder.run(['restore', backup], { DATA_DIR: target })).code).toBe(0);
    expect(existsSync(join(target, 'restoring'))).toBe(false);
  });

  it('leave nothing behind when they are interrupted', async () => {
    const [backup, target] = [inScratch('whole'), inScratch('interrupted')];
    expect((await folder.run(['backup', backup])).code).toBe(0);
    process.env['DATA_DIR'] = target;
    await expect(restore(backup, AbortSignal.abort(new Error('stop')))).rejects.toThrow('Interrupted. Nothing was restored.');
    process.env['DATA_DIR'] = folder.dataDir;
    await expect(backUp(target, AbortSignal.abort(new Error('stop')))).rejects.toThrow('Interrupted. There is no backup');
    delete process.env['DATA_DIR'];
    expect(existsSync(target)).toBe(false);
  });

  it.each([
    ['a folder that is not empty', () => ['backup', folder.dataDir], {}, /is not empty: a backup goes into a new or empty folder\./],
    [
      'an event store of its own',
      () => ['backup', inScratch('x')],
      { EVENTSTORE_URL: 'esdb://somewhere' },
      /EVENTSTORE_URL names another one\. .*with their own means/,
    ],
    ['a folder without a ledger', () => ['backup', inScratch('x')], { DATA_DIR: '/nowhere' }, /There is no ledger in \/nowhere\./],
    [
      'a data folder in use',
      () => ['restore', inScratch('stopped')],
      {},
      /is not empty: a backup is restored into a new or empty folder\./,
    ],
    [
      'a place below a file',
      () => ['backup', join(folder.dataDir, 'secrets.json', 'x')],
      {},
      /secrets\.json is a file: a backup goes into/,
    ],
    [
      'a data folder below a file',
      () => ['restore', inScratch('stopped')],
      { DATA_DIR: '/dev/null/x' },
      /\/dev\/null is a file: a backup is/,
    ],
    ['what is no backup', () => ['restore', folder.dataDir], { DATA_DIR: '/nowhere' }, /holds no whole backup: there is no SHA256SUMS\./],
    ['what is not there', () => ['restore', inScratch('y')], { DATA_DIR: '/nowhere' }, /There is no folder /],
  ])('refuse %s in one sentence', async (_, words, environment, message) => {
    const { code, stdout, stderr } = await folder.run(words(), { DATA_DIR: folder.dataDir, ...environment });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });

  it('refuse to copy a log that is damaged, naming its file, and leave nothing behind', async () => {
    const damaged = await makeLedgerFolder();
    await damaged.open(({ ledger }) => begin(ledger));
    const path = join(damaged.dataDir, 'events/log/00000000000000000000.segment');
    const bytes = readFileSync(path);
    bytes[500]! ^= 1;
    writeFileSync(path, bytes);
    const to = inScratch('of-damaged');
    const { code, stderr } = await damaged.run(['backup', to]);
    await damaged.remove();
    expect(code).toBe(1);
    expect(stderr).toContain(`ledger: ${path}, offset `);
    expect(existsSync(to)).toBe(false);
  });
});

async function openedAt<Result>(dataDir: string, work: (log: EventLog) => Promise<Result>): Promise<Result> {
  const { startEventStore } = await import('#embedded-event-store');
  const { connectEventLog } = await import('#event-store');
  const store = await startEventStore({ dataDir: join(dataDir, 'events') });
  const log = connectEventLog(store.url);
  try {
    return await work(log);
  } finally {
    await log.close();
    await store.close();
  }
}
