import { chainHash, firstPrevHash, type EventLog, type FactMetadata, type RecordedEvent } from '#event-store';
import { Rejected } from '#licensing';
import { cloudEvent, isFactStream } from '#platform';
import type { StreamAnswer } from './audit.answers.js';

/**
 * A page of one stream, each fact checked against the hash of the one before it: over all pages that is the whole chain.
 * `cursor` is the first revision of the page. Errors: STREAM_NOT_FOUND, also for streams that are nobody's business.
 */
export async function auditStream(log: EventLog, stream: string, from: number, limit: number): Promise<StreamAnswer> {
  const notFound = () => new Rejected('STREAM_NOT_FOUND', `There is no stream ${stream}`);
  if (!isFactStream(stream) || !/^[\x21-\x7e]{1,256}$/.test(stream)) throw notFound();
  const items = [];
  let next: string | null = null;
  // The page begins one fact early: its first one is checked against the hash of that.
  const chain = new Chain(Math.max(from - 1, 0));
  for await (const event of log.readStream(stream, { fromRevision: Math.max(from - 1, 0), limit: limit + 2 })) {
    if (items.length === limit) {
      next = String(event.revision);
      break;
    }
    chain.take(event);
    if (event.revision >= from) items.push(cloudEvent(event));
  }
  if (chain.isEmpty) throw notFound();
  return { stream, items, next, chain: chain.finding };
}

/** The hash chain of consecutive facts of a stream, from any of them on. */
class Chain {
  private expectedPrevHash: string | undefined;
  private broken: { readonly revision: number; readonly problem: string } | undefined;
  private last = -1;

  constructor(private readonly from: number) {
    this.expectedPrevHash = from === 0 ? firstPrevHash : undefined;
  }

  get isEmpty(): boolean {
    return this.last < 0;
  }

  get finding(): StreamAnswer['chain'] {
    return { intact: this.broken === undefined, from: this.from, to: this.last, ...(this.broken && { broken: this.broken }) };
  }

  take(event: RecordedEvent): void {
    const { hash, prevHash } = event.metadata as FactMetadata;
    if (this.broken === undefined) {
      const { revision } = event;
      if (this.last >= 0 && revision !== this.last + 1) this.broken = { revision, problem: `revision ${this.last + 1} is missing` };
      else if (this.expectedPrevHash !== undefined && prevHash !== this.expectedPrevHash)
        this.broken = { revision, problem: 'prevHash is not the hash of the fact before it' };
      else if (chainHash(event, prevHash) !== hash) this.broken = { revision, problem: 'hash is not that of what is stored' };
    }
    this.expectedPrevHash = hash;
    this.last = event.revision;
  }
}
