import { v5 as uuidv5 } from 'uuid';
import type { CommandContext, Ledger } from '#event-store';
import {
  acceptDrawdown,
  advanceOrder,
  approveDrawdown,
  assignLicenses,
  cart,
  checkOutCart,
  customer,
  finishOrder,
  linkDealer,
  listProduct,
  order,
  partner,
  placeOrder,
  pool,
  product,
  provisionOrder,
  purchaseLicenses,
  receiveLicenses,
  registerCustomer,
  registerPartner,
  rejectDrawdown,
  setCartLine,
  submitDrawdown,
  type LicenseAssigned,
} from '#licensing';

export const partnerId = '5b6f1c1e-0f0a-4a52-9d5c-0c3b3b1f7a01';
export const customerId = '8d0c1b5a-6a1e-4b39-8f10-2f2f5b9a7c02';
export const edge = 'remo-edge-1y';
export const direct = 'remo-direct-5y';

const names = '2f3a7c52-2b0b-4a53-8c39-1c5b8f5f9d10';
let commands = 0;

/** A command's context; each call is another command. */
export function context(): CommandContext & { actor: { userId: string; role: 'operator' } } {
  commands += 1;
  const commandId = uuidv5(String(commands), names);
  return { commandId, inputHash: 'ab'.repeat(32), correlationId: commandId, actor: { userId: 'operator-1', role: 'operator' } };
}

/** Two products, a partner and a customer that linked it: eight facts before anything is bought. */
export async function begin(ledger: Ledger): Promise<void> {
  const irreversible = { termStarts: 'onAssignment', reversibility: 'irreversible' } as const;
  const edgePolicy = { ...irreversible, term: 'P1Y' };
  await ledger.record(product, edge, { sku: edge, name: 'エッジストレージ録画1年', policy: edgePolicy, context: context() }, listProduct);
  await ledger.record(
    product,
    direct,
    { sku: direct, name: 'カメラダイレクト録画5年', policy: { ...irreversible, term: 'P5Y' }, context: context() },
    listProduct,
  );
  const dealer = { partnerId, name: '東京カメラ販売', email: 'info@tokyo-camera.example', partnerCode: 'TOKYO-1', language: 'ja' } as const;
  await ledger.record(partner, partnerId, { ...dealer, context: context() }, registerPartner);
  const shop = { customerId, name: '山田商店', email: 'yamada@example.jp', language: 'ja' } as const;
  await ledger.record(customer, customerId, { ...shop, context: context() }, registerCustomer);
  await ledger.record(customer, customerId, { customerId, partnerId, partnerCode: 'TOKYO-1', context: context() }, linkDealer);
}

/** The partner buys ten, gives three to the customer, and the customer receives them. */
export async function buyAndGive(ledger: Ledger): Promise<void> {
  const products = new Map([[edge, (await ledger.load(product, edge)).state]]);
  const bought = {
    accountId: partnerId,
    orderId: 'PO-1',
    lines: [{ sku: edge, quantity: 10 }],
    source: 'operator',
    accountKind: 'partner',
    products,
  } as const;
  await ledger.record(pool, partnerId, { ...bought, context: context() }, purchaseLicenses);
  const given = {
    accountId: partnerId,
    customerId,
    lines: [{ sku: edge, quantity: 3 }],
    customer: (await ledger.load(customer, customerId)).state,
  };
  const { facts } = await ledger.record(pool, partnerId, { ...given, context: context() }, assignLicenses);
  const [fact] = facts;
  const assignment = (fact as { data: object }).data as LicenseAssigned['data'];
  await ledger.record(
    pool,
    customerId,
    { from: partnerId, giverRevision: fact!.revision, assignment, context: context() },
    receiveLicenses,
  );
}

/** The customer puts ten into its cart, checks out, and the order is paid and delivered: eight facts. */
export async function orderAndDeliver(ledger: Ledger): Promise<void> {
  const products = new Map([[direct, (await ledger.load(product, direct)).state]]);
  const lines = [{ sku: direct, quantity: 10 }];
  const orderId = uuidv5('the order', names);
  const ids = { orderId, accountId: customerId };
  const checks = { products, product: products.get(direct), checkForm: () => [] };
  await ledger.record(cart, 'user-1', { ...ids, ...lines[0]!, ...checks, context: context() }, setCartLine);
  const placed = { ...ids, lines, payment: { method: 'invoice' as const }, subscriptionIds: [], ...checks };
  await ledger.record(order, orderId, { ...placed, context: context() }, placeOrder);
  await ledger.record(cart, 'user-1', { orderId, lines, orderIdAfter: () => orderId, context: context() }, checkOutCart);
  await ledger.record(order, orderId, { orderId, context: context() }, advanceOrder);
  await ledger.record(pool, customerId, { ...ids, lines, products, context: context() }, provisionOrder);
  await ledger.record(order, orderId, { orderId, context: context() }, finishOrder);
}

/** The partner asks for two drawdowns of the order that it bought: two licenses are accepted, one is rejected. */
export async function drawDown(ledger: Ledger): Promise<void> {
  const products = new Map([[edge, (await ledger.load(product, edge)).state]]);
  const known = (await ledger.load(customer, customerId)).state;
  const submit = async (quantity: number): Promise<string> => {
    const command = { accountId: partnerId, orderId: 'PO-1', customerId, customer: known, lines: [{ sku: edge, quantity }], products };
    const by = context();
    await ledger.record(pool, partnerId, { ...command, context: by }, submitDrawdown);
    return by.commandId;
  };
  const approver = () => ({ ...context(), actor: { userId: 'accounting-1', role: 'accounting' as const } });
  const [accepted, rejected] = [await submit(2), await submit(1)];
  const decided = (drawdownId: string) => ({ accountId: partnerId, drawdownId, context: approver() });
  await ledger.record(pool, partnerId, decided(accepted), approveDrawdown);
  await ledger.record(pool, partnerId, { ...decided(rejected), reason: 'not paid' }, rejectDrawdown);
  await ledger.record(pool, partnerId, decided(accepted), acceptDrawdown);
}
