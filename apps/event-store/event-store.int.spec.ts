import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startServer, type ServerProcess } from './src/testing/server-process.js';

const MAIN = fileURLToPath(new URL('../../dist/apps/event-store/main.js', import.meta.url));
const hasPrlimit = process.env['CI'] === 'true' || spawnSync('prlimit', ['--version']).status === 0;

let folder: string;
const started: ServerProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-'));
});
afterEach(async () => {
  for (const server of started.splice(0))
    if (server.child.exitCode === null && server.child.signalCode === null) await server.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(options?: Parameters<typeof startServer>[1]): Promise<ServerProcess> {
  const server = await startServer(folder, options);
  started.push(server);
  return server;
}

const event = (data: Record<string, string> = {}, id = randomUUID()) => jsonEvent({ id, type: 'LicenseAssigned', data });

async function idsOf(client: EventStoreDBClient, stream: string): Promise<string[]> {
  const ids: string[] = [];
  try {
    for await (const { event: found } of client.readStream(stream)) {
      expect(found!.revision).toBe(BigInt(ids.length));
      ids.push(found!.id);
    }
  } catch (error) {
    if ((error as { type?: string }).type !== 'stream-not-found') throw error;
  }
  return ids;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a store killed by kill -9 while it writes', () => {
  it('has every acknowledged event once, at its revision, and every append wholly or not at all', async () => {
    const acknowledged = new Map<string, Map<number, string>>();
    const batches: string[][] = [];
    for (let round = 0; round < 5; round++) {
      const server = await start();
      let answers = 0;
      const writers = Array.from({ length: 64 }, async (_, n) => {
        const stream = `pool-${n % 16}`;
        for (;;) {
          const events = [event(), event(), event()];
          batches.push(events.map(({ id }) => id));
          const { nextExpectedRevision } = await server.client.appendToStream(stream, events);
          const known = acknowledged.get(stream) ?? new Map<number, string>();
          acknowledged.set(stream, known);
          for (const [index, { id }] of events.entries()) known.set(Number(nextExpectedRevision) - 2 + index, id);
          answers += 1;
        }
      });
      await until(() => answers > 100 + 150 * round);
      server.child.kill('SIGKILL');
      await Promise.allSettled(writers);
      await server.stop();
    }
    const server = await start();
    const present = new Set<string>();
    for (const [stream, known] of acknowledged) {
      const ids = await idsOf(server.client, stream);
      for (const [revision, id] of known) expect(ids[revision]).toBe(id);
      for (const id of ids) {
        expect(present.has(id)).toBe(false);
        present.add(id);
      }
    }
    const halves = batches.filter((ids) => new Set(ids.map((id) => present.has(id))).size > 1);
    expect(halves).toEqual([]);
    const positions: bigint[] = [];
    for await (const { event: found } of server.client.readAll()) positions.push(found!.position!.commit);
    expect(positions.length).toBe(present.size);
    expect(positions.every((position, n) => n === 0 || position > positions[n - 1]!)).toBe(true);
  });
});

describe('an append', () => {
  it('is not acknowledged, and not read, before the disk has confirmed it', async () => {
    const release = join(folder, 'release');
    const server = await start({ env: { HOLD_SYNC: release } });
    let isAcknowledged = false;
    const appended = server.client.appendToStream('pool-1', event()).then(() => (isAcknowledged = true));
    await until(() => existsSync(`${release}.asked`));
    expect(await idsOf(server.client, 'pool-1')).toEqual([]);
    expect(isAcknowledged).toBe(false);
    writeFileSync(release, '');
    await appended;
    expect(await idsOf(server.client, 'pool-1')).toHaveLength(1);
  });

  it('that shares a failing sync fails, and so does all that follows: the process ends, and a new start shows what is true', async () => {
    const server = await start({ env: { FAIL_SYNC: '3' } });
    const acknowledged: string[] = [];
    const failures: unknown[] = [];
    for (let n = 0; n < 5; n++) {
      const one = event();
      await server.client.appendToStream('pool-1', one, { deadline: 5000 }).then(
        () => acknowledged.push(one.id),
        (error: unknown) => failures.push(error),
      );
    }
    expect(await server.ended).toBe(1);
    expect(server.output()).toContain('the disk did not confirm a write');
    expect([acknowledged.length, failures.length]).toEqual([2, 3]);
    const again = await start();
    expect((await idsOf(again.client, 'pool-1')).slice(0, 2)).toEqual(acknowledged);
  });

  (hasPrlimit ? it : it.skip)(
    'fails with a reason when the disk takes no more; reads go on, and so do appends once there is room',
    async () => {
      const server = await start({ fileBytesMax: 400_000 });
      const acknowledged: string[] = [];
      let failure: Error | undefined;
      while (failure === undefined) {
        const one = event({ text: 'x'.repeat(30_000) });
        await server.client.appendToStream('pool-1', one).then(
          () => acknowledged.push(one.id),
          (error: Error) => (failure = error),
        );
      }
      expect(failure.message).toContain('the append was not written: EFBIG');
      expect(await idsOf(server.client, 'pool-1')).toEqual(acknowledged);
      spawnSync('prlimit', ['--pid', String(server.child.pid), '--fsize=unlimited:unlimited']);
      const { nextExpectedRevision } = await server.client.appendToStream('pool-1', event(), {
        expectedRevision: BigInt(acknowledged.length - 1),
      });
      expect(nextExpectedRevision).toBe(BigInt(acknowledged.length));
      expect(await server.stop()).toBe(0);
      const again = await start();
      expect(await idsOf(again.client, 'pool-1')).toHaveLength(acknowledged.length + 1);
    },
  );

  (hasPrlimit ? it : it.skip)('is recognized when it is offered again, though what came behind it failed', async () => {
    const release = join(folder, 'release');
    const { child, client, port } = await start({ env: { HOLD_SYNC: release }, fileBytesMax: 400_000 });
    const one = event();
    const appended = client.appendToStream('pool-1', one);
    await until(() => existsSync(`${release}.asked`));
    const large = Array.from({ length: 20 }, () => client.appendToStream('pool-2', event({ text: 'x'.repeat(30_000) })));
    const behind = Promise.allSettled(large);
    const waitingBytes = async (): Promise<number> =>
      ((await (await fetch(`http://127.0.0.1:${port}/stats`)).json()) as Record<string, number>)['es-writer-waitingBytes']!;
    while ((await waitingBytes()) < 20 * 30_000) await new Promise(setImmediate);
    writeFileSync(release, '');
    await appended;
    expect((await behind).at(-1)).toMatchObject({ status: 'rejected' });
    spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
    expect(await client.appendToStream('pool-1', one)).toMatchObject({ nextExpectedRevision: 0n });
    expect(await idsOf(client, 'pool-1')).toEqual([one.id]);
  });

  (hasPrlimit ? it : it.skip)('is there after a stop that had room for the log but not for its index', async () => {
    const server = await start({ fileBytesMax: 1_900_000 });
    const stream = (n: number): string => `${n}-`.padEnd(400, 'x');
    for (let n = 0; n < 3500; n += 100)
      await Promise.all(
        Array.from({ length: 100 }, (_, m) => server.client.appendToStream(stream(n + m), jsonEvent({ type: 'a', data: {} }))),
      );
    expect(await server.stop()).toBe(0);
    expect(existsSync(join(folder, 'index/as-left'))).toBe(false);
    const again = await start();
    for (const n of [0, 1234, 3499]) expect(await idsOf(again.client, stream(n))).toHaveLength(1);
    expect(again.output()).not.toContain('damaged');
  });
});

describe('a store that is asked to stop', () => {
  it('answers or fails every append it took in, and exits with 0', async () => {
    const server = await start();
    const pending = Array.from({ length: 200 }, (_, n) => server.client.appendToStream(`pool-${n % 7}`, event()));
    await pending[0];
    const stopped = server.stop();
    const outcomes = await Promise.allSettled(pending);
    expect(await stopped).toBe(0);
    const written = outcomes.filter(({ status }) => status === 'fulfilled').length;
    const again = await start();
    let found = 0;
    for await (const _ of again.client.readAll()) found += 1;
    expect(found).toBeGreaterThanOrEqual(written);
  });
});

describe('a second process on the same folder', () => {
  it('is refused and told who has it; after kill -9 of the first the folder is free', async () => {
    const server = await start();
    const second = spawnSync(process.execPath, [MAIN, '--port', '0', '--data', folder], { encoding: 'utf8' });
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(new RegExp(`is in use by process ${server.child.pid}, since \\d{4}-`));
    await server.stop('SIGKILL');
    await start();
  });
});

describe('a reader that does not read', () => {
  it('costs the store no memory, however much there is to read', async () => {
    const server = await start();
    const big = () => event({ text: 'x'.repeat(100_000) });
    for (let n = 0; n < 60; n++) await server.client.appendToStream('pool-1', Array.from({ length: 10 }, big));
    const residentMiB = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))![1]) / 1024;
    const before = residentMiB();
    // Twenty reads of all 60 MB, of which nothing is ever taken off the connection.
    const session = connect(`http://127.0.0.1:${server.port}`);
    const reads = Array.from({ length: 20 }, () => {
      const call = session.request({
        ':method': 'POST',
        ':path': '/event_store.client.streams.Streams/Read',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      // all {start}, forwards, the largest count, no filter, ids as text
      call.end(Buffer.from([0, 0, 0, 0, 22, 10, 20, 18, 2, 18, 0, 40, 255, 255, 255, 255, 255, 255, 255, 255, 127, 66, 0, 74, 2, 18, 0]));
      return new Promise((resolve) => call.once('response', (headers) => resolve(headers['grpc-status'] ?? 'open')));
    });
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['open']));
    expect(await idsOf(server.client, 'pool-1')).toHaveLength(600);
    expect(residentMiB() - before).toBeLessThan(150);
    session.destroy();
  });
});

describe('the settings of a real node', () => {
  it('limit what an append may hold', async () => {
    const server = await start({ env: { EVENTSTORE_MAX_APPEND_SIZE: '1024' } });
    const append = (bytes: number) => server.client.appendToStream('pool-1', event({ text: 'x'.repeat(bytes) }));
    await append(900);
    await expect(append(1024)).rejects.toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: 1024 });
  });

  it('let an append that the disk does not confirm time out; it may be there all the same', async () => {
    const release = join(folder, 'release');
    const env = { HOLD_SYNC: release, EVENTSTORE_PREPARE_TIMEOUT_MS: '50', EVENTSTORE_COMMIT_TIMEOUT_MS: '50' };
    const server = await start({ env });
    // Long before the client would lose patience.
    const appends = [event(), event()].map((one) => server.client.appendToStream('pool-1', one, { deadline: 600_000 }));
    const outcomes = await Promise.allSettled(appends);
    expect(outcomes).toMatchObject([{ reason: { type: 'deadline-exceeded' } }, { reason: { type: 'deadline-exceeded' } }]);
    writeFileSync(release, '');
    while ((await idsOf(server.client, 'pool-1')).length < 2) await new Promise(setImmediate);
  });
});

describe('a store that is starting', () => {
  it('answers early calls that it is not available, or does what they ask; none waits for its deadline', async () => {
    const first = await start();
    for (let n = 0; n < 200; n++)
      await first.client.appendToStream(
        `pool-${n % 10}`,
        Array.from({ length: 100 }, () => event()),
      );
    await first.stop('SIGKILL');
    const outcomes = new Set<unknown>();
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        // A client of its own each time: it has no earlier failure to wait for.
        const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${first.port}?tls=false&defaultDeadline=30000`);
        const reading = client.readAll({ maxCount: 1 })[Symbol.asyncIterator]().next();
        outcomes.add(
          await reading.then(
            () => 'done',
            (error: { type?: string }) => error.type,
          ),
        );
        if (outcomes.has('done')) isOver = true;
        await client.dispose();
      }
    })();
    await until(() => outcomes.size > 0);
    await start({ port: first.port });
    await asking;
    expect(outcomes).toEqual(new Set(['unavailable', 'done']));
  });
});
