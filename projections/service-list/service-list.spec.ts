import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { serviceIdOf, type Lot } from '#licensing';
import type { ReadStore } from '#read-store';
import { temporaryStore } from '../testing/stores.js';
import { Story } from '../testing/story.js';
import { quantityOf } from './service-list.projection.js';
import { listServices } from './service-list.query.js';

const accountId = 'p-1';
const june = '2026-06-01T00:00:00.000Z';
const serviceId = serviceIdOf(accountId, 'lot-1');
const terms = { term: 'P1Y', termStarts: 'onPurchase', reversibility: 'free', orderId: 'PO-1', sku: 'control-room' } as const;
const lot = (lotId: string, quantity: number, changes: Partial<Lot> = {}): Lot => ({
  ...terms,
  lotId,
  quantity,
  delivery: 'cloud',
  ...changes,
});

let store: ReadStore;
let remove: () => Promise<void>;
let story: Story;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  story = new Story(store);
});
afterEach(() => remove());

const buy = (...lots: Lot[]) => story.tell('LicensePurchased', { accountId, orderId: 'PO-1', source: 'operator', lots });
const request = (lotId = 'lot-1', quantity = 10) =>
  story.tell('ServiceProvisioningRequested', {
    accountId,
    serviceId,
    sku: 'control-room',
    lot: { lotId, sku: 'control-room', quantity },
  });
const part = (quantity: number, from?: 'held' | 'inSeats') => ({ lotId: 'lot-1', sku: 'control-room', quantity, ...(from && { from }) });
const drawdown = { accountId, drawdownId: 'd-1' };
const submit = (quantity: number) =>
  story.tell('DrawdownSubmitted', {
    ...drawdown,
    orderId: 'PO-1',
    customerId: 'c-1',
    requestedBy: 'u-1',
    person: { accountName: 'Fjordline' },
    holdUntil: june,
    lines: [{ line: 1, sku: 'control-room', quantity, lots: [{ lotId: 'lot-1', quantity }] }],
  });
async function services(state?: string) {
  await story.show();
  const { items } = await listServices(store, { accountId, state });
  return items.map((service) => [service.serviceId, service.state, quantityOf(service)]);
}

describe('the services of an account', () => {
  it('are the lots of its cloud products, in the order in which they came', async () => {
    buy(lot('lot-1', 10), lot('lot-2', 5, { delivery: undefined }), lot('lot-3', 2));
    expect(await services()).toEqual([
      [serviceId, 'ready', 10],
      [serviceIdOf(accountId, 'lot-3'), 'ready', 2],
    ]);
  });

  it('go from state to state, and are found by it', async () => {
    buy(lot('lot-1', 10), lot('lot-2', 1));
    request();
    expect(await services('provisioning')).toEqual([[serviceId, 'provisioning', 10]]);
    story.tell('ServiceProvisioningFailed', { accountId, serviceId, details: 'no room', released: [part(10, 'inSeats')] });
    expect(await services('failed')).toEqual([[serviceId, 'failed', 10]]);
    expect((await listServices(store, { accountId, state: 'failed' })).items[0]).toMatchObject({ details: 'no room' });
    request();
    expect((await services())[0]).toEqual([serviceId, 'provisioning', 10]);
    story.tell('ServiceProvisioned', { accountId, serviceId, details: 'cr-7.example' });
    expect(await services('provisioned')).toEqual([[serviceId, 'provisioned', 10]]);
  });

  it('are less by what is given away, and gone with the last of it', async () => {
    buy(lot('lot-1', 10));
    const lots = [{ ...lot('lot-1', 4), sku: undefined as never }];
    const lines = [{ line: 1, sku: 'control-room', quantity: 4, lots }];
    story.tell('LicenseAssigned', { accountId, assignmentId: 'a-1', customerId: 'c-1', assignedAt: june, lines });
    expect(await services()).toEqual([[serviceId, 'ready', 6]]);
    story.tell('PurchaseReversed', { accountId, orderId: 'PO-1', lots: [part(6)], reason: 'r' });
    expect(await services()).toEqual([]);
  });

  it('are held back by a drawdown, come back when it is rejected, and leave when it is accepted', async () => {
    buy(lot('lot-1', 10));
    submit(10);
    expect(await services()).toEqual([[serviceId, 'ready', 0]]);
    story.tell('DrawdownRejected', { ...drawdown, reason: 'r', released: [part(10, 'held')] });
    expect(await services()).toEqual([[serviceId, 'ready', 10]]);
    submit(10);
    const lines = [{ line: 1, sku: 'control-room', quantity: 10, lots: [lot('lot-1', 10)] }];
    story.tell('DrawdownAccepted', { ...drawdown, orderId: 'PO-1', customerId: 'c-1', acceptedAt: june, lines });
    expect(await services()).toEqual([]);
  });

  it('stay one service when first use splits the lot, and end with it', async () => {
    buy(lot('lot-1', 10, { termStarts: 'onFirstUse' }));
    const split = `service.${serviceId}.command`;
    const begun = lot(split, 10, { startsAt: '2026-01-01T00:00:00.000Z', expiresAt: june });
    story.tell('LicenseActivated', {
      accountId,
      activationId: 'x',
      sku: 'control-room',
      quantity: 10,
      lots: [{ fromLotId: 'lot-1', lot: begun }],
    });
    request(split);
    expect(await services()).toEqual([[serviceId, 'provisioning', 10]]);
    expect((await listServices(store, { accountId })).items[0]).toMatchObject({ expiresAt: june, orderId: 'PO-1' });
    const lots = [{ lotId: split, sku: 'control-room', quantity: 10, from: 'inSeats' as const }];
    story.tell('LicenseExpired', { accountId, effectiveAt: june, lots });
    expect(await services()).toEqual([]);
  });

  it('of a subscription end later when it is renewed', async () => {
    buy(lot('lot-1', 3, { subscriptionId: 's-1', expiresAt: june }));
    const lots = [{ lotId: 'lot-1', quantity: 3, addedAt: june, windowStartsAt: june }];
    const billing = { period: 'P1M', commitment: 'P1Y' };
    const term = { effectiveAt: june, termStartsAt: june, termEndsAt: '2027-06-01T00:00:00.000Z' };
    story.tell('SubscriptionRenewed', { accountId, subscriptionId: 's-1', ...term, quantity: 3, billing, lots, removed: [] });
    await story.show();
    expect((await listServices(store, { accountId })).items).toMatchObject([{ expiresAt: '2027-06-01T00:00:00.000Z' }]);
  });

  it('come in pages', async () => {
    buy(lot('lot-1', 1), lot('lot-2', 1), lot('lot-3', 1));
    await story.show();
    const first = await listServices(store, { accountId, limit: 2 });
    const second = await listServices(store, { accountId, limit: 2, cursor: first.next! });
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null]);
    expect(new Set([...first.items, ...second.items].map((service) => service.serviceId)).size).toBe(3);
  });
});
