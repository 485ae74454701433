import { hash } from 'node:crypto';
import { canonicalJson } from './canonical.js';
import type { RecordedEvent } from './event-log.js';
import type { FactMetadata } from './metadata.js';

/** What stands before the first fact of a stream. */
export const firstPrevHash = '0'.repeat(64);

type Chained = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>;

/**
 * The hash of a fact: SHA-256, hex, over the hash before it and the canonical JSON of `{stream, revision, id, type, data, metadata}`,
 * metadata without `hash` and `prevHash` (ADR 022). Anybody can compute it again from the feed.
 */
export function chainHash(event: Chained, prevHash: string): string {
  const { hash: _, prevHash: __, ...metadata } = event.metadata as Partial<FactMetadata>;
  return hashOfParts(event, canonicalJson(event.data), canonicalJson(metadata), prevHash);
}

/** The same for one who has the canonical JSON of the parts already. */
export function hashOfParts(event: Omit<Chained, 'data' | 'metadata'>, data: string, metadata: string, prevHash: string): string {
  const { id, revision, stream, type } = event;
  const canonical = `{"data":${data},"id":${canonicalJson(id)},"metadata":${metadata},"revision":${revision},"stream":${canonicalJson(stream)},"type":${canonicalJson(type)}}`;
  return hash('sha256', prevHash + canonical);
}

/** Where a chain is broken, and how. */
export interface ChainBreak {
  readonly stream: string;
  readonly revision: number;
  readonly problem: 'revision missing' | 'prevHash differs' | 'hash differs';
  readonly expected: string;
  readonly found: string;
}

/** Checks the facts of one stream from its start, in order and as stored (before any upcast). Undefined when all is as it was written. */
export async function verifyChain(events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>): Promise<ChainBreak | undefined> {
  const chain = new ChainVerifier();
  for await (const event of events) {
    const broken = chain.next(event);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** The check of one stream, fact by fact: for a walk over the whole log, where the streams are mixed. */
export class ChainVerifier {
  private revision = -1;
  private hash = firstPrevHash;

  next(event: RecordedEvent): ChainBreak | undefined {
    const { stream, revision } = event;
    const metadata = event.metadata as Partial<FactMetadata>;
    const broken = (problem: ChainBreak['problem'], expected: unknown, found: unknown) => ({
      stream,
      revision,
      problem,
      expected: String(expected),
      found: String(found),
    });
    if (revision !== this.revision + 1) return broken('revision missing', this.revision + 1, revision);
    if (metadata.prevHash !== this.hash) return broken('prevHash differs', this.hash, metadata.prevHash);
    const hash = chainHash(event, this.hash);
    if (metadata.hash !== hash) return broken('hash differs', hash, metadata.hash);
    this.revision = revision;
    this.hash = hash;
    return undefined;
  }
}
