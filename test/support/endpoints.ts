import { roles, type Role } from '#licensing';
import { bad, badQuery } from './bad-values.js';
import { drawdownEndpoints } from './drawdown-endpoints.js';
import { marketplaceEndpoints } from './marketplace-endpoints.js';
import { subscriptionEndpoints } from './subscription-endpoints.js';

/** One call of the API: one that is right, who may make it, and what may be wrong with it. */
export interface Endpoint {
  /** As in the documents; `{partnerId}` and the like stand for ids of the story. */
  readonly call: string;
  /** The path of a right call, where it differs. */
  readonly path?: string;
  readonly body?: object;
  /** Who makes the right call. */
  readonly by: string;
  /** Roles that may make it; absent: anyone, without signing in. */
  readonly may?: readonly Role[];
  /** What the right call answers; 200 unless told. Writes are tried with dryRun. */
  readonly answers?: number;
  /** Values that a field of the body must not have; `a.b` and `a[0].b` reach into it. */
  readonly fields?: Readonly<Record<string, readonly unknown[]>>;
  /** Values that a parameter of the query must not have. */
  readonly query?: Readonly<Record<string, readonly string[]>>;
  /** The code for ids of nobody and of somebody else; who may make the call for itself, but not for this account. */
  readonly foreign?: { readonly code: string; readonly parameter: string; readonly to: readonly string[] };
  readonly skipRight?: true;
}

const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' };
const price = { currency: 'JPY', amount: '12000', validFrom: '2026-04-01T00:00:00Z' };
const lines = [{ sku: 'REMO-EDGE-1Y', quantity: 1 }];
const lineFields = { lines: bad.lines, 'lines[0].sku': bad.sku, 'lines[0].quantity': bad.quantity };
const accountReaders: Role[] = ['operator', 'accounting', 'auditor', 'partner', 'customerAdmin', 'customerUser'];
const everybody = roles;

/** Every call of the API, with what may be wrong with it. */
export const endpoints: readonly Endpoint[] = [
  {
    call: 'POST /v1/sessions',
    body: { login: 'nobody', password: 'something' },
    by: 'nobody',
    answers: 401,
    fields: { login: bad.login, password: [...bad.notText, '', 'x'.repeat(257)] },
  },
  {
    call: 'POST /v1/users',
    body: { login: 'new', role: 'auditor', password: 'long enough' },
    by: 'operator',
    may: ['operator', 'customerAdmin'],
    fields: {
      login: bad.login,
      role: bad.role,
      accountId: bad.id,
      email: bad.email,
      notificationEmail: bad.email,
      givenName: bad.text,
      familyName: bad.text,
      language: bad.language,
      password: bad.password,
      sendActivation: bad.flag,
    },
  },
  { call: 'GET /v1/me', by: 'partner', may: everybody, query: { atLeast: badQuery.atLeast }, skipRight: true },
  {
    call: 'PUT /v1/products/{sku}',
    body: {
      name: 'Edge',
      category: 'Recording',
      prices: [{ ...price, billing: { period: 'P1M', commitment: 'P1Y' } }],
      policy: { ...policy, billingOptions: [{ period: 'P1M', commitment: 'P1Y' }] },
    },
    by: 'operator',
    may: ['operator'],
    fields: {
      name: bad.text,
      category: bad.shortText,
      link: [
        ...bad.notText,
        '',
        'remo',
        'javascript:alert(1)',
        'ftp://x.example',
        'https://',
        'https://a b',
        `https://x.example/${'x'.repeat(2000)}`,
      ],
      prices: [null, 5, 'x', {}, [null], [5], [{}], Array(101).fill(price)],
      'prices[0].currency': bad.currency,
      'prices[0].amount': bad.decimal,
      'prices[0].validFrom': bad.instant,
      'prices[0].billing': [...bad.object, {}, { period: 'P1M' }],
      policy: [...bad.object, {}],
      'policy.term': bad.duration,
      'policy.termStarts': ['', 'onSunday', 5, null],
      'policy.reversibility': ['', 'perhaps', 5, null, 'windowed'],
      'policy.cancellationWindow': [...bad.duration, null],
      'policy.refund': ['', 'none', 5, null],
      'policy.billingOptions': [null, 5, {}, [null], [{}], [{ period: 'P1M' }], Array(2).fill({ period: 'P1M', commitment: 'P1Y' })],
      'policy.billingOptions[0].period': [...bad.duration, null],
      'policy.requires': [null, 5, 'A', [5], [''], ['A', 'A'], ['REMO-EDGE-1Y'], ['a b']],
      'policy.seatGroup': bad.shortText,
      'policy.delivery': ['', 'pigeon', 5, null],
      'policy.fulfilment': ['', 'magic', 5, null],
      'policy.orderForm': [...bad.object, { type: 'strnig' }, { $ref: 'https://example.com/x' }, { pattern: '(' }, { a: 'half \ud83d' }],
      'policy.tenant': ['', 'google', 5, null],
      'policy.drawdownHold': [...bad.duration, null],
      'policy.color': ['red'],
    },
  },
  {
    call: 'GET /v1/products',
    by: 'partner',
    may: everybody,
    query: {
      query: badQuery.filter,
      category: badQuery.text,
      forSale: ['', 'yes', '1', 'TRUE'],
      limit: badQuery.limit,
      cursor: badQuery.cursor,
      atLeast: badQuery.atLeast,
    },
  },
  { call: 'GET /v1/products/{sku}', by: 'partner', may: everybody, query: { atLeast: badQuery.atLeast } },
  { call: 'DELETE /v1/products/{sku}', by: 'operator', may: ['operator'] },
  {
    call: 'POST /v1/partners',
    body: { name: 'さくら', email: 'a@b.example', partnerCode: 'NEW' },
    by: 'operator',
    may: ['operator'],
    fields: { name: bad.text, email: bad.email, partnerCode: [...bad.reference, 'x'.repeat(65)], language: bad.language },
  },
  {
    call: 'GET /v1/partners/{partnerId}',
    by: 'partner',
    may: ['operator', 'accounting', 'auditor', 'partner'],
    query: { atLeast: badQuery.atLeast },
    foreign: { code: 'PARTNER_NOT_FOUND', parameter: 'partnerId', to: ['otherPartner'] },
  },
  {
    call: 'PATCH /v1/partners/{partnerId}',
    body: { name: 'さくら', email: 'c@d.example', language: 'ja' },
    by: 'partner',
    may: ['operator', 'partner'],
    fields: { name: bad.text, email: bad.email, language: ['', 'de', 'JA', 5, {}] },
    foreign: { code: 'PARTNER_NOT_FOUND', parameter: 'partnerId', to: ['otherPartner'] },
  },
  {
    call: 'PUT /v1/partners/{partnerId}/store-link',
    body: { storeAccountId: 'EC-1', linkToken: 'eyJhbGciOiJub25lIn0.e30.' },
    by: 'partner',
    may: ['partner'],
    answers: 400,
    fields: { storeAccountId: bad.reference, linkToken: [...bad.notText, '', 'a b', 'x'.repeat(4097)] },
    foreign: { code: 'PARTNER_NOT_FOUND', parameter: 'partnerId', to: ['otherPartner'] },
  },
  {
    call: 'GET /v1/partners/{partnerId}/customers',
    by: 'partner',
    may: ['operator', 'auditor', 'partner'],
    query: { email: badQuery.filter, page: badQuery.page, atLeast: badQuery.atLeast },
    foreign: { code: 'PARTNER_NOT_FOUND', parameter: 'partnerId', to: ['otherPartner'] },
  },
  {
    call: 'POST /v1/customers',
    body: { name: '山田', nameReading: 'ヤマダ', email: 'a@b.example', language: 'ja' },
    by: 'partner',
    may: ['operator', 'partner'],
    fields: { name: bad.text, nameReading: bad.text, email: bad.email, language: bad.language },
  },
  {
    call: 'GET /v1/customers/{customerId}',
    by: 'partner',
    may: accountReaders,
    query: { atLeast: badQuery.atLeast },
    foreign: { code: 'CUSTOMER_NOT_FOUND', parameter: 'customerId', to: ['otherPartner', 'otherCustomer'] },
  },
  {
    call: 'PATCH /v1/customers/{customerId}',
    body: { name: '山田', nameReading: null, email: 'c@d.example' },
    by: 'customer',
    may: ['operator', 'customerAdmin'],
    fields: {
      name: bad.text,
      nameReading: bad.text.filter((value) => value !== null),
      email: bad.email,
      language: ['', 'de', 5],
    },
    foreign: { code: 'CUSTOMER_NOT_FOUND', parameter: 'customerId', to: ['otherCustomer'] },
  },
  {
    call: 'PUT /v1/customers/{customerId}/dealer',
    body: { partnerCode: 'SAKURA-01' },
    by: 'customer',
    may: ['customerAdmin'],
    fields: { partnerCode: bad.reference },
    foreign: { code: 'CUSTOMER_NOT_FOUND', parameter: 'customerId', to: ['otherCustomer'] },
  },
  {
    call: 'DELETE /v1/customers/{customerId}/dealer',
    body: { partnerCode: 'SAKURA-01' },
    by: 'customer',
    fields: { partnerCode: bad.reference },
    may: ['customerAdmin'],
    foreign: { code: 'CUSTOMER_NOT_FOUND', parameter: 'customerId', to: ['otherCustomer'] },
  },
  {
    call: 'GET /v1/pools/{accountId}',
    by: 'partner',
    may: accountReaders,
    query: { asOf: badQuery.moment, atLeast: badQuery.atLeast },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner', 'customer', 'otherCustomer'] },
  },
  {
    call: 'POST /v1/pools/{accountId}/purchases',
    body: { orderId: 'PO-NEW', lines },
    by: 'operator',
    may: ['operator'],
    fields: { orderId: bad.reference, purchasedFor: bad.id, ...lineFields },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: [] },
  },
  {
    call: 'POST /v1/pools/{accountId}/purchases/{orderId}/reversal',
    body: { lines, reason: 'a mistake' },
    by: 'operator',
    may: ['operator'],
    fields: { reason: bad.longText, ...lineFields },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: [] },
  },
  {
    call: 'POST /v1/pools/{accountId}/assignments',
    body: { customerId: '{customerId}', lines },
    by: 'partner',
    may: ['partner'],
    fields: { customerId: bad.id, ...lineFields },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner'] },
  },
  {
    call: 'GET /v1/pools/{accountId}/assignments',
    by: 'partner',
    may: ['operator', 'auditor', 'partner'],
    query: {
      from: badQuery.instant,
      to: badQuery.instant,
      customerName: badQuery.filter,
      sku: badQuery.skus,
      limit: badQuery.limit,
      cursor: badQuery.cursor,
      atLeast: badQuery.atLeast,
    },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner'] },
  },
  {
    call: 'POST /v1/pools/{accountId}/activations',
    body: { sku: 'FIRST-USE', quantity: 1 },
    by: 'partner',
    may: ['operator', 'partner', 'customerAdmin'],
    fields: { sku: bad.sku, quantity: bad.quantity },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner', 'customer', 'otherCustomer'] },
  },
  {
    call: 'POST /v1/pools/{accountId}/license-files',
    body: { sku: 'BOT-RUNNER', quantity: 1, machine: 'rpa-07' },
    by: 'partner',
    may: ['operator', 'partner', 'customerAdmin'],
    fields: { sku: bad.sku, quantity: bad.quantity, machine: bad.text },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner', 'customer', 'otherCustomer'] },
  },
  {
    call: 'GET /v1/pools/{accountId}/license-files',
    by: 'partner',
    may: accountReaders,
    query: { limit: badQuery.limit, cursor: badQuery.cursor, atLeast: badQuery.atLeast },
  },
  {
    call: 'GET /v1/pools/{accountId}/license-files/{fileId}',
    by: 'partner',
    may: accountReaders,
    query: { atLeast: badQuery.atLeast },
    foreign: { code: 'LICENSE_FILE_NOT_FOUND', parameter: 'fileId', to: [] },
  },
  { call: 'GET /v1/keys', by: 'nobody' },
  {
    call: 'GET /v1/pools/{accountId}/services',
    by: 'partner',
    may: accountReaders,
    query: { state: ['', 'broken', 'Ready'], limit: badQuery.limit, cursor: badQuery.cursor, atLeast: badQuery.atLeast },
  },
  {
    call: 'POST /v1/pools/{accountId}/services/{serviceId}/provision',
    by: 'partner',
    may: ['operator', 'partner', 'customerAdmin'],
    answers: 409,
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner', 'customer', 'otherCustomer'] },
  },
  {
    call: 'POST /v1/pools/{accountId}/services/{serviceId}/complete',
    body: { details: 'cr-7.example' },
    by: 'operator',
    may: ['operator'],
    fields: { details: bad.longText },
    foreign: { code: 'SERVICE_NOT_FOUND', parameter: 'serviceId', to: [] },
  },
  {
    call: 'POST /v1/pools/{accountId}/services/{serviceId}/fail',
    body: { reason: 'no room' },
    by: 'operator',
    may: ['operator'],
    fields: { reason: bad.longText },
    foreign: { code: 'SERVICE_NOT_FOUND', parameter: 'serviceId', to: [] },
  },
  {
    call: 'POST /v1/services/confirmations',
    body: { serviceId: '{serviceId}', outcome: 'provisioned' },
    by: 'nobody',
    may: [],
    answers: 401,
  },
  ...drawdownEndpoints,
  {
    call: 'POST /v1/store/purchases',
    body: { storeAccountId: 'EC-1', orderId: 'EC-ORDER-1', purchasedAt: '2026-04-01T00:00:00Z', lines },
    by: 'nobody',
    may: [],
    answers: 401,
  },
  ...marketplaceEndpoints,
  ...subscriptionEndpoints,
  {
    call: 'GET /v1/events',
    by: 'auditor',
    may: ['operator', 'service', 'auditor'],
    query: {
      after: badQuery.atLeast,
      types: ['', 'a b', 'licensePurchased', 'A,A'],
      account: badQuery.id,
      limit: ['0', '1001', '1e21', 'x'],
    },
  },
  {
    call: 'GET /v1/events/stream',
    by: 'auditor',
    may: ['operator', 'service', 'auditor'],
    query: { after: badQuery.atLeast, types: ['', 'a b'], account: badQuery.id },
    skipRight: true,
  },
  {
    call: 'GET /v1/audit/streams/{stream}',
    by: 'auditor',
    may: ['operator', 'auditor'],
    query: { limit: badQuery.limit, cursor: ['', 'x', '-1'], atLeast: badQuery.atLeast },
  },
  {
    call: 'GET /v1/audit/assignments',
    by: 'auditor',
    may: ['operator', 'auditor'],
    query: { account: badQuery.id, asOf: badQuery.moment, limit: badQuery.limit, cursor: badQuery.cursor, atLeast: badQuery.atLeast },
  },
  { call: 'GET /v1/sandbox/clock', by: 'operator', may: ['operator'], answers: 404 },
  {
    call: 'PUT /v1/sandbox/clock',
    body: { now: '2030-01-01T00:00:00Z' },
    by: 'operator',
    may: ['operator'],
    answers: 404,
    fields: { now: bad.instant },
  },
  { call: 'GET /v1/health', by: 'nobody' },
  { call: 'GET /v1/health/live', by: 'nobody' },
  { call: 'GET /v1/health/ready', by: 'nobody' },
];
