import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { supervise, type Supervised } from './supervise.js';

let folder: string;
let said: string[];
let lines: string[];
let supervised: Supervised;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervise-'));
  [said, lines] = [[], []];
});
afterEach(async () => {
  await supervised.stop();
  rmSync(folder, { recursive: true });
});

/** Supervises a program that does this after it said that it is ready, and waits until it said so. */
async function run(afterReady: string, beforeReady = ''): Promise<Supervised> {
  const entry = join(folder, 'program.mjs');
  writeFileSync(entry, `${beforeReady}\nsetInterval(() => {}, 1_000); process.send({ ready: true, port: 7 }, () => { ${afterReady} });`);
  const program = { name: 'trial', entry, arguments: () => [], environment: () => process.env };
  const reports = { line: (_: string, text: string) => lines.push(text), say: (text: string) => said.push(text), changed: () => {} };
  supervised = supervise(program, reports);
  expect(await supervised.ready).toMatchObject({ port: 7 });
  return supervised;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

describe('a supervised process', () => {
  it('comes back each time it is killed, however often', async () => {
    await run('');
    for (let round = 0; round < 8; round += 1) {
      const pid = supervised.pid()!;
      process.kill(pid, round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
      await until(() => supervised.pid() !== undefined && supervised.pid() !== pid && said.at(-1) === 'trial is back');
    }
    expect(said.filter((text) => text.startsWith('trial ended by'))).toHaveLength(8);
  });

  it.each([
    ['an exit code', 'process.exit(3)', 'trial ended with exit code 3'],
    ['a crash', "process.kill(process.pid, 'SIGABRT')", 'trial ended by SIGABRT'],
  ])('that keeps ending by itself with %s is given up, with the reason', async (_, end, reason) => {
    await run(end);
    await expect(supervised.ended).rejects.toThrow(reason);
    expect(said.filter((text) => text.includes('starting it again'))).toHaveLength(4);
    expect(supervised.pid()).toBeUndefined();
  });

  it('that cannot start the first time is not tried again, and its own words are the reason', async () => {
    await expect(run('', "process.stderr.write('the disk is full\\n'); process.exit(1);")).rejects.toThrow(
      'trial ended with exit code 1: the disk is full',
    );
    await expect(supervised.ended).rejects.toThrow('the disk is full');
    expect(said).toEqual([]);
  });

  it('is asked to stop once, and is gone then', async () => {
    await run("process.on('SIGTERM', () => { console.log('stopping'); setTimeout(() => process.exit(0), 50); });");
    const pid = supervised.pid()!;
    await until(() => supervised.pid() === pid);
    await Promise.all([supervised.stop(), supervised.stop()]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await supervised.ended;
  });

  it('that died and waits to be started again is not started when everything stops', async () => {
    await run("process.kill(process.pid, 'SIGKILL')");
    await until(() => said.length > 0 && supervised.pid() === undefined);
    await supervised.stop();
    await supervised.ended;
    expect(supervised.pid()).toBeUndefined();
  });

  it('is heard line by line', async () => {
    await run("process.stdout.write('one\\ntw'); process.stdout.write('o\\n'); process.stderr.write('three\\n');");
    await until(() => lines.length === 3);
    expect(lines.toSorted()).toEqual(['one', 'three', 'two']);
  });
});
