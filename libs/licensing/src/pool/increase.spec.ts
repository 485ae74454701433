import { describe, expect, it } from '@jest/globals';
import { commandId, given, noon, stateAfter } from '../../testing/given.js';
import { customerId } from '../../testing/pool-facts.js';
import { m365, monthly, monthlyForAYear, onOffer, ordered, prices, subscriptionId } from '../../testing/subscription-facts.js';
import { order } from '../order/order.js';
import { placeIncrease } from '../order/place.js';
import type { ResizeSubscription } from './increase.js';
import { cancelSubscription } from './cancellation.js';
import { fireDeadlines } from './deadlines.js';
import { pool } from './pool.js';
import { provisionOrder, type OrderedLine } from './provision.js';
import type { PoolFact } from './pool.events.js';
import { resizeSubscription } from './resize.js';
import type { SubscriptionIncreaseOrdered, SubscriptionResized } from './subscription.events.js';

const eur = (amount: string) => ({ currency: 'EUR', amount });
const five = ordered([], 5);
const increase = { accountId: customerId, subscriptionId, orderId: 'o-2', placedBy: 'u-2', payment: { method: 'invoice' } } as const;
const asked = (quantity: number, changes: Partial<ResizeSubscription> = {}) => ({
  ...{ accountId: customerId, subscriptionId, products: onOffer(), quantity },
  ...changes,
});

/** Three more are ordered. */
function underWay(changes: Partial<SubscriptionIncreaseOrdered['data']> = {}): PoolFact {
  const line = { sku: m365, quantity: 3, billing: monthlyForAYear, subscriptionId };
  return { type: 'SubscriptionIncreaseOrdered', data: { ...increase, line, fulfilment: 'automatic', ...changes } };
}

function line(quantity: number, changes: Partial<ResizeSubscription> = {}, now?: string, ...before: PoolFact[]): unknown {
  const facts = given(pool, ...five, ...before).when(resizeSubscription, asked(quantity, changes), now) as PoolFact[];
  return (facts[0]?.data as SubscriptionIncreaseOrdered['data'] | undefined)?.line;
}

describe('Making a subscription larger', () => {
  it('is an order for what it has not yet, at the price in force (003-59)', () => {
    expect(given(pool, ...five).when(resizeSubscription, asked(8))).toEqual([
      {
        type: 'SubscriptionIncreaseOrdered',
        data: {
          ...{ accountId: customerId, subscriptionId, orderId: commandId, placedBy: 'u-1', payment: { method: 'invoice' } },
          line: { sku: m365, quantity: 3, billing: monthlyForAYear, subscriptionId, unitPrice: eur('10.00'), billedFrom: noon },
          fulfilment: 'automatic',
        },
      },
    ]);
  });

  it('changes nothing in the pool before the order is delivered', () => {
    const state = stateAfter(pool, [...five, underWay()]);
    expect([state.subscriptions.get(subscriptionId)!.quantity, state.products.get(m365)!.available]).toEqual([5, 5]);
  });

  it('is paid as asked for, and delivered by whom the policy says', () => {
    const payment = { method: 'external', reference: 'pay-1' } as const;
    expect(
      given(pool, ...five).when(resizeSubscription, asked(6, { payment, products: onOffer({ fulfilment: 'provider' }) })),
    ).toMatchObject([{ data: { payment, fulfilment: 'provider' } }]);
  });

  it('goes by the price of now in the currency agreed on, by what was agreed when there is none, and by nothing else', () => {
    const since = '2026-01-01T00:00:00.000Z';
    const dearer = [
      { billing: monthlyForAYear, currency: 'USD', amount: '1.00', validFrom: since },
      { billing: monthlyForAYear, currency: 'EUR', amount: '11.00', validFrom: since },
    ];
    expect(line(6, { products: onOffer({}, { prices: dearer }) })).toMatchObject({ unitPrice: eur('11.00') });
    expect(line(6, { products: onOffer({}, { prices: [dearer[0]!] }) })).toMatchObject({ unitPrice: eur('10.00') });
    const unpriced = ordered([], 5, { unitPrice: undefined });
    const refused = given(pool, ...unpriced).when(resizeSubscription, asked(6, { products: onOffer({}, { prices: prices.slice(1) }) }));
    expect(refused).toMatchObject({ refused: 'PRICE_NOT_IN_FORCE' });
  });

  it('bills the share of the first period that the term still has', () => {
    // 15 of the 31 days from 17 March to 17 April.
    expect(line(7, {}, '2027-03-17T12:00:00.000Z')).toMatchObject({ unitPrice: eur('10.00'), amount: eur('9.68') });
    expect(line(7)).not.toHaveProperty('amount');
  });

  it('is credited what its order billed, however late that was delivered', () => {
    const creditedOf = (orderedAt: string, deliveredAt: string) => {
      const lines = [line(7, {}, orderedAt) as OrderedLine];
      const order = { accountId: customerId, orderId: 'o-2', lines, products: onOffer() };
      const delivered = given(pool, ...five).when(provisionOrder, order, deliveredAt) as PoolFact[];
      const cancelled = { accountId: customerId, subscriptionId, products: onOffer(), lots: [`${commandId}.1`] };
      return (given(pool, ...five, ...delivered).when(cancelSubscription, cancelled, deliveredAt) as PoolFact[])[0]!.data;
    };
    const lastMonth = '2027-03-17T12:00:00.000Z';
    expect(creditedOf(lastMonth, lastMonth)).toMatchObject({ credited: eur('9.68') });
    expect(creditedOf(lastMonth, '2027-03-30T12:00:00.000Z')).toMatchObject({ credited: eur('9.68') });
    // In the next term, and when the period is over, they are billed as if they had been ordered then.
    expect(creditedOf(lastMonth, '2027-04-03T12:00:00.000Z')).toMatchObject({ credited: eur('20.00') });
    expect(creditedOf('2027-02-20T12:00:00.000Z', '2027-03-10T12:00:00.000Z')).toMatchObject({ credited: eur('20.00') });
    expect(creditedOf('2027-01-01T12:00:00.000Z', '2027-02-10T12:00:00.000Z')).toMatchObject({ credited: eur('20.00') });
  });

  it('credits what its order billed for a period that was over when it came, and is billed from when it came', () => {
    const deliveredAt = (orderedAt: string, at: string) => {
      const lines = [line(7, {}, orderedAt) as OrderedLine];
      const facts = given(pool, ...five).when(provisionOrder, { accountId: customerId, orderId: 'o-2', lines, products: onOffer() }, at);
      return ((facts as PoolFact[]).at(-1) as SubscriptionResized).data;
    };
    const lastMonth = '2027-03-17T12:00:00.000Z';
    const next = deliveredAt(lastMonth, '2027-04-03T12:00:00.000Z');
    expect([next.credited, next.added[0]?.billedFrom]).toEqual([eur('9.68'), undefined]);
    const over = deliveredAt('2027-01-01T12:00:00.000Z', '2027-02-10T12:00:00.000Z');
    expect([over.credited, over.added[0]?.billedFrom]).toEqual([eur('20.00'), undefined]);
    const inTime = deliveredAt(lastMonth, '2027-03-30T12:00:00.000Z');
    expect([inTime.credited, inTime.added[0]?.billedFrom]).toEqual([undefined, lastMonth]);
  });

  it('is in time as long as the period lasts that its order billed, by the calendar of the terms', () => {
    // A month that begins on Feb 28 lasts until Mar 31 where terms are counted from Jan 31.
    const january = ordered([], 5, { at: '2026-01-31T00:00:00.000Z' });
    const february = '2026-02-28T00:00:00.000Z';
    const [fact] = given(pool, ...january).when(resizeSubscription, asked(6), february) as SubscriptionIncreaseOrdered[];
    const order = { accountId: customerId, orderId: 'o-2', lines: [fact!.data.line], products: onOffer() };
    const billedFrom = (at: string) =>
      ((given(pool, ...january).when(provisionOrder, order, at) as PoolFact[]).at(-1) as SubscriptionResized).data.added[0]!.billedFrom;
    expect(billedFrom('2026-03-30T23:59:59.999Z')).toBe(february);
    expect(billedFrom('2026-03-31T00:00:00.000Z')).toBeUndefined();
  });

  it('that comes when the subscription is billed otherwise costs what more of it costs then', () => {
    const scheduled: PoolFact = { type: 'RenewalScheduled', data: { accountId: customerId, subscriptionId, billing: monthly } };
    const lines = [line(7, {}, '2027-03-31T12:00:00.000Z') as OrderedLine];
    const delivered = (changes: Parameters<typeof onOffer>[1]) => {
      const order = { accountId: customerId, orderId: 'o-2', lines, products: onOffer({}, changes) };
      return (given(pool, ...five, scheduled).when(provisionOrder, order, '2027-04-02T12:00:00.000Z') as PoolFact[]).slice(1);
    };
    expect(delivered({})).toMatchObject([
      { type: 'LicensePurchased', data: { lots: [{ term: 'P1M' }] } },
      { type: 'SubscriptionResized', data: { added: [{ unitPrice: eur('12.00') }], credited: eur('0.67') } },
    ]);
    // What the renewal agreed on, when the price list has nothing.
    const agreed = [
      ...five,
      scheduled,
      ...(given(pool, ...five, scheduled).when(fireDeadlines, asked(5), '2027-04-01T12:00:00.000Z') as PoolFact[]),
    ];
    const order = { accountId: customerId, orderId: 'o-2', lines, products: onOffer({}, { prices: [] }) };
    expect(given(pool, ...agreed).when(provisionOrder, order, '2027-04-02T12:00:00.000Z')).toMatchObject([
      {},
      { data: { added: [{ unitPrice: eur('12.00') }] } },
    ]);
  });

  it('counts what is under way: who asks again is ordered the rest, and nothing twice', () => {
    expect(line(10, {}, undefined, underWay())).toMatchObject({ quantity: 2 });
    const twice = given(pool, ...five, underWay()).when(resizeSubscription, asked(8));
    expect(twice).toMatchObject({ refused: 'RESIZE_UNDER_WAY', requested: 8, quantity: 5, ordered: 3, orderIds: ['o-2'] });
    const both = [underWay(), underWay({ orderId: 'o-3' })];
    expect(given(pool, ...five, ...both).when(resizeSubscription, asked(10))).toMatchObject({ ordered: 6, orderIds: ['o-2', 'o-3'] });
  });

  it('no longer counts what has arrived', () => {
    const arrived = ordered([...five, underWay()], 3, { orderId: 'o-2' });
    expect(given(pool, ...arrived).when(resizeSubscription, asked(10))).toMatchObject([{ data: { line: { quantity: 2 } } }]);
  });

  it('no longer counts what came to nothing, and says so once', () => {
    const over = { ordersOver: new Set(['o-2']) };
    const again = given(pool, ...five, underWay()).when(resizeSubscription, asked(8, over)) as PoolFact[];
    expect(again).toMatchObject([{ data: { line: { quantity: 3 }, ordersOver: ['o-2'] } }]);
    const { increases } = stateAfter(pool, [...five, underWay(), ...again]).subscriptions.get(subscriptionId)!;
    expect(increases).toEqual([{ orderId: commandId, quantity: 3 }]);
  });

  it('needs a product that is sold, and what that requires', () => {
    const withdrawn = { products: onOffer({}, { withdrawn: true }) };
    expect(given(pool, ...five).when(resizeSubscription, asked(6, withdrawn))).toMatchObject({ refused: 'PRODUCT_WITHDRAWN' });
    const demanding = { products: onOffer({ requires: ['base'] }) };
    expect(given(pool, ...five).when(resizeSubscription, asked(6, demanding))).toMatchObject({
      refused: 'REQUIRED_PRODUCT_MISSING',
      missing: ['base'],
    });
  });

  it('is refused when its renewal would be too large for one append, what is under way included', () => {
    let many = five;
    for (let index = 2; index <= 299; index++) many = ordered(many, 1, { orderId: `o-${index}` });
    expect(given(pool, ...many).when(resizeSubscription, asked(304))).toHaveLength(1);
    const waiting = underWay({ orderId: 'o-300' });
    expect(given(pool, ...many, waiting).when(resizeSubscription, asked(307))).toMatchObject({
      refused: 'COMMAND_TOO_LARGE',
      lots: 301,
      lotsMax: 300,
    });
  });

  it('at a moment when its renewal is due comes after the renewal, for the new term', () => {
    const later = '2027-04-01T12:00:00.001Z';
    expect(given(pool, ...five).when(resizeSubscription, asked(6), later)).toMatchObject([
      { type: 'SubscriptionRenewed' },
      { type: 'SubscriptionIncreaseOrdered', data: { line: { quantity: 1 } } },
    ]);
  });
});

describe('The order for it', () => {
  const { data } = underWay({ line: { sku: m365, quantity: 3, billing: monthlyForAYear, subscriptionId, unitPrice: eur('10.00') } });
  const command = { increase: data as SubscriptionIncreaseOrdered['data'] };

  it('is what the pool decided, whatever has become of the product', () => {
    const { accountId, placedBy, line: ofOrder, payment } = command.increase;
    expect(given(order).when(placeIncrease, command)).toEqual([
      {
        type: 'OrderPlaced',
        data: { orderId: 'o-2', accountId, placedBy, lines: [ofOrder], totals: [eur('30.00')], payment, fulfilment: 'automatic' },
      },
    ]);
  });

  it('is placed once', () => {
    const [placed] = given(order).when(placeIncrease, command) as Parameters<typeof order.evolve>[1][];
    expect(given(order, placed!).when(placeIncrease, command)).toEqual([]);
  });
});
