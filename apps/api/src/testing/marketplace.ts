import { createHash, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { advanceOrder, finishOrder, order, type ForOrder, type OrderFact, type OrderState } from '#licensing';
import type { Answer, StartedApi } from './started-api.js';

export const annual = { period: 'P1Y', commitment: 'P1Y' };
export const monthly = { period: 'P1M', commitment: 'P1M' };
export const monthlyForAYear = { period: 'P1M', commitment: 'P1Y' };
const validFrom = '2026-01-01T00:00:00.000Z';

/** The products of a small marketplace: one of Microsoft's with its three options, a SIM card that somebody sends, and a tool that just comes. */
export async function openMarketplace(api: StartedApi): Promise<void> {
  const windowed = { term: 'P1Y', termStarts: 'onPurchase', reversibility: 'windowed', cancellationWindow: 'P7D' };
  const price = (amount: string, more: object = {}) => ({ currency: 'EUR', amount, validFrom, ...more });
  const list = (sku: string, name: string, policy: object, prices: object[] = []) =>
    api.call({ method: 'PUT', url: `/v1/products/${sku}`, token: api.operator, body: { name, category: 'Apps', prices, policy } });
  const answers = [
    await list(
      'M365',
      'Microsoft 365 Business Premium',
      { ...windowed, tenant: 'microsoft', billingOptions: [annual, monthly, monthlyForAYear] },
      [
        price('237.60', { billing: annual }),
        price('23.76', { billing: monthly }),
        price('19.80', { billing: monthlyForAYear }),
        price('25.00', { billing: monthlyForAYear, currency: 'USD' }),
      ],
    ),
    await list('SIM', 'SIM card', {
      ...windowed,
      fulfilment: 'provider',
      orderForm: {
        type: 'object',
        properties: { contact: { type: 'string' }, site: { type: 'object', properties: { zip: { type: 'string' } }, required: ['zip'] } },
        required: ['contact'],
        additionalProperties: false,
      },
    }),
    await list('TOOL', 'A tool', { term: null, termStarts: 'onPurchase', reversibility: 'free' }, [price('5')]),
    await list('ADDON', 'An add-on of the tool', { term: null, termStarts: 'onPurchase', reversibility: 'free', requires: ['TOOL'] }),
  ];
  for (const { status, body } of answers) if (status !== 200) throw new Error(JSON.stringify(body));
}

/** A call signed with the secret of the payment provider, or of the provisioning service. */
export function signed(
  api: StartedApi,
  by: 'paymentSecret' | 'provisioningSecret',
  url: string,
  body: object,
  id: string = randomUUID(),
): Promise<Answer> {
  const at = new Date();
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(api.parts.secrets[by]!).sign(id, at, text),
  };
  return api.call({ method: 'POST', url, headers, body: text });
}

/** What the automation does with an order, step by step; in these tests no automation runs. */
export const bring = {
  forward: (api: StartedApi, orderId: string) => decided(api, orderId, advanceOrder),
  toItsEnd: (api: StartedApi, orderId: string) => decided(api, orderId, finishOrder),
};

async function decided(api: StartedApi, orderId: string, decide: (state: OrderState, command: ForOrder) => OrderFact[]): Promise<string> {
  const actor = { userId: 'orders', role: 'system' as const };
  const inputHash = createHash('sha256').update(orderId).digest('hex');
  const context = { commandId: randomUUID(), inputHash, correlationId: randomUUID(), actor };
  const { position } = await api.parts.ledger.record(order, orderId, { orderId, context }, decide);
  return String(position);
}
