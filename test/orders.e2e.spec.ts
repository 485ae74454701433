import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LaunchedLedger, temporaryFolder } from './support/launched-ledger.js';
import { paymentSecret, provisioningSecret } from './support/running-ledger.js';
import { until } from './support/until.js';
import { Colt, monthly } from './walkthroughs/colt.js';
import { expectStatus, type Party } from './walkthroughs/remo.js';

const operatorPassword = 'correct horse battery staple';
const tenant = { type: 'existing', domain: 'colibri.onmicrosoft.com' };

let data: ReturnType<typeof temporaryFolder>;
let ledger: LaunchedLedger;
let colt: Colt;
let customers: Party[];
beforeEach(() => void (data = temporaryFolder()));
afterEach(async () => {
  await ledger.stop();
  data.remove();
});

async function start(words: readonly string[] = []): Promise<void> {
  const secrets = { OPERATOR_PASSWORD: operatorPassword, PAYMENT_SECRET: paymentSecret, PROVISIONING_SECRET: provisioningSecret };
  ledger = await LaunchedLedger.start(data.path, secrets, words);
  const running = { url: ledger.address.apiUrl, operatorLogin: 'operator', operatorPassword, storeSecret: paymentSecret };
  colt = await Colt.at({ ...running, output: () => ledger.printed, stop: async () => {} });
  await colt.openMarketplace();
  customers = await Promise.all(['colibri', 'pinson', 'merle'].map((name) => colt.customer(name, `${name}@example.com`)));
}

const order = ({ id, user }: Party, quantity: number) =>
  expectStatus(
    202,
    user.post('/v1/orders', {
      accountId: id,
      lines: [{ sku: colt.basic, quantity, billing: monthly }],
      payment: { method: 'invoice' },
      tenant,
    }),
  );
const home = async ({ id, user }: Party) => (await user.get(`/v1/pools/${id}/overview`)).body;
const inPool = async (customer: Party): Promise<number> => (await home(customer)).products[0]?.available ?? 0;

describe('orders', () => {
  it('come into the pool exactly once, however often the automations are killed', async () => {
    await start();
    const ordered = [0, 0, 0];
    for (let round = 0; round < 5; round += 1) {
      const before = await inPool(customers[0]!);
      const quantities = Array.from({ length: 24 }, (_, index) => 1 + ((index + round) % 5));
      await Promise.all(quantities.map((quantity, index) => order(customers[index % 3]!, quantity)));
      quantities.forEach((quantity, index) => (ordered[index % 3]! += quantity));
      await until(async () => (await inPool(customers[0]!)) > before && ledger.processes.has('automations'));
      ledger.kill('automations');
    }
    for (const customer of customers) await until(async () => (await home(customer)).ordersOpen === 0);
    expect(await Promise.all(customers.map(inPool))).toEqual(ordered);
    const states = await Promise.all(customers.map(async ({ user }) => (await user.get('/v1/orders', { limit: 500 })).body.items));
    expect(new Set(states.flat().map(({ state }: { state: string }) => state))).toEqual(new Set(['provisioned']));
    expect(states.flat()).toHaveLength(120);
    await until(() => ledger.printed.match(/automations ended by SIGKILL/g)?.length === 5);
  });

  it('placed before the sandbox clock is moved are through before what falls due by then', async () => {
    await start(['--sandbox']);
    const { now } = (await colt.operator.get('/v1/sandbox/clock')).body;
    const placed = await Promise.all(customers.map((customer) => order(customer, 3)));
    const aMonthOn = new Date(Date.parse(now) + 40 * 86_400_000).toISOString();
    await expectStatus(200, colt.operator.put('/v1/sandbox/clock', { now: aMonthOn }));
    const operator = await colt.anyone.signIn('operator', operatorPassword);
    for (const [index, { body }] of placed.entries()) {
      expect((await operator.get(`/v1/orders/${body.orderId}`)).body.state).toBe('provisioned');
      const { products, subscriptions } = (await operator.get(`/v1/pools/${customers[index]!.id}/overview`)).body;
      expect(products).toMatchObject([{ sku: colt.basic, available: 3 }]);
      expect(subscriptions[0].termEndsAt > aMonthOn).toBe(true);
    }
  });
});
