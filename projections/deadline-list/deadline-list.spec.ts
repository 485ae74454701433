import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Lot } from '#licensing';
import type { ReadStore } from '#read-store';
import { Story } from '../testing/story.js';
import { changedMidway, temporaryStore } from '../testing/stores.js';
import { shardOf, shards } from './deadline-list.projection.js';
import { dueDeadlines, listDeadlines } from './deadline-list.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
let story: Story;
beforeEach(async () => {
  ({ store, remove } = await temporaryStore());
  story = new Story(store);
});
afterEach(() => remove());

const may = '2027-05-01T00:00:00.000Z';
const june = '2027-06-01T00:00:00.000Z';
const july = '2027-07-01T00:00:00.000Z';
const lot = (lotId: string, quantity: number, expiresAt?: string): Lot => ({
  lotId,
  sku: 'a',
  quantity,
  orderId: 'order',
  term: 'P1Y',
  termStarts: 'onFirstUse',
  reversibility: 'free',
  expiresAt,
});
const due = async (now: string, limit = 100) => (await dueDeadlines(store, now, limit)).map(({ accountId, at }) => [accountId, at]);
const now = '2027-01-01T00:00:00.000Z';
const list = async (accountId: string, question: object = {}, at = now) =>
  (await listDeadlines(store, { accountId, ...question }, at)).items;
const quantities = async (accountId: string) => (await list(accountId)).map(({ quantity }) => quantity);

describe('deadlines', () => {
  it('are due exactly at their time, over all accounts, the longest overdue first', async () => {
    story.purchased('p', 'a', 5, 'late', july).purchased('q', 'a', 5, 'second', june).purchased('p', 'a', 5, 'first', may);
    await story.show();
    expect(await due('2027-05-31T23:59:59.999Z')).toEqual([['p', may]]);
    expect(await due(june)).toEqual([
      ['p', may],
      ['q', june],
    ]);
    expect(await due(july, 2)).toHaveLength(2);
  });

  it('of one account are listed with what they mean, `before` out', async () => {
    await story.purchased('p', 'a', 5, 'lot-1', may).purchased('p', 'a', 1, 'lot-2', june).purchased('q', 'a', 5, 'foreign', may).show();
    expect(await list('p', { before: june })).toEqual([
      {
        kind: 'licenseExpires',
        at: may,
        accountId: 'p',
        subject: { type: 'lot', id: 'lot-1' },
        effect: '5 of a end with their term',
        sku: 'a',
        quantity: 5,
      },
    ]);
    expect(await list('p', { kinds: ['licenseExpires', 'termEnds'] })).toHaveLength(2);
    expect(await list('p', { kinds: ['termEnds'] })).toEqual([]);
  });

  it('of one account come in pages', async () => {
    await story.purchased('p', 'a', 1, 'one', may).purchased('p', 'a', 2, 'two', may).show();
    const first = await listDeadlines(store, { accountId: 'p', limit: 1 }, now);
    const second = await listDeadlines(store, { accountId: 'p', limit: 1, cursor: first.next! }, now);
    expect([...first.items, ...second.items].map(({ subject }) => subject.id)).toEqual(['one', 'two']);
    expect(second.next).toBeNull();
  });

  it('shrink by what is given, reversed or ended, and go when nothing is left', async () => {
    await story.purchased('p', 'a', 10, 'lot-1', may).assigned('p', 'c', { a: 4 }, { lotId: 'lot-1' }).show();
    expect(await quantities('p')).toEqual([6]);
    const part = (quantity: number) => [{ lotId: 'lot-1', sku: 'a', quantity }];
    await story.tell('PurchaseReversed', { accountId: 'p', orderId: 'order', reason: 'r', lots: part(1) }).show();
    expect(await quantities('p')).toEqual([5]);
    await story.tell('LicenseExpired', { accountId: 'p', effectiveAt: may, lots: part(5) }).show();
    expect([await quantities('p'), await due(july)]).toEqual([[], []]);
  });

  it('begin for the receiver with what it receives', async () => {
    const lots = [{ ...lot('received', 4, may), fromLotId: 'lot-1' }];
    await story.tell('LicenseReceived', { accountId: 'c', assignmentId: 'x', from: 'p', giverRevision: 1, lots }).show();
    expect(await quantities('c')).toEqual([4]);
  });

  it('begin with the first use, for that part only', async () => {
    const lots = [{ fromLotId: 'waiting', lot: lot('used', 3, june) }];
    story.purchased('p', 'a', 10, 'waiting');
    await story.tell('LicenseActivated', { accountId: 'p', activationId: 'x', sku: 'a', quantity: 3, lots }).show();
    expect(await list('p')).toMatchObject([{ at: june, quantity: 3, subject: { id: 'used' } }]);
  });

  it('are none for what has no end, whatever is taken from it', async () => {
    await story.purchased('p', 'a', 10, 'lot-1').assigned('p', 'c', { a: 4 }, { lotId: 'lot-1' }).show();
    expect([await quantities('p'), await due('9999-12-31T23:59:59.999Z')]).toEqual([[], []]);
  });

  it('of two pools do not mix when their lots have the same id', async () => {
    const other = Array.from({ length: 1_000 }, (_, index) => `q${index}`).find((id) => shardOf(id) === shardOf('p'))!;
    await story.purchased('p', 'a', 1, 'same', may).purchased(other, 'a', 2, 'same', may).show();
    expect([await quantities('p'), await quantities(other)]).toEqual([[1], [2]]);
  });

  it('are none for the list of what comes once their time is there', async () => {
    await story.purchased('p', 'a', 5, 'lot-1', may).show();
    expect(await list('p', {}, '2027-04-30T23:59:59.999Z')).toHaveLength(1);
    expect(await list('p', {}, may)).toEqual([]);
    expect(await list('p', { before: may }, june)).toEqual([]);
  });

  it('spread over all partitions', () => {
    const used = new Set(Array.from({ length: 2_000 }, (_, index) => shardOf(`account-${index}`)));
    expect(used.size).toBe(shards);
  });
});

describe('the hold of a drawdown', () => {
  const submitted = (drawdownId: string) =>
    story.purchased('p', 'a', 10, 'lot-1').tell('DrawdownSubmitted', {
      accountId: 'p',
      drawdownId,
      orderId: 'order',
      customerId: 'c',
      requestedBy: 'user-1',
      person: { accountName: 'Fjordline' },
      lines: [{ line: 1, sku: 'a', quantity: 4, lots: [{ lotId: 'lot-1', quantity: 4 }] }],
      holdUntil: may,
    });
  const released = [{ lotId: 'lot-1', sku: 'a', quantity: 4 }];

  it('lapses, and says what comes back', async () => {
    await submitted('d-1').show();
    expect(await list('p')).toEqual([
      {
        kind: 'holdLapses',
        at: may,
        accountId: 'p',
        subject: { type: 'drawdown', id: 'd-1' },
        effect: 'The drawdown lapses, unless it is accepted before: 4 of a are no longer held',
        sku: 'a',
        quantity: 4,
      },
    ]);
    expect(await due(may)).toEqual([['p', may]]);
  });

  it.each(['DrawdownRejected', 'DrawdownCancelled', 'DrawdownLapsed'] as const)('is over with %s', async (type) => {
    await submitted('d-1')
      .tell(type, { accountId: 'p', drawdownId: 'd-1', reason: 'r', effectiveAt: may, released } as never)
      .show();
    expect(await list('p')).toEqual([]);
  });

  it('is over when it is accepted, and what was given has no deadline here any more', async () => {
    submitted('d-1').purchased('p', 'a', 4, 'lot-2', july);
    const lots = [{ lotId: 'lot-2', quantity: 4, orderId: 'order', term: 'P1Y', termStarts: 'onPurchase', reversibility: 'free' } as const];
    const lines = [{ line: 1, sku: 'a', quantity: 4, lots }];
    await story
      .tell('DrawdownAccepted', { accountId: 'p', drawdownId: 'd-1', orderId: 'order', customerId: 'c', acceptedAt: may, lines })
      .show();
    expect(await list('p')).toEqual([]);
  });
});

describe('a subscription', () => {
  const billing = { period: 'P1M', commitment: 'P1Y' };
  const window = (lotId: string, quantity: number, windowEndsAt: string) => ({
    lotId,
    quantity,
    addedAt: now,
    windowStartsAt: now,
    windowEndsAt,
  });
  const started = (termEndsAt = july) =>
    story.tell('SubscriptionStarted', {
      accountId: 'p',
      subscriptionId: 's-1',
      orderId: 'o-1',
      sku: 'a',
      quantity: 5,
      billing,
      termStartsAt: now,
      termEndsAt,
      autoRenewal: true,
      lots: [window('lot-1', 5, may)],
    });
  const identity = { accountId: 'p', subscriptionId: 's-1' };
  const kinds = async (at = now) => (await list('p', {}, at)).map(({ kind, at: when, quantity }) => [kind, when, quantity]);

  it('has its windows and its renewal in the list; only the renewal is something to fire', async () => {
    await started().show();
    expect(await list('p')).toMatchObject([
      { kind: 'cancellationWindowEnds', at: may, subject: { type: 'subscription', id: 's-1' }, quantity: 5 },
      { kind: 'termRenews', at: july, effect: 'The subscription renews with 5 of a, billed every P1M for P1Y' },
    ]);
    expect(await due('9999-12-31T23:59:59.999Z')).toEqual([['p', july]]);
  });

  it('leaves the end of a window out once it is there', async () => {
    await started().show();
    expect(await kinds(may)).toEqual([['termRenews', july, 5]]);
  });

  it('leaves out a window that would end after the term does: with that it is over, or begins anew', async () => {
    started().tell('SubscriptionResized', {
      ...identity,
      quantity: 7,
      orderId: 'o-2',
      added: [window('lot-2', 2, '2027-07-04T00:00:00.000Z')],
      removed: [],
    });
    await story.show();
    expect(await kinds(june)).toEqual([['termRenews', july, 7]]);
  });

  it('gets a window for what is added; windows that end together are one', async () => {
    started().tell('SubscriptionResized', { ...identity, quantity: 7, orderId: 'o-2', added: [window('lot-2', 2, june)], removed: [] });
    await story.show();
    expect((await kinds()).slice(0, 2)).toEqual([
      ['cancellationWindowEnds', may, 5],
      ['cancellationWindowEnds', june, 2],
    ]);
    const lots = [window('lot-1', 5, '2027-07-08T00:00:00.000Z'), window('lot-2', 2, '2027-07-08T00:00:00.000Z')];
    const term = { effectiveAt: july, termStartsAt: july, termEndsAt: '2028-07-01T00:00:00.000Z' };
    await story.tell('SubscriptionRenewed', { ...identity, ...term, quantity: 7, billing, lots, removed: [] }).show();
    expect(await kinds(july)).toEqual([
      ['cancellationWindowEnds', '2027-07-08T00:00:00.000Z', 7],
      ['termRenews', '2028-07-01T00:00:00.000Z', 7],
    ]);
  });

  it('renews or ends, as things stand', async () => {
    await started(may).tell('AutoRenewalDisabled', identity).show();
    expect(await list('p', { kinds: ['termEnds'] })).toMatchObject([{ effect: 'The subscription ends: 5 of a count no longer' }]);
    await story
      .tell('AutoRenewalEnabled', identity)
      .tell('RenewalScheduled', { ...identity, quantity: 3 })
      .show();
    expect(await list('p', { kinds: ['termRenews', 'termEnds'] })).toMatchObject([
      { kind: 'termRenews', effect: 'The subscription renews with 3 of a, or as many as are in use, billed every P1M for P1Y' },
    ]);
    const lots = [{ lotId: 'lot-1', quantity: 5 }];
    await story.tell('CancellationDeclined', { ...identity, until: may, lots, keepRenewal: false }).show();
    expect(await list('p', { kinds: ['termEnds'] })).toHaveLength(1);
  });

  it('is in no list that it left while the list was made', async () => {
    await started(may).show();
    const disabled = () => story.tell('AutoRenewalDisabled', identity).show();
    const question = { accountId: 'p', kinds: ['termRenews'], before: june };
    expect((await listDeadlines(changedMidway(store, disabled), question, now)).items).toEqual([]);
    const term = { effectiveAt: may, termStartsAt: may, termEndsAt: '2028-05-01T00:00:00.000Z' };
    const renewed = () => story.tell('SubscriptionRenewed', { ...identity, ...term, quantity: 5, billing, lots: [], removed: [] }).show();
    const ending = { ...question, kinds: ['termEnds'] };
    expect((await listDeadlines(changedMidway(store, renewed), ending, now)).items).toEqual([]);
  });

  it('of two deadlines at one moment, none is lost between pages', async () => {
    await started(may).show();
    const first = await listDeadlines(store, { accountId: 'p', limit: 1 }, now);
    const second = await listDeadlines(store, { accountId: 'p', limit: 1, cursor: first.next! }, now);
    expect([...first.items, ...second.items].map(({ kind }) => kind).sort()).toEqual(['cancellationWindowEnds', 'termRenews']);
  });

  it('has none any more when it is over, and its lots have none of their own', async () => {
    const lots = [{ ...lot('lot-1', 5, july), subscriptionId: 's-1' }];
    story.tell('LicensePurchased', { accountId: 'p', orderId: 'o-1', source: 'marketplace', lots });
    const parts = [{ lotId: 'lot-1', sku: 'a', quantity: 5 }];
    await started()
      .tell('SubscriptionCancelled', { ...identity, quantity: 0, lots: parts })
      .show();
    expect([await list('p'), await due('9999-12-31T23:59:59.999Z')]).toEqual([[], []]);
    await started()
      .tell('SubscriptionExpired', { ...identity, effectiveAt: july, lots: parts })
      .show();
    expect([await list('p'), await due('9999-12-31T23:59:59.999Z')]).toEqual([[], []]);
  });
});
