import type { Role } from '#licensing';
import { bad, badQuery } from './bad-values.js';
import type { Endpoint } from './endpoints.js';

const may: Role[] = ['operator', 'customerAdmin'];
const readers: Role[] = ['operator', 'accounting', 'auditor', 'partner', 'customerAdmin', 'customerUser'];
const one = '/v1/pools/{customerId}/subscriptions/{subscriptionId}';
const reading = {
  by: 'customer',
  may: readers,
  foreign: { code: 'POOL_NOT_FOUND', parameter: 'customerId', to: ['otherPartner', 'otherCustomer'] },
} as const;
const changing = { by: 'customer', may, foreign: { code: 'POOL_NOT_FOUND', parameter: 'customerId', to: ['otherCustomer'] } } as const;
const billing = [...bad.object, {}, { period: 'P1M' }, { period: 'a month', commitment: 'P1Y' }];

/** The calls of those who have subscriptions. */
export const subscriptionEndpoints: readonly Endpoint[] = [
  {
    call: 'GET /v1/pools/{accountId}/subscriptions',
    path: '/v1/pools/{customerId}/subscriptions',
    ...reading,
    query: {
      state: ['', 'open', 'ACTIVE', 'active,active'],
      query: badQuery.filter,
      limit: badQuery.limit,
      cursor: badQuery.cursor,
      atLeast: badQuery.atLeast,
    },
  },
  {
    call: 'GET /v1/pools/{accountId}/subscriptions/{subscriptionId}',
    path: one,
    ...reading,
    query: { atLeast: badQuery.atLeast },
  },
  {
    call: 'POST /v1/pools/{accountId}/subscriptions/{subscriptionId}/resize',
    path: `${one}/resize`,
    body: { quantity: 3 },
    ...changing,
    fields: {
      quantity: bad.quantity,
      payment: [...bad.object, {}],
      'payment.method': ['', 'cash', 5, null],
      'payment.reference': bad.reference,
      releaseSeats: [[]],
    },
  },
  {
    call: 'POST /v1/pools/{accountId}/subscriptions/{subscriptionId}/auto-renewal',
    path: `${one}/auto-renewal`,
    body: { enabled: false },
    ...changing,
    fields: { enabled: bad.flag },
  },
  {
    call: 'POST /v1/pools/{accountId}/subscriptions/{subscriptionId}/cancel',
    path: `${one}/cancel`,
    body: { keepRenewal: true },
    ...changing,
    fields: { lots: [5, 'x', {}, null, [], [5], [null], ['a b'], ['x', 'x']], keepRenewal: bad.flag },
  },
  {
    call: 'PUT /v1/pools/{accountId}/subscriptions/{subscriptionId}/schedule',
    path: `${one}/schedule`,
    body: { quantity: 3 },
    ...changing,
    fields: { quantity: bad.quantity, billing },
  },
  { call: 'DELETE /v1/pools/{accountId}/subscriptions/{subscriptionId}/schedule', path: `${one}/schedule`, ...changing },
  {
    call: 'GET /v1/pools/{accountId}/deadlines',
    path: '/v1/pools/{customerId}/deadlines',
    ...reading,
    query: {
      before: badQuery.instant,
      kinds: ['', 'all', 'TERMENDS', 'termEnds,termEnds'],
      limit: badQuery.limit,
      cursor: badQuery.cursor,
      atLeast: badQuery.atLeast,
    },
  },
];
