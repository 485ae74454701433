import type { EventLog, FactMetadata, RecordedEvent } from '#event-store';
import {
  balances,
  customer,
  partner,
  pool,
  type CustomerFact,
  type PartnerFact,
  type LotPart,
  type PoolFact,
  type ProductBalance,
} from '#licensing';
import { isAfter, type Moment } from './moment.js';

/** What one fact did to one product of the account. */
export interface Movement {
  readonly sku: string;
  /** Of what is available. First use changes nothing of it, nor does the acceptance of what was held. */
  readonly change: number;
  readonly available: number;
  readonly description: string;
}

/** One fact of the account's pool, and the pool after it. */
export interface Step {
  readonly event: RecordedEvent;
  readonly movements: readonly Movement[];
  readonly balances: readonly ProductBalance[];
}

/** Replays what happened to the licenses of an account, from the first fact up to a moment (included). */
export async function* replay(log: EventLog, accountId: string, until?: Moment): AsyncGenerator<Step> {
  const names = new Map<string, string>();
  let state = pool.initial();
  for await (const event of log.readStream(`pool-${accountId}`)) {
    if (until !== undefined && isAfter(event, until)) return;
    const fact = event as unknown as PoolFact;
    state = pool.evolve(state, fact);
    const other = counterpartOf(fact);
    if (other !== undefined && !names.has(other)) names.set(other, await nameOf(log, other));
    const after = balances(state);
    const movements = changesIn(fact, (accountName) => names.get(accountName) ?? accountName).map((movement) => ({
      ...movement,
      available: after.find(({ sku }) => sku === movement.sku)?.available ?? 0,
    }));
    yield { event, movements, balances: after };
  }
}

/** When it took effect: the time it was recorded, unless the fact says that it was earlier. */
export function effectiveAt({ data, metadata }: RecordedEvent): string {
  return (data as { effectiveAt?: string }).effectiveAt ?? (metadata as FactMetadata).recordedAt;
}

function changesIn(fact: PoolFact, name: (accountId: string) => string): Omit<Movement, 'available'>[] {
  switch (fact.type) {
    case 'LicensePurchased': {
      const { orderId, source, purchasedFor } = fact.data;
      const where = source === 'store' ? ' in the shop' : source === 'marketplace' ? ' in the marketplace' : '';
      const description = `Bought with order ${orderId}${where}${purchasedFor ? `, for ${name(purchasedFor)}` : ''}`;
      return fact.data.lots.map(({ sku, quantity }) => ({ sku, change: quantity, description }));
    }
    case 'PurchaseReversed':
      return fact.data.lots.map(({ sku, quantity }) => ({
        sku,
        change: -quantity,
        description: `Order ${fact.data.orderId} reversed: ${fact.data.reason}`,
      }));
    case 'LicenseAssigned':
      return fact.data.lines.map(({ sku, quantity, expiresAt }) => ({
        sku,
        change: -quantity,
        description: `Given to ${name(fact.data.customerId)}${expiresAt ? `, until ${expiresAt}` : ''}`,
      }));
    case 'DrawdownSubmitted':
      return fact.data.lines.map(({ sku, quantity }) => ({
        sku,
        change: -quantity,
        description: `Held for ${name(fact.data.customerId)} until ${fact.data.holdUntil}: drawdown from order ${fact.data.orderId}`,
      }));
    case 'DrawdownAccepted':
      return fact.data.lines.map(({ sku, quantity, expiresAt }) => ({
        sku,
        change: 0,
        description: `${quantity} given to ${name(fact.data.customerId)} by drawdown${expiresAt ? `, until ${expiresAt}` : ''}`,
      }));
    case 'DrawdownRejected':
      return fact.data.released.map(({ sku, quantity }) => ({
        sku,
        change: quantity,
        description: `Drawdown rejected: ${fact.data.reason}`,
      }));
    case 'DrawdownCancelled':
      return fact.data.released.map(({ sku, quantity }) => ({
        sku,
        change: quantity,
        description: `Drawdown cancelled${fact.data.reason === undefined ? '' : `: ${fact.data.reason}`}`,
      }));
    case 'DrawdownLapsed':
      return fact.data.released.map(({ sku, quantity }) => ({ sku, change: quantity, description: 'Drawdown lapsed' }));
    case 'LicenseReceived':
      return fact.data.lots.map(({ sku, quantity }) => ({ sku, change: quantity, description: `Received from ${name(fact.data.from)}` }));
    case 'LicenseActivated':
      return fact.data.lots.map(({ lot }) => ({
        sku: lot.sku,
        change: 0,
        description: `First use of ${lot.quantity}${lot.expiresAt ? `, until ${lot.expiresAt}` : ''}`,
      }));
    case 'LicenseFileIssued': {
      const { sku, quantity, machine } = fact.data;
      return [{ sku, change: -quantity, description: `Put into a license file${machine === undefined ? '' : ` for ${machine}`}` }];
    }
    case 'ServiceProvisioningRequested':
      return [{ sku: fact.data.sku, change: -fact.data.lot.quantity, description: `Service ${fact.data.serviceId} asked for` }];
    case 'ServiceProvisioningFailed':
      return fact.data.released.map(({ sku, quantity }) => ({
        sku,
        change: quantity,
        description: `Service ${fact.data.serviceId} failed${fact.data.details === undefined ? '' : `: ${fact.data.details}`}`,
      }));
    case 'LicenseExpired':
      return gone(fact.data.lots, 'Term over');
    case 'SubscriptionResized':
      return gone(fact.data.removed, 'Subscription made smaller');
    case 'SubscriptionCancelled':
      return gone(fact.data.lots, 'Subscription cancelled');
    case 'SubscriptionRenewed':
      return gone(fact.data.removed, 'Not renewed with its subscription');
    case 'SubscriptionExpired':
      return gone(fact.data.lots, 'Subscription over');
    default:
      return [];
  }
}

/** What was in use, or held back, was not available before either. */
function gone(parts: readonly LotPart[], words: string): Omit<Movement, 'available'>[] {
  return parts.map(({ sku, quantity, from }) => ({
    sku,
    change: from === undefined ? -quantity : 0,
    description: words,
  }));
}

function counterpartOf(fact: PoolFact): string | undefined {
  if (fact.type === 'LicenseAssigned' || fact.type === 'DrawdownSubmitted' || fact.type === 'DrawdownAccepted') return fact.data.customerId;
  if (fact.type === 'LicenseReceived') return fact.data.from;
  return fact.type === 'LicensePurchased' ? fact.data.purchasedFor : undefined;
}

/** What the other account is called today. */
async function nameOf(log: EventLog, accountId: string): Promise<string> {
  let asCustomer = customer.initial();
  for await (const event of log.readStream(`customer-${accountId}`))
    asCustomer = customer.evolve(asCustomer, event as unknown as CustomerFact);
  let asPartner = partner.initial();
  for await (const event of log.readStream(`partner-${accountId}`)) asPartner = partner.evolve(asPartner, event as unknown as PartnerFact);
  return asCustomer.person.name || asPartner.name || accountId;
}
