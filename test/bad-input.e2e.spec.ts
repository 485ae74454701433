import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { pool, product, provisionOrder, roles, serviceIdOf, type Role } from '#licensing';
import { startApi, type Answer, type Call, type StartedApi } from '../apps/api/src/testing/started-api.js';
import { bring } from '../apps/api/src/testing/marketplace.js';
import { bought, newCustomer, newPartner, newProduct, tokenOf, type Tenant } from '../apps/api/src/testing/tenants.js';
import { DocumentedAnswers } from './support/documented-answers.js';
import { endpoints, type Endpoint } from './support/endpoints.js';

let api: StartedApi;
let documented: DocumentedAnswers;
const ids: Record<string, string> = { sku: 'REMO-EDGE-1Y' };
const tokens: Record<string, string | undefined> = {};

beforeAll(async () => {
  api = await startApi();
  await newProduct(api, 'REMO-EDGE-1Y');
  await newProduct(api, 'FIRST-USE', { termStarts: 'onFirstUse' });
  const [partner, otherPartner] = [await newPartner(api, 'SAKURA-01'), await newPartner(api)];
  const [customer, otherCustomer] = [await newCustomer(api, 'SAKURA-01'), await newCustomer(api)];
  await newProduct(api, 'SENT', { fulfilment: 'provider' });
  const [ordered, sent] = [await placed(customer, 'REMO-EDGE-1Y'), await placed(customer, 'SENT')];
  await bring.forward(api, sent);
  await api.call({ method: 'PUT', url: '/v1/cart/lines/REMO-EDGE-1Y', token: customer.token, body: { quantity: 1 } });
  // A purchase of this partner has the same number as an order of that customer: both are ids of paths with the same name.
  await bought(api, partner.id, 'REMO-EDGE-1Y', 10, ordered);
  await bought(api, partner.id, 'FIRST-USE', 10);
  await newProduct(api, 'BOT-RUNNER', { delivery: 'file' });
  await newProduct(api, 'CONTROL-ROOM', { delivery: 'cloud' });
  await bought(api, partner.id, 'BOT-RUNNER', 10);
  const [cloud] = (await bought(api, partner.id, 'CONTROL-ROOM', 1)).body.lots;
  const partnersPool = `/v1/pools/${partner.id}`;
  const post = (url: string, body: object) => api.call({ method: 'POST', url, token: partner.token, body });
  ids['fileId'] = (await post(`${partnersPool}/license-files`, { sku: 'BOT-RUNNER', quantity: 1 })).body.fileId;
  ids['serviceId'] = serviceIdOf(partner.id, cloud.lotId);
  await post(`${partnersPool}/services/${ids['serviceId']}/provision`, {});
  const accounting = await tokenOf(api, 'accounting');
  await bought(api, partner.id, 'REMO-EDGE-1Y', 10, 'PO-2');
  const asked = { orderId: 'PO-2', customer: { customerId: customer.id }, lines: [{ sku: 'REMO-EDGE-1Y', quantity: 1 }] };
  for (const name of ['drawdownId', 'approvedId']) ids[name] = (await post(`${partnersPool}/drawdowns`, asked)).body.drawdownId;
  await api.call({ method: 'POST', url: `${partnersPool}/drawdowns/${ids['approvedId']}/approve`, token: accounting });
  Object.assign(ids, { partnerId: partner.id, accountId: partner.id, customerId: customer.id, stream: `pool-${partner.id}` });
  Object.assign(ids, { orderId: ordered, fulfilmentId: sent, subscriptionId: await subscribed(customer.id) });
  const accounts: Partial<Record<Role, string>> = { partner: partner.id, customerAdmin: customer.id, customerUser: customer.id };
  documented = new DocumentedAnswers((await api.call({ url: '/v1/openapi.json' })).body);
  for (const role of roles) tokens[role] = await tokenOf(api, role, accounts[role]);
  Object.assign(tokens, {
    partner: partner.token,
    otherPartner: otherPartner.token,
    customer: customer.token,
    otherCustomer: otherCustomer.token,
  });
});
afterAll(() => api?.stop());

async function placed({ id, token }: Tenant, sku: string): Promise<string> {
  const body = { accountId: id, lines: [{ sku, quantity: 1 }], payment: { method: 'invoice' } };
  return (await api.call({ method: 'POST', url: '/v1/orders', token, body })).body.orderId;
}

/** What an order brought: no automation runs here. */
async function subscribed(accountId: string): Promise<string> {
  const billingOptions = [{ period: 'P1M', commitment: 'P1Y' }];
  await newProduct(api, 'M365', { reversibility: 'windowed', cancellationWindow: 'P7D', billingOptions });
  const subscriptionId = randomUUID();
  const lines = [{ sku: 'M365', quantity: 5, billing: billingOptions[0]!, subscriptionId }];
  const products = new Map([['M365', { ...(await api.parts.ledger.load(product, 'M365')).state }]]);
  const actor = { userId: 'orders', role: 'system' as const };
  const context = { commandId: subscriptionId, inputHash: 'ordered', correlationId: subscriptionId, actor };
  await api.parts.ledger.record(pool, accountId, { accountId, orderId: subscriptionId, lines, products, context }, provisionOrder);
  return subscriptionId;
}

const end = () => api.parts.eventLog.end();
const filled = (text: string, changes: Readonly<Record<string, string>> = {}) =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent({ ...ids, ...changes }[name]!));

/** The right call, with what is to be different. */
function request(
  endpoint: Endpoint,
  changes: Partial<Call> & { readonly query?: string; readonly ids?: Record<string, string> } = {},
): Call {
  const [method, path] = endpoint.call.split(' ') as [Call['method'], string];
  const url = filled(endpoint.path ?? path, changes.ids) + (changes.query === undefined ? '' : `?${changes.query}`);
  const body = endpoint.body && (JSON.parse(filled(JSON.stringify(endpoint.body).replace(/\{"/g, '{ "'))) as object);
  const json: Record<string, string> = endpoint.body ? { 'content-type': 'application/json' } : {};
  const { ids: _, query: __, headers, ...rest } = changes;
  return { method, url, token: tokens[endpoint.by], body, ...rest, headers: { ...json, ...headers } };
}

/** Calls, and says what came instead of the refusal; undefined when it came. */
async function missed(call: Call, status: number, code: string): Promise<string | undefined> {
  const answer: Answer = await api.call(call);
  const isProblem = answer.headers['content-type']?.startsWith('application/problem+json') && answer.body.status === status;
  const undocumented = documented.finding(call, answer);
  if (answer.status === status && answer.body.code === code && isProblem && undocumented === undefined) return undefined;
  const sent = typeof call.body === 'string' ? call.body : JSON.stringify(call.body);
  return `${undocumented === undefined ? '' : `${undocumented}: `}${call.method} ${call.url} ${sent?.slice(0, 300)} ${JSON.stringify(call.headers)?.slice(0, 200)}: ${status} ${code} expected, got ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`;
}

/** What an answer tells, whichever id was asked for. */
async function told(call: Call, id: string): Promise<object> {
  const { status, headers, body } = await api.call(call);
  const told = JSON.stringify({ ...body, correlationId: undefined }).replaceAll(id, '{id}');
  return { status, told, etag: headers['etag'], position: headers['ledger-position'] };
}

/** All of these are refused, and nothing is appended by any. */
async function refused(calls: readonly Call[], status: number, code: string): Promise<void> {
  const before = await end();
  const surprises: string[] = [];
  for (const call of calls) surprises.push(...((await missed(call, status, code)) ?? '').split('\n').filter(Boolean));
  expect(surprises).toEqual([]);
  expect(await end()).toBe(before);
}

/** A copy in which one place, as `a.b[0].c`, has another value. */
function changed(body: object, place: string, value: unknown): object {
  const copy = structuredClone(body) as Record<string, unknown>;
  const steps = place.split(/[.[\]]+/).filter(Boolean);
  let parent: Record<string, unknown> = copy;
  for (const step of steps.slice(0, -1)) parent = (parent[step] ??= {}) as Record<string, unknown>;
  parent[steps.at(-1)!] = value;
  return copy;
}

async function forgedToken(claims: { readonly secret?: string; readonly expiresAt?: number; readonly role?: string }): Promise<string> {
  const token = new SignJWT({ role: claims.role ?? 'operator' }).setProtectedHeader({ alg: 'HS256' }).setSubject(randomUUID());
  const expiresAt = claims.expiresAt ?? Math.floor(Date.now() / 1000) + 600;
  token.setIssuer('license-ledger').setAudience('license-ledger-api').setIssuedAt().setExpirationTime(expiresAt);
  return token.sign(new TextEncoder().encode(claims.secret ?? api.parts.secrets.jwtSecret));
}

it('the table has every call of the documents', async () => {
  const { body } = await api.call({ url: '/v1/openapi.json' });
  const documented = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(endpoints.map(({ call }) => call).sort()).toEqual(documented.sort());
});

describe.each(endpoints)('$call', (endpoint) => {
  const { may, fields = {}, query = {}, foreign } = endpoint;
  const writes = !endpoint.call.startsWith('GET');
  const signedOnly = may?.length === 0;

  if (!endpoint.skipRight)
    it('takes the right call, so that what follows is refused for what is wrong with it', async () => {
      const before = await end();
      const right = request(endpoint, writes && endpoint.by !== 'nobody' ? { query: 'dryRun=true' } : {});
      const answer = await api.call(right);
      expect([answer.status, answer.body]).toEqual([endpoint.answers ?? 200, expect.anything()]);
      expect(documented.finding(right, answer)).toBeUndefined();
      expect(await end()).toBe(before);
    });

  if (may !== undefined) {
    it('refuses callers without a token, or with one that is not ours', async () => {
      const strangers: Partial<Call>[] = [
        { token: undefined },
        { token: 'nonsense' },
        { token: undefined, headers: { authorization: 'Basic b3BlcmF0b3I6eA==' } },
        { token: await forgedToken({ secret: 'another secret that is long enough for it' }) },
        { token: await forgedToken({ expiresAt: Math.floor(Date.now() / 1000) - 10 }) },
        { token: await forgedToken({ role: 'system' }) },
        { token: `${tokens['operator']!.split('.').slice(0, 2).join('.')}.` },
      ];
      const [nobody, ...others] = strangers.map((changes) => request(endpoint, changes));
      await refused([nobody!], 401, signedOnly ? 'SIGNATURE_INVALID' : 'UNAUTHENTICATED');
      await refused(others, 401, 'UNAUTHENTICATED');
    });

    it('refuses every role that may not', async () => {
      const others = roles.filter((role) => !may.includes(role));
      await refused(
        others.map((role) => request(endpoint, { token: tokens[role] })),
        403,
        'FORBIDDEN',
      );
    });
  }

  if (foreign)
    it('finds nothing under the id of nobody, and of somebody else', async () => {
      const own = request(endpoint);
      const nobodys = request(endpoint, { ids: { [foreign.parameter]: randomUUID() } });
      const others = foreign.to.map((name) => ({ ...own, token: tokens[name] }));
      await refused([nobodys, ...others], 404, foreign.code);
    });

  if (foreign && foreign.to.length > 0)
    it('answers the same for what somebody else has and for what nobody has, whatever is asked along', async () => {
      const before = await end();
      const along: Partial<Call & { query: string }>[] = writes ? [{}, { query: 'dryRun=true' }, { headers: { 'if-match': '999' } }] : [{}];
      for (const name of foreign.to)
        for (const changes of along) {
          const ask = (id: string) =>
            told({ ...request(endpoint, { ids: { [foreign.parameter]: id }, ...changes }), token: tokens[name] }, id);
          expect(await ask(ids[foreign.parameter]!)).toEqual(await ask(randomUUID()));
        }
      expect(await end()).toBe(before);
    });

  if (foreign && may?.includes('operator'))
    it('refuses an id that is none', async () => {
      const ids = ['nonsense', '%', 'x'.repeat(300), `${randomUUID()}0`];
      await refused(
        ids.map((id) => request(endpoint, { token: tokens['operator'], ids: { [foreign.parameter]: id } })),
        400,
        'INVALID_REQUEST',
      );
    });

  if (endpoint.by !== 'nobody' && endpoint.answers !== 404)
    it('refuses parameters it does not know, and malformed headers', async () => {
      const malformed = ['unknown', 'constructor', 'toString', '__proto__'].map((name) => request(endpoint, { query: `${name}=1` }));
      if (writes) {
        for (const key of ['a b', 'ключ', 'x'.repeat(256)]) malformed.push(request(endpoint, { headers: { 'idempotency-key': key } }));
        for (const revision of ['x', '-1', '1.5', '"', 'W/"1"', '1e3'])
          malformed.push(request(endpoint, { headers: { 'if-match': revision } }));
        for (const dryRun of ['yes', '1', '']) malformed.push(request(endpoint, { query: `dryRun=${dryRun}` }));
      }
      await refused(malformed, 400, 'INVALID_REQUEST');
    });

  if (Object.keys(query).length > 0)
    it('refuses parameters of the query that are malformed', async () => {
      const calls = Object.entries(query).flatMap(([name, values]) =>
        values.map((value) => request(endpoint, { query: `${name}=${value.includes('%') ? value : encodeURIComponent(value)}` })),
      );
      // Lists may be told either way.
      const single = Object.keys(query).filter((name) => name !== 'sku' && name !== 'types');
      const twice = single.map((name) => request(endpoint, { query: `${name}=1&${name}=2` }));
      await refused([...calls, ...twice], 400, 'INVALID_REQUEST');
    });

  if (endpoint.body && !signedOnly) {
    const text = () => JSON.stringify(request(endpoint).body);

    it('refuses bodies that are no JSON object', async () => {
      const bodies = ['{', '{"a":', `${text()}x`, text().slice(0, -1), `{'a':1}`, '[]', '"x"', '5', 'NaN', '{"a":NaN}', '\u0000', '[{}]'];
      await refused(
        bodies.map((body) => request(endpoint, { body })),
        400,
        'INVALID_REQUEST',
      );
    });

    it('refuses names said twice, endless nesting, unknown names and those of prototypes', async () => {
      const [name, value] = Object.entries(request(endpoint).body as object)[0]!;
      const rest = text().slice(1);
      const bodies = [
        `{${JSON.stringify(name)}:${JSON.stringify(value)},${rest}`,
        `{"deep":${'['.repeat(20_000)}${']'.repeat(20_000)},${rest}`,
        `{"deep":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)},${rest}`,
        `{"unknown":1,${rest}`,
        `{"context":{"commandId":"1"},${rest}`,
        `{"__proto__":{"role":"operator"},${rest}`,
        `{"constructor":{"prototype":{}},${rest}`,
        `{"constructor":1,${rest}`,
        `{"toString":1,${rest}`,
        // A value that says itself what it is made by.
        ...Object.keys(fields).map((place) => JSON.stringify(changed(request(endpoint).body as object, place, { constructor: 1 }))),
      ];
      await refused(
        bodies.map((body) => request(endpoint, { body })),
        400,
        'INVALID_REQUEST',
      );
    });

    it('refuses bodies that are too large, and of another media type', async () => {
      await refused([request(endpoint, { body: `{"name":"${'x'.repeat(1_048_576)}"}` })], 413, 'BODY_TOO_LARGE');
      const types = ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'];
      await refused(
        types.map((type) => request(endpoint, { body: text(), headers: { 'content-type': type } })),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      );
    });

    it.each(Object.entries(fields))('refuses what %s must not be', async (place, values) => {
      const right = request(endpoint).body as object;
      await refused(
        values.map((value) => request(endpoint, { body: changed(right, place, value) })),
        400,
        'INVALID_REQUEST',
      );
    });

    it('refuses numbers without end where texts and numbers belong', async () => {
      const right = request(endpoint).body as object;
      const places = Object.keys(fields);
      const texts = places.map((place) => JSON.stringify(changed(right, place, '▮')));
      const bodies = texts.flatMap((text) => ['1e400', '-1e400', '1e21', 'Infinity', '0x10'].map((number) => text.replace('"▮"', number)));
      await refused(
        bodies.map((body) => request(endpoint, { body })),
        400,
        'INVALID_REQUEST',
      );
    });
  }
});

it('a signed call that is wrong is refused before it is read', async () => {
  const endpoint = endpoints.find(({ call }) => call === 'POST /v1/store/purchases')!;
  const signed = (headers: Record<string, string>) => request(endpoint, { headers, body: '{"lines":' });
  const now = String(Math.floor(Date.now() / 1000));
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': now, 'webhook-signature': 'v1,c29tZXRoaW5n' };
  await refused(
    [request(endpoint, { headers }), request(endpoint, { headers: { ...headers, 'webhook-timestamp': '0' } })],
    401,
    'SIGNATURE_INVALID',
  );
  await refused([signed(headers)], 400, 'INVALID_REQUEST');
});

it('an account that nobody registered has nothing, not even for those who see all', async () => {
  const nobodys = { accountId: randomUUID(), customerId: randomUUID(), partnerId: randomUUID() };
  const about = endpoints.filter(({ call }) => /^GET .*\/\{(account|customer|partner)Id\}/.test(call));
  const answers = await Promise.all(
    about.map(async (endpoint) => {
      const { status, body } = await api.call(request(endpoint, { token: tokens['auditor'], ids: nobodys }));
      return [endpoint.call, status, body.code.endsWith('_NOT_FOUND')];
    }),
  );
  expect(answers).toEqual(about.map(({ call }) => [call, 404, true]));
});

it('what is nowhere is nowhere', async () => {
  const calls = [
    { url: '/v1/nothing' },
    { url: '/' },
    { method: 'POST', url: '/v1/products' },
    { method: 'DELETE', url: `/v1/pools/${ids['accountId']}` },
    { method: 'DELETE', url: `/v1/pools/${ids['accountId']}/assignments/${randomUUID()}` },
  ] as Call[];
  await refused(
    calls.map((call) => ({ ...call, token: tokens['operator'] })),
    404,
    'ROUTE_NOT_FOUND',
  );
});
