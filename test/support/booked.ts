import { givenBy, isGiving, type PoolFact } from '#licensing';

type Kind = 'purchased' | 'cancelled' | 'assigned' | 'held' | 'expired';
export type Booked = Record<Kind | 'available', number>;

/** A bookkeeping of its own: what a partner should have of each product by the facts that its commands were answered with, added up. */
export function bookedBy(facts: readonly PoolFact[]): Map<string, Booked> {
  const sums = new Map<string, Record<Kind, number>>();
  const book = (sku: string, kind: Kind, quantity: number) => {
    const booked = sums.get(sku) ?? { purchased: 0, cancelled: 0, assigned: 0, held: 0, expired: 0 };
    booked[kind] += quantity;
    sums.set(sku, booked);
  };
  for (const fact of facts) {
    if (fact.type === 'LicensePurchased') for (const lot of fact.data.lots) book(lot.sku, 'purchased', lot.quantity);
    if (fact.type === 'PurchaseReversed') for (const lot of fact.data.lots) book(lot.sku, 'cancelled', lot.quantity);
    if (isGiving(fact)) for (const { sku, quantity } of givenBy(fact).lines) book(sku, 'assigned', quantity);
    if (fact.type === 'DrawdownSubmitted') for (const { sku, quantity } of fact.data.lines) book(sku, 'held', quantity);
    if (fact.type === 'DrawdownAccepted') for (const { sku, quantity } of fact.data.lines) book(sku, 'held', -quantity);
    if (fact.type === 'LicenseExpired') for (const part of fact.data.lots) book(part.sku, 'expired', part.quantity);
    if (fact.type === 'DrawdownRejected' || fact.type === 'DrawdownCancelled' || fact.type === 'DrawdownLapsed')
      for (const { sku, quantity } of fact.data.released) book(sku, 'held', -quantity);
  }
  const left = ({ purchased, cancelled, assigned, held, expired }: Record<Kind, number>) =>
    purchased - cancelled - assigned - held - expired;
  return new Map([...sums].map(([sku, booked]) => [sku, { ...booked, available: left(booked) }]));
}
