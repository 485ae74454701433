import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isRunning, LaunchedLedger, temporaryFolder } from './support/launched-ledger.js';
import { until } from './support/until.js';

const names = ['api', 'automations', 'event-store', 'projector'];
const folders: { remove(): void }[] = [];
const launched: LaunchedLedger[] = [];

const folder = (): string => {
  const made = temporaryFolder();
  folders.push(made);
  return made.path;
};
const launch = (...how: Parameters<typeof LaunchedLedger.launch>): LaunchedLedger => {
  const ledger = LaunchedLedger.launch(...how);
  launched.push(ledger);
  return ledger;
};
const refused = async (...how: Parameters<typeof LaunchedLedger.launch>): Promise<LaunchedLedger> => {
  const ledger = launch(...how);
  expect(await ledger.ended()).toBe(1);
  return ledger;
};

afterEach(async () => {
  await Promise.all(launched.splice(0).map((ledger) => ledger.stop()));
  for (const made of folders.splice(0)) made.remove();
});

/** A start takes seconds, so most rules are asked of the same ledger; whoever ends it leaves it to the next one to start it again on its data. */
const data = temporaryFolder();
let running: LaunchedLedger | undefined;
let password: string | undefined;
const theLedger = async (): Promise<LaunchedLedger> => {
  if (running === undefined || !isRunning(running.pid)) running = await LaunchedLedger.start(data.path);
  password ??= running.printedPassword;
  return running;
};

afterAll(async () => {
  await running?.stop();
  data.remove();
});

describe('starting and stopping', () => {
  it('tells the first operator’s password at the first start only, and a second start finds everything', async () => {
    const first = await theLedger();
    const operator = await first.caller.signIn('operator', first.printedPassword!);
    const { body: partner } = await operator.post('/v1/partners', { name: '山田商会', email: 'info@yamada.example' });
    expect(await first.stop()).toBe(0);

    const second = await theLedger();
    expect(second.printedPassword).toBeUndefined();
    const again = await second.caller.signIn('operator', password!);
    expect((await again.get(`/v1/partners/${partner.partnerId}`)).body.name).toBe('山田商会');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('stops in order on %s: exit code 0, no process and no address left', async (signal) => {
    const ledger = await theLedger();
    expect(ledger.address.pid).toBe(ledger.pid);
    expect(statSync(join(ledger.folder, 'ledger.json')).mode & 0o777).toBe(0o600);
    const pids = [...ledger.processes.values()];
    expect(pids).toHaveLength(4);
    ledger.signal(signal);
    expect(await ledger.ended()).toBe(0);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(ledger.hasAddress).toBe(false);
  });

  it('lets nobody call its event store without the password of the data folder, which no command line and no output shows', async () => {
    const ledger = await theLedger();
    const { eventStoreUrl } = ledger.address;
    const { username, password, searchParams } = new URL(eventStoreUrl.replace('esdb:', 'http:'));
    const certificate = searchParams.get('tlsCAFile')!;
    expect([username, statSync(certificate).mode & 0o777, statSync(join(certificate, '..')).mode & 0o777]).toEqual([
      'ledger',
      0o600,
      0o700,
    ]);
    const shown = [...ledger.processes.values()].map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    expect([...shown, ledger.printed].filter((text) => text.includes(password))).toEqual([]);
    const outcome = async (url: string) => {
      const client = EventStoreDBClient.connectionString(url);
      const appended = client.appendToStream('pool-1', jsonEvent({ type: 'LicenseAssigned', data: {} }));
      return await appended
        .then(
          () => 'done',
          (error: { type?: string }) => error.type,
        )
        .finally(() => client.dispose());
    };
    expect(await outcome(eventStoreUrl.replace(password, 'guessed'))).toBe('access-denied');
    expect(await outcome(eventStoreUrl.replace(/\/\/[^@]*@/, '//'))).toBe('access-denied');
  });

  it('leaves no process behind when it is killed, and the next start waits for what is still ending', async () => {
    const killed = await theLedger();
    const pids = [...killed.processes.values()];
    killed.signal('SIGKILL');
    await killed.ended();
    const next = await theLedger();
    expect(pids.filter(isRunning)).toEqual([]);
    expect((await next.caller.get('/v1/health/live')).status).toBe(200);
  });
});

describe('a start that is refused says in one line what to do', () => {
  it('when the port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const ledger = await refused(folder(), { PORT: String(port) });
    expect(ledger.lastLine).toBe(
      `ledger could not start: port ${port} on 127.0.0.1 (PORT) is taken by another program: stop it, or set PORT to another one (0 takes any free one)`,
    );
    holder.close();
  });

  it('when another ledger runs on the data folder, naming its process', async () => {
    const first = await theLedger();
    const second = await refused(data.path);
    expect(second.lastLine).toContain(`another ledger (process ${first.pid}) is running on the data folder ${data.path}`);
    expect(first.hasAddress).toBe(true);
  });

  it('when the data folder cannot be made', async () => {
    const file = join(folder(), 'a-file');
    writeFileSync(file, '');
    const ledger = await refused(join(file, 'data'));
    expect(ledger.lastLine).toContain(`the data folder ${join(file, 'data')} cannot be written (ENOTDIR)`);
  });

  it.each(['EVENTSTORE_URL', 'REDIS_URL'])('when a sandbox is asked for with %s', async (setting) => {
    const ledger = await refused(folder(), { [setting]: setting === 'REDIS_URL' ? 'redis://localhost' : 'esdb://localhost' }, [
      '--sandbox',
    ]);
    expect(ledger.printed).toContain(`SANDBOX: is for embedded stores only; ${setting} must not be set`);
  });

  it('when the data folder was made in the other mode', async () => {
    const path = folder();
    const sandbox = launch(path, {}, ['--sandbox']);
    await until(() => existsSync(join(path, 'ledger.mode')));
    await sandbox.stop();
    expect((await refused(path)).lastLine).toContain(`the data folder ${path} was made with --sandbox`);
  });

  it('when it is asked for what there is not', async () => {
    expect((await refused(folder(), {}, ['--sandbx'])).lastLine).toBe(
      "ledger could not start: '--sandbx' is not an option: there are --sandbox, --help and --version",
    );
  });
});

it('--help names every setting and --version the version', async () => {
  const help = launch(folder(), {}, ['--help']);
  expect(await help.ended()).toBe(0);
  expect(help.printed).toMatch(/DATA_DIR .*EVENTSTORE_PORT .*REDIS_URL|EVENTSTORE_URL[\s\S]*REDIS_URL[\s\S]*DATA_DIR/);
  const version = launch(folder(), {}, ['--version']);
  expect(await version.ended()).toBe(0);
  expect(version.printed).toBe(`${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`);
});

describe('a process that dies', () => {
  it('is started again, whichever it is, and the ledger serves as before', async () => {
    const ledger = await theLedger();
    const operator = await ledger.caller.signIn('operator', password!);
    for (const [index, name] of names.entries()) {
      const before = ledger.processes.get(name)!;
      process.kill(before, 'SIGKILL');
      await until(() => (ledger.processes.get(name) ?? before) !== before);
      expect(ledger.printed).toContain(`${name} ended by SIGKILL; starting it again in 0.1 s`);
      const partner = { name: `Partner ${index}`, email: `partner-${index}@example.com` };
      await until(async () => (await operator.post('/v1/partners', partner).catch(() => undefined))?.status === 201);
    }
    expect([...ledger.processes.keys()].toSorted()).toEqual(names);
    expect(await ledger.stop()).toBe(0);
  });

  it('again and again by its own fault stops everything, with the reason', async () => {
    // The last of all: nothing starts on this data folder any more.
    const ledger = await theLedger();
    const pids = [...ledger.processes.values()];
    damageTheLog(ledger.folder);
    ledger.kill('event-store');
    expect(await ledger.ended()).toBe(1);
    expect(ledger.lastLine).toMatch(/^ledger: event-store ended with exit code 1: .*It keeps failing, so everything was stopped$/);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(ledger.hasAddress).toBe(false);
  });
});

/** Flips bits early in the log, where no torn tail can be: a start must not paper over it. */
function damageTheLog(data: string): void {
  const segments = readdirSync(join(data, 'events'), { recursive: true, encoding: 'utf8' }).map((name) => join(data, 'events', name));
  const log = segments.filter((file) => existsSync(file) && statSync(file).isFile() && /log|segment/.test(file)).toSorted()[0]!;
  const bytes = readFileSync(log);
  for (let at = 200; at < 260; at += 1) bytes[at] = bytes[at]! ^ 0xff;
  writeFileSync(log, bytes);
}
