import { randomUUID } from 'node:crypto';
import type { Role } from '#licensing';
import { Tokens } from '#platform';
import type { Answer, StartedApi } from './started-api.js';

/** Somebody with a token, as the routes see it; nobody needs a password for that. */
export interface Tenant {
  readonly id: string;
  readonly token: string;
}

export async function tokenOf(api: StartedApi, role: Role, accountId?: string): Promise<string> {
  const { accessToken } = await api.app.get(Tokens).issue({ userId: randomUUID(), role, ...(accountId !== undefined && { accountId }) });
  return accessToken;
}

export async function newPartner(api: StartedApi, partnerCode?: string): Promise<Tenant & { readonly partnerCode: string }> {
  const body = { name: 'さくらネットワークス株式会社', email: 'license@sakura-networks.example', partnerCode };
  const answer = succeeded(await api.call({ method: 'POST', url: '/v1/partners', token: api.operator, body }));
  const { partnerId } = answer.body;
  return { id: partnerId, token: await tokenOf(api, 'partner', partnerId), partnerCode: answer.body.partnerCode };
}

/** A customer, of this dealer when one is named. */
export async function newCustomer(api: StartedApi, partnerCode?: string): Promise<Tenant> {
  const body = { name: '山田警備保障株式会社', nameReading: 'ヤマダケイビホショウ', email: 'kanri@yamada-keibi.example' };
  const { customerId } = succeeded(await api.call({ method: 'POST', url: '/v1/customers', token: api.operator, body })).body;
  const token = await tokenOf(api, 'customerAdmin', customerId);
  const url = `/v1/customers/${customerId}/dealer`;
  if (partnerCode !== undefined) succeeded(await api.call({ method: 'PUT', url, token, body: { partnerCode } }));
  return { id: customerId, token };
}

/** The policy of the four products of i-PRO, or what is given instead. */
export async function newProduct(api: StartedApi, sku: string, policy: object = {}): Promise<void> {
  const body = {
    name: `i-PRO Remo. Service ${sku}`,
    policy: { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible', ...policy },
  };
  succeeded(await api.call({ method: 'PUT', url: `/v1/products/${sku}`, token: api.operator, body }));
}

export async function bought(
  api: StartedApi,
  accountId: string,
  sku: string,
  quantity: number,
  orderId = `PO-${randomUUID()}`,
): Promise<Answer> {
  const body = { orderId, lines: [{ sku, quantity }] };
  return succeeded(await api.call({ method: 'POST', url: `/v1/pools/${accountId}/purchases`, token: api.operator, body }));
}

function succeeded(answer: Answer): Answer {
  if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}
