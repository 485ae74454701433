import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from './support/caller.js';
import { LaunchedLedger, temporaryFolder } from './support/launched-ledger.js';
import { until } from './support/until.js';
import { expectStatus, Remo, type Party } from './walkthroughs/remo.js';

const patience = 180_000;
const operatorPassword = 'correct horse battery staple';
const storeSecret = `whsec_${Buffer.alloc(32, 's').toString('base64')}`;
const sku = 'REMO-EDGE-1Y';

let data: ReturnType<typeof temporaryFolder>;
let ledger: LaunchedLedger;
beforeEach(() => void (data = temporaryFolder()));
afterEach(async () => {
  await ledger.stop();
  data.remove();
}, patience);

async function start(words: readonly string[] = []): Promise<Remo> {
  ledger = await LaunchedLedger.start(data.path, { OPERATOR_PASSWORD: operatorPassword, STORE_SECRET: storeSecret }, words);
  const { apiUrl } = ledger.address;
  return Remo.at({
    url: apiUrl,
    operatorLogin: 'operator',
    operatorPassword,
    storeSecret,
    output: () => ledger.printed,
    stop: async () => {},
  });
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
      const remo = await start();
      await remo.listProducts();
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
        await until(async () => sum(await received()) > before);
        ledger.kill('automations');
      }

      await until(async () => (await balance(partner.user, partner.id)).inTransit === 0);
      expect(await received()).toEqual(given);
      expect((await balance(partner.user, partner.id)).available).toBe(10_000 - sum(given));
      expect(ledger.printed.match(/automations ended by SIGKILL/g)?.length).toBeGreaterThanOrEqual(5);
    },
    patience,
  );
});

describe('the sandbox clock', () => {
  it(
    'fires what falls due when it is moved, in time, and shows it in the answer to the move',
    async () => {
      const remo = await start(['--sandbox']);
      await remo.listProducts();
      const partner = await remo.partner('さくらネットワークス', 'license@sakura.example', 'SAKURA');
      const customer = await remo.linkedCustomer('SAKURA', '山田警備保障', 'ヤマダケイビホショウ', 'kanri@yamada.example');
      await purchase(remo, partner.id, 'PO-1', 10);
      const { now } = (await remo.operator.get('/v1/sandbox/clock')).body;
      await assign(partner, customer, 4);

      const aYearOn = now.replace(/^\d{4}/, (year: string) => String(Number(year) + 1));
      const almost = new Date(Date.parse(aYearOn) - 1).toISOString();
      expect((await remo.operator.put('/v1/sandbox/clock', { now: almost })).body).toEqual({ now: almost, fired: 0 });
      const operator = await remo.anyone.signIn('operator', operatorPassword);
      const moved = await operator.put('/v1/sandbox/clock', { now: aYearOn });
      expect(moved.body).toEqual({ now: aYearOn, fired: 1 });
      expect(moved.headers.get('ledger-sandbox')).toBe('true');
      expect(await balance(operator, customer.id)).toMatchObject({ received: 4, available: 0, expired: 4 });
      expect(await balance(operator, partner.id)).toMatchObject({ available: 6, assigned: 4 });
    },
    patience,
  );

  it(
    'stands still, goes forwards only, and keeps its time over a restart',
    async () => {
      const remo = await start(['--sandbox']);
      const { now } = (await remo.operator.get('/v1/sandbox/clock')).body;
      expect((await remo.operator.get('/v1/sandbox/clock')).body).toEqual({ now });
      const later = new Date(Date.parse(now) + 600_000).toISOString();
      await expectStatus(200, remo.operator.put('/v1/sandbox/clock', { now: later }));
      const backwards = await remo.operator.put('/v1/sandbox/clock', { now });
      expect(backwards).toMatchObject({ status: 409, body: { code: 'CLOCK_BACKWARDS', now: later, requested: now } });
      expect(await ledger.stop()).toBe(0);

      const again = await start(['--sandbox']);
      expect((await again.operator.get('/v1/sandbox/clock')).body).toEqual({ now: later });
    },
    patience,
  );

  it(
    'fires a move that the automations did not live to finish',
    async () => {
      const remo = await start(['--sandbox']);
      await remo.listProducts();
      const partner = await remo.partner('さくらネットワークス', 'license@sakura.example', 'SAKURA');
      const customers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => remo.linkedCustomer('SAKURA', `c${index}`, undefined, `c${index}@example.com`)),
      );
      await purchase(remo, partner.id, 'PO-1', 1_000);
      await Promise.all(customers.map((customer) => assign(partner, customer, 3)));
      const { now } = (await remo.operator.get('/v1/sandbox/clock')).body;
      const moving = remo.operator.put('/v1/sandbox/clock', { now: new Date(Date.parse(now) + 400 * 86_400_000).toISOString() });
      ledger.kill('automations');
      expect((await moving).status).toBe(200);
      const operator = await remo.anyone.signIn('operator', operatorPassword);
      const expired = await Promise.all(customers.map(async ({ id }) => (await balance(operator, id)).expired));
      expect(expired).toEqual(customers.map(() => 3));
    },
    patience,
  );

  it(
    'belongs to the operator, and is not there outside the sandbox',
    async () => {
      const inside = await start(['--sandbox']);
      const partner = await inside.partner('さくらネットワークス', 'license@sakura.example', 'SAKURA');
      expect(await partner.user.get('/v1/sandbox/clock')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      await ledger.stop();
      data = temporaryFolder();
      const outside = await start();
      const answer = await outside.operator.put('/v1/sandbox/clock', { now: '2099-01-01T00:00:00Z' });
      expect(answer).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
      expect(answer.headers.get('ledger-sandbox')).toBeNull();
    },
    patience,
  );
});
