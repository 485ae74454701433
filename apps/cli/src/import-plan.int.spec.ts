import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { product, listProduct } from '#licensing';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive, context, customerId, direct, edge, partnerId } from '../testing/story.js';
import { planImport } from './import-plan.js';
import type { FileOrder } from './purchase-file.js';

const now = '2026-04-02T00:00:00.000Z';
let folder: LedgerFolder;

beforeAll(async () => {
  folder = await makeLedgerFolder();
  await folder.open(async ({ ledger }) => {
    await begin(ledger);
    await buyAndGive(ledger);
    const policy = { term: null, termStarts: 'onPurchase', reversibility: 'free', requires: [direct] } as const;
    await ledger.record(product, 'add-on', { sku: 'add-on', name: 'Add-on', policy, context: context() }, listProduct);
  });
});
afterAll(() => folder.remove());

const order = (changes: Partial<FileOrder> = {}): FileOrder => ({
  at: [2],
  account: partnerId,
  orderId: 'PO-7',
  lines: [{ sku: edge, quantity: 1 }],
  ...changes,
});
const planned = (...orders: FileOrder[]) => folder.open(({ ledger }) => planImport(ledger, orders, now, 'purchases.csv'));
const outcomes = async (...orders: FileOrder[]) => (await planned(...orders)).map(({ outcome }) => outcome);

describe('The plan of an import', () => {
  it('tells what is new, what is there already, and what contradicts it', async () => {
    const [same, other] = [10, 11].map((quantity) => order({ orderId: 'po-1', lines: [{ sku: edge, quantity }] }));
    expect(await outcomes(order(), same!, other!)).toEqual(['new', 'already there', 'conflict']);
  });

  it('lets an order build on one before it in the file', async () => {
    const addOn = order({ orderId: 'PO-9', lines: [{ sku: 'add-on', quantity: 1 }] });
    const required = order({ orderId: 'PO-8', lines: [{ sku: direct, quantity: 1 }] });
    expect([await outcomes(addOn), await outcomes(required, addOn)]).toEqual([['refused'], ['new', 'new']]);
  });

  it.each([
    ['an unknown account', order({ account: 'nobody' }), 'there is no account nobody'],
    ['an account that can be no stream', order({ account: '株式会社' }), 'there is no account 株式会社'],
    ['an unknown product', order({ lines: [{ sku: 'remo-9y', quantity: 1 }] }), 'There is no product remo-9y.'],
    ['a product that can be no stream', order({ lines: [{ sku: 'リモ', quantity: 1 }] }), 'There is no product リモ.'],
    ['a time in the future', order({ purchasedAt: '2099-01-01T00:00:00.000Z' }), 'purchasedAt must be'],
  ])('refuses %s', async (_, wrong, message) => {
    expect(await planned(wrong)).toMatchObject([{ outcome: 'refused', message: expect.stringContaining(message) }]);
  });

  it('gives the same order the same command, in whatever file it comes', async () => {
    const [first, again, other] = await planned(order(), order({ at: [9], orderId: 'ｐｏ-7' }), order({ account: customerId }));
    expect(again!.command.context.commandId).toBe(first!.command.context.commandId);
    expect(other!.command.context.commandId).not.toBe(first!.command.context.commandId);
  });

  it('records nothing', async () => {
    const end = () => folder.open(({ log }) => log.end());
    const before = await end();
    await planned(order());
    expect(await end()).toBe(before);
  });
});
