import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fireDeadlines, pool, type PoolFact } from '#licensing';
import { ordered, subscriptionId, used } from '../../../libs/licensing/testing/subscription-facts.js';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive, context, customerId, drawDown, edge, partnerId } from '../testing/story.js';

let folder: LedgerFolder;

beforeAll(async () => {
  folder = await makeLedgerFolder();
  await folder.open(async ({ ledger }) => {
    await begin(ledger);
    await buyAndGive(ledger);
  });
});
afterAll(() => folder.remove());

describe('ledger replay', () => {
  it('shows what happened to an account, with names, changes and the balance after each', async () => {
    const { code, stdout, stderr } = await folder.run(['replay', '--account', partnerId]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/2026-04-01T09:0\d:00\.000Z │ +0 │ Bought with order PO-1 +│ remo-edge-1y │ +\+10 │ +10/);
    expect(stdout).toMatch(/│ +1 │ Given to 山田商店, until 2027-04-01\S+ +│ remo-edge-1y │ +-3 │ +7/);
    expect(stdout).toContain(`Account ${partnerId} then held 7 in total`);
  });

  it('shows the other side, too', async () => {
    expect((await folder.run(['replay', '--account', customerId])).stdout).toMatch(
      /Received from 東京カメラ販売 +│ remo-edge-1y │ +\+3 │ +3/,
    );
  });

  it('writes one JSON object a fact', async () => {
    const { stdout } = await folder.run(['replay', '--account', partnerId, '--json']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { stream: `pool-${partnerId}`, revision: 0, type: 'LicensePurchased', balances: [{ sku: edge, available: 10 }] },
      { revision: 1, type: 'LicenseAssigned', data: { customerId }, balances: [{ available: 7, assigned: 3 }] },
    ]);
  });

  it('stops at a time or a position, which are included', async () => {
    const lines = async (until?: string) => {
      const { stdout } = await folder.run(['replay', '--account', partnerId, '--json', ...(until ? ['--until', until] : [])]);
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    };
    const [first] = await lines();
    expect(await lines(first.recordedAt)).toHaveLength(1);
    expect(await lines(first.position)).toHaveLength(1);
    expect(await lines('2099-01-01T00:00:00+09:00')).toHaveLength(2);
  });

  it('shows what a drawdown holds, and what came of it', async () => {
    const drawn = await makeLedgerFolder();
    await drawn.open(async ({ ledger }) => {
      await begin(ledger);
      await buyAndGive(ledger);
      await drawDown(ledger);
    });
    const { stdout } = await drawn.run(['replay', '--account', partnerId]);
    expect(stdout).toMatch(/Held for 山田商店 until 2026-05-01\S+: drawdown from order PO-1 +│ remo-edge-1y │ +-2 │ +5/);
    expect(stdout).toMatch(/Drawdown rejected: not paid +│ remo-edge-1y │ +\+1 │ +5/);
    expect(stdout).toMatch(/2 given to 山田商店 by drawdown, until 2027-04-01\S+ +│ remo-edge-1y │ +│ +5/);
    await drawn.remove();
  });

  it('shows what was put to use, in a file or in the cloud', async () => {
    const used = await makeLedgerFolder();
    const lot = { lotId: 'lot-1', sku: edge, quantity: 4 };
    const [service, terms] = [
      { accountId: partnerId, serviceId: 's-1' },
      { orderId: 'PO-9', term: 'P1Y', termStarts: 'onPurchase', reversibility: 'free' },
    ] as const;
    await used.open(async ({ ledger }) => {
      await begin(ledger);
      const facts: PoolFact[] = [
        { type: 'LicensePurchased', data: { accountId: partnerId, orderId: 'PO-9', source: 'operator', lots: [{ ...lot, ...terms }] } },
        {
          type: 'LicenseFileIssued',
          data: {
            accountId: partnerId,
            fileId: 'f-1',
            sku: edge,
            quantity: 1,
            machine: 'nvr-3',
            issuedAt: '',
            lots: [{ ...lot, quantity: 1 }],
          },
        },
        { type: 'ServiceProvisioningRequested', data: { ...service, sku: edge, lot: { ...lot, quantity: 3 } } },
        {
          type: 'ServiceProvisioningFailed',
          data: { ...service, details: 'no room', released: [{ ...lot, quantity: 3, from: 'inSeats' }] },
        },
        { type: 'LicenseExpired', data: { accountId: partnerId, effectiveAt: '', lots: [{ ...lot, quantity: 1, from: 'inSeats' }] } },
      ];
      await ledger.record(pool, partnerId, { context: context() }, () => facts);
    });
    const { stdout } = await used.run(['replay', '--account', partnerId]);
    expect(stdout).toMatch(/Put into a license file for nvr-3 +│ remo-edge-1y │ +-1 │ +3/);
    expect(stdout).toMatch(/Service s-1 asked for +│ remo-edge-1y │ +-3 │ +0/);
    expect(stdout).toMatch(/Service s-1 failed: no room +│ remo-edge-1y │ +\+3 │ +3/);
    expect(stdout).toMatch(/Term over .+│ remo-edge-1y │ +│ +3/);
    await used.remove();
  });

  it('shows what a subscription brought, and how it ended', async () => {
    const subscribed = await makeLedgerFolder();
    await subscribed.open(async ({ ledger }) => {
      await begin(ledger);
      const facts = ordered([], 5).map((fact) => ({ ...fact, data: { ...fact.data, accountId: customerId } }) as PoolFact);
      const over = { accountId: customerId, subscriptionId, effectiveAt: '2027-04-01T12:00:00.000Z' };
      const parts = [
        { lotId: 'o-1.1', sku: 'm365', quantity: 3 },
        { lotId: 'o-1.1', sku: 'm365', quantity: 2, from: 'inSeats' as const },
      ];
      const inFile = { ...used('o-1.1', 2), data: { ...used('o-1.1', 2).data, accountId: customerId } } as PoolFact;
      const expired: PoolFact = { type: 'SubscriptionExpired', data: { ...over, lots: parts } };
      await ledger.record(pool, customerId, { context: context() }, () => [...facts, inFile, expired]);
    });
    const { stdout } = await subscribed.run(['replay', '--account', customerId]);
    expect(stdout).toMatch(/Bought with order o-1 in the marketplace +│ m365 +│ +\+5 │ +5/);
    expect(stdout).toMatch(/Subscription over \(effective 2027-04-01T\S+Z\) +│ m365 +│ +-3 │ +0/);
    await subscribed.remove();
  });

  it('says when a term was over, however late it was recorded', async () => {
    const late = await makeLedgerFolder();
    await late.open(async ({ log, ledger }) => {
      await begin(ledger);
      await buyAndGive(ledger);
      const { state } = await ledger.load(pool, customerId);
      const context = {
        commandId: customerId,
        inputHash: '',
        correlationId: customerId,
        actor: { userId: 'deadlines', role: 'system' },
      } as const;
      const [fact] = fireDeadlines(
        structuredClone(state),
        { accountId: customerId, products: new Map(), context },
        '2027-06-01T00:00:00.000Z',
      );
      await ledger.record(pool, customerId, { context }, () => [fact!]);
      await log.end();
    });
    const { stdout } = await late.run(['replay', '--account', customerId]);
    await late.remove();
    expect(stdout).toMatch(/Term over \(effective 2027-04-01T\S+Z\) +│ remo-edge-1y │ +-3 │ +0/);
    expect(stdout).toContain('then held 0 in total');
  });

  it.each([
    [['--account', 'nobody'], 'Account nobody has no history'],
    [['--account', partnerId, '--until', 'yesterday'], "'yesterday' is neither a time like 2026-04-01T09:00:00Z nor a position"],
    [['--account', partnerId, '--until', '2026-04-01T09:00:00'], 'is neither a time'],
    [[], "required option '--account <id>' not specified"],
  ])('with %j ends with 1 and says why', async (words, message) => {
    const { code, stdout, stderr } = await folder.run(['replay', ...words]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
  });
});
