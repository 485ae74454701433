import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chainHash } from '#event-store';
import { credential, setCredential } from '#licensing';
import { cloudEvent, isFactStream } from '#platform';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive, context, customerId, partnerId } from '../testing/story.js';
import { exportEvents } from './export-events.command.js';

let folder: LedgerFolder;

beforeAll(async () => {
  folder = await makeLedgerFolder();
  await folder.open(async ({ ledger }) => {
    await begin(ledger);
    await ledger.record(credential, 'u-1', { userId: 'u-1', passwordHash: '$argon2id$secret', context: context() }, setCredential);
    await buyAndGive(ledger);
  });
});
afterAll(() => folder.remove());

async function exported(...options: string[]) {
  const { code, stdout, stderr } = await folder.run(['export', 'events', ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
const types = (events: readonly { type: string }[]) => events.map(({ type }) => type);

describe('ledger export events', () => {
  it('writes every fact as a CloudEvent, in the order of the log', async () => {
    const events = await exported();
    expect(types(events)).toEqual([
      'ProductListed',
      'ProductListed',
      'PartnerRegistered',
      'CustomerRegistered',
      'DealerLinked',
      'LicensePurchased',
      'LicenseAssigned',
      'LicenseReceived',
    ]);
    expect(events[6]).toMatchObject({
      specversion: '1.0',
      subject: `pool-${partnerId}`,
      revision: 1,
      position: expect.stringMatching(/^\d+$/),
      time: expect.stringMatching(/^2026-04-01T/),
      prevhash: events[5].hash,
      data: { customerId },
    });
  });

  it('writes what the feed answers', async () => {
    const answered = await folder.open(async ({ log }) => {
      const events = [];
      for await (const event of log.readAll()) if (isFactStream(event.stream)) events.push(cloudEvent(event));
      return events;
    });
    expect(await exported()).toEqual(JSON.parse(JSON.stringify(answered)));
  });

  it('lets anybody compute the hashes again', async () => {
    for (const { subject, revision, id, type, data, metadata, hash, prevhash } of await exported()) {
      const sealed = { ...JSON.parse(metadata), hash, prevHash: prevhash };
      expect(chainHash({ stream: subject, revision, id, type, data, metadata: sealed }, prevhash)).toBe(hash);
    }
  });

  it('never shows a password’s hash', async () => {
    expect(JSON.stringify(await exported())).not.toContain('argon2id');
  });

  it('goes on after a position', async () => {
    const events = await exported();
    expect(await exported('--after', events[4].position)).toEqual(events.slice(5));
  });

  it('writes only the types asked for, or the facts of one account', async () => {
    expect(types(await exported('--types', 'LicenseAssigned, LicenseReceived'))).toEqual(['LicenseAssigned', 'LicenseReceived']);
    expect(types(await exported('--account', customerId))).toEqual(['CustomerRegistered', 'DealerLinked', 'LicenseReceived']);
  });

  it('writes to a file, but never over one', async () => {
    const out = join(folder.dataDir, 'events.jsonl');
    expect(await folder.run(['export', 'events', '--out', out])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: `8 events were written to ${out}.\n`,
    });
    expect((await readFile(out, 'utf8')).trim().split('\n')).toHaveLength(8);
    expect(await folder.run(['export', 'events', '--out', out])).toMatchObject({
      code: 1,
      stderr: `ledger: ${out} exists already: name another file.\n`,
    });
  });

  it('leaves no file behind that is not whole', async () => {
    const out = join(folder.dataDir, 'interrupted.jsonl');
    await folder.open(async ({ log }) => {
      const connection = { log, where: '', dataDir: '', redisUrl: undefined, isShared: false, isSandbox: false, close: () => log.close() };
      await expect(exportEvents(connection, { out }, AbortSignal.abort())).rejects.toThrow('Interrupted after 0 events');
    });
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['x', "'x' is no position of the log"],
    ['1', 'No event stands at position 1'],
  ])('refuses the position %s', async (position, message) => {
    const { code, stderr } = await folder.run(['export', 'events', '--after', position]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
  });
});
