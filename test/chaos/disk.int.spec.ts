import { spawnSync } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startEventStore } from '#embedded-event-store';
import { startServer, type ServerProcess } from '../../apps/event-store/src/testing/server-process.js';
import { roundsOf, tell } from '../support/chaos.js';
import { temporaryFolder } from '../support/launched-ledger.js';
import { Load } from './load.js';

const shim = fileURLToPath(new URL('misbehaving-machine.mjs', import.meta.url));
const misbehaving = (environment: Record<string, string>) => ({ env: { NODE_OPTIONS: `--import=${shim}`, ...environment } });

let folder: ReturnType<typeof temporaryFolder>;
const started: ServerProcess[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const server of started.splice(0))
    if (server.child.exitCode === null && server.child.signalCode === null) await server.stop('SIGKILL');
  spawnSync('umount', ['-l', join(folder.path, 'disk')]);
  folder.remove();
});

async function start(dataDir: string, options?: Parameters<typeof startServer>[1]): Promise<ServerProcess> {
  const server = await startServer(dataDir, options);
  started.push(server);
  return server;
}

describe('a disk that fails to sync', () => {
  const rounds = roundsOf(2);

  it(
    'and drops what it was given makes the store end: what was acknowledged is there, and nothing was acknowledged after the failure',
    async () => {
      const load = new Load(16);
      for (let round = 1; round <= rounds; round++) {
        const server = await start(folder.path, misbehaving({ FAIL_SYNC: String(randomInt(1, 40)) }));
        await load.run(server.client, 64, () => false);
        expect(await server.ended).toBe(1);
        expect(server.output()).toContain(
          'the disk did not confirm a write (EIO: i/o error, fdatasync). Start again: the log is then read from the disk.',
        );
        const again = await start(folder.path);
        expect(await load.check(again.client)).toEqual([]);
        expect(await load.append(again.client, 20)).toBe(true);
        expect(await load.check(again.client)).toEqual([]);
        expect(await again.stop()).toBe(0);
        tell('fdatasync fails', round, rounds, { 'appends acknowledged': load.acknowledged });
      }
    },
    30_000 + rounds * 15_000,
  );
});

describe('a disk that lies about syncing', () => {
  it('is found out at the start after a loss of power: the store says where events are missing and does not start without them', async () => {
    const synced = join(folder.path, 'synced');
    const dataDir = join(folder.path, 'data');
    const server = await start(dataDir, misbehaving({ LIE_FROM_SYNC: '5', SYNCED_FILE: synced }));
    const load = new Load(4);
    await load.run(server.client, 8, () => load.acknowledged > 100);
    await server.stop('SIGKILL');
    const segment = join(dataDir, 'log/00000000000000000000.segment');
    truncateSync(segment, Number(readFileSync(synced, 'utf8')));
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(start(dataDir)).rejects.toThrow(
        new RegExp(
          `${segment}, offset \\d+: the log ends here, but events up to position \\d+ had been acknowledged\\. .* Restore this file from a backup`,
        ),
      );
  });
});

describe('a disk that has changed an old event of a large log', () => {
  it('is found out though the start did not read that far: the store says where, ends, and does not start again', async () => {
    const store = await startEventStore({ dataDir: folder.path, segmentBytes: 1_000_000 });
    const writer = EventStoreDBClient.connectionString(store.url);
    const large = jsonEvent({ type: 'Large', data: { text: 'x'.repeat(900_000) } });
    for (let n = 0; n < 22; n++) await writer.appendToStream(`pool-${n}`, { ...large, id: randomUUID() });
    await writer.dispose();
    await store.close();
    const segment = join(folder.path, 'log/00000000000000000000.segment');
    const bytes = readFileSync(segment);
    bytes[500]! ^= 1;
    writeFileSync(segment, bytes);

    const server = await start(folder.path);
    expect(await server.ended).toBe(1);
    const message = new RegExp(
      `event store: ${segment}, offset \\d+: the record here is damaged, and later segments exist\\. Acknowledged events`,
    );
    expect(server.output()).toMatch(message);
    for (let attempt = 0; attempt < 2; attempt++) await expect(start(folder.path)).rejects.toThrow(message);
  });
});

// Where this user may not mount anything, the limit of a file's size has to do: apps/event-store/event-store.int.spec.ts.
const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'small', tmpdir()]).status === 0;

describe('a full disk', () => {
  (canMount ? it : it.skip)(
    'makes appends fail with the reason while reads go on; once there is room appends go on, without a restart; nothing is read that was not written whole',
    async () => {
      const disk = mountSmallDisk(join(folder.path, 'disk'), 6);
      const filler = join(disk, 'filler');
      writeFileSync(filler, Buffer.alloc(2_000_000));
      const server = await start(join(disk, 'data'));
      const load = new Load(8);
      // Small events first, so many that the index has something to write, too.
      for (let n = 0; n < 9; n++) await load.run(server.client, 64, () => load.acknowledged > n * 400, 5);
      await load.run(server.client, 64, () => load.refusals.size > 0, 20_000);
      expect([...load.refusals]).toEqual([expect.stringContaining('the append was not written: ENOSPC: no space left on device')]);
      expect(await load.check(server.client)).toEqual([]);
      fillUp(join(disk, 'rest'));
      expect(await load.append(server.client, 20_000)).toBe(false);
      expect(await load.check(server.client)).toEqual([]);

      rmSync(filler);
      for (let n = 0; n < 5; n++) expect(await load.append(server.client, 20_000)).toBe(true);
      expect(await load.check(server.client)).toEqual([]);
      fillUp(filler);
      expect(await server.stop()).toBe(0);
      for (const name of ['rest', 'filler']) rmSync(join(disk, name), { force: true });
      const again = await start(join(disk, 'data'));
      expect(await load.check(again.client)).toEqual([]);
      expect(await load.checkAll(again.client)).toEqual([]);
      expect(await load.append(again.client, 20)).toBe(true);
      expect(await again.stop()).toBe(0);
    },
  );
});

/** A file system in memory of so many mebibytes. */
function mountSmallDisk(path: string, mebibytes: number): string {
  mkdirSync(path);
  expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'small', path]).status).toBe(0);
  return path;
}

/** Takes all the room that is left. */
function fillUp(path: string): void {
  for (let size = 1_000_000; size >= 1; size = Math.floor(size / 2)) {
    while (statfsSync(join(path, '..')).bavail > 0) {
      try {
        writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
}
