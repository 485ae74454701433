import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import {
  cart,
  credential,
  customer,
  Invariants,
  notification,
  order,
  partner,
  pool,
  product,
  reservation,
  user,
  balances,
} from '#licensing';

interface StoredFact {
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: object;
  readonly metadata: { readonly schemaVersion: number };
}
interface Folding {
  readonly category: string;
  initial(): object;
  evolve(state: any, fact: any): object;
}

/** In the id of accounts whose facts tell how else a story could have ended, without its beginning: there is one example of each fact. */
const anotherEnd = '-0000-4000-8000-0000000000f';
/** The account of a subscription, without the LicensePurchased before it: there is one example of each fact. */
const subscribed = '0000000000f2';

const aggregates: readonly Folding[] = [product, partner, customer, pool, user, credential, reservation, order, cart, notification];
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));
const facts = files.map((name) => JSON.parse(readFileSync(`${import.meta.dirname}/${name}`, 'utf8')) as StoredFact);

/** What today's code makes of facts as they were once stored. */
function stateOf(category: string, id: (stream: string) => boolean = () => true): object {
  const aggregate = aggregates.find((other) => other.category === category)!;
  const own = facts
    .filter(({ stream }) => stream.startsWith(`${category}-`) && id(stream))
    .sort((left, right) => left.revision - right.revision);
  return own.reduce((state, fact) => aggregate.evolve(state, fact), aggregate.initial());
}

/** The names of all facts, as the sources declare them. */
function declaredTypes(): string[] {
  const folder = `${import.meta.dirname}/../../libs/licensing/src`;
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.events.ts'));
  return sources.flatMap((name) => [...readFileSync(`${folder}/${name}`, 'utf8').matchAll(/Fact<\s*'(\w+)'/g)].map((match) => match[1]!));
}

describe('Facts as they were once stored (these files are never edited: a new shape gets a new version and a new file)', () => {
  it('are here in one example of every fact', () => {
    expect(declaredTypes().length).toBeGreaterThan(20);
    expect([...new Set(facts.map(({ type }) => type))].sort()).toEqual(declaredTypes().sort());
  });

  it('are named by their type and version', () => {
    expect(facts.map(({ type, metadata }) => `${type}.v${metadata.schemaVersion}.json`)).toEqual(files);
  });

  it('still tell a product', () => {
    expect(stateOf('product')).toMatchObject({
      status: 'withdrawn',
      listing: { sku: 'remo-edge-1y', policy: { term: 'P1Y', requires: ['remo-base'] } },
    });
  });

  it('still tell a partner', () => {
    expect(stateOf('partner')).toMatchObject({
      partnerCode: 'TOKYO-1',
      language: 'en',
      email: 'sales@tokyo-camera.example',
      storeAccountId: 'shop-7',
    });
  });

  it('still tell a customer', () => {
    const state = stateOf('customer') as { partnerId?: string; partnerIds: string[] };
    expect(state).toMatchObject({ language: 'ja', person: { name: '山田商店', email: 'shop@yamada.example.jp' } });
    expect([state.partnerId, state.partnerIds]).toEqual([undefined, ['5b6f1c1e-0f0a-4a52-9d5c-0c3b3b1f7a01']]);
  });

  it('still tell who gave what', () => {
    const giver = stateOf('pool', (stream) => stream.includes('5b6f1c1e')) as ReturnType<typeof pool.initial>;
    expect(balances(giver)).toMatchObject([
      { sku: 'remo-edge-1y', purchased: 10, available: 1, held: 0, assigned: 5, cancelled: 4 },
      { sku: 'remo-app', purchased: 5, available: 3, assigned: 2 },
    ]);
    expect(giver.orders.get('po-2026-001')).toMatchObject({ revision: 0, lines: [{ quantity: 10 }, { quantity: 5 }] });
  });

  it('still tell a drawdown', () => {
    const giver = stateOf('pool', (stream) => stream.includes('5b6f1c1e')) as ReturnType<typeof pool.initial>;
    expect([...giver.drawdowns.values()]).toMatchObject([{ state: 'accepted', orderId: 'PO-2026-001', revision: 3, lines: [] }]);
    expect([...giver.openDrawdowns]).toEqual([]);
  });

  it('still tell who received what', () => {
    const receiver = stateOf('pool', (stream) => stream.includes('8d0c1b5a')) as ReturnType<typeof pool.initial>;
    expect(balances(receiver)).toMatchObject([
      { sku: 'remo-edge-1y', received: 3, available: 0, inSeats: 3 },
      { sku: 'remo-app', received: 2, available: 1, expired: 1 },
    ]);
    expect([...receiver.received]).toEqual([['5b6f1c1e-0f0a-4a52-9d5c-0c3b3b1f7a01', 1]]);
  });

  it('still tell an order', () => {
    expect(stateOf('order', (stream) => stream.endsWith('4d'))).toMatchObject({
      order: { state: 'provisioning', fulfilled: true, reference: 'SR-4711', paymentReference: 'pay-77', forms: [{ line: 1 }] },
    });
  });

  it('still tell what is in a file and what runs in the cloud', () => {
    const { services } = stateOf('pool', (stream) => stream.includes('8d0c1b5a')) as ReturnType<typeof pool.initial>;
    expect([...services.values()]).toMatchObject([{ serviceId: '3d0f8a52-6d0b-5c1f-9a3e-7b1c2d3e4f05', state: 'provisioned' }]);
  });

  it('still tell a mail', () => {
    const state = stateOf('notification', (stream) => !stream.includes(anotherEnd));
    expect(state).toMatchObject({ queued: { kind: 'drawdownRejected', person: { name: '佐藤 花子' } }, outcome: 'sent' });
  });

  it('still tell a subscription', () => {
    const { subscriptions, activeSubscriptions } = stateOf('pool', (stream) => stream.endsWith(subscribed)) as ReturnType<
      typeof pool.initial
    >;
    expect([...subscriptions.values()]).toMatchObject([
      { state: 'expired', quantity: 0, termsBegun: 2, termEndsAt: '2028-05-01T09:00:00.000Z', autoRenewal: true, lots: [] },
    ]);
    expect(activeSubscriptions.size).toBe(0);
  });

  it('still tell a cart', () => {
    expect(stateOf('cart')).toMatchObject({ lines: [{ sku: 'M365-BP', quantity: 5, form: { contact: 'Jeanne Petit' } }], checkouts: 1 });
  });

  it('still tell a user, the password and the name taken', () => {
    expect(stateOf('user')).toMatchObject({ role: 'customerAdmin', person: { login: 'yamada@example.jp', familyName: '山田' } });
    expect(stateOf('credential')).toMatchObject({ passwordHash: expect.stringContaining('argon2id') });
    expect(stateOf('reservation')).toEqual({});
  });

  it('still keep every rule of the whole log', () => {
    const invariants = new Invariants();
    const givers = (fact: StoredFact) => (fact.type === 'LicenseReceived' ? 1 : fact.stream.includes('5b6f1c1e') ? 0 : 2);
    for (const fact of facts
      .filter(({ stream }) => !stream.includes(anotherEnd))
      .sort((left, right) => givers(left) - givers(right) || left.revision - right.revision))
      invariants.take(fact);
    expect(invariants.violations()).toEqual([]);
  });
});
