import type { Role } from '#licensing';
import { bad, badQuery } from './bad-values.js';
import type { Endpoint } from './endpoints.js';

const accountReaders: Role[] = ['operator', 'accounting', 'auditor', 'partner', 'customerAdmin', 'customerUser'];
const orderReaders: Role[] = ['operator', 'accounting', 'auditor', 'customerAdmin'];
const payment = { method: 'invoice' };
const tenant = { type: 'new', domain: 'colibri' };
const paymentFields = {
  payment: [...bad.object, {}],
  'payment.method': ['', 'cash', 5, null],
  'payment.reference': bad.reference,
  tenant: [...bad.object, {}, { ...tenant, type: 'other' }, { ...tenant, domain: 5 }, { ...tenant, qualification: '' }, { type: 'new' }],
  currency: bad.currency,
};
const lines = [{ sku: 'REMO-EDGE-1Y', quantity: 1 }];
const lineFields = { lines: bad.lines, 'lines[0].sku': bad.sku, 'lines[0].quantity': bad.quantity };

/** The calls of those who buy in the marketplace, and of those who deliver what was bought. */
export const marketplaceEndpoints: readonly Endpoint[] = [
  { call: 'GET /v1/cart', by: 'customer', may: ['customerAdmin'], query: { atLeast: badQuery.atLeast } },
  {
    call: 'PUT /v1/cart/lines/{sku}',
    body: { quantity: 2 },
    by: 'customer',
    may: ['customerAdmin'],
    fields: { quantity: bad.quantity, billing: [...bad.object, {}, { period: 'P1M' }], form: bad.object },
  },
  { call: 'DELETE /v1/cart/lines/{sku}', by: 'customer', may: ['customerAdmin'] },
  {
    call: 'POST /v1/cart/checkout',
    body: { payment },
    by: 'customer',
    may: ['customerAdmin'],
    fields: paymentFields,
  },
  {
    call: 'GET /v1/pools/{accountId}/overview',
    by: 'partner',
    may: accountReaders,
    query: { atLeast: badQuery.atLeast },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner', 'customer', 'otherCustomer'] },
  },
  {
    call: 'POST /v1/orders',
    body: { accountId: '{customerId}', lines, payment },
    by: 'customer',
    may: ['operator', 'customerAdmin'],
    fields: {
      accountId: bad.id,
      ...lineFields,
      'lines[0].billing': [...bad.object, {}, { period: 'P1M' }],
      'lines[0].form': bad.object,
      ...paymentFields,
    },
  },
  {
    call: 'GET /v1/orders',
    by: 'customer',
    may: orderReaders,
    query: {
      accountId: badQuery.id,
      state: ['', 'open', 'placed,placed', 'PLACED'],
      limit: badQuery.limit,
      cursor: badQuery.cursor,
      atLeast: badQuery.atLeast,
    },
  },
  {
    call: 'GET /v1/orders/{orderId}',
    by: 'customer',
    may: orderReaders,
    query: { atLeast: badQuery.atLeast },
    foreign: { code: 'ORDER_NOT_FOUND', parameter: 'orderId', to: ['otherCustomer'] },
  },
  {
    call: 'GET /v1/orders/{orderId}/stream',
    by: 'customer',
    may: orderReaders,
    skipRight: true,
    foreign: { code: 'ORDER_NOT_FOUND', parameter: 'orderId', to: ['otherCustomer'] },
  },
  {
    call: 'POST /v1/orders/{orderId}/cancel',
    body: { reason: 'too many' },
    by: 'customer',
    may: ['operator', 'customerAdmin'],
    fields: { reason: bad.longText },
    foreign: { code: 'ORDER_NOT_FOUND', parameter: 'orderId', to: ['otherCustomer'] },
  },
  {
    call: 'POST /v1/payments/confirmations',
    body: { orderId: '{orderId}', reference: 'pay-1', outcome: 'paid' },
    by: 'nobody',
    may: [],
    answers: 401,
  },
  {
    call: 'GET /v1/fulfilments',
    by: 'operator',
    may: ['operator', 'service'],
    query: { limit: badQuery.limit, cursor: badQuery.cursor, atLeast: badQuery.atLeast },
  },
  {
    call: 'POST /v1/fulfilments/{fulfilmentId}/complete',
    body: { reference: 'SR-1' },
    by: 'operator',
    may: ['operator', 'service'],
    fields: { reference: bad.reference },
    foreign: { code: 'ORDER_NOT_FOUND', parameter: 'fulfilmentId', to: [] },
  },
  {
    call: 'POST /v1/fulfilments/{fulfilmentId}/fail',
    body: { reason: 'none left' },
    by: 'operator',
    may: ['operator', 'service'],
    fields: { reason: bad.longText },
    foreign: { code: 'ORDER_NOT_FOUND', parameter: 'fulfilmentId', to: [] },
  },
  {
    call: 'GET /v1/notifications',
    by: 'partner',
    may: ['operator', 'auditor', 'partner', 'customerAdmin'],
    query: { state: ['', 'lost', 'Sent'], limit: badQuery.limit, cursor: badQuery.cursor, atLeast: badQuery.atLeast },
  },
];
