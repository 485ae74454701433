import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startServer, type ServerProcess } from '../../apps/event-store/src/testing/server-process.js';
import { temporaryFolder } from '../support/launched-ledger.js';

const main = fileURLToPath(new URL('../../dist/apps/event-store/main.js', import.meta.url));
const shim = fileURLToPath(new URL('misbehaving-machine.mjs', import.meta.url));
const isRoot = process.getuid?.() === 0;
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  spawnSync('umount', ['-l', join(folder.path, 'disk')]);
  folder.remove();
});

/** Runs the store on a folder until it ends; how it ended, and what it said. */
function tried(dataDir: string, before: readonly string[] = []): { status: number | null; stderr: string; stdout: string } {
  const [command, ...words] = [...before, process.execPath, main, '--port', '0', '--data', dataDir] as string[];
  const { status, stderr, stdout } = spawnSync(command!, words, {
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return { status, stderr, stdout };
}

const refusal = (code: string, path: string) =>
  `event store: the data folder ${path} cannot be used (${code} at ${path}): give this user the right to read and write everything in it, or choose another data folder.\n`;

// For root every folder is open, so it has to become somebody else, who must be able to read the program.
const canBeNobody = isRoot && spawnSync(asNobody[0]!, [...asNobody.slice(1), 'test', '-r', main]).status === 0;
const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'small', tmpdir()]).status === 0;

describe('a folder that cannot be written', () => {
  (canBeNobody || !isRoot ? it : it.skip)('is refused in one line that says what to do; nothing is made in it', () => {
    chmodSync(folder.path, 0o555);
    const outcome = tried(folder.path, isRoot ? asNobody : []);
    chmodSync(folder.path, 0o755);
    expect(outcome).toEqual({ status: 1, stdout: '', stderr: refusal('EACCES', folder.path) });
  });

  (canBeNobody || !isRoot ? it : it.skip)('is refused also when only its log cannot be written, after it was well', async () => {
    await (await startServer(folder.path)).stop();
    const log = join(folder.path, 'log');
    chmodSync(folder.path, 0o777);
    chmodSync(log, 0o555);
    const outcome = tried(folder.path, isRoot ? asNobody : []);
    chmodSync(log, 0o755);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(
      new RegExp(`^event store: the data folder ${folder.path} cannot be used \\(EACCES at ${folder.path}/(log|index)\\): give this user`),
    );
    await (await startServer(folder.path)).stop();
  });

  (canMount ? it : it.skip)('is refused when its file system is read-only', () => {
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'small', disk]).status).toBe(0);
    expect(tried(disk)).toEqual({ status: 1, stdout: '', stderr: refusal('EROFS', disk) });
  });

  it('is refused when it is a file', () => {
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    expect(tried(file)).toEqual({ status: 1, stdout: '', stderr: refusal('EEXIST', file) });
    expect(() => accessSync(file, constants.R_OK)).not.toThrow();
  });
});

describe('a clock that jumps backwards', () => {
  it('changes no order: created times repeat, also over a restart', async () => {
    const clock = join(folder.path, 'clock');
    const events: { revision: number; position: bigint; created: number }[] = [];
    const jumps = [0, -3_600_000, -3_600_000, -86_400_000, 0];
    const append = async ({ client }: ServerProcess, aheadMs: number): Promise<void> => {
      writeFileSync(clock, String(aheadMs));
      await client.appendToStream('pool-1', jsonEvent({ type: 'LicenseAssigned', data: {} }));
    };
    for (const half of [jumps.slice(0, 2), jumps.slice(2)]) {
      writeFileSync(clock, String(half[0]));
      const server = await startServer(join(folder.path, 'data'), { env: { NODE_OPTIONS: `--import=${shim}`, CLOCK_FILE: clock } });
      for (const aheadMs of half) await append(server, aheadMs);
      await server.stop('SIGKILL');
    }
    const server = await startServer(join(folder.path, 'data'));
    for await (const { event } of server.client.readStream('pool-1')) {
      events.push({ revision: Number(event!.revision), position: event!.position!.commit, created: event!.created.getTime() });
    }
    await server.stop();
    const [first, second, third, fourth, fifth] = events.map(({ created }) => created);
    expect(events.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4]);
    expect(events.every(({ position }, n) => n === 0 || position > events[n - 1]!.position)).toBe(true);
    expect([second, third, fourth]).toEqual([first, first, first]);
    expect(fifth).toBeGreaterThan(first!);
  });
});
