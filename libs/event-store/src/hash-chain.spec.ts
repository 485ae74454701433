import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import type { RecordedEvent } from './event-log.js';
import { draftFacts, sealFacts } from './facts.js';
import { chainHash, firstPrevHash, verifyChain } from './hash-chain.js';
import { commandOf } from './testing/tally.js';

const stream = 'tally-1';
const uuidv5 = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const stored = (bytes: object): object => JSON.parse(Buffer.from(bytes as Uint8Array).toString()) as object;

/** Three facts of two commands, as the ledger writes them. */
function written(): RecordedEvent[] {
  const drafts = [1, 2].map((amount) =>
    draftFacts(
      commandOf(amount).context,
      '2026-11-21T10:00:00.000Z',
      Array.from({ length: amount }, () => ({ type: 'TallyAdded', data: { amount } })),
    ),
  );
  return sealFacts(stream, drafts, -1, firstPrevHash).map(({ id, type, data, metadata, revision }) => ({
    stream,
    revision,
    position: BigInt(revision),
    id,
    type,
    data: stored(data),
    metadata: stored(metadata),
  }));
}

describe('the hash chain', () => {
  it('is SHA-256 over the hash before and the canonical JSON of the fact without its hashes', () => {
    const [first, second] = written() as [RecordedEvent, RecordedEvent];
    for (const [event, before] of [
      [first, '0'.repeat(64)],
      [second, (first.metadata as { hash: string }).hash],
    ] as const) {
      const { hash, prevHash, ...metadata } = event.metadata as Record<string, unknown>;
      const { revision, id, type, data } = event;
      const canonical = canonicalize({ stream, revision, id, type, data, metadata })!;
      expect(prevHash).toBe(before);
      expect(hash).toBe(
        createHash('sha256')
          .update(before + canonical)
          .digest('hex'),
      );
      expect(chainHash(event, before)).toBe(hash);
    }
  });

  it('verifies what was written', async () => {
    expect(await verifyChain(written())).toBeUndefined();
  });

  it.each([
    ['data', { data: { amount: 999 } }],
    ['type', { type: 'TallyTaken' }],
    ['id', { id: '00000000-0000-4000-8000-000000000009' }],
    ['stream', { stream: 'tally-2' }],
  ])('shows that the %s of a fact was changed', async (_, change) => {
    const events = written();
    events[1] = { ...events[1]!, ...change };
    expect(await verifyChain(events)).toMatchObject({ revision: 1, problem: 'hash differs' });
  });

  it.each(['actor', 'recordedAt', 'commandId', 'inputHash', 'correlationId', 'schemaVersion', 'appendEnd'])(
    'shows that %s was changed in the metadata',
    async (member) => {
      const events = written();
      events[0] = { ...events[0]!, metadata: { ...events[0]!.metadata, [member]: 'other' } };
      expect(await verifyChain(events)).toMatchObject({ revision: 0, problem: 'hash differs' });
    },
  );

  it('shows that a fact was taken out, or hashed anew', async () => {
    const events = written();
    expect(await verifyChain([events[0]!, events[2]!])).toMatchObject({ problem: 'revision missing', expected: '1', found: '2' });
    const changed = { ...events[1]!, data: { amount: 999 } };
    const { prevHash } = changed.metadata as { prevHash: string };
    events[1] = { ...changed, metadata: { ...changed.metadata, hash: chainHash(changed, prevHash) } };
    expect(await verifyChain(events)).toMatchObject({ revision: 2, problem: 'prevHash differs' });
  });
});

describe('sealed facts', () => {
  it('say where their append ends when that is beyond their own command', () => {
    expect(written().map(({ metadata }) => (metadata as { appendEnd?: number }).appendEnd)).toEqual([2, undefined, undefined]);
  });

  it('have ids of everything they say: a repetition has the same, another decision of the same command has not', () => {
    const { context } = commandOf(1);
    const ids = (amount: number, revision = -1, at = '2026-11-21T10:00:00.000Z') => {
      const decided = [amount, amount].map((each) => ({ type: 'TallyAdded', data: { amount: each } }));
      return sealFacts(stream, [draftFacts(context, at, decided)], revision, firstPrevHash).map(({ id }) => id);
    };
    expect(ids(1)).toEqual(ids(1));
    const different = [...ids(1), ...ids(2), ...ids(1, -1, '2026-11-21T10:00:00.001Z')];
    expect(new Set(different).size).toBe(6);
    for (const id of different) expect(id).toMatch(uuidv5);
  });

  it('are never larger on the wire than they were counted', () => {
    const drafts = ['ü'.repeat(50), 'x'].map((note) =>
      draftFacts(commandOf(1).context, '2026-11-21T10:00:00.000Z', [{ type: 'TallyAdded', data: { amount: 1, note } }]),
    );
    const counted = drafts.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
    const sent = sealFacts(stream, drafts, 4_000_000_000, firstPrevHash).reduce(
      (sum, { data, metadata }) => sum + (data as Uint8Array).length + (metadata as Uint8Array).length,
      0,
    );
    expect(sent).toBeLessThanOrEqual(counted);
    expect(counted - sent).toBeLessThan(60);
  });
});
