import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const built = pathToFileURL(resolve('dist/libs/platform/src/run-process.js')).href;
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'run-process-'))));
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A program whose start is the given text; `stopped` in the folder says that it was stopped in order. */
function program(start: string): string {
  const file = join(folder, 'program.mjs');
  const stopped = JSON.stringify(join(folder, 'stopped'));
  const text = `import { writeFileSync } from 'node:fs';
import { runProcess } from '${built}';
const stop = async () => writeFileSync(${stopped}, '');
const alive = setInterval(() => {}, 1_000);
runProcess('trial', async ({ signal, log }) => { ${start} });`;
  writeFileSync(file, text);
  return file;
}

const kept = (child: ChildProcess): ChildProcess => {
  started.push(child);
  return child;
};
const supervised = (start: string): ChildProcess => kept(fork(program(start), { execArgv: [], silent: true }));
const alone = (start: string): ChildProcess => kept(spawn(process.execPath, [program(start)], { stdio: ['ignore', 'pipe', 'pipe'] }));
const wasStopped = () => existsSync(join(folder, 'stopped'));

async function outcome(child: ChildProcess): Promise<{ code: number | null; errors: string; log: string }> {
  let [errors, log] = ['', ''];
  child.stderr!.on('data', (text) => (errors += text));
  child.stdout!.on('data', (text) => (log += text));
  const [code] = await once(child, 'close');
  return { code: code as number | null, errors, log };
}

describe('a process', () => {
  it('says that it is ready, with what it has to tell', async () => {
    const child = supervised('return { stop, ready: { port: 7 } };');
    const [message] = await once(child, 'message');
    expect(message).toEqual({ ready: true, port: 7 });
    child.kill();
    expect((await outcome(child)).code).toBe(0);
  });

  it('that cannot start says why in one line, to people and to the supervisor, and ends with 1', async () => {
    const child = supervised("throw new Error('the port is taken');");
    const told = once(child, 'message');
    expect(await outcome(child)).toMatchObject({ code: 1, errors: 'trial could not start: the port is taken\n' });
    expect((await told)[0]).toEqual({ failed: 'the port is taken' });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('stops in order on %s, once, and ends with 0', async (signal) => {
    const child = supervised('return { stop };');
    await once(child, 'message');
    child.kill(signal);
    child.kill(signal);
    expect((await outcome(child)).code).toBe(0);
    expect(wasStopped()).toBe(true);
  });

  it('that was asked to stop while it starts is told so, and ends with 0', async () => {
    const child = alone(
      "process.stdout.write('starting'); await new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason)));",
    );
    await once(child.stdout!, 'data');
    child.kill('SIGTERM');
    expect(await outcome(child)).toMatchObject({ code: 0, errors: '' });
  });

  it('that does not come to an end is ended by a later second signal', async () => {
    const child = supervised('return { stop: () => new Promise(() => {}) };');
    await once(child, 'message');
    const ended = outcome(child);
    while (child.exitCode === null) {
      child.kill('SIGINT');
      await pause(50);
    }
    expect((await ended).code).toBe(130);
  });

  it.each([
    ['an error nobody caught', "setTimeout(() => { throw new Error('half dead'); }, 10);"],
    ['a rejection nobody handled', "setTimeout(() => Promise.reject(new Error('half dead')), 10);"],
  ])('does not live on after %s: it is logged, and the end is 1', async (_, cause) => {
    const { code, log } = await outcome(alone(`${cause} return { stop };`));
    expect(code).toBe(1);
    expect(JSON.parse(log.split('\n')[0]!)).toMatchObject({ level: 60, process: 'trial', err: { message: 'half dead' } });
  });

  it('does not outlive its supervisor, however that ended', async () => {
    const supervisor = join(folder, 'supervisor.mjs');
    const note = join(folder, 'child');
    const start = `import { fork } from 'node:child_process'; import { writeFileSync } from 'node:fs';
const child = fork(${JSON.stringify(program('return { stop };'))}, { detached: true, silent: true });
child.on('message', () => { writeFileSync(${JSON.stringify(note)}, String(child.pid)); process.stdout.write('up'); });`;
    writeFileSync(supervisor, start);
    const parent = spawn(process.execPath, [supervisor], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(parent.stdout, 'data');
    parent.kill('SIGKILL');
    const pid = Number(readFileSync(note, 'utf8'));
    while (isRunning(pid)) await pause(10);
    expect(wasStopped()).toBe(true);
  });

  it.each([
    ['is asked to stop', "log.warn('one'); log.warn('two');", 0],
    ['fails', "log.warn('one'); throw new Error('half dead');", 1],
  ])('ends when it %s and has more to say, though nobody reads its log any more', async (_, stop, code) => {
    const child = supervised(`return { stop: async () => { ${stop} } };`);
    await once(child, 'message');
    child.stdout!.destroy();
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(code);
  });

  it('answers for its health and figures where it is told to', async () => {
    const port = await freePort();
    const child = supervised(`return { stop, healthPort: ${port} };`);
    await once(child, 'message');
    expect(await (await fetch(`http://127.0.0.1:${port}/health/live`)).json()).toEqual({ status: 'live' });
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('process_cpu_seconds_total');
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    child.kill();
    expect((await outcome(child)).code).toBe(0);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
