import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { witnessedDigits, witnessStream, type FactMetadata, type FactsWitnessed } from '#event-store';
import { balanceOf, pool } from '#licensing';
import { moveClock, sandboxClockId, sandboxTime } from '#platform';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive, context, customerId, direct, edge, partnerId } from '../testing/story.js';

const head = 'account,orderId,sku,quantity,purchasedAt';
let folder: LedgerFolder;

beforeEach(async () => {
  folder = await makeLedgerFolder();
  await folder.open(({ ledger }) => begin(ledger));
});
afterEach(() => folder.remove());

async function importing(rows: readonly string[], ...options: string[]) {
  const file = join(folder.dataDir, 'purchases.csv');
  await writeFile(file, [head, ...rows].join('\n'));
  return folder.run(['import', 'purchases', file, ...options]);
}
const factsOf = (accountId: string) =>
  folder.open(async ({ log }) => {
    const facts = [];
    for await (const event of log.readStream(`pool-${accountId}`)) facts.push(event);
    return facts;
  });

const good = [`${partnerId},PO-7,${edge},10,`, `${partnerId},PO-7,${direct},2,`, `${customerId},PO-8,${edge},1,2026-03-01T00:00:00Z`];

describe('ledger import purchases', () => {
  it('shows what would happen and changes nothing', async () => {
    const { code, stdout, stderr } = await importing(good);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/2, 3 +│ 5b6f1c1e\S+ │ PO-7 +│ 10 × remo-edge-1y +│ +│ new/);
    expect(stdout).toContain('2 new orders with 13 licenses, 0 already there, 0 conflicts, 0 refused, 0 unreadable lines.');
    expect(stdout).toContain('Nothing was recorded yet: the same command with --apply does it.');
    expect(await factsOf(partnerId)).toEqual([]);
  });

  it('does it when told to, and a second time adds nothing', async () => {
    expect((await importing(good, '--apply')).stdout).toContain('Recorded 2 orders with 13 licenses.');
    const first = await factsOf(partnerId);
    expect(first).toMatchObject([{ type: 'LicensePurchased', data: { orderId: 'PO-7', lots: [{ quantity: 10 }, { quantity: 2 }] } }]);
    expect((first[0]!.metadata as FactMetadata).reason).toBe('import of purchases.csv');

    const again = await importing(good, '--apply');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('There is nothing to record.') });
    expect(again.stdout).toContain('0 new orders with 0 licenses, 2 already there');
    expect(await factsOf(partnerId)).toEqual(first);
  });

  it('has what it recorded witnessed', async () => {
    await importing(good, '--apply');
    const words = await folder.open(async ({ log }) => {
      const found = [];
      for await (const { data } of log.readStream(witnessStream)) found.push((data as FactsWitnessed).facts);
      return found;
    });
    const hashes = [...(await factsOf(partnerId)), ...(await factsOf(customerId))].map(({ metadata }) => (metadata as FactMetadata).hash);
    expect(words).toHaveLength(1);
    for (const hash of hashes) expect(words[0]).toContain(hash.slice(0, witnessedDigits));
  });

  it('begins the term in a customer’s own pool when the order was sold', async () => {
    await importing(good, '--apply');
    expect(await factsOf(customerId)).toMatchObject([
      { data: { effectiveAt: '2026-03-01T00:00:00.000Z', lots: [{ startsAt: '2026-03-01T00:00:00.000Z' }] } },
    ]);
  });

  it('lives in the time of the sandbox, where there is one', async () => {
    await writeFile(join(folder.dataDir, 'ledger.mode'), 'sandbox\n');
    await folder.open(({ ledger }) =>
      ledger.record(sandboxTime, sandboxClockId, { now: '2031-01-01T00:00:00.000Z', context: context() }, moveClock),
    );
    const sold = [`${partnerId},PO-7,${edge},1,2030-12-31T00:00:00Z`];
    expect(await importing(sold, '--apply')).toMatchObject({ code: 0, stderr: '' });
    expect(await factsOf(partnerId)).toMatchObject([
      { metadata: { recordedAt: '2031-01-01T00:00:00.000Z' }, data: { effectiveAt: '2030-12-31T00:00:00.000Z' } },
    ]);
  });

  it('leaves a log that is sound', async () => {
    await importing(good, '--apply');
    expect(await folder.run(['verify'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('13 licenses purchased = 13 available'),
    });
  });

  it('adds only what is new beside what is there', async () => {
    await folder.open(({ ledger }) => buyAndGive(ledger));
    const { stdout } = await importing([`${partnerId},po-1,${edge},10,`, ...good], '--apply');
    expect(stdout).toContain('2 new orders with 13 licenses, 1 already there');
    const available = await folder.open(async ({ ledger }) => balanceOf((await ledger.load(pool, partnerId)).state, edge).available);
    expect(available).toBe(17);
  });

  it('records nothing at all when anything is wrong', async () => {
    await folder.open(({ ledger }) => buyAndGive(ledger));
    const before = await factsOf(partnerId);
    const { code, stderr } = await importing([...good, `${partnerId},PO-1,${edge},11,`, `${partnerId},PO-9,${edge},ten,`], '--apply');
    expect(code).toBe(1);
    expect(stderr).toContain('line 5: order PO-1 is in conflict: The order PO-1 was already recorded with other lines');
    expect(stderr).toContain("line 6: quantity must be a whole number from 1 to 1000000000, not 'ten'");
    expect(stderr).toContain('Nothing was recorded: correct the file and try again.');
    expect(await factsOf(partnerId)).toEqual(before);
  });

  it('shows fifty orders unless asked for all, and whatever is wrong', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `${partnerId},PO-${100 + index},${edge},1,`);
    const { stdout } = await importing([...many, `nobody,PO-9,${edge},1,`]);
    expect(stdout).toContain('PO-149');
    expect(stdout).not.toContain('PO-150');
    expect(stdout).toContain('there is no account nobody');
    expect(stdout).toContain('… and 10 more orders; --all shows them.');
    expect((await importing(many, '--all')).stdout).toContain('PO-159');
  });

  it('says when there is no such file, or not in UTF-8', async () => {
    expect(await folder.run(['import', 'purchases', 'nowhere.csv'])).toMatchObject({
      code: 1,
      stderr: 'ledger: There is no file nowhere.csv.\n',
    });
    const file = join(folder.dataDir, 'latin1.csv');
    await writeFile(file, Buffer.from([0xe9, 0xe8]));
    expect((await folder.run(['import', 'purchases', file])).stderr).toContain('is not in UTF-8');
  });
});
