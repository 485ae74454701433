import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from './support/caller.js';
import { LaunchedLedger, temporaryFolder } from './support/launched-ledger.js';
import { until } from './support/until.js';
import { expectStatus, Remo, type Party } from './walkthroughs/remo.js';

const patience = 180_000;
const operatorPassword = 'correct horse battery staple';
const storeSecret = `whsec_${Buffer.alloc(32, 's').toString('base64')}`;
const sku = 'REMO-EDGE-1Y';

const data = [temporaryFolder(), temporaryFolder()];
/** Outside the sandbox, and in it. */
let ledger: LaunchedLedger;
let sandbox: LaunchedLedger;
let remo: Remo;
let inSandbox: Remo;

beforeAll(async () => {
  ledger = await start(0);
  sandbox = await start(1, ['--sandbox']);
  [remo, inSandbox] = [await remoAt(ledger), await remoAt(sandbox)];
}, patience);
afterAll(async () => {
  await Promise.all([ledger?.stop(), sandbox?.stop()]);
  for (const folder of data) folder.remove();
}, patience);

const start = (folder: number, words: readonly string[] = []) =>
  LaunchedLedger.start(data[folder]!.path, { OPERATOR_PASSWORD: operatorPassword, STORE_SECRET: storeSecret }, words);

async function remoAt({ address }: LaunchedLedger): Promise<Remo> {
  const found = await Remo.at({
    url: address.apiUrl,
    operatorLogin: 'operator',
    operatorPassword,
    storeSecret,
    output: () => '',
    stop: async () => {},
  });
  await found.listProducts();
  return found;
}

const balance = async (caller: Caller, accountId: string) =>
  (await caller.get(`/v1/pools/${accountId}`)).body.products?.find((product: { sku: string }) => product.sku === sku);
const assign = (partner: Party, customer: Party, quantity: number) =>
  expectStatus(201, partner.user.post(`/v1/pools/${partner.id}/assignments`, { customerId: customer.id, lines: [{ sku, quantity }] }));
const purchase = (remo: Remo, accountId: string, orderId: string, quantity: number) =>
  expectStatus(201, remo.operator.post(`/v1/pools/${accountId}/purchases`, { orderId, lines: [{ sku, quantity }] }));

describe('transfers', () => {
  it(
    'credit the receiver exactly once, however often the automations are killed',
    async () => {
      const partner = await remo.partner('さくらネットワークス', 'license@sakura.example', 'SAKURA');
      const customers = await Promise.all(
        ['one', 'two', 'three'].map((name) => remo.linkedCustomer('SAKURA', name, undefined, `${name}@example.com`)),
      );
      await purchase(remo, partner.id, 'PO-1', 10_000);
      const received = async () => {
        const balances = await Promise.all(customers.map(({ id }) => balance(remo.operator, id)));
        return balances.map((product) => product?.received ?? 0);
      };
      const sum = (numbers: number[]) => numbers.reduce((left, right) => left + right, 0);

      const given = [0, 0, 0];
      for (let round = 0; round < 8; round += 1) {
        const before = sum(await received());
        const gifts = Array.from({ length: 30 }, (_, index) => index % 3);
        await Promise.all(gifts.map((who, index) => assign(partner, customers[who]!, 1 + (index % 4))));
        gifts.forEach((who, index) => (given[who]! += 1 + (index % 4)));
        await until(async () => sum(await received()) > before && ledger.processes.has('automations'));
        ledger.kill('automations');
      }

      await until(async () => (await balance(partner.user, partner.id)).inTransit === 0);
      expect(await received()).toEqual(given);
      expect((await balance(partner.user, partner.id)).available).toBe(10_000 - sum(given));
      await until(() => ledger.printed.match(/automations ended by SIGKILL/g)?.length === 8);
    },
    patience,
  );
});

describe('the sandbox clock', () => {
  it(
    'fires what falls due when it is moved, in time, and shows it in the answer to the move',
    async () => {
      const partner = await inSandbox.partner('さくらネットワークス', 'license@sakura.example', 'SAKURA');
      const customer = await inSandbox.linkedCustomer('SAKURA', '山田警備保障', 'ヤマダケイビホショウ', 'kanri@yamada.example');
      await purchase(inSandbox, partner.id, 'PO-1', 10);
      const { now } = (await inSandbox.operator.get('/v1/sandbox/clock')).body;
      await assign(partner, customer, 4);

      const aYearOn = now.replace(/^\d{4}/, (year: string) => String(Number(year) + 1));
      const almost = new Date(Date.parse(aYearOn) - 1).toISOString();
      const { operator } = inSandbox;
      expect((await operator.put('/v1/sandbox/clock', { now: almost })).body).toEqual({ now: almost, fired: 0 });
      const moved = await operator.put('/v1/sandbox/clock', { now: aYearOn });
      expect(moved.body).toEqual({ now: aYearOn, fired: 1 });
      expect(moved.headers.get('ledger-sandbox')).toBe('true');
      expect(await balance(operator, customer.id)).toMatchObject({ received: 4, available: 0, expired: 4 });
      expect(await balance(operator, partner.id)).toMatchObject({ available: 6, assigned: 4 });
    },
    patience,
  );

  it(
    'fires a move that the automations did not live to finish',
    async () => {
      const partner = await inSandbox.partner('みどりシステム', 'license@midori.example', 'MIDORI');
      const customers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => inSandbox.linkedCustomer('MIDORI', `c${index}`, undefined, `c${index}@example.com`)),
      );
      await purchase(inSandbox, partner.id, 'PO-1', 1_000);
      await Promise.all(customers.map((customer) => assign(partner, customer, 3)));
      const { now } = (await inSandbox.operator.get('/v1/sandbox/clock')).body;
      const moving = inSandbox.operator.put('/v1/sandbox/clock', { now: new Date(Date.parse(now) + 400 * 86_400_000).toISOString() });
      sandbox.kill('automations');
      expect((await moving).status).toBe(200);
      const expired = await Promise.all(customers.map(async ({ id }) => (await balance(inSandbox.operator, id)).expired));
      expect(expired).toEqual(customers.map(() => 3));
    },
    patience,
  );

  it(
    'belongs to the operator, and is not there outside the sandbox',
    async () => {
      const partner = await inSandbox.partner('あおば通商', 'license@aoba.example', 'AOBA');
      expect(await partner.user.get('/v1/sandbox/clock')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      const answer = await remo.operator.put('/v1/sandbox/clock', { now: '2099-01-01T00:00:00Z' });
      expect(answer).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
      expect(answer.headers.get('ledger-sandbox')).toBeNull();
    },
    patience,
  );

  it(
    'stands still, goes forwards only, and keeps its time over a restart',
    async () => {
      const { operator } = inSandbox;
      const { now } = (await operator.get('/v1/sandbox/clock')).body;
      expect((await operator.get('/v1/sandbox/clock')).body).toEqual({ now });
      const later = new Date(Date.parse(now) + 600_000).toISOString();
      await expectStatus(200, operator.put('/v1/sandbox/clock', { now: later }));
      const backwards = await operator.put('/v1/sandbox/clock', { now });
      expect(backwards).toMatchObject({ status: 409, body: { code: 'CLOCK_BACKWARDS', now: later, requested: now } });
      expect(await sandbox.stop()).toBe(0);

      sandbox = await start(1, ['--sandbox']);
      inSandbox = await remoAt(sandbox);
      expect((await inSandbox.operator.get('/v1/sandbox/clock')).body).toEqual({ now: later });
    },
    patience,
  );
});
