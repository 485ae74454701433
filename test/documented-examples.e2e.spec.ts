import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { startApi, type StartedApi } from '../apps/api/src/testing/started-api.js';
import { bring } from '../apps/api/src/testing/marketplace.js';
import { newProduct, tokenOf } from '../apps/api/src/testing/tenants.js';
import { noteSent, notification, pool, product, provisionOrder, queueNotification, serviceIdOf, type NotificationQueued } from '#licensing';
import { story } from '../apps/api/src/story.js';
import { Caller, type Answer } from './support/caller.js';
import { TheStore } from './support/the-store.js';

/** The documents' calls in the order of the story they tell, and who makes each. */
const calls: [call: string, by: string][] = [
  ['GET /v1/health/live', 'nobody'],
  ['GET /v1/health/ready', 'nobody'],
  ['GET /v1/health', 'nobody'],
  ['POST /v1/users', 'operator'],
  ['POST /v1/sessions', 'nobody'],
  ['GET /v1/me', 'hanako'],
  ['PUT /v1/products/{sku}', 'operator'],
  ['GET /v1/products', 'partner'],
  ['GET /v1/products/{sku}', 'partner'],
  ['POST /v1/partners', 'operator'],
  ['GET /v1/partners/{partnerId}', 'partner'],
  ['PUT /v1/partners/{partnerId}/store-link', 'partner'],
  ['POST /v1/store/purchases', 'store'],
  ['POST /v1/customers', 'partner'],
  ['PUT /v1/customers/{customerId}/dealer', 'customer'],
  ['GET /v1/customers/{customerId}', 'partner'],
  ['GET /v1/partners/{partnerId}/customers', 'partner'],
  ['POST /v1/pools/{accountId}/purchases', 'operator'],
  ['POST /v1/pools/{accountId}/purchases/{orderId}/reversal', 'operator'],
  ['POST /v1/pools/{accountId}/assignments', 'partner'],
  ['POST /v1/pools/{accountId}/activations', 'partner'],
  ['GET /v1/pools/{accountId}/orders', 'partner'],
  ['POST /v1/pools/{accountId}/drawdowns', 'partner'],
  ['GET /v1/drawdowns', 'accounting'],
  ['POST /v1/pools/{accountId}/drawdowns/{drawdownId}/reject', 'accounting'],
  ['POST /v1/pools/{accountId}/drawdowns/{drawdownId}/clone', 'partner'],
  ['POST /v1/pools/{accountId}/drawdowns', 'partner'],
  ['POST /v1/pools/{accountId}/drawdowns/{drawdownId}/cancel', 'partner'],
  ['POST /v1/pools/{accountId}/drawdowns', 'partner'],
  ['POST /v1/pools/{accountId}/drawdowns/{drawdownId}/approve', 'accounting'],
  ['GET /v1/pools/{accountId}/drawdowns', 'partner'],
  ['GET /v1/pools/{accountId}/drawdowns/{drawdownId}', 'partner'],
  ['POST /v1/pools/{accountId}/drawdowns/{drawdownId}/accept', 'partner'],
  ['POST /v1/pools/{accountId}/license-files', 'partner'],
  ['GET /v1/pools/{accountId}/license-files', 'partner'],
  ['GET /v1/pools/{accountId}/license-files/{fileId}', 'partner'],
  ['GET /v1/keys', 'nobody'],
  ['GET /v1/pools/{accountId}/services', 'partner'],
  ['POST /v1/pools/{accountId}/services/{serviceId}/provision', 'partner'],
  ['POST /v1/pools/{accountId}/services/{serviceId}/fail', 'operator'],
  ['POST /v1/pools/{accountId}/services/{serviceId}/provision', 'partner'],
  ['POST /v1/services/confirmations', 'provisioning'],
  ['POST /v1/pools/{accountId}/services/{serviceId}/complete', 'operator'],
  ['PATCH /v1/customers/{customerId}', 'customer'],
  ['GET /v1/pools/{accountId}/assignments', 'partner'],
  ['GET /v1/pools/{accountId}', 'partner'],
  ['GET /v1/notifications', 'partner'],
  ['PUT /v1/cart/lines/{sku}', 'customer'],
  ['GET /v1/cart', 'customer'],
  ['POST /v1/cart/checkout', 'customer'],
  ['DELETE /v1/cart/lines/{sku}', 'customer'],
  ['POST /v1/orders', 'customer'],
  ['GET /v1/orders', 'customer'],
  ['GET /v1/orders/{orderId}', 'customer'],
  ['GET /v1/orders/{orderId}/stream', 'customer'],
  ['GET /v1/pools/{accountId}/overview', 'customer'],
  ['GET /v1/pools/{accountId}/subscriptions', 'customer'],
  ['GET /v1/pools/{accountId}/subscriptions/{subscriptionId}', 'customer'],
  ['GET /v1/pools/{accountId}/deadlines', 'customer'],
  ['POST /v1/pools/{accountId}/subscriptions/{subscriptionId}/resize', 'customer'],
  ['PUT /v1/pools/{accountId}/subscriptions/{subscriptionId}/schedule', 'customer'],
  ['DELETE /v1/pools/{accountId}/subscriptions/{subscriptionId}/schedule', 'customer'],
  ['POST /v1/pools/{accountId}/subscriptions/{subscriptionId}/auto-renewal', 'customer'],
  ['POST /v1/pools/{accountId}/subscriptions/{subscriptionId}/cancel', 'customer'],
  ['POST /v1/orders/{orderId}/cancel', 'customer'],
  ['POST /v1/payments/confirmations', 'payment'],
  ['GET /v1/fulfilments', 'operator'],
  ['POST /v1/fulfilments/{fulfilmentId}/complete', 'operator'],
  ['POST /v1/fulfilments/{fulfilmentId}/fail', 'operator'],
  ['GET /v1/events', 'auditor'],
  ['GET /v1/events/stream', 'auditor'],
  ['GET /v1/audit/streams/{stream}', 'auditor'],
  ['GET /v1/audit/assignments', 'auditor'],
  ['PATCH /v1/partners/{partnerId}', 'partner'],
  ['DELETE /v1/customers/{customerId}/dealer', 'customer'],
  ['DELETE /v1/products/{sku}', 'operator'],
];
/** Time is moved in a sandbox only: see automations.e2e.spec.ts. */
const elsewhere = ['GET /v1/sandbox/clock', 'PUT /v1/sandbox/clock'];

let api: StartedApi;
let anyone: Caller;
let store: TheStore;
let provisioning: TheStore;
/** Signs like the shop, with a secret of its own. */
let payment: TheStore;
let documents: any;
const schemas = new Ajv2020({ strict: false, allErrors: true, logger: false });
/** What the ids of the story are in this run. */
const ids: Record<string, string> = {};
const tokens: Record<string, string | undefined> = {};
let latest: string | undefined;

beforeAll(async () => {
  api = await startApi();
  await api.app.listen(0, '127.0.0.1');
  anyone = new Caller(`http://127.0.0.1:${(api.app.getHttpServer().address() as { port: number }).port}`);
  store = new TheStore(api.parts.secrets.storeSecret!, anyone);
  provisioning = new TheStore(api.parts.secrets.provisioningSecret!, anyone);
  payment = new TheStore(api.parts.secrets.paymentSecret!, anyone);
  // The first read models are being made.
  while ((await anyone.get('/v1/health/ready')).status !== 200);
  documents = (await anyone.get('/v1/openapi.json')).body;
  (addFormats as unknown as (schemas: Ajv2020) => void)(schemas);
  schemas.addSchema({ $id: 'documents', components: documents.components });
  tokens['operator'] = api.operator;
  tokens['auditor'] = await tokenOf(api, 'auditor');
  tokens['accounting'] = await tokenOf(api, 'accounting');
  tokens['partner'] = await tokenOf(api, 'partner', story.partnerId);
  await newProduct(api, 'REMO-DIRECT-1Y', { termStarts: 'onFirstUse' });
  await newProduct(api, 'BOT-RUNNER', { delivery: 'file' });
  await newProduct(api, 'CONTROL-ROOM', { delivery: 'cloud' });
  const billingOptions = [{ period: 'P1M', commitment: 'P1Y' }];
  await newProduct(api, 'M365-BUSINESS', { billingOptions, tenant: 'microsoft', fulfilment: 'provider' });
});
afterAll(() => api?.stop());

const operationOf = (call: string) => {
  const [method, path] = call.split(' ') as [string, string];
  return { method, path, operation: documents.paths[path][method.toLowerCase()] };
};

/** The text with the ids of the story as they are in this run. */
function inThisRun(text: string): string {
  return Object.entries(ids).reduce((replaced, [told, real]) => replaced.replaceAll(told, real), text);
}

/** The call as it is documented: path, query and body made of the examples. A read knows of all that was written before. */
async function asDocumented(call: string): Promise<{ method: string; url: string; body: any }> {
  const { method, path, operation } = operationOf(call);
  const examples: [string, string, unknown][] = operation.parameters.map(({ in: place, name, example }: any) => [place, name, example]);
  const url = examples.reduce(
    (text, [place, name, example]) => (place === 'path' ? text.replace(`{${name}}`, String(example)) : text),
    path,
  );
  const given = examples.map(([place, name, example]) => [place, name, name === 'atLeast' ? latest : example] as const);
  const query = given.filter(([place, , example]) => place === 'query' && example !== undefined);
  const text = new URLSearchParams(query.map(([, name, example]): [string, string] => [name, String(example)])).toString();
  const body = operation.requestBody?.content['application/json'].example;
  return { method, url: inThisRun(text === '' ? url : `${url}?${text}`), body: body && JSON.parse(inThisRun(JSON.stringify(body))) };
}

async function made(call: string, by: string, how = ''): Promise<Answer> {
  const { method, url, body } = await asDocumented(call);
  // What the shop signs cannot stand in a document: it holds for ten minutes.
  if (body?.linkToken !== undefined) body.linkToken = await store.linkToken(body.storeAccountId);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { store, provisioning, payment }[by]?.signature(text!) ?? {};
  return new Caller(anyone.url, tokens[by]).call(method, url + how, text, { headers });
}

/** The first of them makes the account that the later ones are about. */
async function remember(call: string, { body }: { body: any }): Promise<void> {
  if (call === 'POST /v1/sessions') tokens['hanako'] = body.accessToken;
  if (call === 'POST /v1/partners') {
    ids[story.partnerId] = body.partnerId;
    tokens['partner'] = await tokenOf(api, 'partner', body.partnerId);
    const lines = ['REMO-DIRECT-1Y', 'BOT-RUNNER', 'CONTROL-ROOM'].map((sku) => ({ sku, quantity: 5 }));
    const order = { orderId: 'PO-OF-THE-FIRST-USE', lines };
    const { lots } = (await new Caller(anyone.url, api.operator).post(`/v1/pools/${body.partnerId}/purchases`, order)).body;
    await api.parts.ledger.record(
      notification,
      story.fileId,
      { notification: mailTo(body.partnerId), context: mailing },
      queueNotification,
    );
    await api.parts.ledger.record(
      notification,
      story.fileId,
      { notificationId: story.fileId, context: { ...mailing, commandId: story.purchaseId } },
      noteSent,
    );
    ids[story.serviceId] = serviceIdOf(body.partnerId, lots[2].lotId);
  }
  if (call === 'POST /v1/pools/{accountId}/license-files') ids[story.fileId] = body.fileId;
  if (call === 'POST /v1/pools/{accountId}/drawdowns') ids[story.drawdownId] = body.drawdownId;
  if (call === 'POST /v1/customers') {
    ids[story.customerId] = body.customerId;
    tokens['customer'] = await tokenOf(api, 'customerAdmin', body.customerId);
    ids[story.subscriptionId] = await subscribed(body.customerId);
  }
}

/** What an order brought the customer; no automation runs here. */
async function subscribed(accountId: string): Promise<string> {
  const subscriptionId = randomUUID();
  const billing = { period: 'P1M', commitment: 'P1Y' };
  const lines = [{ sku: 'M365-BUSINESS', quantity: 5, billing, subscriptionId, unitPrice: { currency: 'EUR', amount: '19.80' } }];
  const products = new Map([['M365-BUSINESS', { ...(await api.parts.ledger.load(product, 'M365-BUSINESS')).state }]]);
  const context = { ...mailing, commandId: subscriptionId };
  await api.parts.ledger.record(pool, accountId, { accountId, orderId: subscriptionId, lines, products, context }, provisionOrder);
  return subscriptionId;
}

/** What the next calls are about: each of them leads an order to where the one after it has to find another. */
async function prepareOrder(call: string, { body }: { body: any }): Promise<void> {
  const customer = new Caller(anyone.url, tokens['customer']);
  const order = async (method: string): Promise<string> => {
    const { example } = operationOf('POST /v1/orders').operation.requestBody.content['application/json'];
    const { body: placed } = await customer.post('/v1/orders', { ...JSON.parse(inThisRun(JSON.stringify(example))), payment: { method } });
    return (ids[story.orderId] = placed.orderId);
  };
  if (call === 'POST /v1/cart/checkout')
    await customer.put('/v1/cart/lines/M365-BUSINESS', { quantity: 1, billing: { period: 'P1M', commitment: 'P1Y' } });
  if (call === 'POST /v1/orders') ids[story.orderId] = body.orderId;
  if (call === 'POST /v1/orders/{orderId}/cancel') await order('external');
  if (call === 'POST /v1/payments/confirmations') latest = await bring.forward(api, ids[story.orderId]!);
  if (call === 'POST /v1/fulfilments/{fulfilmentId}/complete') await bring.forward(api, await order('invoice'));
}

describe('the examples of the documents', () => {
  it('are of every call', () => {
    const documented = Object.entries<object>(documents.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...new Set([...calls.map(([call]) => call), ...elsewhere])].sort()).toEqual(documented.sort());
  });

  it('of every body are whole', () => {
    const operations = Object.values<any>(documents.paths).flatMap((methods) => Object.values<any>(methods));
    const missing = operations.filter(({ requestBody }) => requestBody && requestBody.content['application/json'].example === undefined);
    expect(missing.map(({ operationId }) => operationId)).toEqual([]);
  });

  it.each(calls)('%s answers as documented', async (call, by) => {
    const { operation } = operationOf(call);
    const status = ['201', '202', '200'].find((success) => success in operation.responses)!;
    const { content } = operation.responses[status];
    if ('text/event-stream' in content) return expect(await streams(call, by)).toEqual([Number(status), 'text/event-stream']);
    // What is tried dry is documented beside a success of another status.
    if (status !== '200') expectAsDocumented(operation, await made(call, by, '?dryRun=true'), '200');
    const answer = await made(call, by);
    expectAsDocumented(operation, answer, status);
    // A list is found, unless one of a time before the story is asked for.
    if (!operation.parameters.some(({ name }: any) => name === 'asOf')) expect(answer.body.items).not.toEqual([]);
    latest = answer.position ?? latest;
    await remember(call, answer);
    await prepareOrder(call, answer);
  });
});

function expectAsDocumented(operation: any, { status, body }: Answer, documented: string): void {
  expect([status, String(status) === documented ? '' : body]).toEqual([Number(documented), '']);
  const { schema } = operation.responses[documented].content['application/json'];
  const isAsDocumented = schemas.compile(JSON.parse(JSON.stringify(schema).replaceAll('#/components', 'documents#/components')));
  isAsDocumented(body);
  expect(isAsDocumented.errors ?? []).toEqual([]);
}

/** The automations are not part of this test: the mail that is listed is told by hand. */
const mailing = {
  commandId: story.fileId,
  inputHash: 'told',
  correlationId: 'told',
  actor: { userId: 'mailing', role: 'system' },
} as const;
const mailTo = (accountId: string): NotificationQueued['data'] => ({
  notificationId: story.fileId,
  kind: 'drawdownApproved',
  language: 'ja',
  userId: story.userId,
  accountId,
  about: { type: 'drawdown', id: story.assignmentId },
  content: { orderId: 'PO-2026-0412', lines: [] },
  person: { email: 'sato@sakura-networks.example' },
});

async function streams(call: string, by: string): Promise<[number, string | undefined]> {
  const { url } = await asDocumented(call);
  const leaving = new AbortController();
  const { status, headers } = await fetch(anyone.url + url, { headers: { authorization: `Bearer ${tokens[by]}` }, signal: leaving.signal });
  leaving.abort();
  return [status, headers.get('content-type')?.split(';')[0]];
}
