import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeSync, openSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';
import { begin } from '../testing/story.js';

let folder: LedgerFolder;
const commands = [
  ['verify'],
  ['verify-license'],
  ['replay'],
  ['rebuild'],
  ['import', 'purchases'],
  ['export', 'events'],
  ['backup'],
  ['restore'],
];

beforeAll(async () => {
  folder = await makeLedgerFolder();
  await folder.open(({ ledger }) => begin(ledger));
});
afterAll(() => folder.remove());

describe('The command line', () => {
  it('tells what there is, and which ledger it works on', async () => {
    const { code, stdout } = await folder.run(['--help']);
    expect(code).toBe(0);
    for (const word of ['verify', 'replay', 'rebuild', 'import', 'export', 'backup', 'restore', 'EVENTSTORE_URL', 'DATA_DIR', 'REDIS_URL'])
      expect(stdout).toContain(word);
  });

  it.each(commands)('tells what %s %s does and takes', async (...words) => {
    const { code, stdout } = await folder.run([...words, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: ledger ${words.join(' ')}`));
    expect(stdout.length).toBeGreaterThan(150);
  });

  it.each([
    [['verifi'], "unknown command 'verifi'"],
    [['verify', '--fast'], "unknown option '--fast'"],
    [['verify', 'now'], 'too many arguments'],
    [['rebuild'], "missing required argument 'name'"],
  ])('refuses %j in words, on stderr, with 1', async (words, message) => {
    const { code, stdout, stderr } = await folder.run(words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('says where it looked when there is no ledger', async () => {
    const { code, stderr } = await folder.run(['verify'], { DATA_DIR: join(folder.dataDir, 'empty') });
    expect(code).toBe(1);
    expect(stderr).toContain(`There is no ledger in ${join(folder.dataDir, 'empty')}.`);
  });

  it('says so when the event store cannot be reached', async () => {
    const { code, stderr } = await folder.run(['verify'], { EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ledger: .*event store/);
    expect(stderr).not.toContain('    at ');
  });

  it('uses the event store of the ledger that runs on the folder, and its own when that was killed', async () => {
    const note = (pid: number, eventStoreUrl: string) =>
      writeFile(join(folder.dataDir, 'ledger.json'), JSON.stringify({ pid, eventStoreUrl, apiUrl: '' }));
    await folder.open(async ({ url }) => {
      await note(process.pid, url);
      expect((await folder.run(['verify'])).stdout).toContain('of the event store at esdb://127.0.0.1');
    });
    await note(2 ** 22 + 1, 'esdb://127.0.0.1:1?tls=false');
    expect((await folder.run(['verify'])).stdout).toContain('of the embedded event store in');
  });

  it('says in words what the system refuses, and that its output is not taken', async () => {
    const other = await makeLedgerFolder();
    await other.open(({ ledger }) => begin(ledger));
    const full = openSync('/dev/full', 'w');
    expect(await other.run(['export', 'events'], undefined, full)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ledger: the output cannot be written: ENOSPC/),
    });
    closeSync(full);
    await rm(join(other.dataDir, 'event-store-access'), { recursive: true });
    await writeFile(join(other.dataDir, 'event-store-access'), '');
    for (const dataDir of [other.dataDir, join(other.dataDir, 'event-store-access')]) {
      const { code, stderr } = await other.run(['verify'], { DATA_DIR: dataDir });
      expect([code, stderr]).toEqual([1, expect.not.stringContaining('    at ')]);
    }
    await other.remove();
  });

  it('says who has the folder when somebody else does', async () => {
    const { code, stderr } = await folder.open(() => folder.run(['verify']));
    expect(code).toBe(1);
    expect(stderr).toContain(String(process.pid));
  });
});
