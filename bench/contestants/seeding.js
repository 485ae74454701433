// Partners with a linked customer and licenses each, recorded by the product's own decisions and write path, without the API in between.
import { randomUUID } from 'node:crypto';
import { connectEventLog, Ledger } from '#event-store';
import {
  assignLicenses,
  customer,
  linkDealer,
  listProduct as list,
  partner,
  pool,
  product,
  purchaseLicenses,
  registerCustomer,
  registerPartner,
} from '#licensing';
import { each } from './call.js';
import { heldAtFirst, policy, sku, tokenOf } from './scene.js';

async function* nothing() {}

/** For an event store without an API. */
export async function listProduct(url) {
  const log = connectEventLog(url);
  const ledger = new Ledger({ log, now: () => new Date().toISOString() });
  await ledger.record(product, sku, command({ sku, name: 'Bench, one year', policy }), list);
  await log.close();
}

/** Records them in the event store at `url`, where the product is listed already. Answers {accountId, customerId, token} of each. */
export async function seedAccounts(url, count, tell) {
  const log = connectEventLog(url);
  // The streams are new, so there is nothing to read before the first fact; should one exist, its append is refused.
  const fresh = {
    append: (...all) => log.append(...all),
    readStream: (stream, range) => (stream.startsWith('product-') ? log.readStream(stream, range) : nothing()),
  };
  const ledger = new Ledger({ log: fresh, now: () => new Date().toISOString() });
  const products = new Map([[sku, { ...(await ledger.load(product, sku)).state }]]);
  try {
    return await each(Array.from({ length: count }), 256, (_, number) => seedAccount(ledger, products, number), tell);
  } finally {
    await log.close();
  }
}

async function seedAccount(ledger, products, number) {
  const [accountId, customerId] = [randomUUID(), randomUUID()];
  const [email, partnerCode] = [`bench-${number}@example.com`, `BENCH-${number}`];
  await Promise.all([
    ledger.record(partner, accountId, command({ partnerId: accountId, name: `Partner ${number}`, email, partnerCode }), registerPartner),
    ledger.record(customer, customerId, command({ customerId, name: `Customer ${number}`, email }), registerCustomer),
    ledger.record(customer, customerId, command({ customerId, partnerId: accountId, partnerCode }), linkDealer),
    ledger.record(pool, accountId, command(purchase(accountId, products)), purchaseLicenses),
  ]);
  return { accountId, customerId, token: await tokenOf('partner', accountId) };
}

function purchase(accountId, products) {
  return { accountId, orderId: 'PO-1', lines: [{ sku, quantity: heldAtFirst }], source: 'operator', accountKind: 'partner', products };
}

/** What the API adds to a command. */
export function command(fields) {
  const actor = { userId: 'bench-operator', role: 'operator' };
  return { ...fields, context: { commandId: randomUUID(), inputHash: '0'.repeat(64), correlationId: 'bench', actor } };
}

/** Assignments of one license each, spread over the accounts; the ledger'''s automations credit the customers meanwhile. */
export async function seedTransfers(url, accounts, count, tell) {
  const log = connectEventLog(url);
  const ledger = new Ledger({ log, now: () => new Date().toISOString() });
  const states = await each(accounts, 32, async ({ customerId }) => ({ ...(await ledger.load(customer, customerId)).state }));
  try {
    await each(
      Array.from({ length: count }),
      512,
      async (_, number) => {
        const { accountId, customerId } = accounts[number % accounts.length];
        const fields = { accountId, customerId, lines: [{ sku, quantity: 1 }], customer: states[number % accounts.length] };
        await ledger.record(pool, accountId, command(fields), assignLicenses);
      },
      tell,
    );
  } finally {
    await log.close();
  }
}
