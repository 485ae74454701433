import { bad, badQuery } from './bad-values.js';
import type { Endpoint } from './endpoints.js';

const lines = [{ sku: 'REMO-EDGE-1Y', quantity: 1 }];
const lineFields = { lines: bad.lines, 'lines[0].sku': bad.sku, 'lines[0].quantity': bad.quantity };
const writtenDown = {
  accountName: 'Fjordline',
  website: 'https://fjordline.example',
  contactName: 'Ingrid Solberg',
  contactEmail: 'ingrid@fjordline.example',
};

/** The calls about drawdowns, with what may be wrong with them. */
export const drawdownEndpoints: readonly Endpoint[] = [
  {
    call: 'GET /v1/pools/{accountId}/orders',
    by: 'partner',
    may: ['operator', 'accounting', 'auditor', 'partner'],
    query: { limit: badQuery.limit, cursor: ['', 'x', '-1'], atLeast: badQuery.atLeast },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner'] },
  },
  {
    call: 'POST /v1/pools/{accountId}/drawdowns',
    body: { orderId: 'PO-2', customer: writtenDown, lines, note: 'urgent', clonedFrom: '{drawdownId}' },
    by: 'partner',
    may: ['partner'],
    fields: {
      orderId: [...bad.reference, ['PO-2'], [5, 6], ['PO-2', '']],
      customer: [...bad.object, {}, { ...writtenDown, customerId: '9c2b7a64-0d35-4f18-8e21-6b7c8d9e0f02' }, { ...writtenDown, phone: '1' }],
      'customer.accountName': bad.text,
      'customer.website': bad.website,
      'customer.contactName': bad.text,
      'customer.contactEmail': bad.email,
      'customer.customerId': bad.id,
      note: [...bad.notText, '', ' ', 'x'.repeat(1001), 'a\u0000b'],
      clonedFrom: bad.id,
      ...lineFields,
      'lines[0].orderId': bad.reference,
    },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner'] },
  },
  {
    call: 'GET /v1/pools/{accountId}/drawdowns',
    by: 'partner',
    may: ['operator', 'accounting', 'auditor', 'partner'],
    query: {
      state: ['', 'open', 'submitted,submitted', 'Submitted', ','],
      customer: badQuery.filter,
      from: badQuery.instant,
      to: badQuery.instant,
      limit: badQuery.limit,
      cursor: badQuery.cursor,
      atLeast: badQuery.atLeast,
    },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner'] },
  },
  {
    call: 'GET /v1/pools/{accountId}/drawdowns/{drawdownId}',
    by: 'partner',
    may: ['operator', 'accounting', 'auditor', 'partner'],
    query: { atLeast: badQuery.atLeast },
    foreign: { code: 'DRAWDOWN_NOT_FOUND', parameter: 'drawdownId', to: [] },
  },
  {
    call: 'POST /v1/pools/{accountId}/drawdowns/{drawdownId}/approve',
    by: 'accounting',
    may: ['accounting'],
    foreign: { code: 'DRAWDOWN_NOT_FOUND', parameter: 'drawdownId', to: [] },
  },
  {
    call: 'POST /v1/pools/{accountId}/drawdowns/{drawdownId}/reject',
    body: { reason: 'not paid' },
    by: 'accounting',
    may: ['accounting'],
    fields: { reason: bad.longText },
    foreign: { code: 'DRAWDOWN_NOT_FOUND', parameter: 'drawdownId', to: [] },
  },
  {
    call: 'POST /v1/pools/{accountId}/drawdowns/{drawdownId}/accept',
    path: '/v1/pools/{accountId}/drawdowns/{approvedId}/accept',
    by: 'partner',
    may: ['partner'],
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner'] },
  },
  {
    call: 'POST /v1/pools/{accountId}/drawdowns/{drawdownId}/cancel',
    body: { reason: 'not needed' },
    by: 'partner',
    may: ['partner'],
    fields: { reason: bad.longText },
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner'] },
  },
  {
    call: 'POST /v1/pools/{accountId}/drawdowns/{drawdownId}/clone',
    by: 'partner',
    may: ['partner'],
    foreign: { code: 'POOL_NOT_FOUND', parameter: 'accountId', to: ['otherPartner'] },
  },
  {
    call: 'GET /v1/drawdowns',
    by: 'accounting',
    may: ['operator', 'accounting', 'auditor'],
    query: {
      state: ['', 'open', 'submitted,submitted', 'Submitted', ','],
      limit: badQuery.limit,
      cursor: badQuery.cursor,
      atLeast: badQuery.atLeast,
    },
  },
];
