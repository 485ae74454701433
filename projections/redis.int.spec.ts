import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connectRedisReadStore, type ReadStore } from '#read-store';
import { ordered } from '../libs/licensing/testing/subscription-facts.js';
import { redisIsInstalled, spawnRedis, type SpawnedRedis } from '../libs/read-store/testing/spawn-redis.js';
import {
  balanceOf,
  drawdownQueue,
  dueDeadlines,
  findSubscription,
  listCustomers,
  listFulfilments,
  listDeadlines,
  listDrawdowns,
  listLicenseFiles,
  listNotifications,
  listOrders,
  listProducts,
  listServices,
  listSubscriptions,
  listUsers,
  projections,
} from './index.js';
import { allPages, PlainHistory, randomQuestions, randomSteps } from './testing/random-history.js';
import { temporaryStore } from './testing/stores.js';
import { Story } from './testing/story.js';

const onRedis = redisIsInstalled() ? describe : describe.skip;

onRedis('the read models on Redis', () => {
  let redis: SpawnedRedis;
  let inRedis: ReadStore;
  /** Another one in the same server: each test begins with nothing. */
  let database: ReadStore;
  let inLmdb: ReadStore;
  let removeLmdb: () => Promise<void>;
  beforeAll(async () => {
    redis = await spawnRedis();
    inRedis = await connectRedisReadStore(redis.url);
    database = await connectRedisReadStore(`${redis.url}/1`);
    ({ store: inLmdb, remove: removeLmdb } = await temporaryStore());
  });
  afterAll(async () => {
    await Promise.all([inRedis.close(), database.close()]);
    await redis.stop();
    await removeLmdb();
  });

  it('find in a random history what looking at every row would', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(randomSteps, randomQuestions, async (steps, questions) => {
        const accountId = `partner-${++runs}`;
        const story = new Story(inRedis);
        const plain = new PlainHistory(story, accountId);
        plain.tell(steps);
        await story.show(40);
        for (const question of questions) {
          const expected = plain.find(question);
          const { rows, totals } = await allPages(inRedis, { accountId, ...question });
          expect([rows, [...totals]]).toEqual([expected, [expected.length]]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('hold and answer what they do on LMDB, whatever the batches were', async () => {
    const tell = (store: ReadStore) => {
      const story = new Story(store).product('a', '録画1年', '録画').product('b', 'Béton').user('u1', 'Ünal', 'p').user('u2', 'zoe', 'p');
      story
        .purchased('p', 'a', 9, 'lot-1', '2027-05-01T00:00:00.000Z')
        .purchased('p', 'b', 7, 'lot-2')
        .assigned('p', 'c1', { a: 2, b: 3 }, { lotId: 'lot-1' });
      for (let number = 0; number < 25; number++)
        story.linked('p', `c${number}`, `株式会社${number}`, number % 2 ? 'ｶﾌﾞｼｷ' : undefined, `Info${number}@example.jp`);
      const terms = {
        term: 'P1Y',
        termStarts: 'onPurchase',
        reversibility: 'free',
        orderId: 'cloud',
        sku: 'a',
        delivery: 'cloud',
      } as const;
      const clouds = ['cloud-1', 'cloud-2'].map((lotId) => ({ ...terms, lotId, quantity: 3 }));
      story.tell('LicensePurchased', { accountId: 'q', orderId: 'cloud', source: 'operator', lots: clouds });
      const lots = [{ lotId: 'lot-2', sku: 'b', quantity: 1 }];
      story.tell('LicenseFileIssued', { accountId: 'p', fileId: 'f-1', sku: 'b', quantity: 1, issuedAt: '2026-05-01T00:00:00.000Z', lots });
      story.tell('NotificationQueued', {
        notificationId: 'n-1',
        kind: 'orderReady',
        language: 'ja',
        userId: 'u1',
        accountId: 'p',
        about: { type: 'order', id: 'o-1' },
        content: { orderId: 'o-1', lines: [] },
        person: { email: 'somebody@example.com' },
      });
      for (const fact of ordered([], 5)) story.tell(fact.type, { ...fact.data, accountId: 'q' } as never);
      const drawn = {
        accountId: 'p',
        drawdownId: 'd1',
        orderId: 'PO-1',
        customerId: 'x',
        requestedBy: 'u1',
        holdUntil: '2027-01-01T00:00:00.000Z',
      };
      const held = [{ line: 1, sku: 'b', quantity: 2, lots: [{ lotId: 'lot-2', quantity: 2 }] }];
      const person = { accountName: 'Fjordline', contactName: 'Ingrid', contactEmail: 'ingrid@example.com' };
      story.tell('DrawdownSubmitted', { ...drawn, lines: held, person }).tell('DrawdownApproved', { accountId: 'p', drawdownId: 'd1' });
      for (const orderId of ['o-1', 'o-2', 'o-3']) {
        const lines = [{ sku: 'a', quantity: 1 }];
        const order = { orderId, accountId: 'q', placedBy: 'u1' };
        story.tell('OrderPlaced', { ...order, lines, totals: [], payment: { method: 'invoice' }, fulfilment: 'provider' });
        story.tell('OrderProvisioningStarted', { ...order, fulfilment: 'provider' });
      }
      story.tell('OrderFulfilled', { orderId: 'o-2', accountId: 'q' });
      return story.tell('DealerUnlinked', { customerId: 'c3', partnerId: 'p' });
    };
    await Promise.all([tell(database).show(3), tell(inLmdb).show(11)]);
    const answers = (store: ReadStore) =>
      Promise.all([
        balanceOf(store, { accountId: 'p' }),
        listProducts(store, { query: 'beton' }),
        listUsers(store, { accountId: 'p' }),
        listCustomers(store, { partnerId: 'p', email: 'INFO1', page: 1 }),
        listCustomers(store, { partnerId: 'p', page: 2 }),
        listDeadlines(store, { accountId: 'p' }, '2026-01-01T00:00:00.000Z'),
        listSubscriptions(store, { accountId: 'q' }, '2026-01-01T00:00:00.000Z'),
        findSubscription(store, { accountId: 'q', subscriptionId: 's-1' }, '2026-01-01T00:00:00.000Z'),
        dueDeadlines(store, '2028-01-01T00:00:00.000Z', 10),
        listDrawdowns(store, { accountId: 'p', customer: 'fjord' }),
        drawdownQueue(store, { states: ['approved', 'submitted'] }),
        listServices(store, { accountId: 'q', state: 'ready' }),
        listLicenseFiles(store, { accountId: 'p' }),
        listNotifications(store, { accountId: 'p', state: 'queued' }),
        listOrders(store, { accountId: 'q', states: ['provisioning'], limit: 2 }),
        listFulfilments(store, {}),
      ]);
    expect(await answers(database)).toEqual(await answers(inLmdb));
    for (const { name, version } of projections) {
      const [one, other] = await Promise.all([database, inLmdb].map((store) => dumped(store, name, version)));
      expect(one).not.toEqual([]);
      expect(one).toEqual(other);
    }
  });
});

async function dumped(store: ReadStore, name: string, version: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of store.dump(name, version)) lines.push(line);
  return lines;
}
