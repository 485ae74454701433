import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEventStore } from '#embedded-event-store';
import { chainHash, connectEventLog, firstPrevHash, type EventLog, type RecordedEvent } from '#event-store';
import { makeLedgerFolder, type LedgerFolder } from '../testing/ledger-folder.js';
import { begin, buyAndGive, customerId, orderAndDeliver, partnerId } from '../testing/story.js';
import { verify } from './verify.command.js';
import { verifyLog } from './verify.js';

let sound: LedgerFolder;
let events: RecordedEvent[];

beforeAll(async () => {
  sound = await makeLedgerFolder();
  events = await sound.open(async ({ log, ledger }) => {
    await begin(ledger);
    await buyAndGive(ledger);
    return all(log);
  });
});
afterAll(() => sound.remove());

async function all(log: EventLog): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const event of log.readAll()) found.push(event);
  return found;
}

/** Writes these events into a store of their own, as somebody would who forges a log, and verifies that. */
async function verified(forged: readonly Pick<RecordedEvent, 'stream' | 'id' | 'type' | 'data' | 'metadata'>[]) {
  const folder = await makeLedgerFolder();
  try {
    return await folder.open(async ({ log }) => {
      const revisions = new Map<string, number>();
      for (const { stream, id, type, data, metadata } of forged) {
        const revision = revisions.get(stream) ?? -1;
        await log.append(stream, [{ id, type, data, metadata }], revision);
        revisions.set(stream, revision + 1);
      }
      return await verifyLog(log.readAll({ withSystem: true }));
    });
  } finally {
    await folder.remove();
  }
}

const place = (type: string) => events.findIndex((event) => event.type === type);
const changed = (type: string, changes: Partial<RecordedEvent>) => events.with(place(type), { ...events[place(type)]!, ...changes });

describe('Verifying a log', () => {
  it('finds nothing in one that was only written to by the ledger', async () => {
    const { difference, facts, streams, sums } = await verified(events);
    expect({ difference, facts, streams }).toEqual({ difference: undefined, facts: 8, streams: 6 });
    expect(sums).toEqual({ purchased: 10, available: 10, held: 0, inSeats: 0, expired: 0, cancelled: 0, inTransit: 0 });
  });

  it('looks at carts and orders too, and finds an order that is said to be delivered while its pool has nothing of it', async () => {
    const folder = await makeLedgerFolder();
    const ordered = await folder.open(async ({ log, ledger }) => {
      await begin(ledger);
      await orderAndDeliver(ledger);
      return all(log);
    });
    await folder.remove();
    const whole = await verified(ordered);
    expect([whole.difference, whole.streams, whole.sums.available]).toEqual([undefined, 7, 10]);
    const { difference } = await verified(ordered.filter(({ type }) => type !== 'LicensePurchased'));
    expect(difference?.message).toContain('its pool was not credited with what was ordered');
  });

  it('finds a fact whose data was changed', async () => {
    const { difference } = await verified(
      changed('LicensePurchased', { data: { ...events[place('LicensePurchased')]!.data, orderId: 'PO-2' } }),
    );
    expect(difference).toMatchObject({
      stream: `pool-${partnerId}`,
      revision: 0,
      message: expect.stringContaining('changed after it was recorded'),
    });
  });

  it('finds a fact whose metadata was changed', async () => {
    const metadata = { ...events[place('LicenseAssigned')]!.metadata, actor: { userId: 'somebody-else', role: 'operator' } };
    const { difference } = await verified(changed('LicenseAssigned', { metadata }));
    expect(difference).toMatchObject({
      stream: `pool-${partnerId}`,
      revision: 1,
      message: expect.stringContaining('changed after it was recorded'),
    });
  });

  it('finds a fact that became another kind of fact', async () => {
    expect((await verified(changed('DealerLinked', { type: 'DealerUnlinked' }))).difference).toMatchObject({
      stream: `customer-${customerId}`,
      revision: 1,
    });
  });

  it('finds a fact that was dropped', async () => {
    const { difference } = await verified(events.toSpliced(place('LicensePurchased'), 1));
    expect(difference).toMatchObject({
      stream: `pool-${partnerId}`,
      revision: 0,
      message: expect.stringContaining('it should follow the fact with hash 000'),
    });
  });

  it('finds a fact that was doubled', async () => {
    const { difference } = await verified(events.toSpliced(place('LicenseReceived'), 0, events[place('LicenseReceived')]!));
    expect(difference).toMatchObject({ stream: `pool-${customerId}`, revision: 1 });
  });

  it('finds facts of a stream that changed places', async () => {
    const [first, second] = [place('CustomerRegistered'), place('DealerLinked')];
    expect((await verified(events.with(first, events[second]!).with(second, events[first]!))).difference).toMatchObject({
      stream: `customer-${customerId}`,
      revision: 0,
    });
  });

  it('finds facts of two streams that changed places, when one cannot be without the other', async () => {
    const [given, received] = [place('LicenseAssigned'), place('LicenseReceived')];
    const { difference } = await verified(events.with(given, events[received]!).with(received, events[given]!));
    expect(difference).toMatchObject({
      stream: `pool-${customerId}`,
      revision: 0,
      message: expect.stringContaining('nothing was in transit'),
    });
  });

  it('finds that the end of a stream is missing, when what followed from it is there', async () => {
    expect((await verified(events.toSpliced(place('LicenseAssigned'), 1))).difference).toMatchObject({
      stream: `pool-${customerId}`,
      message: expect.stringContaining('nothing was in transit'),
    });
  });

  it('finds that the end of the log is missing, when an automation has been further', async () => {
    const reached = (position: string) => {
      const event = {
        stream: 'checkpoint-transfers',
        revision: 0,
        id: '0f8fad5b-d9cb-469f-a165-70867728950e',
        type: 'CheckpointReached',
        data: { position },
        metadata: { prevHash: firstPrevHash },
      };
      return { ...event, metadata: { ...event.metadata, hash: chainHash(event, firstPrevHash) } };
    };
    expect((await verified([...events, reached('999999999')])).difference).toMatchObject({
      stream: 'checkpoint-transfers',
      message: expect.stringContaining('its end is missing'),
    });
    expect((await verified([...events, reached('0')])).difference).toBeUndefined();
  });

  it.each([
    ['breaks a rule', { accountId: 'somebody-else', orderId: 'PO-1', lots: [] }, 'the fact names another account than its stream'],
    ['makes no sense', { accountId: customerId, orderId: 'PO-1' }, 'it cannot be read as a LicensePurchased'],
  ])('finds a fact with a right hash that %s', async (_, data, message) => {
    const forged = {
      stream: `pool-${customerId}`,
      revision: 0,
      id: customerId,
      type: 'LicensePurchased',
      data,
      metadata: events[0]!.metadata,
    };
    const hash = chainHash(forged, firstPrevHash);
    const { difference } = await verified([{ ...forged, metadata: { ...forged.metadata, prevHash: firstPrevHash, hash } }]);
    expect(difference).toMatchObject({ stream: `pool-${customerId}`, revision: 0, message: expect.stringContaining(message) });
  });

  it.each([
    ['a count', { $maxCount: 1 }, /\$maxCount 1 leaves out/],
    ['an age', { $maxAge: 60 }, /\$maxAge 60 leaves out/],
    ['a beginning, as a deletion does', { $tb: Number.MAX_SAFE_INTEGER }, /\$tb \d+ leaves out/],
  ])('finds that facts are hidden from who reads their stream, by %s', async (_, data, message) => {
    const stream = `$$pool-${partnerId}`;
    const set = (data: object) => ({ stream, id: randomUUID(), type: '$metadata', data, metadata: {} });
    expect((await verified([...events, set(data)])).difference).toMatchObject({
      stream,
      revision: 0,
      message: expect.stringMatching(message),
    });
    expect((await verified([...events, set(data), set({ $acl: { $r: 'auditors' } })])).difference).toBeUndefined();
  });

  it('finds a stream that was deleted for good', async () => {
    const deleted = { ...events[0]!, position: events.at(-1)!.position + 1n, type: '$streamDeleted', data: {}, metadata: {} };
    expect((await verifyLog([...events, deleted])).difference).toMatchObject({
      stream: deleted.stream,
      message: expect.stringContaining('deleted for good'),
    });
  });

  it.each(['$>', '$Other'])('finds an event of the type %s among facts, where none but the ledger writes', async (type) => {
    const event = { stream: `pool-${partnerId}`, id: randomUUID(), type, data: {}, metadata: {} };
    expect((await verified([...events, event])).difference).toMatchObject({ stream: event.stream, revision: 2 });
  });

  it('leaves to the event store what is its own: other services may follow the log by persistent subscriptions and projections', async () => {
    const own = [
      ['$persistentsubscription-pool-1::invoices-checkpoint', 'SubscriptionCheckpoint'],
      ['$$$persistentsubscription-pool-1::invoices-parked', '$metadata'],
      ['$persistentSubscriptionConfig', '$PersistentConfig'],
      ['$ce-pool', '$>'],
      ['$projections-totals-result', 'Result'],
    ].map(([stream, type]) => ({ stream: stream!, id: randomUUID(), type: type!, data: { $tb: 1 }, metadata: {} }));
    expect((await verified([...events, ...own])).difference).toBeUndefined();
    const foreign = { ...own[0]!, type: 'LicensePurchased' };
    expect((await verified([...events, foreign])).difference).toMatchObject({ stream: foreign.stream });
  });

  it.each([
    ['nothing', null],
    ['half a character', { position: '1', text: '\ud800' }],
  ])('finds a place of an automation that says %s', async (_, data) => {
    const stream = 'checkpoint-transfers';
    const event = { stream, id: randomUUID(), type: 'CheckpointReached', data: Buffer.from(JSON.stringify(data)), metadata: {} };
    expect((await verified([...events, event])).difference).toMatchObject({ stream, revision: 0 });
  });

  it('finds a fact without a hash', async () => {
    expect((await verified([...events, { ...events[0]!, stream: 'product-other', metadata: {} }])).difference).toMatchObject({
      stream: 'product-other',
      revision: 0,
    });
  });
});

describe('ledger verify', () => {
  it('says that all is well, with what was counted, and ends with 0', async () => {
    const { code, stdout, stderr } = await sound.run(['verify']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('The log is sound. 8 facts in 6 streams');
    expect(stdout).toContain('10 licenses purchased = 10 available + 0 held + 0 in seats + 0 expired + 0 cancelled + 0 in transit.');
  });

  it('says what is wrong and where, and ends with 1', async () => {
    const folder = await makeLedgerFolder();
    const { id, type, data, metadata } = events[0]!;
    await folder.open(({ log }) => log.append('product-x', [{ id, type, data, metadata }], -1));
    const { code, stderr } = await folder.run(['verify']);
    await folder.remove();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ledger: The log is not sound\. product-x, revision 0: its hash is \w{64}, but/);
  });

  it('names file and offset when bytes on the disk are not what was written, or the end of the log is missing', async () => {
    const folder = await makeLedgerFolder();
    await folder.open(({ ledger }) => begin(ledger));
    const path = join(folder.dataDir, 'events/log/00000000000000000000.segment');
    const whole = readFileSync(path);
    for (const spoilt of [whole.with(1_000, whole[1_000]! ^ 1), whole.subarray(0, -100)]) {
      writeFileSync(path, spoilt);
      const { code, stderr } = await folder.run(['verify']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^ledger: .*segment, offset \d+: .*Restore this file from a backup.*\n$/);
    }
    await folder.remove();
  });

  it('names them also when the damage is in an old part of a large log, which a store would read later', async () => {
    const folder = await makeLedgerFolder();
    const dataDir = join(folder.dataDir, 'events');
    const store = await startEventStore({ dataDir, segmentBytes: 1_000_000 });
    const log = connectEventLog(store.url);
    const data = { text: 'x'.repeat(900_000) };
    for (let n = 0; n < 22; n++) await log.append(`large-${n}`, [{ id: randomUUID(), type: 'Large', data, metadata: {} }], -1);
    await log.close();
    await store.close();
    const path = join(dataDir, 'log/00000000000000000000.segment');
    const whole = readFileSync(path);
    writeFileSync(path, whole.with(1_000, whole[1_000]! ^ 1));
    const { code, stderr } = await folder.run(['verify']);
    await folder.remove();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ledger: .*segment, offset \d+: .*Restore this file from a backup.*\n$/);
  });

  it('stops when it is asked to, and says how far it was', async () => {
    await sound.open(async ({ log }) => {
      const connection = { log, where: '', dataDir: '', redisUrl: undefined, isShared: false, isSandbox: false, close: () => log.close() };
      await expect(verify(connection, AbortSignal.abort())).rejects.toThrow(/^Interrupted: nothing was wrong before position \d+; /);
    });
  });

  it('works on an event store that runs elsewhere', async () => {
    const { code, stdout } = await sound.open(({ url }) => sound.run(['verify'], { EVENTSTORE_URL: url }));
    expect(code).toBe(0);
    expect(stdout).toContain('of the event store at esdb://127.0.0.1');
  });
});
