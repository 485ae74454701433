import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Call, type StartedApi } from '../testing/started-api.js';
import { bought, newCustomer, newPartner, newProduct, type Tenant } from '../testing/tenants.js';

let api: StartedApi;
let partner: Tenant;
let customer: Tenant;
const lines: string[] = [];
beforeAll(async () => {
  api = await startApi({ LOG_LEVEL: 'trace', LIMIT_BODY_BYTES: '2048' }, undefined, { write: (line) => lines.push(line) });
  await newProduct(api, 'A');
  const registered = await newPartner(api);
  partner = registered;
  customer = await newCustomer(api, registered.partnerCode);
  await bought(api, partner.id, 'A', 100);
});
afterAll(() => api.stop());

const assign = (more: Partial<Call> = {}) =>
  api.call({
    method: 'POST',
    url: `/v1/pools/${partner.id}/assignments`,
    token: partner.token,
    body: { customerId: customer.id, lines: [{ sku: 'A', quantity: 1 }] },
    ...more,
  });
const json = { 'content-type': 'application/json' };

/** Nothing was recorded meanwhile. */
async function unchanged<Result>(work: () => Promise<Result>): Promise<Result> {
  const settled = async (): Promise<bigint | undefined> => api.parts.eventLog.end();
  const before = await settled();
  const result = await work();
  expect(await settled()).toBe(before);
  return result;
}

describe('every answer', () => {
  it('carries the correlation id it was asked with, or a new one; a malformed one is replaced', async () => {
    const ask = async (id?: string) =>
      (await api.call({ url: '/v1/health/live', ...(id && { headers: { 'x-correlation-id': id } }) })).headers['x-correlation-id'];
    expect(await ask('from-the-caller')).toBe('from-the-caller');
    expect(await ask()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask('two words')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['/v1/health/live', '/nothing', '/v1/me', '/v1/%zz'])(
    'is data that nothing may run, frame, guess at or keep: %s',
    async (url) => {
      expect((await api.call({ url })).headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'strict-transport-security': expect.any(String),
        'cache-control': 'no-store',
      });
    },
  );

  it('that refuses names the same correlation id as its header and the log', async () => {
    const answer = await api.call({ url: '/v1/me' });
    expect(answer.body.correlationId).toBe(answer.headers['x-correlation-id']);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });
});

describe('a write', () => {
  it('answers where it was recorded, in its headers and its body', async () => {
    const { status, headers, body } = await assign();
    expect(status).toBe(201);
    expect(headers).toMatchObject({ 'ledger-position': body.position, etag: `"${body.revision}"` });
    expect(headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is answered again, word for word, when it comes with the key that was answered', async () => {
    const first = await assign();
    const headers = { 'idempotency-key': first.headers['idempotency-key']! };
    const again = await unchanged(() => assign({ headers }));
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([201, first.body, 'true']);
    const inCapitals = await unchanged(() => assign({ headers, url: `/v1/pools/${partner.id.toUpperCase()}/assignments` }));
    expect(inCapitals.body).toEqual(first.body);
  });

  it('with the same key and another body is 422; with the same key on another route it is another command', async () => {
    const headers = { 'idempotency-key': 'once' };
    await assign({ headers });
    const body = { customerId: customer.id, lines: [{ sku: 'A', quantity: 2 }] };
    expect(await unchanged(() => assign({ headers, body }))).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    const url = `/v1/pools/${partner.id}/purchases`;
    const purchase = await api.call({
      method: 'POST',
      url,
      token: api.operator,
      headers,
      body: { orderId: 'PO-1', lines: [{ sku: 'A', quantity: 1 }] },
    });
    expect(purchase.status).toBe(201);
  });

  it('may be repeated with its key after it was refused', async () => {
    const headers = { 'idempotency-key': 'tried-before' };
    const tooMany = { customerId: customer.id, lines: [{ sku: 'A', quantity: 1_000_000 }] };
    expect((await assign({ headers, body: tooMany })).status).toBe(409);
    expect((await assign({ headers })).status).toBe(201);
  });

  it('is done only at the revision that If-Match names, quoted or not', async () => {
    const { body } = await assign();
    const stale = await unchanged(() => assign({ headers: { 'if-match': `"${body.revision - 1}"` } }));
    expect(stale).toMatchObject({
      status: 412,
      body: { code: 'REVISION_MISMATCH', expectedRevision: body.revision - 1, actualRevision: body.revision },
    });
    expect((await assign({ headers: { 'if-match': String(body.revision) } })).status).toBe(201);
    expect((await assign({ headers: { 'if-match': `"${body.revision + 1}"` } })).status).toBe(201);
  });

  it('is only tried with dryRun=true: same checks, nothing recorded', async () => {
    const url = `/v1/pools/${partner.id}/assignments?dryRun=true`;
    const tried = await unchanged(() => assign({ url }));
    expect(tried).toMatchObject({
      status: 200,
      body: { dryRun: true, events: [{ type: 'LicenseAssigned', data: { customerId: customer.id } }] },
    });
    const body = { customerId: customer.id, lines: [{ sku: 'A', quantity: 1_000_000 }] };
    expect(await assign({ url, body })).toMatchObject({ status: 409, body: { code: 'POOL_EXHAUSTED' } });
  });

  it('takes the account from the path, whatever the body says, in whatever case', async () => {
    const body = { accountId: customer.id, customerId: customer.id.toUpperCase(), lines: [{ sku: 'A', quantity: 1 }] };
    const answer = await assign({ url: `/v1/pools/${partner.id.toUpperCase()}/assignments`, body });
    expect(answer).toMatchObject({ status: 201, body: { stream: `pool-${partner.id}`, customerId: customer.id } });
  });
});

describe('a write, badly asked, changes nothing', () => {
  const line = { sku: 'A', quantity: 1 };
  const good = () => ({ customerId: customer.id, lines: [line] });

  it.each([
    ['no body', undefined, 'customerId'],
    ['null', null, 'customerId'],
    ['a list', [line], ''],
    ['a text', '"text"', ''],
    ['an unknown field', { admin: true }, 'admin'],
    ['a field of the server’s', { context: { dryRun: true } }, 'context'],
    ['an unknown field in a line', { lines: [{ ...line, price: 0 }] }, 'lines[0].price'],
    ['no lines', { lines: [] }, 'lines'],
    [
      'too many lines',
      {
        lines: Array(101)
          .fill({ sku: 'A', quantity: 1 })
          .map(() => 0),
      },
      'lines',
    ],
    ['a line that is no object', { lines: [5] }, 'lines'],
    ['lines in lines', { lines: [[line]] }, 'lines'],
    ['an object for a list', { lines: { 0: line, length: 1 } }, 'lines'],
    ['half a license', { lines: [{ sku: 'A', quantity: 0.5 }] }, 'lines[0].quantity'],
    ['no license', { lines: [{ sku: 'A', quantity: 0 }] }, 'lines[0].quantity'],
    ['a negative number', { lines: [{ sku: 'A', quantity: -1 }] }, 'lines[0].quantity'],
    ['a number as text', { lines: [{ sku: 'A', quantity: '1' }] }, 'lines[0].quantity'],
    ['more than can be counted', { lines: [{ sku: 'A', quantity: 1e300 }] }, 'lines[0].quantity'],
    ['a sku in another alphabet', { lines: [{ sku: 'Ä', quantity: 1 }] }, 'lines[0].sku'],
    ['a sku that is a list', { lines: [{ sku: ['A'], quantity: 1 }] }, 'lines[0].sku'],
    ['an id that is none', { customerId: 'me' }, 'customerId'],
    ['an id that is null', { customerId: null }, 'customerId'],
  ] as [string, unknown, string][])('%s', async (_, given, path) => {
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
    const body = isObject ? { ...good(), ...given } : given;
    const answer = await unchanged(() => assign({ body: body === null ? 'null' : body, headers: json }));
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', errors: expect.arrayContaining([{ path, message: expect.any(String) }]) },
    });
  });

  it.each([
    ['malformed JSON', '{"customerId":', {}, 400, 'INVALID_REQUEST'],
    ['a poisoned prototype', '{"__proto__":{"role":"operator"}}', {}, 400, 'INVALID_REQUEST'],
    ['another media type', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['plain text', 'text', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body beyond the limit', JSON.stringify({ text: 'x'.repeat(3000) }), {}, 413, 'BODY_TOO_LARGE'],
    ['a key with spaces', '{}', { 'idempotency-key': 'two words' }, 400, 'INVALID_REQUEST'],
    ['an endless key', '{}', { 'idempotency-key': 'x'.repeat(256) }, 400, 'INVALID_REQUEST'],
    ['a revision that is none', '{}', { 'if-match': 'latest' }, 400, 'INVALID_REQUEST'],
    ['any revision', '{}', { 'if-match': '*' }, 400, 'INVALID_REQUEST'],
  ] as [string, string, Record<string, string>, number, string][])('%s', async (_, body, headers, status, code) => {
    const sent = body === '{}' ? good() : body;
    expect(await unchanged(() => assign({ body: sent, headers: { ...json, ...headers } }))).toMatchObject({ status, body: { code } });
  });

  it.each([
    ['/v1/pools/{}/assignments?dryRun=maybe', 400, 'INVALID_REQUEST'],
    ['/v1/pools/{}/assignments?quantity=5', 400, 'INVALID_REQUEST'],
    ['/v1/pools/{}/assignment', 404, 'ROUTE_NOT_FOUND'],
    ['/v1/pools//assignments', 404, 'POOL_NOT_FOUND'],
    ['/v2/pools/{}/assignments', 404, 'ROUTE_NOT_FOUND'],
    ['/v1/pools/%zz/assignments', 400, 'INVALID_REQUEST'],
    [`/v1/pools/${'x'.repeat(600)}/assignments`, 400, 'INVALID_REQUEST'],
    ['/v1/pools/7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11/assignments', 404, 'POOL_NOT_FOUND'],
    ['/v1/pools/..%2f..%2fusers/assignments', 404, 'POOL_NOT_FOUND'],
  ])('%s is %i %s', async (path, status, code) => {
    expect(await unchanged(() => assign({ url: path.replace('{}', partner.id) }))).toMatchObject({ status, body: { code } });
  });

  it('and the method counts', async () => {
    expect(await assign({ method: 'PUT' })).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
  });
});

describe('a read', () => {
  const pool = (query: string) => api.call({ url: `/v1/pools/${partner.id}${query}`, token: partner.token });

  it('knows what its caller has just written', async () => {
    const before = (await pool(`?atLeast=${(await assign()).headers['ledger-position']}`)).body.total;
    expect((await pool(`?atLeast=${(await assign()).headers['ledger-position']}`)).body.total).toBe(before - 1);
  });

  it.each(['?atLeast=now', '?atLeast=-1', '?atLeast=', '?atLeast=99999999999999999999', '?limit=1', '?context=x', '?principal=x'])(
    'refuses %s',
    async (query) => {
      expect(await pool(query)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    },
  );
});

describe('the log', () => {
  it('says at level debug how each request was answered, by its route', async () => {
    const { headers } = await api.call({ url: '/v1/me', token: api.operator });
    const said = lines.map((line) => JSON.parse(line)).find(({ correlationId }) => correlationId === headers['x-correlation-id']);
    expect(said).toMatchObject({ route: 'GET /v1/me', status: 200, milliseconds: expect.any(Number), userId: expect.any(String) });
  });

  it('has no password, no token and no body in it', async () => {
    await api.call({ method: 'POST', url: '/v1/sessions', body: { login: 'operator', password: 'operator of the test' } });
    await api.call({
      method: 'POST',
      url: '/v1/users',
      token: api.operator,
      body: { login: 'someone', role: 'auditor', password: 'never to be seen' },
    });
    await api.call({ method: 'POST', url: '/v1/users', token: api.operator, body: '{"password": "never to be seen"', headers: json });
    const text = lines.join('');
    expect(text).not.toMatch(/never to be seen|operator of the test/);
    expect(text).not.toContain(api.operator);
    expect(text).not.toContain(api.parts.secrets.jwtSecret);
  });
});

describe('the page of documents', () => {
  it.each([
    ['/docs', 'text/html; charset=utf-8'],
    ['/docs/page.js', 'text/javascript; charset=utf-8'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['/docs/swagger-ui.css', 'text/css; charset=utf-8'],
  ])('is served from here: %s', async (url, mediaType) => {
    const { status, headers, body } = await api.call({ url });
    expect([status, headers['content-type'], body.length > 100]).toEqual([200, mediaType, true]);
    expect(headers['content-security-policy']).toContain("script-src 'self'");
  });
});
