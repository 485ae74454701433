import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openReadStore } from '#read-store';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive } from '../testing/story.js';

let folder: LedgerFolder;

beforeAll(async () => {
  folder = await makeLedgerFolder();
  await folder.open(async ({ ledger }) => {
    await begin(ledger);
    await buyAndGive(ledger);
  });
});
afterAll(() => folder.remove());

/** Everything of the version that serves. */
async function served(name: string): Promise<string[]> {
  const store = await openReadStore({ dataDir: folder.dataDir });
  const lines: string[] = [];
  try {
    for await (const line of store.dump(name, (await store.servingVersion(name))!)) lines.push(line);
  } finally {
    await store.close();
  }
  return lines;
}

describe('ledger rebuild', () => {
  it('fills a read model from nothing, and again to the very same', async () => {
    const { code, stdout, stderr } = await folder.run(['rebuild', 'pool-balance']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^pool-balance was rebuilt from 3 events up to position \d+ in [\d.]+ s, and queries are answered from it\.\n$/);
    const first = await served('pool-balance');
    expect(first.length).toBeGreaterThan(0);
    expect((await folder.run(['rebuild', 'pool-balance'])).code).toBe(0);
    expect(await served('pool-balance')).toEqual(first);
  });

  it('does all of them one after the other', async () => {
    const { code, stdout } = await folder.run(['rebuild', 'all']);
    expect(code).toBe(0);
    expect(stdout.match(/was rebuilt from/g)!.length).toBeGreaterThan(4);
  });

  it('leaves the read models of another log alone', async () => {
    const other = await makeLedgerFolder();
    const { code, stderr } = await other.open(async ({ ledger, url }) => {
      await begin(ledger);
      return folder.run(['rebuild', 'pool-balance'], { DATA_DIR: folder.dataDir, EVENTSTORE_URL: url });
    });
    await other.remove();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ledger: The read models in this store belong to a log whose first event is/);
    expect((await served('pool-balance')).length).toBeGreaterThan(0);
  });

  it('says which there are when asked for another', async () => {
    const { code, stderr } = await folder.run(['rebuild', 'everything']);
    expect(code).toBe(1);
    expect(stderr).toContain('There is no read model named everything. There are: catalogue, pool-balance, history-search');
  });
});
